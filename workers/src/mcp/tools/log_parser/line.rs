//! One line of a log: its time, level, source and message, whatever the format.

use regex::Regex;
use std::{borrow::Cow, sync::LazyLock};

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Format {
    Json,
    Logfmt,
    Syslog,
    Text,
}

impl Format {
    pub fn name(self) -> &'static str {
        match self {
            Format::Json => "json",
            Format::Logfmt => "logfmt",
            Format::Syslog => "syslog",
            Format::Text => "text",
        }
    }
}

#[derive(Debug)]
pub struct Entry<'a> {
    pub format: Format,
    pub at: Option<&'a str>,
    pub level: &'static str,
    pub source: Option<&'a str>,
    pub message: &'a str,
}

/// A pattern of ours: one that did not compile would match nothing, and the tests would say so.
fn ours(pattern: &str) -> Option<Regex> {
    Regex::new(pattern).ok()
}

macro_rules! patterns {
    ($($name:ident = $pattern:expr;)*) => { $(static $name: LazyLock<Option<Regex>> = LazyLock::new(|| ours($pattern));)* };
}

patterns! {
    TIME = r"^\[?(\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:[.,]\d+)?)?(?:Z|[+-]\d\d:?\d\d)?|\d\d:\d\d:\d\d(?:[.,]\d+)?)\]?\s+";
    SYSLOG = r"^(?:<\d+>)?(?:1 )?((?:[A-Z][a-z]{2}\s+\d+ \d\d:\d\d:\d\d)|(?:\d{4}-\d\d-\d\dT\S+)) (\S+) ([\w./-]+)(?:\[\d+\])?: (.*)$";
    LEVEL = r"^[\[(]?(?i:(fatal|critical|crit|emerg|emergency|alert|panic|severe|error|err|warning|warn|notice|info|debug|trace|fine))[\])]?(?:\b|:)\s*:?\s*";
    SOURCE = r"^(?:\[[^\]]{1,80}\]\s+)?([\w.$/-]{2,100})\s*(?:\[[^\]]{1,80}\]\s*)?(?: [-–] |:\s+)";
    BRACKETS = r"^\[[^\]]{1,80}\]\s+";
    FIELD = r#"(?:^|\s)([A-Za-z_][\w.]*)=("(?:[^"\\]|\\.)*"|\S*)"#;
    JSON_FIELD = r#""([A-Za-z_@][\w.@]*)"\s*:\s*"((?:[^"\\]|\\.)*)""#;
    FRAME = r#"^\s+(?:at \S|File "|\.\.\. \d+ (?:more|common frames)|\d+: \S|raise |return |goroutine )|^\s{4,}\S.*\(.*\)\s*$"#;
    EXCEPTION = r"(?:^|\s)((?:[a-z_][\w$]*\.)*[A-Z][\w$]*(?:Exception|Error|Failure|Timeout))(?::\s*(.*)|\s*$)";
    WORDS = r"(?i)\b(?:(panic|fatal|out of memory|oom-kill\w*|killed process|segfault|kernel panic)|(errors?|failed|failure|exception|refused|denied|cannot|unable to)|(warn\w*|timed? ?out|retry\w*|slow|deprecated|degraded))\b";
}

const TIMES: [&str; 6] = ["time", "ts", "timestamp", "@timestamp", "date", "datetime"];
const LEVELS: [&str; 5] = ["level", "lvl", "severity", "loglevel", "levelname"];
const MESSAGES: [&str; 4] = ["msg", "message", "event", "error"];
const SOURCES: [&str; 6] = ["logger", "component", "service", "module", "app", "name"];

impl<'a> Entry<'a> {
    pub fn of(line: &'a str) -> Self {
        let line = line.trim_end();
        if line.starts_with('{') && line.ends_with('}') {
            return Self::fields(Format::Json, &JSON_FIELD, line);
        }
        if let Some(entry) = Self::syslog(line) {
            return entry;
        }
        let logfmt = Self::fields(Format::Logfmt, &FIELD, line);
        if logfmt.message != line && (logfmt.at.is_some() || logfmt.level != "unknown") {
            return logfmt;
        }
        Self::text(line)
    }

    fn syslog(line: &'a str) -> Option<Self> {
        let found = SYSLOG.as_ref()?.captures(line)?;
        let part = |place| found.get(place).map(|part: regex::Match<'a>| part.as_str());
        let message = part(4)?;
        let (level, rest) = leading_level(message).unwrap_or_else(|| (guessed(message), message));
        Some(Entry { format: Format::Syslog, at: part(1), level, source: part(3), message: rest })
    }

    fn fields(format: Format, pattern: &Option<Regex>, line: &'a str) -> Self {
        let mut found: Vec<(&'a str, &'a str)> = Vec::new();
        for captures in pattern.iter().flat_map(|pattern| pattern.captures_iter(line)).take(100) {
            if let (Some(key), Some(value)) = (captures.get(1), captures.get(2)) {
                found.push((key.as_str(), value.as_str().trim_matches('"')));
            }
        }
        let named = |names: &[&str]| {
            names
                .iter()
                .find_map(|name| found.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)))
                .map(|(_, value)| *value)
        };
        let message = named(&MESSAGES).unwrap_or(line);
        let level = named(&LEVELS).map_or("unknown", level);
        Entry { format, at: named(&TIMES), level, source: named(&SOURCES), message }
    }

    fn text(line: &'a str) -> Self {
        let time = TIME.as_ref().and_then(|time| time.captures(line));
        let at = time.as_ref().and_then(|time| time.get(1)).map(|at| at.as_str());
        let rest = line.get(time.as_ref().and_then(|time| time.get(0)).map_or(0, |all| all.end())..).unwrap_or(line);
        let (mut level, mut message) = leading_level(rest).unwrap_or(("unknown", rest));
        // `[thread] LEVEL …`
        if level == "unknown"
            && let Some(brackets) = BRACKETS.as_ref().and_then(|brackets| brackets.find(rest))
            && let Some(found) = rest.get(brackets.end()..).and_then(leading_level)
        {
            (level, message) = found;
        }
        let source = SOURCE.as_ref().and_then(|source| source.captures(message)).filter(|_| level != "unknown");
        let named = source.as_ref().and_then(|source| source.get(1)).map(|source| source.as_str());
        let mut end = source.as_ref().and_then(|source| source.get(0)).map_or(0, |all| all.end());
        let mut named = named;
        // `LEVEL [component] …`
        if named.is_none()
            && level != "unknown"
            && let Some(brackets) = BRACKETS.as_ref().and_then(|brackets| brackets.find(message))
        {
            named = Some(brackets.as_str().trim().trim_matches(['[', ']']));
            end = brackets.end();
        }
        if level == "unknown" && at.is_some() {
            level = guessed(message);
        }
        Entry { format: Format::Text, at, level, source: named, message: message.get(end..).unwrap_or(message) }
    }
}

