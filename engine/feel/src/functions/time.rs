//! Functions of dates and times (DMN 1.5, 10.3.4.7), and the time of the evaluation (10.3.4.11).

use super::{Builtin, full, plain};
use crate::{temporal::DateTime, value::Value};
use jiff::civil::Date;

pub const FUNCTIONS: &[Builtin] = &[
    full("now", &[""], |run, _| Ok(Value::DateTime(DateTime::utc(run.evaluation.now())))),
    full("today", &[""], |run, _| Ok(Value::Date(DateTime::utc(run.evaluation.now()).at.date()))),
    plain("day of year", &["date"], |of| Some(Value::number(i64::from(date(of)?.day_of_year())))),
    plain("day of week", &["date"], |of| {
        const DAYS: [&str; 7] = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];
        let day = date(of)?.weekday().to_monday_zero_offset();
        DAYS.get(usize::try_from(day).ok()?).map(|name| Value::text(*name))
    }),
    plain("month of year", &["date"], |of| {
        const MONTHS: [&str; 12] = [
            "January",
            "February",
            "March",
            "April",
            "May",
            "June",
            "July",
            "August",
            "September",
            "October",
            "November",
            "December",
        ];
        MONTHS.get(usize::try_from(date(of)?.month() - 1).ok()?).map(|name| Value::text(*name))
    }),
    plain("week of year", &["date"], |of| Some(Value::number(i64::from(date(of)?.iso_week_date().week())))),
];

fn date(arguments: &[Value]) -> Option<Date> {
    match arguments.first()?.single() {
        Value::Date(date) => Some(*date),
        Value::DateTime(at) => Some(at.at.date()),
        _ => None,
    }
}
