//! Points in time, durations and repetitions, as timers write them.
//!
//! | written | means |
//! |---|---|
//! | `PT5M`, `P1DT2H`, `P1M` | an ISO 8601 duration; days and months are UTC's |
//! | `2027-03-01T09:00:00+01:00`, `2027-03-01T09:00[Europe/Berlin]`, `2027-03-01` | a date; without a zone it is UTC |
//! | `R3/PT10S`, `R/PT1H` | three times, without end; the first one duration from now |
//! | `R3/2027-03-01T09:00:00Z/P1D` | three times, the first at the start |
//! | `0 9 * * MON-FRI Europe/Berlin` | cron: five fields (a sixth in front is seconds), then an IANA zone, else UTC |
//! | `300000` | milliseconds, where a duration is asked for |
//!
//! Nothing here reads a clock: `now` comes in.

use crate::Timestamp;
use croner::Cron;
use jiff::{Span, Zoned, civil, tz::TimeZone};
use std::str::FromStr;

/// The text is no time of the kind that was asked for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not {expected}{detail}")]
pub struct TimeError {
    pub text: String,
    pub expected: &'static str,
    /// Empty, or what is wrong in particular, after `: `.
    pub detail: String,
}

/// When a timer fires, and how often after that; none is without end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Schedule {
    pub due: Timestamp,
    pub repetitions_left: Option<u32>,
}

/// `now` plus an ISO 8601 duration, or plus a number of milliseconds.
pub fn after_duration(text: &str, now: Timestamp) -> Result<Timestamp, TimeError> {
    duration(text)?.from(now, text)
}

/// A date and time, or a date.
pub fn at_date(text: &str) -> Result<Timestamp, TimeError> {
    let text = text.trim();
    let zoned = text.parse::<Zoned>().map(|zoned| zoned.timestamp());
    let point = zoned.or_else(|_| text.parse::<jiff::Timestamp>());
    let point =
        point.or_else(|_| text.parse::<civil::DateTime>().and_then(|local| utc(local).map(|at| at.timestamp())));
    match point {
        Ok(point) => Ok(Timestamp(point.as_millisecond())),
        Err(error) => Err(error_of(text, "an ISO 8601 date and time", error)),
    }
}

/// A date, or a duration from now: what due dates may be.
pub fn at_date_or_after(text: &str, now: Timestamp) -> Result<Timestamp, TimeError> {
    if text.trim_start().starts_with(['P', 'p']) { after_duration(text, now) } else { at_date(text) }
}

/// How long an ISO 8601 duration is from `now` on, or a bare number; in milliseconds, not negative.
pub fn milliseconds(text: &str, now: Timestamp) -> Result<u64, TimeError> {
    let length = after_duration(text, now)?.0 - now.0;
    u64::try_from(length).map_err(|_| plain_error(text, "a duration that is not negative"))
}

/// The first time of a cycle: `R…` or cron.
pub fn first_of_cycle(text: &str, now: Timestamp) -> Result<Schedule, TimeError> {
    match cycle(text)? {
        Cycle::Cron(cron, zone) => Ok(Schedule { due: cron_after(&cron, &zone, now, text)?, repetitions_left: None }),
        Cycle::Interval { times, start, every } => {
            let due = start.map_or_else(|| every.from(now, text), Ok)?;
            Ok(Schedule { due, repetitions_left: times.map(|times| times.saturating_sub(1)) })
        }
    }
}

/// The time after `fired`, which was due then and is being carried out `now`; none when that was the last.
///
/// Times that passed unseen (the engine was down) are made up for when their number is fixed, and left out when the cycle
/// has no end.
pub fn next_of_cycle(text: &str, fired: Schedule, now: Timestamp) -> Result<Option<Schedule>, TimeError> {
    if fired.repetitions_left == Some(0) {
        return Ok(None);
    }
    let repetitions_left = fired.repetitions_left.map(|left| left - 1);
    let due = match cycle(text)? {
        Cycle::Cron(cron, zone) => cron_after(&cron, &zone, now.max(fired.due), text)?,
        Cycle::Interval { every, .. } => {
            let due = every.from(fired.due, text)?;
            if repetitions_left.is_none() && due < now { every.from(now, text)? } else { due }
        }
    };
    Ok(Some(Schedule { due, repetitions_left }))
}

/// ISO 8601 in UTC, with milliseconds where there are some.
pub fn iso(at: Timestamp) -> String {
    jiff::Timestamp::from_millisecond(at.0).map(|at| at.to_string()).unwrap_or_else(|_| at.0.to_string())
}

/// A duration that is longer than nothing, as repeating needs it.
#[derive(Debug, Clone, Copy)]
enum Duration {
    Milliseconds(i64),
    Calendar(Span),
}

