//! Decision tables (DMN 1.5, chapter 8).

use crate::{
    DecisionErrorCode,
    boxed::{Boxed, Fault},
    scope::Scope,
    types::{Type, conform},
};
use feel::{Evaluation, FeelError, UnaryTests, Value};
use model::decision::{Aggregation, HitPolicy};
use std::cmp::Ordering;

#[derive(Debug)]
pub struct Table {
    pub hit_policy: HitPolicy,
    pub inputs: Vec<Input>,
    pub outputs: Vec<Output>,
    pub rules: Vec<Rule>,
}

#[derive(Debug)]
pub struct Input {
    /// What people call it.
    pub label: String,
    pub expression: feel::Expression,
    pub kind: Type,
    pub allowed: Option<UnaryTests>,
}

#[derive(Debug)]
pub struct Output {
    pub name: Option<String>,
    pub kind: Type,
    /// A list, from the highest priority to the lowest.
    pub values: Option<feel::Expression>,
    pub default: Option<Boxed>,
}

#[derive(Debug)]
pub struct Rule {
    pub inputs: Vec<UnaryTests>,
    pub outputs: Vec<Boxed>,
}

/// What a table has seen of its inputs, and which of its rules matched.
#[derive(Debug, Default)]
pub struct Seen {
    pub inputs: Vec<(String, Value)>,
    /// Numbers, from 1.
    pub rules: Vec<usize>,
}

impl Table {
    pub fn evaluate(&self, scope: &Scope, seen: Option<&mut Seen>) -> Result<Value, Fault> {
        let inputs = self.inputs(scope)?;
        let matching = self.matching(&inputs, scope)?;
        if let Some(seen) = seen {
            seen.inputs = self.inputs.iter().map(|input| input.label.clone()).zip(inputs.iter().cloned()).collect();
            seen.rules = matching.iter().map(|index| index + 1).collect();
        }
        if matching.is_empty() {
            return self.without_match(scope);
        }
        match self.hit_policy {
            HitPolicy::Unique if matching.len() > 1 => {
                let message = format!("rules {} match, and only one may", numbers(&matching));
                Err(Fault::Decision(DecisionErrorCode::AmbiguousRules, message))
            }
            HitPolicy::Unique | HitPolicy::First => self.output(matching[0], scope),
            HitPolicy::Any => self.agreed(&matching, scope),
            HitPolicy::Priority => Ok(self.by_priority(&matching, scope)?.into_iter().next().unwrap_or(Value::Null)),
            HitPolicy::OutputOrder => Ok(Value::list(self.by_priority(&matching, scope)?)),
            HitPolicy::RuleOrder | HitPolicy::Collect(None) => Ok(Value::list(self.all(&matching, scope)?)),
            HitPolicy::Collect(Some(aggregation)) => {
                Ok(aggregate(aggregation, self.all(&matching, scope)?, scope.evaluation())?)
            }
        }
    }

    fn inputs(&self, scope: &Scope) -> Result<Vec<Value>, Fault> {
        let input = |input: &Input| {
            let value = scope.evaluate(&input.expression)?;
            let invalid = |what: &str| {
                let message = format!("the input `{}` {what}", input.label);
                Fault::Decision(DecisionErrorCode::InvalidInput, message)
            };
            let kind = value.kind();
            let admitted = input.kind.admit(value, scope.evaluation())?;
            let value = admitted.ok_or_else(|| invalid(&format!("is {kind}, which is not of its type")))?;
            match &input.allowed {
                Some(allowed) if !value.is_null() && !scope.holds(allowed, &value)? => {
                    let text = value.to_text(scope.evaluation())?;
                    Err(invalid(&format!("is {text}, which is none of its values ({})", allowed.source())))
                }
                _ => Ok(value),
            }
        };
        self.inputs.iter().map(input).collect()
    }

    fn matching(&self, inputs: &[Value], scope: &Scope) -> Result<Vec<usize>, Fault> {
        let mut matching = Vec::new();
        for (index, rule) in self.rules.iter().enumerate() {
            scope.evaluation().spend(1)?;
            if rule.matches(inputs, scope)? {
                matching.push(index);
                if self.hit_policy == HitPolicy::First {
                    break;
                }
            }
        }
        Ok(matching)
    }

    fn output(&self, rule: usize, scope: &Scope) -> Result<Value, Fault> {
        let outputs = self.rules[rule].outputs.iter().map(|output| output.evaluate(scope, None));
        let outputs: Vec<Value> = outputs.collect::<Result<_, _>>()?;
        Ok(self.named(outputs, scope)?)
    }

    /// One output is the value itself; several are a context (8.2.9).
    fn named(&self, outputs: Vec<Value>, scope: &Scope) -> Result<Value, FeelError> {
        let clauses = self.outputs.iter();
        let mut values = clauses.zip(outputs).map(|(clause, value)| {
            let value = conform(value, &clause.kind, scope)?;
            Ok::<_, FeelError>((clause.name.clone().unwrap_or_default(), value))
        });
        if self.outputs.len() == 1 {
            return Ok(values.next().transpose()?.map_or(Value::Null, |(_, value)| value));
        }
        Ok(Value::context(values.collect::<Result<_, _>>()?))
    }

