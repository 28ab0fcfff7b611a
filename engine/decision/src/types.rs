//! What a type admits (DMN 1.5, 7.3.3), and how JSON becomes it: dates, times and durations come as text.

use crate::scope::Scope;
use feel::{Evaluation, Expression, FeelError, UnaryTests, Value};
use std::sync::Arc;

#[derive(Debug, Clone)]
pub enum Type {
    Any,
    Boolean,
    Number,
    String,
    Date,
    Time,
    DateTime,
    Days,
    Months,
    /// A context, whatever is in it.
    AnyContext,
    Context(Arc<Vec<(String, Type)>>),
    List(Arc<Type>),
    Function,
    /// With unary tests that a value of it passes.
    Constrained(Arc<Type>, Arc<UnaryTests>),
}

/// The types of FEEL, and the names that DMN 1.1 and modellers have for them.
pub fn named(name: &str) -> Option<Type> {
    let plain = name.rsplit(':').next().unwrap_or(name).trim();
    Some(match plain {
        "Any" | "any" | "" | "<Undefined>" | "Undefined" => Type::Any,
        "boolean" | "Boolean" => Type::Boolean,
        "number" | "Number" | "integer" | "long" | "double" | "decimal" => Type::Number,
        "string" | "String" => Type::String,
        "date" => Type::Date,
        "time" => Type::Time,
        "date and time" | "dateTime" => Type::DateTime,
        "days and time duration" | "dayTimeDuration" => Type::Days,
        "years and months duration" | "yearMonthDuration" => Type::Months,
        "context" => Type::AnyContext,
        "list" => Type::List(Arc::new(Type::Any)),
        "function" => Type::Function,
        _ => return None,
    })
}

impl Type {
    /// The value as one of this type; none when it is not. Null is of every type; a list of one is its item, and the other way
    /// round (10.3.2.9.4).
    pub fn admit(&self, value: Value, evaluation: &Evaluation) -> Result<Option<Value>, FeelError> {
        if value.is_null() {
            return Ok(Some(value));
        }
        evaluation.spend(1)?;
        match self {
            Type::Any => Ok(Some(value)),
            Type::List(item) => admit_items(value.items(), item, evaluation),
            Type::Constrained(kind, tests) => {
                let Some(value) = kind.admit(value, evaluation)? else { return Ok(None) };
                let passes = tests.holds(&value, &|_| None, evaluation)?;
                Ok(passes.then_some(value))
            }
            Type::Context(entries) => admit_context(value.single(), entries, evaluation),
            simple => Ok(simple.admit_simple(value.single())),
        }
    }

    fn admit_simple(&self, value: &Value) -> Option<Value> {
        match (self, value) {
            (Type::Boolean, Value::Boolean(_))
            | (Type::Number, Value::Number(_))
            | (Type::String, Value::String(_))
            | (Type::Date, Value::Date(_))
            | (Type::Time, Value::Time(_))
            | (Type::DateTime, Value::DateTime(_))
            | (Type::Days, Value::Days(_))
            | (Type::Months, Value::Months(_))
            | (Type::AnyContext, Value::Context(_))
            | (Type::Function, Value::Function(_)) => Some(value.clone()),
            (Type::Date | Type::Time | Type::DateTime | Type::Days | Type::Months, Value::String(text)) => {
                let read = feel::temporal_literal(text)?;
                self.admit_simple(&read)
            }
            (Type::DateTime, Value::Date(_)) => {
                let midnight = Expression::parse("date and time(date, @\"00:00:00Z\")", &[]).ok()?;
                let date = |name: &str| (name == "date").then(|| value.clone());
                midnight.evaluate(&date, &Evaluation::new(jiff::Timestamp::UNIX_EPOCH)).ok()
            }
            _ => None,
        }
    }
}

fn admit_items(items: &[Value], kind: &Type, evaluation: &Evaluation) -> Result<Option<Value>, FeelError> {
    let mut admitted = Vec::with_capacity(items.len());
    for item in items {
        match kind.admit(item.clone(), evaluation)? {
            Some(item) => admitted.push(item),
            None => return Ok(None),
        }
    }
    Ok(Some(Value::list(admitted)))
}

/// Entries that the type does not name stay.
fn admit_context(
    value: &Value,
    entries: &[(String, Type)],
    evaluation: &Evaluation,
) -> Result<Option<Value>, FeelError> {
    let Value::Context(context) = value else { return Ok(None) };
    let mut admitted = feel::Context::clone(context);
    for (name, kind) in entries {
        let Some(entry) = admitted.get_mut(name) else { continue };
        match kind.admit(std::mem::replace(entry, Value::Null), evaluation)? {
            Some(value) => *entry = value,
            None => return Ok(None),
        }
    }
    Ok(Some(Value::context(admitted)))
}

/// The value, or null when it is not of the type: what DMN makes of results that do not conform.
pub fn conform(value: Value, kind: &Type, scope: &Scope) -> Result<Value, FeelError> {
    Ok(kind.admit(value, scope.evaluation())?.unwrap_or(Value::Null))
}