impl Duration {
    fn from(self, start: Timestamp, text: &str) -> Result<Timestamp, TimeError> {
        let failed = |error| error_of(text, "a duration that leads to a known date", error);
        match self {
            Duration::Milliseconds(length) => start.0.checked_add(length).map(Timestamp).ok_or_else(|| too_long(text)),
            Duration::Calendar(span) => {
                let start = jiff::Timestamp::from_millisecond(start.0).map_err(failed)?.to_zoned(TimeZone::UTC);
                let end = start.checked_add(span).map_err(failed)?;
                Ok(Timestamp(end.timestamp().as_millisecond()))
            }
        }
    }
}

fn duration(text: &str) -> Result<Duration, TimeError> {
    let expected = "an ISO 8601 duration (`PT5M`) or a number of milliseconds";
    let trimmed = text.trim();
    if !trimmed.is_empty() && trimmed.bytes().all(|byte| byte.is_ascii_digit()) {
        return trimmed.parse().map(Duration::Milliseconds).map_err(|_| too_long(text));
    }
    if !trimmed.trim_start_matches(['-', '+']).starts_with(['P', 'p']) {
        return Err(plain_error(text, expected));
    }
    Span::from_str(trimmed).map(Duration::Calendar).map_err(|error| error_of(text, expected, error))
}

enum Cycle {
    Interval { times: Option<u32>, start: Option<Timestamp>, every: Duration },
    Cron(Box<Cron>, TimeZone),
}

fn cycle(text: &str) -> Result<Cycle, TimeError> {
    let trimmed = text.trim();
    match trimmed.split_once('/') {
        Some((repeat, rest)) if is_repeat(repeat) => interval(trimmed, &repeat[1..], rest),
        _ => cron(trimmed),
    }
}

fn is_repeat(text: &str) -> bool {
    text.strip_prefix(['R', 'r']).is_some_and(|times| times.bytes().all(|byte| byte.is_ascii_digit()))
}

fn interval(text: &str, times: &str, rest: &str) -> Result<Cycle, TimeError> {
    let expected = "a repetition such as `R3/PT10S` or `R3/<start>/PT10S`";
    let times = match times {
        "" => None,
        digits => Some(digits.parse::<u32>().map_err(|_| plain_error(text, expected))?),
    };
    if times == Some(0) {
        return Err(plain_error(text, "a repetition that happens at least once"));
    }
    let (start, every) = match rest.split_once('/') {
        Some((start, every)) => (Some(at_date(start)?), every),
        None => (None, rest),
    };
    let every = duration(every).map_err(|_| plain_error(text, expected))?;
    if every.from(Timestamp(0), text)? <= Timestamp(0) {
        return Err(plain_error(text, "a repetition that moves forward"));
    }
    Ok(Cycle::Interval { times, start, every })
}

fn cron(text: &str) -> Result<Cycle, TimeError> {
    let expected = "a repetition (`R3/PT10S`) or a cron expression with an IANA zone (`0 9 * * MON Europe/Berlin`)";
    let (fields, zone) = split_zone(text);
    let zone = match zone {
        Some(name) => TimeZone::get(name).map_err(|error| error_of(text, expected, error))?,
        None => TimeZone::UTC,
    };
    let cron = Cron::from_str(fields).map_err(|error| error_of(text, expected, error))?;
    Ok(Cycle::Cron(Box::new(cron), zone))
}

/// The last word is a zone when it is `UTC`, or letters with a slash: no cron field looks like that.
fn split_zone(text: &str) -> (&str, Option<&str>) {
    match text.rsplit_once(char::is_whitespace) {
        Some((fields, zone)) if zone == "UTC" || is_zone_name(zone) => (fields.trim_end(), Some(zone)),
        _ => (text, None),
    }
}

fn is_zone_name(text: &str) -> bool {
    text.split_once('/')
        .is_some_and(|(area, _)| !area.is_empty() && area.bytes().all(|byte| byte.is_ascii_alphabetic()))
}

fn cron_after(cron: &Cron, zone: &TimeZone, after: Timestamp, text: &str) -> Result<Timestamp, TimeError> {
    let expected = "a cron expression that comes true";
    let start = jiff::Timestamp::from_millisecond(after.0).map_err(|error| error_of(text, expected, error))?;
    let next = cron.find_next_occurrence(&start.to_zoned(zone.clone()), false);
    let next = next.map_err(|error| error_of(text, expected, error))?.with().subsec_nanosecond(0).build();
    let next = next.map_err(|error| error_of(text, expected, error))?;
    Ok(Timestamp(next.timestamp().as_millisecond()))
}

fn utc(local: civil::DateTime) -> Result<Zoned, jiff::Error> {
    local.to_zoned(TimeZone::UTC)
}

