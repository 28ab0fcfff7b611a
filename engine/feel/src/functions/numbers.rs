//! Functions of numbers (DMN 1.5, 10.3.4.5), and those of truth (10.3.4.2).

use super::{Builtin, integer, number, plain};
use crate::{
    operators::{finite, negate},
    value::Value,
};
use dsntk_feel_number::FeelNumber;

pub const FUNCTIONS: &[Builtin] = &[
    plain("not", &["negand"], |of| match of.first()? {
        Value::Boolean(value) => Some(Value::Boolean(!value)),
        _ => None,
    }),
    plain("decimal", &["n, scale"], decimal),
    plain("floor", &["n, scale?"], |of| rounded(of, |n, scale| n.floor(scale).ok())),
    plain("ceiling", &["n, scale?"], |of| rounded(of, |n, scale| n.ceiling(scale).ok())),
    plain("round up", &["n, scale?"], |of| rounded(of, |n, scale| n.round_up(scale).ok())),
    plain("round down", &["n, scale?"], |of| rounded(of, |n, scale| n.round_down(scale).ok())),
    plain("round half up", &["n, scale?"], |of| rounded(of, |n, scale| n.round_half_up(scale).ok())),
    plain("round half down", &["n, scale?"], |of| rounded(of, round_half_down)),
    plain("abs", &["n"], |of| match of.first()?.single() {
        Value::Number(number) => Some(Value::Number(number.abs())),
        Value::Days(duration) => Some(Value::Days(duration.abs())),
        Value::Months(months) if *months < 0 => Some(negate(&Value::Months(*months))),
        Value::Months(months) => Some(Value::Months(*months)),
        _ => None,
    }),
    plain("modulo", &["dividend, divisor"], |of| {
        let (dividend, divisor) = (number(of, 0)?, number(of, 1)?);
        let quotient = (!divisor.is_zero()).then(|| (dividend / divisor).floor(0).ok())??;
        finite(dividend - divisor * quotient)
    }),
    plain("sqrt", &["number"], |of| number(of, 0).filter(|n| !n.is_negative())?.sqrt().and_then(finite)),
    plain("log", &["number"], |of| number(of, 0).filter(FeelNumber::is_positive)?.ln().and_then(finite)),
    plain("exp", &["number"], |of| number(of, 0)?.exp().and_then(finite)),
    plain("odd", &["number"], |of| Some(Value::Boolean(number(of, 0)?.odd()))),
    plain("even", &["number"], |of| Some(Value::Boolean(number(of, 0)?.even()))),
];

/// The places after the point that a number may be rounded to.
fn scale(arguments: &[Value], index: usize) -> Option<i32> {
    let scale = i32::try_from(integer(arguments, index)?).ok()?;
    (-6111..=6176).contains(&scale).then_some(scale)
}

fn decimal(arguments: &[Value]) -> Option<Value> {
    let scale = scale(arguments, 1)?;
    finite(number(arguments, 0)?.round(&FeelNumber::from(scale)))
}

fn rounded(arguments: &[Value], round: impl Fn(FeelNumber, i32) -> Option<FeelNumber>) -> Option<Value> {
    let scale = if arguments.len() > 1 { scale(arguments, 1)? } else { 0 };
    let number = number(arguments, 0)?;
    // more places than a number can have change nothing
    finite(round(number, scale).or_else(|| (scale > 0).then_some(number))?)
}

/// Halves go towards zero, everything else to the nearest.
fn round_half_down(number: FeelNumber, scale: i32) -> Option<FeelNumber> {
    let (down, up) = (number.round_down(scale).ok()?, number.round_up(scale).ok()?);
    Some(if (number - down).abs() <= (up - number).abs() { down } else { up })
}
