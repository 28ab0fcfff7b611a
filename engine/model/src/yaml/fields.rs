//! The keys of one map: each is asked for by name and converted; what nobody asked for is reported at the end.

use super::tree::{Content, Entry, Node};
use crate::near_miss::did_you_mean;
use crate::{Custom, Diagnostic, Located, Location, duration};
use std::str::FromStr;

/// All problems found so far.
pub(crate) type Problems = Vec<Diagnostic>;

pub(crate) struct Fields<'a> {
    entries: &'a [Entry],
    asked: Vec<&'static str>,
    /// Where the map begins.
    pub location: Location,
    /// The element or flow that it belongs to, for diagnostics.
    owner: Option<String>,
}

impl<'a> Fields<'a> {
    pub fn empty(location: Location) -> Self {
        Fields { entries: &[], asked: Vec::new(), location, owner: None }
    }

    /// The entries of `node`, which must be a map (or nothing); `what` names it in the message.
    pub fn of(node: &'a Node, what: &str, problems: &mut Problems) -> Self {
        let mut fields = Fields::empty(node.location);
        match &node.content {
            Content::Map(entries) => fields.entries = entries,
            Content::Scalar { .. } if node.is_null() => {}
            Content::Scalar { .. } | Content::List(_) => {
                let message = format!("{what} must be a map, not {}", node.describe());
                problems.push(Diagnostic::error("EXPECTED_MAP", node.location, message));
            }
        }
        fields
    }

    pub fn owned_by(mut self, id: &str) -> Self {
        self.owner = Some(id.to_owned());
        self
    }

    /// Whether the key is there, without asking for it.
    pub fn has(&self, key: &str) -> bool {
        self.entries.iter().any(|entry| entry.key == key)
    }

