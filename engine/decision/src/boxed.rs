//! Boxed expressions (DMN 1.5, 7.2, 7.3 and 10.2.2), ready to be evaluated.

use crate::{
    DecisionErrorCode,
    scope::Scope,
    table::{Seen, Table},
    types::{Type, conform},
};
use feel::{FeelError, Value};
use std::sync::Arc;

#[derive(Debug)]
pub struct Boxed {
    pub kind: Kind,
    /// What its result must be, else it is null.
    pub result: Type,
}

#[derive(Debug)]
pub enum Kind {
    Null,
    Literal(feel::Expression),
    Table(Table),
    /// The entry without a name is the result.
    Context(Vec<(Option<Arc<str>>, Type, Boxed)>),
    Invocation {
        function: Box<Boxed>,
        arguments: Vec<(Arc<str>, Boxed)>,
    },
    List(Vec<Boxed>),
    Relation {
        columns: Vec<Arc<str>>,
        rows: Vec<Vec<Boxed>>,
    },
    Function(Arc<FunctionDefinition>),
    Conditional(Box<[Boxed; 3]>),
    Filter(Box<[Boxed; 2]>),
    For {
        variable: Arc<str>,
        parts: Box<[Boxed; 2]>,
    },
    Quantified {
        every: bool,
        variable: Arc<str>,
        parts: Box<[Boxed; 2]>,
    },
}

#[derive(Debug)]
pub struct FunctionDefinition {
    pub parameters: Vec<(Arc<str>, Type)>,
    pub body: Boxed,
    /// What the body reads that no parameter is.
    pub free: Vec<Arc<str>>,
}

/// Why there is no result; whoever evaluates a decision says of which.
#[derive(Debug)]
pub enum Fault {
    Feel(FeelError),
    Decision(DecisionErrorCode, String),
}

impl From<FeelError> for Fault {
    fn from(error: FeelError) -> Self {
        Fault::Feel(error)
    }
}

impl Boxed {
    /// `seen`: what the decision's own table has seen, for the trace.
    pub fn evaluate(&self, scope: &Scope, seen: Option<&mut Seen>) -> Result<Value, Fault> {
        scope.evaluation().spend(1)?;
        let value = match &self.kind {
            Kind::Null => Value::Null,
            Kind::Literal(expression) => scope.evaluate(expression)?,
            Kind::Table(table) => table.evaluate(scope, seen)?,
            Kind::Context(entries) => context(entries, scope)?,
            Kind::Invocation { function, arguments } => invoke(function, arguments, scope)?,
            Kind::List(items) => Value::list(values(items, scope)?),
            Kind::Relation { columns, rows } => relation(columns, rows, scope)?,
            Kind::Function(definition) => function(definition, scope),
            Kind::Conditional(parts) => match parts[0].evaluate(scope, None)? {
                Value::Boolean(true) => parts[1].evaluate(scope, None)?,
                Value::Boolean(false) | Value::Null => parts[2].evaluate(scope, None)?,
                _ => Value::Null,
            },
            Kind::Filter(parts) => filter(&parts[0], &parts[1], scope)?,
            Kind::For { variable, parts } => {
                let results = each(variable, parts, scope, |_| true)?;
                results.map_or(Value::Null, Value::list)
            }
            Kind::Quantified { every, variable, parts } => quantified(*every, variable, parts, scope)?,
        };
        Ok(conform(value, &self.result, scope)?)
    }
}

fn values(items: &[Boxed], scope: &Scope) -> Result<Vec<Value>, Fault> {
    items.iter().map(|item| item.evaluate(scope, None)).collect()
}

fn context(entries: &[(Option<Arc<str>>, Type, Boxed)], scope: &Scope) -> Result<Value, Fault> {
    let mut known: Vec<(Arc<str>, Value)> = Vec::new();
    for (name, kind, entry) in entries {
        let value = conform(entry.evaluate(&scope.with(&known), None)?, kind, scope)?;
        match name {
            Some(name) => known.push((name.clone(), value)),
            None => return Ok(value),
        }
    }
    Ok(Value::context(known.into_iter().map(|(name, value)| (name.to_string(), value)).collect()))
}

fn invoke(function: &Boxed, arguments: &[(Arc<str>, Boxed)], scope: &Scope) -> Result<Value, Fault> {
    let Value::Function(function) = function.evaluate(scope, None)? else { return Ok(Value::Null) };
    let parameters = function.parameters();
    if parameters.len() != arguments.len() {
        return Ok(Value::Null);
    }
    let mut given = Vec::with_capacity(arguments.len());
    for parameter in parameters {
        let Some((_, argument)) = arguments.iter().find(|(name, _)| &**name == parameter) else {
            return Ok(Value::Null);
        };
        given.push(argument.evaluate(scope, None)?);
    }
    Ok(function.call(given, scope.evaluation())?)
}

