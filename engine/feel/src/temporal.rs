//! Dates, times and durations (DMN 1.5, 10.3.2.3.4 to 10.3.2.3.9). What has no zone is taken for UTC where it is compared
//! with, or subtracted from, something that has one: the machine's own zone has no say.

use crate::value::Value;
use jiff::{
    SignedDuration, Span, Timestamp, ToSpan,
    civil::{self, Date},
    tz::{Offset, TimeZone},
};
use std::{cmp::Ordering, fmt};

#[derive(Debug, Clone)]
pub struct Time {
    pub time: civil::Time,
    pub zone: Option<Zone>,
}

#[derive(Debug, Clone)]
pub struct DateTime {
    pub at: civil::DateTime,
    pub zone: Option<Zone>,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Zone {
    Offset(Offset),
    /// With an IANA name.
    Named(TimeZone),
}

impl Zone {
    fn read(text: &str) -> Option<Zone> {
        match text {
            "Z" | "z" => return Some(Zone::Offset(Offset::UTC)),
            _ => {}
        }
        if let Some(name) = text.strip_prefix('@') {
            return Zone::named(name);
        }
        let (sign, digits) = match text.split_at_checked(1)? {
            ("+", digits) => (1, digits),
            ("-", digits) => (-1, digits),
            _ => return None,
        };
        let mut parts = digits.split(':').map(|part| (part.len() == 2).then(|| whole(part)).flatten());
        let (hours, minutes, seconds) = (parts.next()??, parts.next()??, parts.next().unwrap_or(Some(0))?);
        let fits = hours <= 14 && minutes < 60 && seconds < 60 && parts.next().is_none();
        let seconds = i32::try_from(hours * 3600 + minutes * 60 + seconds).ok()?;
        fits.then(|| Offset::from_seconds(sign * seconds).ok())?.map(Zone::Offset)
    }

    pub fn named(name: &str) -> Option<Zone> {
        TimeZone::get(name).ok().map(Zone::Named)
    }

    fn offset_at(&self, at: civil::DateTime) -> Option<Offset> {
        match self {
            Zone::Offset(offset) => Some(*offset),
            Zone::Named(zone) => Some(zone.to_timestamp(at).ok()?.to_zoned(zone.clone()).offset()),
        }
    }

    pub fn name(&self) -> Option<&str> {
        match self {
            Zone::Named(zone) => zone.iana_name(),
            Zone::Offset(_) => None,
        }
    }
}

impl fmt::Display for Zone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Zone::Offset(offset) if offset.seconds() == 0 => write!(f, "Z"),
            Zone::Offset(offset) => {
                let (sign, seconds) = (if offset.is_negative() { '-' } else { '+' }, offset.seconds().abs());
                write!(f, "{sign}{:02}:{:02}", seconds / 3600, seconds / 60 % 60)?;
                if seconds % 60 == 0 { Ok(()) } else { write!(f, ":{:02}", seconds % 60) }
            }
            Zone::Named(zone) => write!(f, "@{}", zone.iana_name().unwrap_or("UTC")),
        }
    }
}

impl Time {
    pub fn read(text: &str) -> Option<Time> {
        let (time, zone) = split_zone(text);
        let time = time.strip_prefix('T').unwrap_or(time);
        // no leap seconds, which jiff would take
        let seconds = time.get(6..8).filter(|seconds| *seconds != "60");
        let plain = seconds.is_some() && time.as_bytes().get(2) == Some(&b':');
        let time = plain.then(|| time.parse().ok())??;
        Some(Time { time, zone: read_zone(zone)? })
    }

    /// Nanoseconds since midnight in UTC; of a day in January, where a named zone has to have an offset.
    pub fn in_utc(&self) -> i64 {
        let midnight = civil::date(2000, 1, 1).to_datetime(self.time);
        let offset = self.zone.as_ref().and_then(|zone| zone.offset_at(midnight)).map_or(0, |offset| offset.seconds());
        let of_day = SignedDuration::from_nanos(since_midnight(self.time)) - SignedDuration::from_secs(offset.into());
        i64::try_from(of_day.as_nanos()).unwrap_or_default()
    }

    /// Two times are one when they are at one moment; with and without a zone they are not.
    pub fn equals(&self, other: &Time) -> bool {
        self.zone.is_some() == other.zone.is_some() && self.in_utc() == other.in_utc()
    }

    pub fn plus(&self, duration: SignedDuration) -> Time {
        Time { time: self.time.wrapping_add(duration), zone: self.zone.clone() }
    }

    pub fn offset(&self) -> Option<SignedDuration> {
        let midnight = civil::date(2000, 1, 1).to_datetime(self.time);
        let offset = self.zone.as_ref()?.offset_at(midnight)?;
        Some(SignedDuration::from_secs(offset.seconds().into()))
    }
}

fn since_midnight(time: civil::Time) -> i64 {
    let seconds = i64::from(time.hour()) * 3600 + i64::from(time.minute()) * 60 + i64::from(time.second());
    seconds * 1_000_000_000 + i64::from(time.subsec_nanosecond())
}

impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.time)?;
        self.zone.as_ref().map_or(Ok(()), |zone| write!(f, "{zone}"))
    }
}

impl DateTime {
    pub fn utc(at: Timestamp) -> DateTime {
        DateTime { at: Offset::UTC.to_datetime(at), zone: Some(Zone::Offset(Offset::UTC)) }
    }

    /// A date alone is its midnight.
    pub fn read(text: &str) -> Option<DateTime> {
        let Some((date, time)) = text.split_once('T') else {
            return Some(DateTime { at: read_date(text)?.to_datetime(civil::Time::midnight()), zone: None });
        };
        let (date, time) = (read_date(date)?, Time::read(time)?);
        Some(DateTime { at: date.to_datetime(time.time), zone: time.zone })
    }

    pub fn instant(&self) -> Option<Timestamp> {
        match &self.zone {
            Some(Zone::Named(zone)) => zone.to_timestamp(self.at).ok(),
            Some(Zone::Offset(offset)) => offset.to_timestamp(self.at).ok(),
            None => Offset::UTC.to_timestamp(self.at).ok(),
        }
    }

    pub fn plus(&self, duration: SignedDuration) -> Option<DateTime> {
        let moved = match &self.zone {
            // by the clock, and across a change of the zone's offset
            Some(Zone::Named(zone)) => zone.to_datetime(self.instant()?.checked_add(duration).ok()?),
            _ => self.at.checked_add(duration).ok()?,
        };
        Some(DateTime { at: moved, zone: self.zone.clone() })
    }

    pub fn plus_months(&self, months: i64) -> Option<DateTime> {
        let span = Span::new().try_months(months).ok()?;
        Some(DateTime { at: self.at.checked_add(span).ok()?, zone: self.zone.clone() })
    }

    pub fn minus(&self, other: &DateTime) -> Option<SignedDuration> {
        Some(self.instant()?.duration_since(other.instant()?))
    }

    pub fn compare(&self, other: &DateTime) -> Option<Ordering> {
        match (&self.zone, &other.zone) {
            (None, None) => Some(self.at.cmp(&other.at)),
            _ => Some(self.instant()?.cmp(&other.instant()?)),
        }
    }

    pub fn equals(&self, other: &DateTime) -> bool {
        self.zone.is_some() == other.zone.is_some() && self.compare(other) == Some(Ordering::Equal)
    }

    pub fn time(&self) -> Time {
        Time { time: self.at.time(), zone: self.zone.clone() }
    }

    pub fn offset(&self) -> Option<SignedDuration> {
        let offset = self.zone.as_ref()?.offset_at(self.at)?;
        Some(SignedDuration::from_secs(offset.seconds().into()))
    }
}

impl fmt::Display for DateTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}T{}", date_text(self.at.date()), self.time())
    }
}

fn split_zone(text: &str) -> (&str, &str) {
    let zone = text.find(['Z', 'z', '+', '-', '@']).unwrap_or(text.len());
    text.split_at(zone)
}

fn read_zone(text: &str) -> Option<Option<Zone>> {
    if text.is_empty() { Some(None) } else { Zone::read(text).map(Some) }
}

/// `YYYY-MM-DD`, before our era with a sign; years up to 9999.
pub fn read_date(text: &str) -> Option<Date> {
    let (sign, digits) = text.strip_prefix('-').map_or((1, text), |digits| (-1, digits));
    let mut parts = digits.split('-');
    let (year, month, day) = (parts.next()?, parts.next()?, parts.next()?);
    let fits = (year.len(), month.len(), day.len()) == (4, 2, 2) && parts.next().is_none();
    let year = sign * i16::try_from(whole(year)?).ok()?;
    fits.then(|| Date::new(year, whole(month)?.try_into().ok()?, whole(day)?.try_into().ok()?).ok())?
}

pub fn date_text(date: Date) -> String {
    let sign = if date.year() < 0 { "-" } else { "" };
    format!("{sign}{:04}-{:02}-{:02}", date.year().unsigned_abs(), date.month(), date.day())
}

/// Digits alone.
fn whole(digits: &str) -> Option<i64> {
    digits.bytes().all(|byte| byte.is_ascii_digit()).then(|| digits.parse().ok())?
}

pub fn plus_months(date: Date, months: i64) -> Option<Date> {
    date.checked_add(Span::new().try_months(months).ok()?).ok()
}

