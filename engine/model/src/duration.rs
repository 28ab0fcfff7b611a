//! Durations of ISO 8601 (`PT1H30M`), and their length in milliseconds.
//!
//! A year counts as 365 days and a month as 30 here: these lengths bound retries and timeouts. Timers keep their
//! text, because the calendar decides how long a month is.

/// Milliseconds of a number of milliseconds (`300000`) or of an ISO 8601 duration.
pub(crate) fn milliseconds(text: &str) -> Option<u64> {
    let text = text.trim();
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        return text.parse().ok();
    }
    parse(text)
}

/// The shortest ISO 8601 duration in hours, minutes and seconds of so many milliseconds.
pub(crate) fn iso(milliseconds: u64) -> String {
    let (seconds, rest) = (milliseconds / 1000, milliseconds % 1000);
    let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    let mut text = String::from("PT");
    if hours > 0 {
        text.push_str(&format!("{hours}H"));
    }
    if minutes > 0 {
        text.push_str(&format!("{minutes}M"));
    }
    match (seconds, rest) {
        (0, 0) if text.len() > 2 => {}
        (seconds, 0) => text.push_str(&format!("{seconds}S")),
        (seconds, rest) => text.push_str(&format!("{seconds}.{rest:03}S")),
    }
    text
}

fn parse(text: &str) -> Option<u64> {
    let body = text.strip_prefix('P')?;
    let (date, time) = match body.split_once('T') {
        Some((_, "")) => return None,
        Some((date, time)) => (date, time),
        None => (body, ""),
    };
    if date.is_empty() && time.is_empty() {
        return None;
    }
    let date = sum(date, &[('Y', 31_536_000), ('M', 2_592_000), ('W', 604_800), ('D', 86_400)])?;
    let time = sum(time, &[('H', 3_600), ('M', 60), ('S', 1)])?;
    Some(((date + time) * 1000.0).round() as u64)
}

/// The seconds of `1D2H`: numbers with units in falling order, each unit at most once.
fn sum(mut text: &str, units: &[(char, u64)]) -> Option<f64> {
    let mut units = units.iter();
    let mut total = 0.0;
    while !text.is_empty() {
        let end = text.find(|letter: char| letter.is_ascii_alphabetic())?;
        let (number, rest) = text.split_at(end);
        let unit = rest.chars().next()?;
        let (_, seconds) = units.find(|(name, _)| *name == unit)?;
        if !number.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.' || byte == b',') {
            return None;
        }
        total += number.replace(',', ".").parse::<f64>().ok()? * *seconds as f64;
        text = rest.strip_prefix(unit)?;
    }
    Some(total)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read_and_written() {
        for (text, expected) in [
            ("300000", Some(300_000)),
            ("PT5S", Some(5_000)),
            ("P1DT2H", Some(93_600_000)),
            ("PT0.5S", Some(500)),
            ("P", None),
            ("PT", None),
            ("PT5", None),
            ("PT1S1H", None),
            ("5 minutes", None),
        ] {
            assert_eq!(milliseconds(text), expected, "{text}");
        }
        assert_eq!(iso(300_000), "PT5M");
        assert_eq!(iso(3_661_500), "PT1H1M1.500S");
        assert_eq!(iso(0), "PT0S");
    }
}
