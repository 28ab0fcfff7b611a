//! Comparison and arithmetic on JSON values.

use super::functions::number_from;
use super::term::{Arithmetic, Comparison};
use super::{Fault, MAX_TEXT, render};
use serde_json::Value;
use std::cmp::Ordering;

/// True, or false (null counts as false); none for what is neither.
pub(super) fn truth(value: &Value) -> Option<bool> {
    match value {
        Value::Bool(holds) => Some(*holds),
        Value::Null => Some(false),
        Value::Number(_) | Value::String(_) | Value::Array(_) | Value::Object(_) => None,
    }
}

/// A value and its type, short enough for a message.
pub(super) fn describe(value: &Value) -> String {
    let kind = match value {
        Value::Null => return "null".to_owned(),
        Value::Bool(holds) => return holds.to_string(),
        Value::Number(_) => "the number",
        Value::String(_) => "the text",
        Value::Array(_) => "the list",
        Value::Object(_) => "the object",
    };
    let text = value.to_string();
    match text.char_indices().nth(60) {
        Some((cut, _)) => format!("{kind} {}…", &text[..cut]),
        None => format!("{kind} {text}"),
    }
}

/// Numbers by value (1 is 1.0), lists and objects item by item. Null equals null alone.
pub(crate) fn equal(left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::Number(_), Value::Number(_)) => compare_numbers(left, right) == Some(Ordering::Equal),
        (Value::Array(left), Value::Array(right)) => {
            left.len() == right.len() && left.iter().zip(right).all(|(left, right)| equal(left, right))
        }
        (Value::Object(left), Value::Object(right)) => {
            left.len() == right.len()
                && left.iter().all(|(name, value)| right.get(name).is_some_and(|other| equal(value, other)))
        }
        _ => left == right,
    }
}

/// None when one of them is null. Numbers by value, texts by their characters; anything else has no order.
pub(super) fn order(left: &Value, right: &Value) -> Result<Option<Ordering>, Fault> {
    match (left, right) {
        (Value::Null, _) | (_, Value::Null) => Ok(None),
        (Value::Number(_), Value::Number(_)) => Ok(compare_numbers(left, right)),
        (Value::String(left), Value::String(right)) => Ok(Some(left.cmp(right))),
        _ => Err(Fault::failed(format!("{} and {} cannot be compared", describe(left), describe(right)))),
    }
}

fn compare_numbers(left: &Value, right: &Value) -> Option<Ordering> {
    match (left.as_i64(), right.as_i64()) {
        (Some(left), Some(right)) => Some(left.cmp(&right)),
        _ => left.as_f64()?.partial_cmp(&right.as_f64()?),
    }
}

pub(super) fn compare(comparison: Comparison, left: &Value, right: &Value) -> Result<bool, Fault> {
    Ok(match comparison {
        Comparison::Equal => equal(left, right),
        Comparison::NotEqual => !equal(left, right),
        Comparison::Greater => order(left, right)? == Some(Ordering::Greater),
        Comparison::Less => order(left, right)? == Some(Ordering::Less),
        Comparison::GreaterOrEqual => matches!(order(left, right)?, Some(Ordering::Greater | Ordering::Equal)),
        Comparison::LessOrEqual => matches!(order(left, right)?, Some(Ordering::Less | Ordering::Equal)),
    })
}

pub(super) fn calculate(operation: Arithmetic, left: &Value, right: &Value) -> Result<Value, Fault> {
    match (left, right) {
        (Value::Number(_), Value::Number(_)) => on_numbers(operation, left, right),
        (Value::String(_), Value::Null) | (Value::Null, Value::String(_)) => Err(not_calculable(left, right)),
        (Value::String(_), _) | (_, Value::String(_)) if operation == Arithmetic::Add => {
            let text = render(left) + &render(right);
            if text.len() > MAX_TEXT {
                return Err(Fault::failed(format!("the text would be longer than {MAX_TEXT} bytes")));
            }
            Ok(Value::from(text))
        }
        _ => Err(not_calculable(left, right)),
    }
}

fn not_calculable(left: &Value, right: &Value) -> Fault {
    Fault::failed(format!("{} and {} cannot be calculated with", describe(left), describe(right)))
}

/// Whole numbers stay whole as long as the result is whole and fits.
fn on_numbers(operation: Arithmetic, left: &Value, right: &Value) -> Result<Value, Fault> {
    if let (Some(left), Some(right)) = (left.as_i64(), right.as_i64())
        && let Some(result) = on_whole(operation, left, right)
    {
        return Ok(Value::from(result));
    }
    let (left, right) = (left.as_f64().unwrap_or(f64::NAN), right.as_f64().unwrap_or(f64::NAN));
    let divides = matches!(operation, Arithmetic::Divide | Arithmetic::Remainder);
    if divides && right == 0.0 {
        return Err(Fault::failed("division by zero"));
    }
    number_from(match operation {
        Arithmetic::Add => left + right,
        Arithmetic::Subtract => left - right,
        Arithmetic::Multiply => left * right,
        Arithmetic::Divide => left / right,
        Arithmetic::Remainder => left % right,
        Arithmetic::Power => left.powf(right),
    })
}

fn on_whole(operation: Arithmetic, left: i64, right: i64) -> Option<i64> {
    match operation {
        Arithmetic::Add => left.checked_add(right),
        Arithmetic::Subtract => left.checked_sub(right),
        Arithmetic::Multiply => left.checked_mul(right),
        Arithmetic::Divide if left.checked_rem(right)? == 0 => left.checked_div(right),
        Arithmetic::Divide => None,
        Arithmetic::Remainder => left.checked_rem(right),
        Arithmetic::Power => left.checked_pow(u32::try_from(right).ok()?),
    }
}