    pub fn entry(&mut self, key: &'static str) -> Option<&'a Entry> {
        self.asked.push(key);
        self.entries.iter().find(|entry| entry.key == key)
    }

    /// The value of a key that is there and says something.
    pub fn node(&mut self, key: &'static str) -> Option<&'a Node> {
        self.entry(key).map(|entry| &entry.value).filter(|node| !node.is_null())
    }

    /// The map under `key`; empty when missing.
    pub fn map(&mut self, key: &'static str, problems: &mut Problems) -> Fields<'a> {
        let owner = self.owner.clone();
        let mut fields = match self.node(key) {
            Some(node) => Fields::of(node, &format!("`{key}`"), problems),
            None => Fields::empty(self.location),
        };
        fields.owner = owner;
        fields
    }

    /// The items under `key`; none when missing.
    pub fn list(&mut self, key: &'static str, problems: &mut Problems) -> &'a [Node] {
        let Some(node) = self.node(key) else { return &[] };
        match &node.content {
            Content::List(items) => items,
            Content::Scalar { .. } | Content::Map(_) => {
                let message = format!("`{key}` must be a list, not {}", node.describe());
                problems.push(self.error("EXPECTED_LIST", node.location, message));
                &[]
            }
        }
    }

    /// Text, also when it is empty; a number or boolean is the text that it is written as.
    pub fn raw_text(&mut self, key: &'static str, problems: &mut Problems) -> Option<Located<String>> {
        let node = self.node(key)?;
        match text_of(node) {
            Some(text) => Some(text),
            None => {
                let message = format!("`{key}` must be text, not {}", node.describe());
                problems.push(
                    self.error("EXPECTED_TEXT", node.location, message)
                        .hint("put text that begins with `{` or `[` in quotes"),
                );
                None
            }
        }
    }

    /// Text that says something.
    pub fn text(&mut self, key: &'static str, problems: &mut Problems) -> Option<Located<String>> {
        self.raw_text(key, problems).filter(|text| !text.value.trim().is_empty())
    }

    pub fn plain_text(&mut self, key: &'static str, problems: &mut Problems) -> Option<String> {
        self.text(key, problems).map(|text| text.value)
    }

    pub fn flag(&mut self, key: &'static str, problems: &mut Problems) -> Option<bool> {
        let text = self.text(key, problems)?;
        match text.value.trim().to_lowercase().as_str() {
            "true" => Some(true),
            "false" => Some(false),
            _ => {
                let message = format!("`{key}` must be true or false, not `{}`", text.value);
                problems.push(self.error("EXPECTED_BOOLEAN", text.location, message));
                None
            }
        }
    }

    /// A number of the asked type, for example a whole one that is not negative.
    pub fn number<T: FromStr>(&mut self, key: &'static str, what: &str, problems: &mut Problems) -> Option<T> {
        let text = self.text(key, problems)?;
        let number = text.value.trim().parse().ok();
        if number.is_none() {
            let message = format!("`{key}` must be {what}, not `{}`", text.value);
            problems.push(self.error("EXPECTED_NUMBER", text.location, message));
        }
        number
    }

    /// A finite number.
    pub fn decimal(&mut self, key: &'static str, problems: &mut Problems) -> Option<f64> {
        let place = self.node(key)?.location;
        let number: f64 = self.number(key, "a number", problems)?;
        if !number.is_finite() {
            problems.push(self.error("EXPECTED_NUMBER", place, format!("`{key}` must be a finite number")));
            return None;
        }
        Some(number)
    }

    /// Milliseconds, written as such or as an ISO 8601 duration.
    pub fn milliseconds(&mut self, key: &'static str, problems: &mut Problems) -> Option<u64> {
        let text = self.text(key, problems)?;
        let milliseconds = duration::milliseconds(&text.value);
        if milliseconds.is_none() {
            problems.push(self.invalid_duration(key, &text));
        }
        milliseconds
    }

    pub fn invalid_duration(&self, key: &str, text: &Located<String>) -> Diagnostic {
        let message = format!("`{key}`: `{}` is not a duration", text.value);
        self.error("INVALID_DURATION", text.location, message)
            .hint("write ISO 8601, for example `PT5M`, or a number of milliseconds")
    }

    /// A list of texts, or one text with commas.
    pub fn texts(&mut self, key: &'static str, problems: &mut Problems) -> Vec<Located<String>> {
        let Some(node) = self.node(key) else { return Vec::new() };
        if let Some(text) = text_of(node) {
            let parts = text.value.split(',').map(str::trim).filter(|part| !part.is_empty());
            return parts.map(|part| Located::new(part.to_owned(), text.location)).collect();
        }
        let mut texts = Vec::new();
        for item in self.list(key, problems) {
            match text_of(item) {
                Some(text) => texts.push(text),
                None => {
                    let message = format!("`{key}` must hold texts, not {}", item.describe());
                    problems.push(self.error("EXPECTED_TEXT", item.location, message));
                }
            }
        }
        texts
    }

    /// A required text; its absence is an error, and the result is empty.
    pub fn required(&mut self, key: &'static str, what: &str, problems: &mut Problems) -> Located<String> {
        if let Some(text) = self.text(key, problems) {
            return text;
        }
        problems.push(self.error("MISSING_PROPERTY", self.location, format!("{what} needs `{key}`")));
        Located::new(String::new(), self.location)
    }

    pub fn error(&self, code: &str, location: Location, message: impl Into<String>) -> Diagnostic {
        Diagnostic { element_id: self.owner.clone(), ..Diagnostic::error(code, location, message) }
    }

    pub fn warning(&self, code: &str, location: Location, message: impl Into<String>) -> Diagnostic {
        Diagnostic { element_id: self.owner.clone(), ..Diagnostic::warning(code, location, message) }
    }

    /// Warns of every key that nobody asked for, and returns them as free data.
    pub fn finish(self, code: &str, what: &str, problems: &mut Problems) -> Custom {
        let mut extra = Custom::new();
        for entry in self.entries.iter().filter(|entry| !self.asked.contains(&entry.key.as_str())) {
            let message = format!("`{}` means nothing to {what}; it is kept and has no effect", entry.key);
            let mut warning = self.warning(code, entry.location, message);
            warning.hint = did_you_mean(&entry.key, self.asked.iter().copied());
            problems.push(warning);
            extra.insert(entry.key.clone(), entry.value.to_json());
        }
        extra
    }
}

pub(crate) fn text_of(node: &Node) -> Option<Located<String>> {
    match &node.content {
        Content::Scalar { text, .. } => Some(Located::new(text.clone(), node.location)),
        Content::List(_) | Content::Map(_) => None,
    }
}
