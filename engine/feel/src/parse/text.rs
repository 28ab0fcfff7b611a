//! The characters of an expression: what comes next, and what was expected.

use super::Parser;
use crate::FeelError;

pub fn starts_a_name(character: char) -> bool {
    // letters, and what FEEL takes beside them (rule 27): signs and pictures beyond the first plane
    character == '_'
        || character.is_alphabetic()
        || matches!(character, '\u{200C}' | '\u{200D}' | '\u{1F000}'..='\u{EFFFF}')
}

pub fn goes_on_a_name(character: char) -> bool {
    // marks that combine with letters, too
    starts_a_name(character) || character.is_numeric() || matches!(character, '\u{300}'..='\u{36F}' | '\u{B7}')
}

impl<'a> Parser<'a> {
    /// What follows the white space and the comments here.
    pub fn skip(&mut self) -> &'a str {
        loop {
            let rest = &self.text[self.at..];
            let trimmed = rest.trim_start_matches(|c: char| c.is_whitespace() || c == '\u{FEFF}');
            let comment = if trimmed.starts_with("//") {
                trimmed.find('\n').unwrap_or(trimmed.len())
            } else if trimmed.starts_with("/*") {
                trimmed.find("*/").map_or(trimmed.len(), |end| end + 2)
            } else {
                0
            };
            self.at = self.text.len() - trimmed.len() + comment;
            if comment == 0 {
                return trimmed;
            }
        }
    }

    pub fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    pub fn eat(&mut self, sign: &str) -> bool {
        let found = self.skip().starts_with(sign);
        if found {
            self.at += sign.len();
        }
        found
    }

    pub fn need(&mut self, sign: &str) -> Result<(), FeelError> {
        if self.eat(sign) { Ok(()) } else { Err(self.expected(&format!("`{sign}`"))) }
    }

    pub fn is_word(&mut self, word: &str) -> bool {
        let after = self.skip().strip_prefix(word);
        after.is_some_and(|after| !after.starts_with(goes_on_a_name))
    }

    pub fn eat_word(&mut self, word: &str) -> bool {
        let found = self.is_word(word);
        if found {
            self.at += word.len();
        }
        found
    }

    pub fn need_word(&mut self, word: &str) -> Result<(), FeelError> {
        if self.eat_word(word) { Ok(()) } else { Err(self.expected(&format!("`{word}`"))) }
    }

    pub fn expected(&mut self, what: &str) -> FeelError {
        let rest = self.skip();
        let found = match rest.split_whitespace().next() {
            None => "the end".to_owned(),
            Some(word) => format!("`{}`", word.chars().take(20).collect::<String>()),
        };
        self.error(format!("expected {what}, found {found}"))
    }

    pub fn error(&self, message: String) -> FeelError {
        FeelError::Syntax { at: self.text[..self.at].chars().count() + 1, message }
    }
}
