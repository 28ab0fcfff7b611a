//! Builds the tree that the readers of the definition take, with the places of the XML.

use crate::Location;
use crate::yaml::tree::{Content, Entry, Node};
use serde_json::Value;

/// A map under construction.
pub(super) struct Map {
    location: Location,
    entries: Vec<Entry>,
}

impl Map {
    pub fn new(location: Location) -> Self {
        Map { location, entries: Vec::new() }
    }

    pub fn node(&mut self, key: &str, value: Node) {
        let location = value.location;
        match self.entries.iter_mut().find(|entry| entry.key == key) {
            Some(entry) => *entry = Entry { key: key.to_owned(), location, value },
            None => self.entries.push(Entry { key: key.to_owned(), location, value }),
        }
    }

    /// Text that stays text whatever it looks like.
    pub fn text(&mut self, key: &str, text: impl Into<String>, location: Location) {
        self.node(key, scalar(text.into(), false, location));
    }

    /// Text that is a number or a boolean when it looks like one, as in YAML.
    pub fn plain(&mut self, key: &str, text: impl Into<String>, location: Location) {
        self.node(key, plain(text.into(), location));
    }

    pub fn flag(&mut self, key: &str, value: bool, location: Location) {
        self.plain(key, value.to_string(), location);
    }

    pub fn number(&mut self, key: &str, value: f64, location: Location) {
        self.plain(key, value.to_string(), location);
    }

    pub fn value(&mut self, key: &str, value: &Value, location: Location) {
        self.node(key, of_json(value, location));
    }

    pub fn list(&mut self, key: &str, items: Vec<Node>) {
        if !items.is_empty() {
            self.node(key, Node { location: self.location, content: Content::List(items) });
        }
    }

    pub fn map(&mut self, key: &str, map: Map) {
        if !map.entries.is_empty() {
            self.node(key, map.build());
        }
    }

    /// The map under `key`, to add to it.
    pub fn take_map(&mut self, key: &str) -> Map {
        let location = self.location;
        let Some(at) = self.entries.iter().position(|entry| entry.key == key) else { return Map::new(location) };
        let value = self.entries.remove(at).value;
        match value.content {
            Content::Map(entries) => Map { location: value.location, entries },
            Content::Scalar { .. } | Content::List(_) => Map::new(location),
        }
    }

    /// The items under `key`, to add to them.
    pub fn take_list(&mut self, key: &str) -> Vec<Node> {
        let Some(at) = self.entries.iter().position(|entry| entry.key == key) else { return Vec::new() };
        match self.entries.remove(at).value.content {
            Content::List(items) => items,
            Content::Scalar { .. } | Content::Map(_) => Vec::new(),
        }
    }

    pub fn get(&self, key: &str) -> Option<&Node> {
        self.entries.iter().find(|entry| entry.key == key).map(|entry| &entry.value)
    }

    pub fn has(&self, key: &str) -> bool {
        self.get(key).is_some()
    }

    pub fn remove(&mut self, key: &str) {
        self.entries.retain(|entry| entry.key != key);
    }

    pub fn build(self) -> Node {
        Node { location: self.location, content: Content::Map(self.entries) }
    }
}

pub(super) fn scalar(text: String, plain: bool, location: Location) -> Node {
    Node { location, content: Content::Scalar { text, plain } }
}

pub(super) fn plain(text: String, location: Location) -> Node {
    let is_plain =
        matches!(text.as_str(), "true" | "false") || serde_json::from_str::<serde_json::Number>(&text).is_ok();
    scalar(text, is_plain, location)
}

pub(super) fn of_json(value: &Value, location: Location) -> Node {
    let content = match value {
        Value::String(text) => return scalar(text.clone(), false, location),
        Value::Null => return scalar(String::new(), true, location),
        Value::Bool(_) | Value::Number(_) => return scalar(value.to_string(), true, location),
        Value::Array(items) => Content::List(items.iter().map(|item| of_json(item, location)).collect()),
        Value::Object(entries) => {
            let entry =
                |(key, value): (&String, &Value)| Entry { key: key.clone(), location, value: of_json(value, location) };
            Content::Map(entries.iter().map(entry).collect())
        }
    };
    Node { location, content }
}
