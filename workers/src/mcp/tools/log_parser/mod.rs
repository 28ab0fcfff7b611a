//! `log-parser`: what a log says as a whole: its format, levels and time range, the kinds of its messages with their
//! counts, and its stack traces.

pub mod line;
mod template;

use crate::mcp::{
    root::Root,
    tool::{Effect, Tool, ToolError, cut, text_of},
};
use indexmap::IndexMap;
use line::{Entry, Format};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

const MOST_TEMPLATES: usize = 100;
/// Kinds of messages told apart; a log with more has no kinds.
const MOST_KINDS: usize = 20_000;
const LONGEST_EXAMPLE: usize = 400;
const FRAMES_SHOWN: usize = 5;

pub fn tool() -> Result<Tool, String> {
    let description = "Parses a log (syslog, JSON lines, logfmt, timestamped text; stack traces): counts by level, time \
                       range, and the kinds of messages, most severe and most frequent first.";
    Tool::new("log-parser", description, Effect::Reads, parse)
}

#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct Log {
    /// A file; else `text`.
    #[serde(default)]
    path: Option<String>,
    /// The log itself; else `path`.
    #[serde(default)]
    text: Option<String>,
    /// At most so many kinds of messages are listed: 100 at most, 30 unless told.
    #[serde(default)]
    max_templates: Option<usize>,
}

#[derive(Default, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct Parsed {
    /// json, logfmt, syslog or text: what most entries are
    format: &'static str,
    lines: usize,
    /// A stack trace belongs to the entry before it.
    entries: usize,
    /// Time of the first entry, as written there.
    from: Option<String>,
    /// Time of the last one.
    to: Option<String>,
    /// Entries by level: fatal, error, warning, info, debug, unknown.
    levels: BTreeMap<&'static str, usize>,
    templates: Vec<Template>,
    stack_traces: Vec<StackTrace>,
    /// There are more kinds of messages, or more stack traces.
    truncated: bool,
}

#[derive(Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct Template {
    /// A message with what varies replaced: `<n>`, `<ip>`, `<id>`, `<path>`, `<text>`.
    template: String,
    level: &'static str,
    count: usize,
    /// From 1.
    first_line: usize,
    last_line: usize,
    first_at: Option<String>,
    last_at: Option<String>,
    /// Which program or logger says it, when the log tells.
    source: Option<String>,
    /// The first of them, in full.
    example: String,
}

#[derive(Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct StackTrace {
    exception: String,
    message: String,
    count: usize,
    first_line: usize,
    /// The innermost ones.
    frames: Vec<String>,
}

fn parse(root: &Root, log: Log) -> Result<Parsed, ToolError> {
    let text = text_of(root, log.path.as_deref(), log.text)?;
    let most = log.max_templates.unwrap_or(30).clamp(1, MOST_TEMPLATES);
    let mut reading = Reading::default();
    for (line, number) in text.lines().zip(1..) {
        reading.read(line, number);
    }
    Ok(reading.finish(text.lines().count(), most))
}

#[derive(Default)]
struct Reading {
    parsed: Parsed,
    formats: BTreeMap<Format, usize>,
    kinds: IndexMap<(&'static str, String), Template>,
    traces: IndexMap<String, StackTrace>,
    trace: Option<StackTrace>,
}

impl Reading {
    fn read(&mut self, line: &str, number: usize) {
        if line.trim().is_empty() {
            return;
        }
        if line::is_frame(line) {
            if let Some(trace) = self.trace.as_mut().filter(|trace| trace.frames.len() < FRAMES_SHOWN) {
                trace.frames.push(cut(line.trim(), LONGEST_EXAMPLE).to_owned());
            }
            return;
        }
        let entry = Entry::of(line);
        let starts_entry = entry.at.is_some() || entry.format != Format::Text || self.parsed.entries == 0;
        if let Some((exception, message)) = line::exception(entry.message) {
            self.end_trace();
            let (exception, message) = (exception.to_owned(), cut(message, LONGEST_EXAMPLE).to_owned());
            self.trace = Some(StackTrace { exception, message, count: 1, first_line: number, frames: Vec::new() });
        } else if starts_entry {
            self.end_trace();
        }
        if starts_entry || entry.level != "unknown" {
            self.count(&entry, number);
        }
    }

