//! Arithmetic, equality and order (DMN 1.5, 10.3.2.13 to 10.3.2.15). What does not fit together gives null.

use crate::{
    Evaluation, FeelError,
    node::Arithmetic,
    temporal::{self, DateTime},
    value::{Context, Range, Value},
};
use dsntk_feel_number::FeelNumber;
use jiff::{SignedDuration, civil};
use std::cmp::Ordering;

const NANOSECONDS: i64 = 1_000_000_000;

/// A number that is one: neither infinite nor undefined.
pub fn finite(number: FeelNumber) -> Option<Value> {
    (number * FeelNumber::zero()).is_zero().then_some(Value::Number(number))
}

pub fn negate(value: &Value) -> Value {
    match value {
        Value::Number(number) => Value::Number(-*number),
        Value::Days(duration) => duration.checked_neg().map_or(Value::Null, Value::Days),
        Value::Months(months) => months.checked_neg().map_or(Value::Null, Value::Months),
        _ => Value::Null,
    }
}

pub fn arithmetic(
    evaluation: &Evaluation,
    operation: Arithmetic,
    left: &Value,
    right: &Value,
) -> Result<Value, FeelError> {
    if let (Arithmetic::Add, Value::String(left), Value::String(right)) = (operation, left, right) {
        evaluation.spend_on_text(left.len() + right.len())?;
        return Ok(Value::text(format!("{left}{right}")));
    }
    let result = match operation {
        Arithmetic::Add => add(left, right).or_else(|| add(right, left)),
        Arithmetic::Subtract => subtract(left, right),
        Arithmetic::Multiply => multiply(left, right).or_else(|| multiply(right, left)),
        Arithmetic::Divide => divide(left, right),
        Arithmetic::Power => match (left, right) {
            (Value::Number(left), Value::Number(right)) => left.pow(right).and_then(finite),
            _ => None,
        },
    };
    Ok(result.unwrap_or(Value::Null))
}

fn add(left: &Value, right: &Value) -> Option<Value> {
    match (left, right) {
        (Value::Number(left), Value::Number(right)) => finite(*left + *right),
        (Value::Days(left), Value::Days(right)) => left.checked_add(*right).map(Value::Days),
        (Value::Months(left), Value::Months(right)) => left.checked_add(*right).map(Value::Months),
        (Value::Date(date), Value::Months(months)) => temporal::plus_months(*date, *months).map(Value::Date),
        // from midnight (10.3.2.3.7)
        (Value::Date(date), Value::Days(duration)) => Some(Value::Date(midnight(*date).plus(*duration)?.at.date())),
        (Value::DateTime(at), Value::Months(months)) => at.plus_months(*months).map(Value::DateTime),
        (Value::DateTime(at), Value::Days(duration)) => at.plus(*duration).map(Value::DateTime),
        (Value::Time(time), Value::Days(duration)) => Some(Value::Time(time.plus(*duration))),
        _ => None,
    }
}

fn subtract(left: &Value, right: &Value) -> Option<Value> {
    match (left, right) {
        (Value::Number(left), Value::Number(right)) => finite(*left - *right),
        (Value::Date(_) | Value::DateTime(_), Value::Date(_) | Value::DateTime(_)) => {
            moment(left)?.minus(&moment(right)?).map(Value::Days)
        }
        (Value::Time(left), Value::Time(right)) => {
            let nanoseconds = left.in_utc().checked_sub(right.in_utc())?;
            Some(Value::Days(SignedDuration::from_nanos(nanoseconds)))
        }
        (_, Value::Days(_) | Value::Months(_)) => add(left, &negate(right)),
        _ => None,
    }
}

fn multiply(left: &Value, right: &Value) -> Option<Value> {
    match (left, right) {
        (Value::Number(left), Value::Number(right)) => finite(*left * *right),
        (Value::Days(duration), Value::Number(times)) => seconds(*duration).and_then(|own| days(own * *times)),
        (Value::Months(months), Value::Number(times)) => whole(FeelNumber::from(*months) * *times).map(Value::Months),
        _ => None,
    }
}

fn divide(left: &Value, right: &Value) -> Option<Value> {
    let is_zero = match right {
        Value::Number(number) => number.is_zero(),
        Value::Days(duration) => duration.is_zero(),
        Value::Months(months) => *months == 0,
        _ => return None,
    };
    if is_zero {
        return None;
    }
    match (left, right) {
        (Value::Number(left), Value::Number(right)) => finite(*left / *right),
        (Value::Days(duration), Value::Number(by)) => days(seconds(*duration)? / *by),
        (Value::Months(months), Value::Number(by)) => whole(FeelNumber::from(*months) / *by).map(Value::Months),
        (Value::Days(left), Value::Days(right)) => finite(seconds(*left)? / seconds(*right)?),
        (Value::Months(left), Value::Months(right)) => finite(FeelNumber::from(*left) / FeelNumber::from(*right)),
        _ => None,
    }
}

/// Towards zero.
fn whole(number: FeelNumber) -> Option<i64> {
    finite(number)?;
    i64::try_from(number.trunc()).ok()
}

