//! The functions of the language: all of them, and nothing else can be called.

use super::operations::{describe, equal, order};
use super::{Fault, MAX_TEXT, render};
use crate::Timestamp;
use serde_json::{Number, Value};
use std::borrow::Cow;
use std::cmp::Ordering;

#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Function {
    Contains,
    StartsWith,
    EndsWith,
    Matches,
    Len,
    Lower,
    Upper,
    Trim,
    Min,
    Max,
    Abs,
    Round,
    Floor,
    Ceil,
    Default,
    Now,
}

impl Function {
    pub(super) const NAMES: [&'static str; 16] = [
        "contains",
        "starts_with",
        "ends_with",
        "matches",
        "len",
        "lower",
        "upper",
        "trim",
        "min",
        "max",
        "abs",
        "round",
        "floor",
        "ceil",
        "default",
        "now",
    ];

    const ALL: [Function; 16] = [
        Function::Contains,
        Function::StartsWith,
        Function::EndsWith,
        Function::Matches,
        Function::Len,
        Function::Lower,
        Function::Upper,
        Function::Trim,
        Function::Min,
        Function::Max,
        Function::Abs,
        Function::Round,
        Function::Floor,
        Function::Ceil,
        Function::Default,
        Function::Now,
    ];

    pub(super) fn named(name: &str) -> Option<Function> {
        let place = Function::NAMES.iter().position(|known| *known == name)?;
        Function::ALL.get(place).copied()
    }

    pub(super) fn takes(self, count: usize) -> bool {
        match self {
            Function::Contains | Function::StartsWith | Function::EndsWith | Function::Matches | Function::Default => {
                count == 2
            }
            Function::Len | Function::Lower | Function::Upper | Function::Trim => count == 1,
            Function::Abs | Function::Floor | Function::Ceil => count == 1,
            Function::Round => count == 1 || count == 2,
            Function::Min | Function::Max => count >= 1,
            Function::Now => count == 0,
        }
    }

