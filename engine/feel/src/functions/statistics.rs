//! Functions that make one value of a list (DMN 1.5, 10.3.4.4): given as a list, or one by one.

use super::{Builtin, full, plain};
use crate::{
    FeelError,
    evaluate::Run,
    node::Arithmetic,
    operators::{arithmetic, compare, equal, finite},
    value::Value,
};
use dsntk_feel_number::FeelNumber;
use std::cmp::Ordering;

pub const FUNCTIONS: &[Builtin] = &[
    plain("count", &["list"], |of| match of.first()? {
        Value::Null => Some(Value::number(0)),
        value => Some(Value::number(value.items().len())),
    }),
    plain("min", &["list", "c..."], |of| extreme(of, Ordering::Less)),
    plain("max", &["list", "c..."], |of| extreme(of, Ordering::Greater)),
    full("sum", &["list", "n..."], sum),
    plain("mean", &["list", "n..."], |of| {
        let numbers = numbers(of)?;
        let sum = numbers.iter().fold(FeelNumber::zero(), |sum, number| sum + *number);
        (!numbers.is_empty()).then(|| finite(sum / FeelNumber::from(numbers.len())))?
    }),
    plain("product", &["list", "n..."], |of| {
        let numbers = numbers(of)?;
        let product = numbers.iter().fold(FeelNumber::one(), |product, number| product * *number);
        (!numbers.is_empty()).then(|| finite(product))?
    }),
    plain("median", &["list", "n..."], median),
    plain("stddev", &["list", "n..."], standard_deviation),
    plain("mode", &["list", "n..."], mode),
    plain("all", &["list", "b..."], |of| truth(of, false)),
    plain("any", &["list", "b..."], |of| truth(of, true)),
    full("is", &["value1, value2"], is),
];

fn items(arguments: &[Value]) -> Option<&[Value]> {
    match arguments {
        [Value::Null] => None,
        [one] => Some(one.items()),
        several => Some(several),
    }
}

fn numbers(arguments: &[Value]) -> Option<Vec<FeelNumber>> {
    let number = |value: &Value| match value {
        Value::Number(number) => Some(*number),
        _ => None,
    };
    items(arguments)?.iter().map(number).collect()
}

fn extreme(arguments: &[Value], wanted: Ordering) -> Option<Value> {
    let (first, rest) = items(arguments)?.split_first()?;
    let mut best = first;
    compare(best, best)?;
    for item in rest {
        if compare(item, best)? == wanted {
            best = item;
        }
    }
    Some(best.clone())
}

/// Of numbers, or of durations of one kind.
fn sum(run: &Run, arguments: &[Value]) -> Result<Value, FeelError> {
    let Some((first, rest)) = items(arguments).and_then(<[Value]>::split_first) else { return Ok(Value::Null) };
    if !matches!(first, Value::Number(_) | Value::Days(_) | Value::Months(_)) {
        return Ok(Value::Null);
    }
    let mut sum = first.clone();
    for item in rest {
        sum = arithmetic(run.evaluation, Arithmetic::Add, &sum, item)?;
    }
    Ok(sum)
}

fn median(arguments: &[Value]) -> Option<Value> {
    let mut numbers = numbers(arguments)?;
    numbers.sort_by(|left, right| left.partial_cmp(right).unwrap_or(Ordering::Equal));
    let middle = numbers.len() / 2;
    let upper = *numbers.get(middle)?;
    if numbers.len() % 2 == 1 {
        return Some(Value::Number(upper));
    }
    finite((*numbers.get(middle.checked_sub(1)?)? + upper) / FeelNumber::two())
}

/// Of a sample: the sum of the squares is divided by one less than the count.
fn standard_deviation(arguments: &[Value]) -> Option<Value> {
    let numbers = numbers(arguments)?;
    let count = (numbers.len() > 1).then(|| FeelNumber::from(numbers.len()))?;
    let mean = numbers.iter().fold(FeelNumber::zero(), |sum, number| sum + *number) / count;
    let square = |number: &FeelNumber| (*number - mean) * (*number - mean);
    let squares = numbers.iter().fold(FeelNumber::zero(), |sum, number| sum + square(number));
    (squares / (count - FeelNumber::one())).sqrt().and_then(finite)
}

/// The most frequent numbers, the smallest first.
fn mode(arguments: &[Value]) -> Option<Value> {
    let mut numbers = numbers(arguments)?;
    numbers.sort_by(|left, right| left.partial_cmp(right).unwrap_or(Ordering::Equal));
    let runs: Vec<&[FeelNumber]> = numbers.chunk_by(|left, right| left == right).collect();
    let most = runs.iter().map(|run| run.len()).max().unwrap_or_default();
    let modes = runs.iter().filter(|run| run.len() == most).filter_map(|run| run.first());
    Some(Value::list(modes.map(|number| Value::Number(*number)).collect()))
}

/// `decides` is the value of one item that decides alone; what is no boolean leaves it open.
fn truth(arguments: &[Value], decides: bool) -> Option<Value> {
    let mut open = false;
    for item in items(arguments)? {
        match item {
            Value::Boolean(value) if *value == decides => return Some(Value::Boolean(decides)),
            Value::Boolean(_) => {}
            _ => open = true,
        }
    }
    (!open).then_some(Value::Boolean(!decides))
}

/// Equal and of one kind, down to the zone (10.3.4.7).
fn is(run: &Run, arguments: &[Value]) -> Result<Value, FeelError> {
    let [left, right] = arguments else { return Ok(Value::Null) };
    let same_zone = match (left, right) {
        (Value::Time(left), Value::Time(right)) => left.zone == right.zone,
        (Value::DateTime(left), Value::DateTime(right)) => left.zone == right.zone,
        (Value::List(_), other) | (other, Value::List(_)) => matches!(other, Value::List(_)),
        _ => true,
    };
    Ok(Value::Boolean(same_zone && equal(run.evaluation, left, right)? == Some(true)))
}