fn seconds(duration: SignedDuration) -> Option<FeelNumber> {
    let parts = FeelNumber::from(i64::from(duration.subsec_nanos())) / FeelNumber::from(NANOSECONDS);
    Some(FeelNumber::from(duration.as_secs()) + parts)
}

fn days(seconds: FeelNumber) -> Option<Value> {
    let whole_seconds = whole(seconds)?;
    let nanoseconds = whole((seconds - FeelNumber::from(whole_seconds)) * FeelNumber::from(NANOSECONDS))?;
    let duration = SignedDuration::from_secs(whole_seconds).checked_add(SignedDuration::from_nanos(nanoseconds))?;
    Some(Value::Days(duration))
}

fn midnight(date: civil::Date) -> DateTime {
    DateTime { at: date.to_datetime(civil::Time::midnight()), zone: None }
}

fn moment(value: &Value) -> Option<DateTime> {
    match value {
        Value::Date(date) => Some(midnight(*date)),
        Value::DateTime(at) => Some(at.clone()),
        _ => None,
    }
}

/// Which is before the other; none when they are not of one kind that has an order.
pub fn compare(left: &Value, right: &Value) -> Option<Ordering> {
    match (left, right) {
        (Value::Number(left), Value::Number(right)) => left.partial_cmp(right),
        (Value::String(left), Value::String(right)) => Some(left.cmp(right)),
        (Value::Date(left), Value::Date(right)) => Some(left.cmp(right)),
        (Value::DateTime(left), Value::DateTime(right)) => left.compare(right),
        (Value::Time(left), Value::Time(right)) => Some(left.in_utc().cmp(&right.in_utc())),
        (Value::Days(left), Value::Days(right)) => Some(left.cmp(right)),
        (Value::Months(left), Value::Months(right)) => Some(left.cmp(right)),
        _ => None,
    }
}

/// None when they are of different kinds; null equals null alone (table 53).
pub fn equal(evaluation: &Evaluation, left: &Value, right: &Value) -> Result<Option<bool>, FeelError> {
    evaluation.spend(1)?;
    evaluation.check_stack()?;
    Ok(match (left, right) {
        (Value::Null, Value::Null) => Some(true),
        (Value::Null, _) | (_, Value::Null) => Some(false),
        (Value::Boolean(left), Value::Boolean(right)) => Some(left == right),
        (Value::List(left), Value::List(right)) => equal_lists(evaluation, left, right)?,
        (Value::Context(left), Value::Context(right)) => equal_contexts(evaluation, left, right)?,
        (Value::Range(left), Value::Range(right)) => equal_ranges(evaluation, left, right)?,
        (Value::Function(left), Value::Function(right)) => Some(std::sync::Arc::ptr_eq(left, right)),
        (Value::List(items), single) | (single, Value::List(items)) if items.len() == 1 => {
            equal(evaluation, &items[0], single)?
        }
        (Value::Time(left), Value::Time(right)) => Some(left.equals(right)),
        (Value::DateTime(left), Value::DateTime(right)) => Some(left.equals(right)),
        _ => compare(left, right).map(Ordering::is_eq),
    })
}

fn equal_lists(evaluation: &Evaluation, left: &[Value], right: &[Value]) -> Result<Option<bool>, FeelError> {
    if left.len() != right.len() {
        return Ok(Some(false));
    }
    let mut result = Some(true);
    for (left, right) in left.iter().zip(right) {
        match equal(evaluation, left, right)? {
            Some(true) => {}
            Some(false) => return Ok(Some(false)),
            None => result = None,
        }
    }
    Ok(result)
}

fn equal_contexts(evaluation: &Evaluation, left: &Context, right: &Context) -> Result<Option<bool>, FeelError> {
    if left.len() != right.len() || !left.keys().all(|key| right.contains_key(key)) {
        return Ok(Some(false));
    }
    let of_right = left.keys().filter_map(|key| right.get(key).cloned()).collect::<Vec<_>>();
    equal_lists(evaluation, &left.values().cloned().collect::<Vec<_>>(), &of_right)
}

fn equal_ranges(evaluation: &Evaluation, left: &Range, right: &Range) -> Result<Option<bool>, FeelError> {
    if (left.start_included, left.end_included) != (right.start_included, right.end_included) {
        return Ok(Some(false));
    }
    let ends = |range: &Range| [range.start.clone(), range.end.clone()];
    equal_lists(evaluation, &ends(left), &ends(right))
}

/// Whether the value lies in the range; none when it cannot be compared with its ends.
pub fn includes(evaluation: &Evaluation, range: &Range, value: &Value) -> Result<Option<bool>, FeelError> {
    evaluation.spend(1)?;
    let value = value.single();
    let after_start = match &range.start {
        Value::Null => Some(true),
        start => compare(value, start).map(|order| order.is_gt() || (range.start_included && order.is_eq())),
    };
    let before_end = match &range.end {
        Value::Null => Some(true),
        end => compare(value, end).map(|order| order.is_lt() || (range.end_included && order.is_eq())),
    };
    Ok(after_start.zip(before_end).map(|(after, before)| after && before))
}
