//! Secrets that have been read, which are taken out of everything that is said afterwards.

use super::HIDDEN;
use serde_json::{Map, Value};
use std::sync::{Mutex, PoisonError};

/// Shorter ones are in any text by chance, and protect nothing.
const SHORTEST_HIDDEN: usize = 4;

#[derive(Default)]
pub struct Seen(Mutex<Vec<String>>);

impl Seen {
    pub fn remember(&self, text: &str) {
        if text.len() >= SHORTEST_HIDDEN {
            let mut seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            if !seen.iter().any(|known| known == text) {
                seen.push(text.to_owned());
                // what contains another is hidden whole
                seen.sort_by_key(|known| std::cmp::Reverse(known.len()));
            }
        }
    }

    pub fn is_empty(&self) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).is_empty()
    }

    pub fn hide(&self, text: &str) -> String {
        let seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        seen.iter().fold(text.to_owned(), |text, secret| {
            let escaped = Value::from(secret.as_str()).to_string();
            text.replace(secret.as_str(), HIDDEN).replace(escaped.trim_matches('"'), HIDDEN)
        })
    }

    pub fn hide_in(&self, value: Value) -> Value {
        match value {
            Value::String(text) => Value::String(self.hide(&text)),
            Value::Array(values) => values.into_iter().map(|value| self.hide_in(value)).collect(),
            Value::Object(fields) => Value::Object(self.hide_fields(fields)),
            other => other,
        }
    }

    pub fn hide_fields(&self, fields: Map<String, Value>) -> Map<String, Value> {
        fields.into_iter().map(|(name, value)| (self.hide(&name), self.hide_in(value))).collect()
    }
}