    pub(super) fn call(self, arguments: &[Cow<'_, Value>], now: Timestamp) -> Result<Value, Fault> {
        let one = arguments.first().map_or(&Value::Null, Cow::as_ref);
        let two = arguments.get(1).map_or(&Value::Null, Cow::as_ref);
        match self {
            Function::Contains => contains(one, two).map(Value::Bool),
            Function::StartsWith => Ok(Value::Bool(on_texts(one, two, |text, part| text.starts_with(part))?)),
            Function::EndsWith => Ok(Value::Bool(on_texts(one, two, |text, part| text.ends_with(part))?)),
            Function::Matches => matches(one, two).map(Value::Bool),
            Function::Len => len(one).map(Value::from),
            Function::Lower => on_text(one, str::to_lowercase),
            Function::Upper => on_text(one, str::to_uppercase),
            Function::Trim => on_text(one, |text| text.trim().to_owned()),
            Function::Min => extreme(arguments, Ordering::Less),
            Function::Max => extreme(arguments, Ordering::Greater),
            Function::Abs => on_number(one, f64::abs),
            Function::Round => round(one, two),
            Function::Floor => on_number(one, f64::floor),
            Function::Ceil => on_number(one, f64::ceil),
            Function::Default => Ok(if one.is_null() { two.clone() } else { one.clone() }),
            Function::Now => Ok(Value::from(crate::time::iso(now))),
        }
    }
}

/// Also behind the `in` operator. Null contains nothing.
pub(super) fn contains(whole: &Value, part: &Value) -> Result<bool, Fault> {
    match whole {
        Value::Null => Ok(false),
        Value::String(text) => Ok(!part.is_null() && text.contains(&render(part))),
        Value::Array(items) => Ok(items.iter().any(|item| equal(item, part))),
        Value::Object(fields) => Ok(part.as_str().is_some_and(|name| fields.contains_key(name))),
        Value::Bool(_) | Value::Number(_) => Err(Fault::failed(format!("{} contains nothing", describe(whole)))),
    }
}

fn on_texts(text: &Value, part: &Value, holds: impl Fn(&str, &str) -> bool) -> Result<bool, Fault> {
    match (text, part) {
        (Value::Null, _) | (_, Value::Null) => Ok(false),
        (Value::String(text), Value::String(part)) => Ok(holds(text, part)),
        _ => Err(Fault::failed(format!("expected texts, not {} and {}", describe(text), describe(part)))),
    }
}

fn on_text(value: &Value, change: impl Fn(&str) -> String) -> Result<Value, Fault> {
    match value {
        Value::Null => Ok(Value::Null),
        Value::String(text) => Ok(Value::from(change(text))),
        _ => Err(Fault::failed(format!("expected a text, not {}", describe(value)))),
    }
}

fn matches(text: &Value, pattern: &Value) -> Result<bool, Fault> {
    let Value::String(pattern) = pattern else {
        return Err(Fault::failed(format!("a pattern is a text, not {}", describe(pattern))));
    };
    let regex = regex::RegexBuilder::new(pattern)
        .size_limit(MAX_TEXT * 4)
        .build()
        .map_err(|error| Fault::failed(format!("`{pattern}` is no usable pattern: {error}")))?;
    Ok(!text.is_null() && regex.is_match(&render(text)))
}

fn len(value: &Value) -> Result<usize, Fault> {
    match value {
        Value::Null => Ok(0),
        Value::String(text) => Ok(text.chars().count()),
        Value::Array(items) => Ok(items.len()),
        Value::Object(fields) => Ok(fields.len()),
        Value::Bool(_) | Value::Number(_) => Err(Fault::failed(format!("{} has no length", describe(value)))),
    }
}

/// Of the arguments, or of the one list given. Nulls are left out; nothing left is null.
fn extreme(arguments: &[Cow<'_, Value>], wanted: Ordering) -> Result<Value, Fault> {
    let candidates: Vec<&Value> = match arguments {
        [only] if only.is_array() => only.as_array().into_iter().flatten().collect(),
        many => many.iter().map(Cow::as_ref).collect(),
    };
    let mut best: Option<&Value> = None;
    for candidate in candidates.into_iter().filter(|value| !value.is_null()) {
        match best {
            Some(champion) if order(candidate, champion)? != Some(wanted) => {}
            _ => best = Some(candidate),
        }
    }
    Ok(best.cloned().unwrap_or(Value::Null))
}

fn on_number(value: &Value, change: impl Fn(f64) -> f64) -> Result<Value, Fault> {
    match value {
        Value::Null => Ok(Value::Null),
        Value::Number(number) if number.is_i64() && number.as_i64() != Some(i64::MIN) => {
            // A whole number is its own floor, ceiling and rounding; only `abs` changes it.
            let whole = number.as_i64().unwrap_or_default();
            Ok(Value::from(if change(-1.0) == 1.0 { whole.abs() } else { whole }))
        }
        Value::Number(number) => number_from(change(number.as_f64().unwrap_or(f64::NAN))),
        _ => Err(Fault::failed(format!("expected a number, not {}", describe(value)))),
    }
}

/// Half away from zero, to a whole number or to `digits` places.
fn round(value: &Value, digits: &Value) -> Result<Value, Fault> {
    match digits {
        Value::Null => on_number(value, f64::round),
        _ => {
            let digits = digits.as_i64().filter(|digits| (0..=15).contains(digits));
            let digits = digits.ok_or_else(|| Fault::failed("`round` takes 0 to 15 places"))?;
            let scale = 10f64.powi(digits as i32);
            on_number(value, |number| (number * scale).round() / scale)
        }
    }
}

/// A float that is whole, and exactly so, is a whole number in JSON.
pub(super) fn number_from(number: f64) -> Result<Value, Fault> {
    const EXACT: f64 = 9_007_199_254_740_992.0;
    if number.fract() == 0.0 && number.abs() < EXACT {
        return Ok(Value::from(number as i64));
    }
    Number::from_f64(number).map(Value::Number).ok_or_else(|| Fault::failed("the result is not a finite number"))
}
