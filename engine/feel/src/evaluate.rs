//! What each node means (DMN 1.5, 10.3.2.12 and after).

use crate::{
    Evaluation, FeelError, Lookup,
    environment::Environment,
    functions::{self, conforms},
    node::{Arguments, Comparison, FunctionNode, Iteration, Node, Over, QuantifiedNode, RangeNode, Test},
    operators::{self, compare, equal, includes},
    temporal,
    value::{Context, Function, Range, Value},
};
use dsntk_feel_number::FeelNumber;
use regex::Regex;
use std::{cell::RefCell, cmp::Ordering, collections::HashMap, sync::Arc};

/// One evaluation of one expression.
pub struct Run<'a> {
    lookup: Lookup<'a>,
    /// Free names that were looked up.
    found: RefCell<Vec<(Arc<str>, Value)>>,
    pub evaluation: &'a Evaluation,
    /// Patterns that were compiled, for those that come again in a loop; none is no pattern.
    pub patterns: RefCell<HashMap<(String, String), Option<Regex>>>,
    item: Arc<str>,
}

impl<'a> Run<'a> {
    pub fn new(lookup: Lookup<'a>, evaluation: &'a Evaluation) -> Run<'a> {
        Run { lookup, found: RefCell::default(), evaluation, patterns: RefCell::default(), item: "item".into() }
    }

    pub fn value(&self, node: &Node, env: &Environment) -> Result<Value, FeelError> {
        self.evaluation.spend(1)?;
        self.evaluation.check_stack()?;
        match node {
            Node::Literal(value) => Ok(value.clone()),
            Node::Name(name) => Ok(self.name(name, env)),
            Node::Path(of, name) => self.path(&self.value(of, env)?, name),
            Node::Filter(list, condition) => self.filter(&self.value(list, env)?, condition, env),
            Node::For(node) => self.for_each(node, env),
            Node::Quantified(node) => self.quantified(node, env),
            Node::If(parts) => {
                let chosen = if self.value(&parts[0], env)?.is_true() { &parts[1] } else { &parts[2] };
                self.value(chosen, env)
            }
            Node::And(all) => self.all(all, env),
            Node::Or(all) => self.any(all, env),
            Node::Negation(of) => Ok(operators::negate(&self.value(of, env)?)),
            Node::Arithmetic(first, rest) => {
                let mut left = self.value(first, env)?;
                for (operation, right) in rest {
                    let right = self.value(right, env)?;
                    left = operators::arithmetic(self.evaluation, *operation, &left, &right)?;
                }
                Ok(left)
            }
            Node::Comparison(comparison, sides) => {
                let (left, right) = (self.value(&sides[0], env)?, self.value(&sides[1], env)?);
                Ok(boolean(self.compared(*comparison, &left, &right)?))
            }
            Node::Between(parts) => self.between(parts, env),
            Node::In(of, tests) => {
                let value = self.value(of, env)?;
                Ok(boolean(self.holds_any(tests, &value, env)?))
            }
            Node::InstanceOf(of, kind) => Ok(Value::Boolean(conforms(&self.value(of, env)?, kind))),
            Node::List(items) => Ok(Value::list(self.values(items, env)?)),
            Node::Context(entries) => self.context(entries, env),
            Node::Range(range) => self.range(range, env),
            Node::Function(definition) => Ok(self.function(definition, env)),
            Node::Builtin(builtin, arguments) => builtin.call(self, &self.values(arguments, env)?),
            Node::Call(function, arguments) => {
                let function = self.value(function, env)?;
                self.invoke(&function, arguments, env)
            }
        }
    }

    fn values(&self, nodes: &[Node], env: &Environment) -> Result<Vec<Value>, FeelError> {
        nodes.iter().map(|node| self.value(node, env)).collect()
    }

    fn name(&self, name: &Arc<str>, env: &Environment) -> Value {
        let found = env.find(name).cloned().or_else(|| self.free(name));
        found.or_else(|| functions::named(name)).unwrap_or(Value::Null)
    }

    fn free(&self, name: &Arc<str>) -> Option<Value> {
        let known = self.found.borrow().iter().find(|(known, _)| known == name).map(|(_, value)| value.clone());
        known.or_else(|| {
            let value = (self.lookup)(name)?;
            self.found.borrow_mut().push((name.clone(), value.clone()));
            Some(value)
        })
    }

    fn path(&self, of: &Value, name: &str) -> Result<Value, FeelError> {
        Ok(match of {
            Value::Context(entries) => entries.get(name).cloned().unwrap_or(Value::Null),
            Value::List(items) => {
                self.evaluation.spend(items.len())?;
                self.evaluation.check_stack()?;
                Value::list(items.iter().map(|item| self.path(item, name)).collect::<Result<_, _>>()?)
            }
            Value::Range(range) => match name {
                "start" => range.start.clone(),
                "end" => range.end.clone(),
                "start included" => Value::Boolean(range.start_included),
                "end included" => Value::Boolean(range.end_included),
                _ => Value::Null,
            },
            other => temporal::property(other, name),
        })
    }

    /// Items for which the condition holds, or the item at an index: from 1, or from -1 backwards (10.3.2.5).
    fn filter(&self, list: &Value, condition: &Node, env: &Environment) -> Result<Value, FeelError> {
        let items = list.items();
        let mut kept = Vec::new();
        for (index, item) in items.iter().enumerate() {
            let holds = self.value(condition, &self.with_item(env, item))?;
            match holds {
                Value::Number(position) if index == 0 => return Ok(at_position(items, position)),
                Value::Boolean(true) => kept.push(item.clone()),
                _ => {}
            }
        }
        if items.is_empty() && matches!(self.value(condition, env)?, Value::Number(_)) {
            return Ok(Value::Null);
        }
        Ok(Value::list(kept))
    }

    fn with_item(&self, env: &Environment, item: &Value) -> Environment {
        let env = env.with(&self.item, item.clone());
        if let Value::Context(entries) = item { env.with_all(entries) } else { env }
    }

    fn for_each(&self, node: &crate::node::ForNode, env: &Environment) -> Result<Value, FeelError> {
        let mut results: Vec<Value> = Vec::new();
        let partial: Arc<str> = "partial".into();
        let iterable = self.iterate(&node.over, env, &mut |env| {
            let value = if node.reads_partial {
                self.evaluation.spend(results.len())?;
                self.value(&node.body, &env.with(&partial, Value::list(results.clone())))?
            } else {
                self.value(&node.body, env)?
            };
            results.push(value);
            Ok(true)
        })?;
        Ok(if iterable { Value::list(results) } else { Value::Null })
    }

    fn quantified(&self, node: &QuantifiedNode, env: &Environment) -> Result<Value, FeelError> {
        let (mut decided, mut unknown) = (false, false);
        let iterable = self.iterate(&node.over, env, &mut |env| {
            match self.value(&node.satisfies, env)? {
                Value::Boolean(holds) => decided = holds != node.every,
                _ => unknown = true,
            }
            Ok(!decided)
        })?;
        Ok(match (decided, unknown || !iterable) {
            (true, _) => Value::Boolean(!node.every),
            (false, true) => Value::Null,
            (false, false) => Value::Boolean(node.every),
        })
    }

    /// Every combination, the last name the fastest, as long as `each` wants more. False when there is nothing to go through.
    fn iterate(
        &self,
        over: &[Iteration],
        env: &Environment,
        each: &mut dyn FnMut(&Environment) -> Result<bool, FeelError>,
    ) -> Result<bool, FeelError> {
        let Some((first, rest)) = over.split_first() else {
            each(env)?;
            return Ok(true);
        };
        let mut wants_more = true;
        let mut iterable = true;
        let mut visit = |item: Value| {
            self.evaluation.spend(1)?;
            let inner = env.with(&first.name, item);
            if rest.is_empty() {
                wants_more = each(&inner)?;
            } else {
                iterable &= self.iterate(rest, &inner, &mut |env| {
                    wants_more = each(env)?;
                    Ok(wants_more)
                })?;
            }
            Ok(wants_more && iterable)
        };
        let has_items = match &first.over {
            Over::Interval(from, to) => count(&self.value(from, env)?, &self.value(to, env)?, &mut visit)?,
            Over::Items(items) => match self.value(items, env)? {
                Value::Null => false,
                Value::Range(range) => self.count_range(&range, &mut visit)?,
                items => {
                    for item in items.items() {
                        if !visit(item.clone())? {
                            break;
                        }
                    }
                    true
                }
            },
        };
        Ok(has_items && iterable)
    }

    fn count_range(
        &self,
        range: &Range,
        visit: &mut dyn FnMut(Value) -> Result<bool, FeelError>,
    ) -> Result<bool, FeelError> {
        count(&range.start, &range.end, &mut |item| {
            let inside = includes(self.evaluation, range, &item)?;
            if inside == Some(true) { visit(item) } else { Ok(true) }
        })
    }

    /// In ternary logic: false when one is, else unknown when one is (10.3.2.6).
    fn all(&self, nodes: &[Node], env: &Environment) -> Result<Value, FeelError> {
        let mut result = Value::Boolean(true);
        for node in nodes {
            match self.value(node, env)?.single() {
                Value::Boolean(false) => return Ok(Value::Boolean(false)),
                Value::Boolean(true) => {}
                _ => result = Value::Null,
            }
        }
        Ok(result)
    }

    fn any(&self, nodes: &[Node], env: &Environment) -> Result<Value, FeelError> {
        let mut result = Value::Boolean(false);
        for node in nodes {
            match self.value(node, env)?.single() {
                Value::Boolean(true) => return Ok(Value::Boolean(true)),
                Value::Boolean(false) => {}
                _ => result = Value::Null,
            }
        }
        Ok(result)
    }

    fn compared(&self, comparison: Comparison, left: &Value, right: &Value) -> Result<Option<bool>, FeelError> {
        let order = |holds: fn(Ordering) -> bool| compare(left.single(), right.single()).map(holds);
        Ok(match comparison {
            Comparison::Equal => equal(self.evaluation, left, right)?,
            Comparison::NotEqual => equal(self.evaluation, left, right)?.map(|equal| !equal),
            Comparison::Less => order(Ordering::is_lt),
            Comparison::LessOrEqual => order(Ordering::is_le),
            Comparison::Greater => order(Ordering::is_gt),
            Comparison::GreaterOrEqual => order(Ordering::is_ge),
        })
    }

    fn between(&self, parts: &[Node; 3], env: &Environment) -> Result<Value, FeelError> {
        let value = self.value(&parts[0], env)?;
        let from = compare(&value, &self.value(&parts[1], env)?).map(Ordering::is_ge);
        let to = compare(&value, &self.value(&parts[2], env)?).map(Ordering::is_le);
        Ok(boolean(from.zip(to).map(|(from, to)| from && to)))
    }

    /// Whether one of the tests holds; unknown when none does and one gives null.
    pub fn holds_any(&self, tests: &[Test], input: &Value, env: &Environment) -> Result<Option<bool>, FeelError> {
        let mut result = Some(false);
        for test in tests {
            match self.holds(test, input, env)? {
                Some(true) => return Ok(Some(true)),
                Some(false) => {}
                None => result = None,
            }
        }
        Ok(result)
    }

    fn holds(&self, test: &Test, input: &Value, env: &Environment) -> Result<Option<bool>, FeelError> {
        match test {
            Test::Anything => Ok(Some(true)),
            Test::Compared(comparison, node) => self.compared(*comparison, input, &self.value(node, env)?),
            Test::Value(node) => self.matches(input, &self.value(node, env)?),
            Test::Condition(node) => match self.value(node, &env.with(&"?".into(), input.clone()))? {
                Value::Boolean(holds) => Ok(Some(holds)),
                value => self.matches(input, &value),
            },
        }
    }

    fn matches(&self, input: &Value, value: &Value) -> Result<Option<bool>, FeelError> {
        match (value, input) {
            (Value::Range(range), Value::Range(_)) => equal(self.evaluation, input, &Value::Range(range.clone())),
            (Value::Range(range), _) => includes(self.evaluation, range, input),
            (Value::List(items), _) => {
                for item in items.iter() {
                    let found = match item {
                        Value::Range(range) => includes(self.evaluation, range, input)?,
                        item => equal(self.evaluation, item, input)?,
                    };
                    if found == Some(true) {
                        return Ok(Some(true));
                    }
                }
                Ok(Some(equal(self.evaluation, input, value)? == Some(true)))
            }
            // a test of something else than the input
            (Value::Boolean(holds), input) if !matches!(input, Value::Boolean(_)) => Ok(Some(*holds)),
            _ => equal(self.evaluation, input, value),
        }
    }

    fn context(&self, entries: &[(Arc<str>, Node)], env: &Environment) -> Result<Value, FeelError> {
        let mut context = Context::with_capacity(entries.len());
        let mut env = env.clone();
        for (name, node) in entries {
            let value = self.value(node, &env)?;
            if context.insert(name.to_string(), value.clone()).is_some() {
                return Ok(Value::Null); // two entries of one name (10.3.2.8)
            }
            env = env.with(name, value);
        }
        Ok(Value::context(context))
    }

    fn range(&self, node: &RangeNode, env: &Environment) -> Result<Value, FeelError> {
        let end_of = |node: &Option<Node>| node.as_ref().map(|node| self.value(node, env)).transpose();
        let (mut start, end) = (end_of(&node.start)?, end_of(&node.end)?);
        if node.start_included && start.is_none() {
            start.clone_from(&end); // `(= 5)`
        }
        let fits = match (&start, &end) {
            (Some(start), Some(end)) => compare(start, end).is_some_and(Ordering::is_le),
            (one, other) => one.iter().chain(other).all(|end| compare(end, end).is_some()),
        };
        let (start, end) = (start.unwrap_or(Value::Null), end.unwrap_or(Value::Null));
        let range = Range { start, start_included: node.start_included, end, end_included: node.end_included };
        Ok(if fits { Value::Range(Arc::new(range)) } else { Value::Null })
    }

    fn function(&self, definition: &Arc<FunctionNode>, env: &Environment) -> Value {
        let mut environment = env.clone();
        for name in definition.free.iter().filter(|name| env.find(name).is_none()) {
            if let Some(value) = self.free(name) {
                environment = environment.with(name, value);
            }
        }
        Value::Function(Arc::new(Function::Written { definition: definition.clone(), environment }))
    }

    fn invoke(&self, function: &Value, arguments: &Arguments, env: &Environment) -> Result<Value, FeelError> {
        let Value::Function(function) = function else { return Ok(Value::Null) };
        let arguments = match arguments {
            Arguments::Positional(nodes) => self.values(nodes, env)?,
            Arguments::Named(named) => {
                let names = functions::parameters(function);
                if names.len() != named.len() || !named.iter().all(|(name, _)| names.contains(&&**name)) {
                    return Ok(Value::Null);
                }
                let argument = |name: &str| named.iter().find(|(given, _)| **given == *name);
                let nodes = names.into_iter().filter_map(argument);
                nodes.map(|(_, node)| self.value(node, env)).collect::<Result<_, _>>()?
            }
        };
        self.call(function, arguments)
    }

    /// Null when the arguments do not fit the parameters.
    pub fn call(&self, function: &Arc<Function>, arguments: Vec<Value>) -> Result<Value, FeelError> {
        self.evaluation.check_stack()?;
        match &**function {
            Function::Builtin(builtin) => builtin.call(self, &arguments),
            Function::Native { parameters, body } if parameters.len() == arguments.len() => {
                body(arguments, self.evaluation)
            }
            Function::Written { definition, environment } if definition.parameters.len() == arguments.len() => {
                let own = definition.name.iter().map(|name| (name, Value::Function(function.clone())));
                let mut env = own.fold(environment.clone(), |env, (name, function)| env.with(name, function));
                for ((name, kind), argument) in definition.parameters.iter().zip(arguments) {
                    let Some(argument) = functions::coerced(argument, kind) else { return Ok(Value::Null) };
                    env = env.with(name, argument);
                }
                self.value(&definition.body, &env)
            }
            _ => Ok(Value::Null),
        }
    }
}