/// `P1DT2H` or `P1Y2M`; the two do not mix.
pub fn read_duration(text: &str) -> Option<Value> {
    let (negative, text) = text.strip_prefix('-').map_or((false, text), |text| (true, text));
    let rest = text.strip_prefix('P').filter(|rest| !rest.is_empty() && !rest.ends_with('T'))?;
    let (date, clock) = rest.split_once('T').unwrap_or((rest, ""));
    if date.ends_with(['Y', 'M']) && clock.is_empty() {
        let (years, rest) = amount(date, 'Y')?;
        let (months, rest) = amount(rest, 'M')?;
        let months = whole(years)?.checked_mul(12)?.checked_add(whole(months)?)?;
        return rest.is_empty().then_some(Value::Months(if negative { -months } else { months }));
    }
    let (days, rest) = amount(date, 'D')?;
    let (hours, clock) = amount(clock, 'H')?;
    let (minutes, clock) = amount(clock, 'M')?;
    let (seconds, clock) = amount(clock, 'S')?;
    let (seconds, fraction) = seconds.split_once('.').unwrap_or((seconds, ""));
    let nanoseconds = whole(&format!("{fraction:0<9.9}"))?;
    let of_days = whole(days)?.checked_mul(86_400)?.checked_add(whole(hours)?.checked_mul(3600)?)?;
    let in_all = of_days.checked_add(whole(minutes)?.checked_mul(60)?)?.checked_add(whole(seconds)?)?;
    let duration = SignedDuration::from_secs(in_all).checked_add(SignedDuration::from_nanos(nanoseconds))?;
    let duration = if negative { -duration } else { duration };
    (rest.is_empty() && clock.is_empty()).then_some(Value::Days(duration))
}

/// The digits before a unit, and what comes after it; `0` when the unit is not there.
fn amount(text: &str, unit: char) -> Option<(&str, &str)> {
    match text.split_once(unit) {
        None => Some(("0", text)),
        Some(("", _)) => None,
        Some((digits, rest)) => Some((digits, rest)),
    }
}

pub fn days_text(duration: SignedDuration) -> String {
    let sign = if duration.is_negative() { "-" } else { "" };
    let (seconds, nanos) = (duration.as_secs().unsigned_abs(), duration.subsec_nanos().unsigned_abs());
    let (days, hours, minutes) = (seconds / 86_400, seconds / 3600 % 24, seconds / 60 % 60);
    let second = match nanos {
        0 => (seconds % 60).to_string(),
        nanos => format!("{}.{}", seconds % 60, format!("{nanos:09}").trim_end_matches('0')),
    };
    let part = |amount: String, unit: char| if amount == "0" { String::new() } else { format!("{amount}{unit}") };
    let clock = part(hours.to_string(), 'H') + &part(minutes.to_string(), 'M') + &part(second, 'S');
    let date = part(days.to_string(), 'D');
    match (date.is_empty(), clock.is_empty()) {
        (true, true) => "PT0S".to_owned(),
        (_, true) => format!("{sign}P{date}"),
        (_, false) => format!("{sign}P{date}T{clock}"),
    }
}

pub fn months_text(months: i64) -> String {
    let sign = if months < 0 { "-" } else { "" };
    let (years, months) = (months.unsigned_abs() / 12, months.unsigned_abs() % 12);
    match (years, months) {
        (0, months) => format!("{sign}P{months}M"),
        (years, 0) => format!("{sign}P{years}Y"),
        (years, months) => format!("{sign}P{years}Y{months}M"),
    }
}

/// Whole months from one to the other, as `years and months duration` counts them.
pub fn months_between(from: Date, to: Date) -> Option<i64> {
    let between = from.until((jiff::Unit::Month, to)).ok()?;
    Some(i64::from(between.get_months()))
}

/// The properties of values of time (DMN 1.5, table 65).
pub fn property(value: &Value, name: &str) -> Value {
    let whole = |number: i64| Value::number(number);
    match (value, name) {
        (Value::Date(date), _) => date_property(*date, name),
        (Value::DateTime(at), "year" | "month" | "day" | "weekday") => date_property(at.at.date(), name),
        (Value::DateTime(at), "time offset") => at.offset().map_or(Value::Null, Value::Days),
        (Value::DateTime(at), _) => clock_property(&at.time(), name),
        (Value::Time(time), "time offset") => time.offset().map_or(Value::Null, Value::Days),
        (Value::Time(time), _) => clock_property(time, name),
        (Value::Days(duration), "days") => whole(duration.as_secs() / 86_400),
        (Value::Days(duration), "hours") => whole(duration.as_secs() / 3600 % 24),
        (Value::Days(duration), "minutes") => whole(duration.as_secs() / 60 % 60),
        (Value::Days(duration), "seconds") => whole(duration.as_secs() % 60),
        (Value::Months(months), "years") => whole(months / 12),
        (Value::Months(months), "months") => whole(months % 12),
        _ => Value::Null,
    }
}

fn date_property(date: Date, name: &str) -> Value {
    match name {
        "year" => Value::number(i64::from(date.year())),
        "month" => Value::number(i64::from(date.month())),
        "day" => Value::number(i64::from(date.day())),
        "weekday" => Value::number(i64::from(date.weekday().to_monday_one_offset())),
        _ => Value::Null,
    }
}

fn clock_property(time: &Time, name: &str) -> Value {
    match name {
        "hour" => Value::number(i64::from(time.time.hour())),
        "minute" => Value::number(i64::from(time.time.minute())),
        "second" => Value::number(i64::from(time.time.second())),
        "timezone" => time.zone.as_ref().and_then(Zone::name).map_or(Value::Null, Value::text),
        _ => Value::Null,
    }
}

/// The day after or before.
pub fn next_day(date: Date, step: i64) -> Option<Date> {
    date.checked_add(step.days()).ok()
}