    fn count(&mut self, entry: &Entry<'_>, number: usize) {
        self.parsed.entries += 1;
        *self.formats.entry(entry.format).or_default() += 1;
        *self.parsed.levels.entry(entry.level).or_default() += 1;
        let at = entry.at.map(str::to_owned);
        if at.is_some() {
            self.parsed.from = self.parsed.from.take().or_else(|| at.clone());
            self.parsed.to.clone_from(&at);
        }
        let key = (entry.level, template::of(cut(entry.message, 2000)));
        if self.kinds.len() >= MOST_KINDS && !self.kinds.contains_key(&key) {
            self.parsed.truncated = true;
            return;
        }
        let kind = self.kinds.entry(key).or_insert_with_key(|(level, template)| Template {
            template: template.clone(),
            level,
            count: 0,
            first_line: number,
            last_line: number,
            first_at: at.clone(),
            last_at: None,
            source: entry.source.map(str::to_owned),
            example: cut(entry.message, LONGEST_EXAMPLE).to_owned(),
        });
        kind.count += 1;
        kind.last_line = number;
        kind.last_at = at;
    }

    fn end_trace(&mut self) {
        let Some(trace) = self.trace.take().filter(|trace| !trace.frames.is_empty()) else { return };
        let key = format!("{}\n{}", trace.exception, trace.frames.first().map_or("", String::as_str));
        self.traces.entry(key).and_modify(|known| known.count += 1).or_insert(trace);
    }

    fn finish(mut self, lines: usize, most: usize) -> Parsed {
        self.end_trace();
        let mut templates: Vec<Template> = self.kinds.into_values().collect();
        templates.sort_by_key(|kind| (line::severity(kind.level), std::cmp::Reverse(kind.count), kind.first_line));
        let mut traces: Vec<StackTrace> = self.traces.into_values().collect();
        traces.sort_by_key(|trace| std::cmp::Reverse(trace.count));
        let mut parsed = self.parsed;
        parsed.truncated |= templates.len() > most || traces.len() > most;
        templates.truncate(most);
        traces.truncate(most);
        let format =
            self.formats.into_iter().max_by_key(|(_, count)| *count).map_or(Format::Text, |(format, _)| format);
        Parsed { format: format.name(), lines, templates, stack_traces: traces, ..parsed }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mcp::root::tests::Scratch;

    fn parsed(text: &str) -> Parsed {
        parse(&Scratch::new().root, Log { path: None, text: Some(text.into()), max_templates: None }).unwrap()
    }

    #[test]
    fn messages_of_one_kind_are_counted_together() {
        let log = parsed(
            "2026-03-01T10:00:00Z INFO  shop - order 17 placed in 12ms\n\
             2026-03-01T10:00:01Z ERROR pool - no connection for 10.0.0.1\n\
             2026-03-01T10:00:02Z INFO  shop - order 18 placed in 9ms\n\
             2026-03-01T10:00:03Z ERROR pool - no connection for 10.0.0.2\n",
        );
        assert_eq!((log.entries, log.levels["error"], log.format), (4, 2, "text"));
        assert_eq!(log.templates.len(), 2);
        assert_eq!((log.templates[0].level, log.templates[0].count), ("error", 2));
        assert_eq!(log.from.as_deref(), Some("2026-03-01T10:00:00Z"));
        assert_eq!(log.to.as_deref(), Some("2026-03-01T10:00:03Z"));
    }

    #[test]
    fn stack_traces_belong_to_their_entry() {
        let trace = "2026-03-01T10:00:00Z ERROR x - failed\njava.sql.SQLException: no connection\n\
                     \tat a.B.c(B.java:1)\n\tat a.D.e(D.java:2)\n";
        let log = parsed(&trace.repeat(2));
        assert_eq!((log.entries, log.stack_traces.len()), (2, 1));
        let found = &log.stack_traces[0];
        assert_eq!((found.exception.as_str(), found.count, found.frames.len()), ("java.sql.SQLException", 2, 2));
    }

    #[test]
    fn formats_are_told_apart() {
        assert_eq!(parsed("{\"time\":\"t\",\"level\":\"warn\",\"msg\":\"low\"}\n").format, "json");
        assert_eq!(parsed("time=2026-03-01T10:00:00Z level=error msg=\"it broke\"\n").format, "logfmt");
        assert_eq!(parsed("Mar  1 10:00:00 host sshd[12]: Failed password for root\n").format, "syslog");
        assert_eq!(parsed("").entries, 0);
    }
}