fn plain_error(text: &str, expected: &'static str) -> TimeError {
    TimeError { text: text.chars().take(100).collect(), expected, detail: String::new() }
}

fn error_of(text: &str, expected: &'static str, cause: impl std::fmt::Display) -> TimeError {
    TimeError { detail: format!(": {cause}"), ..plain_error(text, expected) }
}

fn too_long(text: &str) -> TimeError {
    plain_error(text, "a duration within the known calendar")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        at_date(text).unwrap()
    }

    /// All times of a cycle from `start`, at most `limit`.
    fn times(cycle: &str, start: &str, limit: usize) -> Vec<String> {
        let mut schedule = Some(first_of_cycle(cycle, at(start)).unwrap());
        let mut found = Vec::new();
        while let Some(fired) = schedule.filter(|_| found.len() < limit) {
            found.push(iso(fired.due));
            schedule = next_of_cycle(cycle, fired, fired.due).unwrap();
        }
        found
    }

    #[test]
    fn durations_are_added_in_utc() {
        let start = at("2027-01-31T10:00:00Z");
        let after = |text: &str| after_duration(text, start).map(iso);
        assert_eq!(after("PT1M30S").as_deref(), Ok("2027-01-31T10:01:30Z"));
        assert_eq!(after("P1DT2H").as_deref(), Ok("2027-02-01T12:00:00Z"));
        assert_eq!(after("P1M").as_deref(), Ok("2027-02-28T10:00:00Z"));
        assert_eq!(after(" 1500 ").as_deref(), Ok("2027-01-31T10:00:01.5Z"));
        assert!(after("5 minutes").is_err());
        assert!(after("").is_err());
        assert!(after("PT999999999999999999H").is_err());
    }

    #[test]
    fn dates_carry_a_zone_or_are_utc() {
        assert_eq!(at("2027-03-01T09:00:00+01:00"), at("2027-03-01T08:00:00Z"));
        assert_eq!(at("2027-07-01T09:00[Europe/Berlin]"), at("2027-07-01T07:00:00Z"));
        assert_eq!(at("2027-03-01T09:00:00"), at("2027-03-01T09:00:00Z"));
        assert_eq!(at("2027-03-01"), at("2027-03-01T00:00:00Z"));
        assert!(at_date("tomorrow").is_err());
    }

    #[test]
    fn a_repetition_counts_its_times() {
        let expected = ["2027-01-01T00:00:10Z", "2027-01-01T00:00:20Z", "2027-01-01T00:00:30Z"];
        assert_eq!(times("R3/PT10S", "2027-01-01T00:00:00Z", 9), expected);
        assert_eq!(times("R/PT10S", "2027-01-01T00:00:00Z", 5).len(), 5);
        let expected = ["2027-02-01T00:00:00Z", "2027-02-02T00:00:00Z"];
        assert_eq!(times("R2/2027-02-01T00:00:00Z/P1D", "2027-01-01T00:00:00Z", 9), expected);
        for refused in ["R0/PT1S", "R3/PT0S", "R3/", "R3/soon", "R-1/PT1S"] {
            assert!(first_of_cycle(refused, Timestamp(0)).is_err(), "{refused}");
        }
    }

    #[test]
    fn missed_times_are_made_up_for_only_when_their_number_is_fixed() {
        let fired = first_of_cycle("R3/PT10S", Timestamp(0)).unwrap();
        let next = next_of_cycle("R3/PT10S", fired, Timestamp(60_000)).unwrap();
        assert_eq!(next, Some(Schedule { due: Timestamp(20_000), repetitions_left: Some(1) }));
        let fired = first_of_cycle("R/PT10S", Timestamp(0)).unwrap();
        let next = next_of_cycle("R/PT10S", fired, Timestamp(60_000)).unwrap();
        assert_eq!(next, Some(Schedule { due: Timestamp(70_000), repetitions_left: None }));
    }

    #[test]
    fn cron_follows_its_zone_through_the_change_of_clocks() {
        let expected = ["2027-03-26T08:00:00Z", "2027-03-29T07:00:00Z"];
        assert_eq!(times("0 9 * * MON-FRI Europe/Berlin", "2027-03-26T00:00:00Z", 2), expected);
        assert_eq!(times("0 9 * * *", "2027-03-26T10:00:00Z", 1), ["2027-03-27T09:00:00Z"]);
        assert_eq!(times("*/10 * * * * *", "2027-03-26T10:00:05Z", 1), ["2027-03-26T10:00:10Z"]);
        assert!(first_of_cycle("0 9 * * * Europe/Nowhere", Timestamp(0)).is_err());
        assert!(first_of_cycle("whenever", Timestamp(0)).is_err());
        assert!(first_of_cycle("0 0 30 2 *", Timestamp(0)).is_err());
    }
}
