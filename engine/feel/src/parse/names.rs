//! Names: single words, and known ones of several parts.

use super::{
    Parser,
    text::{goes_on_a_name, starts_a_name},
};
use crate::{FeelError, functions};
use std::sync::Arc;

const KEYWORDS: [&str; 19] = [
    "if",
    "then",
    "else",
    "for",
    "in",
    "return",
    "some",
    "every",
    "satisfies",
    "and",
    "or",
    "between",
    "instance",
    "of",
    "function",
    "external",
    "null",
    "true",
    "false",
];

/// Properties of dates, times, durations and ranges that have several words.
const PROPERTIES: [&str; 3] = ["time offset", "start included", "end included"];

/// A name, as whoever declared it writes it, and its parts: words, and characters between them.
#[derive(Debug)]
pub struct KnownName {
    name: Arc<str>,
    parts: Vec<String>,
}

impl KnownName {
    pub fn new(name: &str) -> KnownName {
        let mut parts: Vec<String> = Vec::new();
        let mut in_word = false;
        for character in name.chars() {
            match (character, parts.last_mut()) {
                (space, _) if space.is_whitespace() => in_word = false,
                (letter, Some(word)) if in_word && goes_on_a_name(letter) => word.push(letter),
                (other, _) => {
                    in_word = goes_on_a_name(other);
                    parts.push(other.to_string());
                }
            }
        }
        KnownName { name: name.into(), parts }
    }

    pub fn is_word(&self) -> bool {
        self.parts.len() == 1
    }

    /// How many bytes of `text` it is, when it stands at its beginning.
    fn length_in(&self, text: &str) -> Option<usize> {
        let mut rest = text;
        for part in &self.parts {
            rest = rest.trim_start().strip_prefix(part.as_str())?;
            if part.ends_with(goes_on_a_name) && rest.starts_with(goes_on_a_name) {
                return None;
            }
        }
        (!self.parts.is_empty()).then_some(text.len() - rest.len())
    }
}

fn word(text: &str) -> Option<&str> {
    text.starts_with(starts_a_name).then(|| {
        let end = text.find(|c| !goes_on_a_name(c)).unwrap_or(text.len());
        &text[..end]
    })
}

impl Parser<'_> {
    /// A name that stands for a value, if there is one here.
    pub fn name(&mut self) -> Result<Option<Arc<str>>, FeelError> {
        let rest = self.skip();
        if let Some(quoted) = rest.strip_prefix('`') {
            let Some(end) = quoted.find('`') else { return Err(self.expected("a closing backtick")) };
            self.at += end + 2;
            return Ok(Some(quoted[..end].into()));
        }
        if let Some((name, length)) = self.longest_known(rest) {
            self.at += length;
            return Ok(Some(name));
        }
        let Some(word) = word(rest).filter(|word| !KEYWORDS.contains(word)) else { return Ok(None) };
        self.at += word.len();
        Ok(Some(word.into()))
    }

    fn longest_known(&self, rest: &str) -> Option<(Arc<str>, usize)> {
        let lengths = self.known.iter().filter_map(|known| Some((known.name.clone(), known.length_in(rest)?)));
        lengths.max_by_key(|(_, length)| *length)
    }

    /// After a dot: any word, and properties of several.
    pub fn property_name(&mut self) -> Result<Arc<str>, FeelError> {
        let rest = self.skip();
        for property in PROPERTIES {
            if let Some(length) = KnownName::new(property).length_in(rest) {
                self.at += length;
                return Ok(property.into());
            }
        }
        if let Some(name) = self.name()? {
            return Ok(name);
        }
        // an entry may be called like a keyword
        let Some(word) = word(rest) else { return Err(self.expected("a name")) };
        self.at += word.len();
        Ok(word.into())
    }

    /// A name where it is declared: everything up to one of `ends`. From here on it is known.
    pub fn declared_name(&mut self, ends: &[&str]) -> Result<Arc<str>, FeelError> {
        let rest = self.skip();
        if rest.starts_with('`') {
            return self.name()?.ok_or_else(|| self.expected("a name"));
        }
        if !rest.starts_with(starts_a_name) {
            return Err(self.expected("a name"));
        }
        let length = declared_length(rest, ends).ok_or_else(|| self.expected(&format!("a name and `{}`", ends[0])))?;
        self.at += length;
        let name = KnownName::new(&rest[..length]).parts.iter().fold(String::new(), |name, part| join(name, part));
        Ok(self.make_known(&name))
    }

    pub fn make_known(&mut self, name: &str) -> Arc<str> {
        let known = KnownName::new(name);
        let name = known.name.clone();
        if !known.is_word() {
            self.known.push(known);
        }
        name
    }

    /// A built-in function that is called here, and the length of its name; nothing is read.
    pub fn builtin_here(&mut self) -> Option<(&'static functions::Builtin, usize)> {
        let rest = self.skip();
        let called = |name: &str| {
            let length = KnownName::new(name).length_in(rest)?;
            rest[length..].trim_start().starts_with('(').then_some(length)
        };
        let word = word(rest)?;
        functions::beginning_with(word).find_map(|function| Some((function, called(function.name)?)))
    }

    pub fn is_bound(&self, name: &str) -> bool {
        self.bound.iter().any(|bound| &**bound == name)
    }

    pub fn is_known(&self, name: &str) -> bool {
        self.known_words.contains(&name) || self.known.iter().any(|known| &*known.name == name)
    }

    pub fn reads(&mut self, name: &Arc<str>) {
        if !self.is_bound(name) {
            *self.reads.entry(name.clone()).or_default() |= self.filters == 0;
        }
    }
}

/// Where a declared name ends: at a sign, or at a word that stands alone.
fn declared_length(rest: &str, ends: &[&str]) -> Option<usize> {
    let ends_here = |end: &&str, at: usize| {
        let (before, after) = (&rest[..at], rest[at..].strip_prefix(*end));
        let is_word = end.starts_with(starts_a_name);
        after.is_some_and(|after| {
            !is_word || (before.ends_with(char::is_whitespace) && !after.starts_with(goes_on_a_name))
        })
    };
    rest.char_indices().map(|(at, _)| at).skip(1).find(|at| ends.iter().any(|end| ends_here(end, *at)))
}

/// Words are kept apart by a space, and nothing else is.
fn join(mut name: String, part: &str) -> String {
    if name.ends_with(goes_on_a_name) && part.starts_with(goes_on_a_name) {
        name.push(' ');
    }
    name.push_str(part);
    name
}