    fn all(&self, rules: &[usize], scope: &Scope) -> Result<Vec<Value>, Fault> {
        rules.iter().map(|rule| self.output(*rule, scope)).collect()
    }

    fn agreed(&self, matching: &[usize], scope: &Scope) -> Result<Value, Fault> {
        let outputs = self.all(matching, scope)?;
        for (output, rule) in outputs.iter().zip(matching).skip(1) {
            if feel::equal(scope.evaluation(), &outputs[0], output)? != Some(true) {
                let message = format!("rules {} match, and do not agree", numbers(&[matching[0], *rule]));
                return Err(Fault::Decision(DecisionErrorCode::AmbiguousRules, message));
            }
        }
        Ok(outputs.into_iter().next().unwrap_or(Value::Null))
    }

    /// The outputs of the matching rules, by the order of the output values, the first output first; rules of the same
    /// priority in their own order.
    fn by_priority(&self, matching: &[usize], scope: &Scope) -> Result<Vec<Value>, Fault> {
        let values = |output: &Output| output.values.as_ref().map(|values| scope.evaluate(values)).transpose();
        let orders: Vec<Option<Value>> = self.outputs.iter().map(values).collect::<Result<_, FeelError>>()?;
        let mut ranked = Vec::with_capacity(matching.len());
        for rule in matching {
            let output = self.output(*rule, scope)?;
            let rank: Vec<usize> = orders
                .iter()
                .zip(&self.outputs)
                .map(|(order, clause)| rank(order.as_ref(), self.part(&output, clause), scope.evaluation()))
                .collect::<Result<_, _>>()?;
            ranked.push((rank, output));
        }
        ranked.sort_by(|left, right| left.0.cmp(&right.0));
        Ok(ranked.into_iter().map(|(_, output)| output).collect())
    }

    fn part<'v>(&self, output: &'v Value, clause: &Output) -> &'v Value {
        match (output, &clause.name) {
            (Value::Context(parts), Some(name)) if self.outputs.len() > 1 => parts.get(name).unwrap_or(output),
            _ => output,
        }
    }

    /// The default outputs, else null; of a table that gives a list, an empty one.
    fn without_match(&self, scope: &Scope) -> Result<Value, Fault> {
        if self.outputs.iter().any(|output| output.default.is_some()) {
            let default = |output: &Output| match &output.default {
                Some(default) => default.evaluate(scope, None),
                None => Ok(Value::Null),
            };
            let outputs = self.outputs.iter().map(default).collect::<Result<Vec<_>, _>>()?;
            return Ok(self.named(outputs, scope)?);
        }
        Ok(match self.hit_policy {
            HitPolicy::RuleOrder | HitPolicy::OutputOrder | HitPolicy::Collect(None) => Value::list(Vec::new()),
            HitPolicy::Collect(Some(Aggregation::Count)) => Value::number(0),
            _ => Value::Null,
        })
    }
}

impl Rule {
    fn matches(&self, inputs: &[Value], scope: &Scope) -> Result<bool, FeelError> {
        for (tests, input) in self.inputs.iter().zip(inputs) {
            if !scope.holds(tests, input)? {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

fn numbers(rules: &[usize]) -> String {
    let shown: Vec<String> = rules.iter().take(10).map(|rule| (rule + 1).to_string()).collect();
    shown.join(", ")
}

/// Its place among the values; what is none of them comes last.
fn rank(order: Option<&Value>, value: &Value, evaluation: &Evaluation) -> Result<usize, FeelError> {
    let values = order.map_or(&[][..], Value::items);
    for (index, candidate) in values.iter().enumerate() {
        if feel::equal(evaluation, candidate, value)? == Some(true) {
            return Ok(index);
        }
    }
    Ok(values.len())
}

fn aggregate(aggregation: Aggregation, outputs: Vec<Value>, evaluation: &Evaluation) -> Result<Value, FeelError> {
    let extreme = |wanted: Ordering| {
        let mut best = outputs.first()?;
        for output in &outputs[1..] {
            if feel::compare(output, best)? == wanted {
                best = output;
            }
        }
        Some(best.clone())
    };
    Ok(match aggregation {
        Aggregation::Count => Value::number(outputs.len()),
        Aggregation::Min => extreme(Ordering::Less).unwrap_or(Value::Null),
        Aggregation::Max => extreme(Ordering::Greater).unwrap_or(Value::Null),
        Aggregation::Sum => {
            let sum = feel::Expression::parse("sum(outputs)", &[])?;
            let outputs = Value::list(outputs);
            sum.evaluate(&|name| (name == "outputs").then(|| outputs.clone()), evaluation)?
        }
    })
}