fn relation(columns: &[Arc<str>], rows: &[Vec<Boxed>], scope: &Scope) -> Result<Value, Fault> {
    let row = |row: &Vec<Boxed>| {
        let named = columns.iter().zip(row).map(|(name, cell)| Ok((name.to_string(), cell.evaluate(scope, None)?)));
        Ok(Value::context(named.collect::<Result<_, Fault>>()?))
    };
    Ok(Value::list(rows.iter().map(row).collect::<Result<_, Fault>>()?))
}

/// It keeps what it reads, wherever it goes.
fn function(definition: &Arc<FunctionDefinition>, scope: &Scope) -> Value {
    let free = definition.free.iter();
    let kept: Vec<(Arc<str>, Value)> = free.filter_map(|name| Some((name.clone(), scope.find(name)?))).collect();
    let definition = definition.clone();
    let parameters = definition.parameters.iter().map(|(name, _)| name.clone()).collect();
    Value::native(parameters, move |arguments, evaluation| {
        let base = |name: &str| kept.iter().find(|(known, _)| &**known == name).map(|(_, value)| value.clone());
        definition.call(arguments, &Scope::new(&base, evaluation))
    })
}

impl FunctionDefinition {
    pub fn call(&self, arguments: Vec<Value>, scope: &Scope) -> Result<Value, FeelError> {
        let mut given = Vec::with_capacity(arguments.len());
        for ((name, kind), argument) in self.parameters.iter().zip(arguments) {
            let Some(argument) = kind.admit(argument, scope.evaluation())? else { return Ok(Value::Null) };
            given.push((name.clone(), argument));
        }
        self.body.evaluate(&scope.with(&given), None).map_err(|fault| match fault {
            Fault::Feel(error) => error,
            Fault::Decision(_, message) => FeelError::Failed(message),
        })
    }
}

fn filter(list: &Boxed, condition: &Boxed, scope: &Scope) -> Result<Value, Fault> {
    let list = list.evaluate(scope, None)?;
    let mut kept = Vec::new();
    for item in list.items() {
        let mut names: Vec<(Arc<str>, Value)> = vec![("item".into(), item.clone())];
        if let Value::Context(entries) = item {
            names.extend(entries.iter().map(|(name, value)| (name.as_str().into(), value.clone())));
        }
        match condition.evaluate(&scope.with(&names), None)? {
            Value::Boolean(true) => kept.push(item.clone()),
            Value::Boolean(false) | Value::Null => {}
            _ => return Ok(Value::Null),
        }
    }
    Ok(Value::list(kept))
}

/// The results for the items of a list, as long as they are wanted; none when it is null.
fn each(
    variable: &Arc<str>,
    parts: &[Boxed; 2],
    scope: &Scope,
    mut wants_more: impl FnMut(&Value) -> bool,
) -> Result<Option<Vec<Value>>, Fault> {
    // a range of numbers or dates has items, too: FEEL knows them
    let list = match parts[0].evaluate(scope, None)? {
        Value::Null => return Ok(None),
        range @ Value::Range(_) => items_of(range, scope)?,
        list => list,
    };
    let mut results: Vec<Value> = Vec::new();
    for item in list.items() {
        scope.evaluation().spend(results.len() / 8)?;
        let names = [(variable.clone(), item.clone()), ("partial".into(), Value::list(results.clone()))];
        let result = parts[1].evaluate(&scope.with(&names), None)?;
        let more = wants_more(&result);
        results.push(result);
        if !more {
            break;
        }
    }
    Ok(Some(results))
}

fn items_of(range: Value, scope: &Scope) -> Result<Value, Fault> {
    let all = feel::Expression::parse("for item in range return item", &[])?;
    Ok(all.evaluate(&|name| (name == "range").then(|| range.clone()), scope.evaluation())?)
}

fn quantified(every: bool, variable: &Arc<str>, parts: &[Boxed; 2], scope: &Scope) -> Result<Value, Fault> {
    let decides = |result: &Value| matches!(result, Value::Boolean(holds) if *holds != every);
    let Some(results) = each(variable, parts, scope, |result| !decides(result))? else { return Ok(Value::Null) };
    Ok(match results.last() {
        Some(last) if decides(last) => Value::Boolean(!every),
        _ if results.iter().all(|result| matches!(result, Value::Boolean(_))) => Value::Boolean(every),
        _ => Value::Null,
    })
}