fn leading_level(text: &str) -> Option<(&'static str, &str)> {
    let found = LEVEL.as_ref()?.captures(text)?;
    let end = found.get(0)?.end();
    Some((level(found.get(1)?.as_str()), text.get(end..)?))
}

fn level(word: &str) -> &'static str {
    match word.to_ascii_lowercase().as_str() {
        "fatal" | "critical" | "crit" | "emerg" | "emergency" | "alert" | "panic" => "fatal",
        "severe" | "error" | "err" => "error",
        "warning" | "warn" => "warning",
        "notice" | "info" | "information" => "info",
        "debug" | "trace" | "fine" => "debug",
        _ => "unknown",
    }
}

/// Syslog and plain text often say no level: the words do.
fn guessed(message: &str) -> &'static str {
    let found = WORDS.as_ref().and_then(|words| words.captures(message));
    match found {
        Some(found) if found.get(1).is_some() => "fatal",
        Some(found) if found.get(2).is_some() => "error",
        Some(_) => "warning",
        None => "info",
    }
}

/// 0 is the worst.
pub fn severity(level: &str) -> u8 {
    match level {
        "fatal" => 0,
        "error" => 1,
        "warning" => 2,
        "unknown" => 3,
        "info" => 4,
        _ => 5,
    }
}

pub fn is_frame(line: &str) -> bool {
    line.starts_with([' ', '\t']) && FRAME.as_ref().is_some_and(|frame| frame.is_match(line))
}

/// The exception's name and message, when the line begins a stack trace or tells of one.
pub fn exception(message: &str) -> Option<(&str, &str)> {
    let found = EXCEPTION.as_ref()?.captures(message)?;
    Some((found.get(1)?.as_str(), found.get(2).map_or("", |message| message.as_str())))
}

/// The parts of the text that differ between messages of a kind, replaced.
pub fn replaced<'a>(text: &'a str, pattern: &Option<Regex>, by: &str) -> Cow<'a, str> {
    match pattern {
        Some(pattern) => pattern.replace_all(text, by),
        None => Cow::Borrowed(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(line: &str, level: &str, source: Option<&str>, message: &str) {
        let entry = Entry::of(line);
        assert_eq!((entry.level, entry.source, entry.message), (level, source, message), "{line}");
        assert!(entry.at.is_some(), "{line}");
    }

    #[test]
    fn every_pattern_compiles() {
        for pattern in [&TIME, &SYSLOG, &LEVEL, &SOURCE, &BRACKETS, &FIELD, &JSON_FIELD, &FRAME, &EXCEPTION, &WORDS] {
            assert!(pattern.is_some());
        }
    }

    #[test]
    fn lines_of_every_format_are_read() {
        check("2026-03-01 10:00:00,123 WARN  [main] a.b.Pool - low", "warning", Some("a.b.Pool"), "low");
        check("2026-03-01T10:00:00Z [pool-1] ERROR a.Pool - gone", "error", Some("a.Pool"), "gone");
        check(
            "Mar  1 10:00:00 h kernel: Out of memory: Killed process 9",
            "fatal",
            Some("kernel"),
            "Out of memory: Killed process 9",
        );
        check("2026-03-01T10:00:00.1Z INFO  [http] GET / 200", "info", Some("http"), "GET / 200");
        check("Mar  1 10:00:00 h cron[3]: started", "info", Some("cron"), "started");
        check("ts=1 level=error msg=\"it broke\" app=x", "error", Some("x"), "it broke");
        check("{\"@timestamp\":\"t\",\"level\":\"INFO\",\"message\":\"up\"}", "info", None, "up");
    }

    #[test]
    fn frames_and_exceptions_are_known() {
        for frame in ["\tat a.B.c(B.java:1)", "  File \"x.py\", line 3, in f", "\t... 12 more", "    at f (/x.js:1:2)"]
        {
            assert!(is_frame(frame), "{frame}");
        }
        assert!(!is_frame("at last"));
        assert_eq!(
            exception("Caused by: java.sql.SQLTimeoutException: no"),
            Some(("java.sql.SQLTimeoutException", "no"))
        );
        assert_eq!(exception("ValueError: bad"), Some(("ValueError", "bad")));
        assert_eq!(exception("all is well"), None);
    }
}
