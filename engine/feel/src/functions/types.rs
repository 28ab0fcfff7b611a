//! Whether values are of a type (DMN 1.5, 10.3.2.9).

use crate::{node::Type, value::Value};

pub fn conforms(value: &Value, kind: &Type) -> bool {
    match (kind, value) {
        (Type::Any, value) => !value.is_null(),
        (Type::Null, Value::Null)
        | (Type::Boolean, Value::Boolean(_))
        | (Type::Number, Value::Number(_))
        | (Type::String, Value::String(_))
        | (Type::Date, Value::Date(_))
        | (Type::Time, Value::Time(_))
        | (Type::DateTime, Value::DateTime(_))
        | (Type::Days, Value::Days(_))
        | (Type::Months, Value::Months(_))
        | (Type::Function, Value::Function(_)) => true,
        (Type::Context(entries), Value::Context(context)) => entries
            .iter()
            .all(|(name, kind)| context.get(&**name).is_some_and(|value| value.is_null() || conforms(value, kind))),
        (Type::List(kind), Value::List(items)) => {
            items.iter().all(|item| conforms(item, kind) || (item.is_null() && **kind == Type::Any))
        }
        (Type::Range(kind), Value::Range(range)) => {
            [&range.start, &range.end].into_iter().all(|end| end.is_null() || conforms(end, kind))
        }
        _ => false,
    }
}

/// The value as a parameter of that type takes it: a list of one is its item and the other way round; none when it does not fit.
pub fn coerced(value: Value, kind: &Type) -> Option<Value> {
    if value.is_null() || *kind == Type::Any || conforms(&value, kind) {
        return Some(value);
    }
    match (kind, &value) {
        (Type::List(item), value) if !matches!(value, Value::List(_)) && conforms(value, item) => {
            Some(Value::list(vec![value.clone()]))
        }
        (Type::DateTime, Value::Date(date)) => Some(Value::DateTime(crate::temporal::DateTime {
            at: date.to_datetime(jiff::civil::Time::midnight()),
            zone: Some(crate::temporal::Zone::Offset(jiff::tz::Offset::UTC)),
        })),
        (kind, value) => {
            let single = value.single();
            conforms(single, kind).then(|| single.clone())
        }
    }
}
