//! What the tools told about a log, whether they answer in JSON or in plain text.

use super::super::conversation::{Answer, Conversation, field, find};
use serde_json::Value;

pub const PARSERS: &[&str] = &["log-parser", "parse-log"];
pub const SEARCHERS: &[&str] = &["grep-search", "grep", "search"];
pub const READERS: &[&str] = &["filesystem-read", "read-text-file", "read-file"];
pub const CLASSIFIERS: &[&str] = &["error-classifier", "classif"];

const MOST_LINES: usize = 60;

/// `None`: not asked.
pub struct Evidence<'a> {
    pub parsed: Option<Answer<'a>>,
    pub found: Option<Answer<'a>>,
    pub read: Option<Answer<'a>>,
    pub classified: Option<Answer<'a>>,
}

impl<'a> Evidence<'a> {
    pub fn of(conversation: &Conversation<'a>) -> Self {
        let first = |names| conversation.answers(conversation.tool(names)?).into_iter().next();
        Evidence {
            parsed: first(PARSERS),
            found: first(SEARCHERS),
            read: first(READERS),
            classified: first(CLASSIFIERS),
        }
    }

    /// Did any tool that looks at the whole log answer?
    pub fn has_looked(&self) -> bool {
        [&self.parsed, &self.found].iter().any(|answer| is_good(answer))
    }

    /// Calls that failed.
    pub fn failures(&self) -> usize {
        let asked = [&self.parsed, &self.found, &self.read, &self.classified].into_iter().flatten();
        asked.filter(|answer| answer.failed).count()
    }

    /// The number of the first line with trouble.
    pub fn first_line(&self) -> Option<u64> {
        field(self.matches()?.first()?, &["line", "lineNumber", "line_number"])?.as_u64()
    }

    /// There are more matches than the search listed.
    pub fn is_cut(&self) -> bool {
        let json = self.found.as_ref().and_then(|answer| answer.json.as_ref());
        json.is_some_and(|json| json.get("truncated") == Some(&Value::Bool(true)))
    }

    /// The lines with trouble: of the search, else the kinds of messages that the parser calls errors or warnings.
    pub fn lines(&self) -> Vec<String> {
        if let Some(matches) = self.matches() {
            return matches.iter().filter_map(text).take(MOST_LINES).collect();
        }
        if let Some(answer) = self.found.as_ref().filter(|answer| !answer.failed && answer.json.is_none()) {
            let lines = answer.text.lines().map(str::trim).filter(|line| tells_trouble(line));
            return lines.take(MOST_LINES).map(str::to_owned).collect();
        }
        self.templates()
    }

    /// Entries of a level, by its names: `None` when the parser did not count levels.
    pub fn level(&self, names: &[&str]) -> Option<u64> {
        let json = self.parsed.as_ref()?.json.as_ref()?;
        let levels = field(json, &["levels", "levelCounts", "level_counts", "counts"])?.as_object()?;
        let of = |name: &str| names.iter().any(|wanted| name.eq_ignore_ascii_case(wanted));
        Some(levels.iter().filter(|(name, _)| of(name)).filter_map(|(_, count)| count.as_u64()).sum())
    }

    pub fn parsed_text(&self, key: &str) -> Option<String> {
        match find(self.parsed.as_ref()?.json.as_ref()?, key)? {
            Value::String(text) => Some(text.clone()),
            Value::Number(number) => Some(number.to_string()),
            _ => None,
        }
    }

    fn matches(&self) -> Option<Vec<Value>> {
        let json = self.found.as_ref()?.json.as_ref()?;
        let list = field(json, &["matches", "results", "lines"]).unwrap_or(json);
        list.as_array().cloned()
    }

    fn templates(&self) -> Vec<String> {
        let json = self.parsed.as_ref().and_then(|answer| answer.json.as_ref());
        let templates = json.and_then(|json| field(json, &["templates", "patterns", "messages"]));
        let is_trouble = |template: &&Value| match field(template, &["level", "severity"]).and_then(Value::as_str) {
            Some(level) => ["fatal", "critical", "error", "warning", "warn"].contains(&level.to_lowercase().as_str()),
            None => text(template).is_some_and(|text| tells_trouble(&text)),
        };
        templates.and_then(Value::as_array).into_iter().flatten().filter(is_trouble).filter_map(text).collect()
    }
}

fn is_good(answer: &Option<Answer>) -> bool {
    answer.as_ref().is_some_and(|answer| !answer.failed)
}

/// A line, alone or in an object that tells where it is.
pub fn text(value: &Value) -> Option<String> {
    let text = value.as_str().or_else(|| {
        field(value, &["text", "content", "example", "template", "message", "match", "line"]).and_then(Value::as_str)
    });
    text.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty())
}

/// "No matches found" is an answer without trouble; so is an empty one.
fn tells_trouble(line: &str) -> bool {
    const WORDS: [&str; 12] = [
        "error",
        "warn",
        "fatal",
        "critical",
        "exception",
        "fail",
        "exhausted",
        "time",
        "refused",
        "denied",
        "no space",
        "memory",
    ];
    let line = line.to_lowercase();
    WORDS.iter().any(|word| line.contains(word))
}
