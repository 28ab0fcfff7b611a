//! Functions that convert (DMN 1.5, 10.3.4.1).

use super::{Builtin, full, integer, number, optional, plain, text};
use crate::{
    parse,
    temporal::{self, DateTime, Time, Zone},
    value::{Range, Value},
};
use jiff::{
    SignedDuration,
    civil::{self, Date},
    tz::Offset,
};
use std::sync::Arc;

pub const FUNCTIONS: &[Builtin] = &[
    plain("date", &["from", "year, month, day"], date),
    plain(
        "date and time",
        &[
            "from",
            "date, time",
            "year, month, day, hour, minute, second",
            "year, month, day, hour, minute, second, offset",
            "year, month, day, hour, minute, second, timezone",
        ],
        date_and_time,
    ),
    plain("time", &["from", "hour, minute, second, offset?"], time),
    plain("number", &["from", "from, grouping separator, decimal separator"], read_number),
    full("string", &["from"], |run, of| match of.first() {
        None | Some(Value::Null) => Ok(Value::Null),
        Some(value) => Ok(Value::text(value.to_text(run.evaluation)?)),
    }),
    plain("duration", &["from"], |of| temporal::read_duration(text(of, 0)?)),
    plain("years and months duration", &["from, to"], |of| {
        let date = |index| match of.get(index)? {
            Value::Date(date) => Some(*date),
            Value::DateTime(at) => Some(at.at.date()),
            _ => None,
        };
        temporal::months_between(date(0)?, date(1)?).map(Value::Months)
    }),
    plain("range", &["from"], range),
];

/// What `@"…"` is.
pub fn temporal_literal(text: &str) -> Option<Value> {
    temporal::read_date(text)
        .map(Value::Date)
        .or_else(|| temporal::read_duration(text))
        .or_else(|| {
            if text.contains('T') && !text.starts_with('T') { DateTime::read(text).map(Value::DateTime) } else { None }
        })
        .or_else(|| Time::read(text).map(Value::Time))
}

fn date(arguments: &[Value]) -> Option<Value> {
    match arguments {
        [one] => match one.single() {
            Value::String(text) => temporal::read_date(text).map(Value::Date),
            Value::Date(date) => Some(Value::Date(*date)),
            Value::DateTime(at) => Some(Value::Date(at.at.date())),
            _ => None,
        },
        _ => date_of(arguments).map(Value::Date),
    }
}

fn date_of(arguments: &[Value]) -> Option<Date> {
    let part = |index| integer(arguments, index);
    Date::new(part(0)?.try_into().ok()?, part(1)?.try_into().ok()?, part(2)?.try_into().ok()?).ok()
}

fn date_and_time(arguments: &[Value]) -> Option<Value> {
    let at = match arguments {
        [one] => match one.single() {
            Value::String(text) => DateTime::read(text)?,
            Value::DateTime(at) => at.clone(),
            Value::Date(date) => DateTime { at: date.to_datetime(civil::Time::midnight()), zone: None },
            _ => return None,
        },
        [date, time] => {
            let date = match date.single() {
                Value::Date(date) => *date,
                Value::DateTime(at) => at.at.date(),
                _ => return None,
            };
            let Value::Time(time) = time.single() else { return None };
            DateTime { at: date.to_datetime(time.time), zone: time.zone.clone() }
        }
        parts => {
            let time = clock(parts, 3)?;
            DateTime { at: date_of(parts)?.to_datetime(time), zone: optional(parts, 6, zone)? }
        }
    };
    Some(Value::DateTime(at))
}

fn time(arguments: &[Value]) -> Option<Value> {
    let time = match arguments {
        [one] => match one.single() {
            Value::String(text) => Time::read(text)?,
            Value::Time(time) => time.clone(),
            Value::DateTime(at) => at.time(),
            Value::Date(_) => Time { time: civil::Time::midnight(), zone: Some(Zone::Offset(Offset::UTC)) },
            _ => return None,
        },
        parts => Time { time: clock(parts, 0)?, zone: optional(parts, 3, zone)? },
    };
    Some(Value::Time(time))
}

/// Hour, minute and second, which may have a fraction.
fn clock(parts: &[Value], first: usize) -> Option<civil::Time> {
    let part = |index| integer(parts, index).and_then(|part| i8::try_from(part).ok());
    let second = number(parts, first + 2)?;
    let fraction = second.frac() * dsntk_feel_number::FeelNumber::billion();
    let nanoseconds = i64::try_from(fraction.trunc()).ok().and_then(|nanoseconds| i32::try_from(nanoseconds).ok())?;
    civil::Time::new(part(first)?, part(first + 1)?, part(first + 2)?, nanoseconds).ok()
}

/// An offset as a duration, or a zone's name.
fn zone(arguments: &[Value], index: usize) -> Option<Zone> {
    match arguments.get(index)?.single() {
        Value::Days(offset) => offset_zone(*offset),
        Value::String(name) => Zone::named(name),
        _ => None,
    }
}

fn offset_zone(offset: SignedDuration) -> Option<Zone> {
    let seconds = i32::try_from(offset.as_secs()).ok()?;
    Offset::from_seconds(seconds).ok().map(Zone::Offset)
}

fn read_number(arguments: &[Value]) -> Option<Value> {
    if let [Value::Number(number)] = arguments {
        return Some(Value::Number(*number));
    }
    let given = text(arguments, 0)?;
    let separator = |index| optional(arguments, index, text);
    let (grouping, point) = (separator(1)?.map_or("", |text| text), separator(2)?.map_or(".", |text| text));
    let allowed = [" ", ",", ".", ""].contains(&grouping) && [",", "."].contains(&point) && grouping != point;
    let plain = given.replace(if grouping.is_empty() { "\0" } else { grouping }, "").replace(point, ".");
    let looks_right = plain.bytes().all(|byte| byte.is_ascii_digit() || b".-+eE".contains(&byte)) && !plain.is_empty();
    (allowed && looks_right).then(|| plain.parse().ok().map(Value::Number))?
}

/// `"[1..5)"`, with ends that are literals.
fn range(arguments: &[Value]) -> Option<Value> {
    let read = parse::literal_range(text(arguments, 0)?)?;
    let one_kind = read.start.is_null() || read.end.is_null() || crate::compare(&read.start, &read.end)?.is_le();
    let has_end = !(read.start.is_null() && read.end.is_null());
    (one_kind && has_end).then(|| Value::Range(Arc::new(Range { ..read })))
}