fn boolean(value: Option<bool>) -> Value {
    value.map_or(Value::Null, Value::Boolean)
}

fn at_position(items: &[Value], position: FeelNumber) -> Value {
    let index = i64::try_from(position).ok().and_then(|position| match position {
        1.. => usize::try_from(position - 1).ok(),
        0 => None,
        _ => items.len().checked_sub(usize::try_from(-position).ok()?),
    });
    index.and_then(|index| items.get(index)).cloned().unwrap_or(Value::Null)
}

/// Whole numbers or days from one to the other, up or down; false when these have none between them.
fn count(from: &Value, to: &Value, visit: &mut dyn FnMut(Value) -> Result<bool, FeelError>) -> Result<bool, FeelError> {
    let Some(order) = compare(from, to) else { return Ok(false) };
    let mut here = from.clone();
    while compare(&here, to).is_some_and(|now| now == order || now == Ordering::Equal) {
        if !visit(here.clone())? {
            return Ok(true);
        }
        here = match here {
            Value::Number(number) if order.is_gt() => Value::Number(number - FeelNumber::one()),
            Value::Number(number) => Value::Number(number + FeelNumber::one()),
            Value::Date(date) => match temporal::next_day(date, if order.is_gt() { -1 } else { 1 }) {
                Some(next) => Value::Date(next),
                None => return Ok(true),
            },
            _ => return Ok(false),
        };
        if order == Ordering::Equal {
            break;
        }
    }
    Ok(true)
}
