//! Numbers, texts and `@"…"`.

use super::Parser;
use crate::{FeelError, functions, node::Node, value::Value};

impl Parser<'_> {
    pub fn number(&mut self) -> Result<Node, FeelError> {
        let rest = self.rest();
        let digits = |text: &str| text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
        let mut length = digits(rest);
        if let Some(fraction) = rest[length..].strip_prefix('.')
            && fraction.starts_with(|c: char| c.is_ascii_digit())
        {
            length += 1 + digits(fraction);
        }
        if let Some(exponent) = rest[length..].strip_prefix(['e', 'E']) {
            let unsigned = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
            if unsigned.starts_with(|c: char| c.is_ascii_digit()) {
                length += 1 + (exponent.len() - unsigned.len()) + digits(unsigned);
            }
        }
        let number = rest[..length].parse().map_err(|_| self.error("this number is too large".to_owned()))?;
        self.at += length;
        Ok(Node::Literal(Value::Number(number)))
    }

    /// After the opening quote.
    pub fn string(&mut self) -> Result<String, FeelError> {
        let mut text = String::new();
        loop {
            let rest = self.rest();
            let Some(character) = rest.chars().next() else {
                return Err(self.error("this text has no end".to_owned()));
            };
            self.at += character.len_utf8();
            match character {
                '"' => return Ok(text),
                '\\' => text.push_str(&self.escaped()?),
                other => text.push(other),
            }
        }
    }

    fn escaped(&mut self) -> Result<String, FeelError> {
        let Some(character) = self.rest().chars().next() else {
            return Err(self.error("this text has no end".to_owned()));
        };
        self.at += character.len_utf8();
        Ok(match character {
            'n' => "\n".to_owned(),
            'r' => "\r".to_owned(),
            't' => "\t".to_owned(),
            '"' | '\'' | '\\' => character.to_string(),
            'u' => self.code_unit(4)?.to_string(),
            'U' => self.code_unit(6)?.to_string(),
            // as patterns are often written, `\d`
            other => format!("\\{other}"),
        })
    }

    /// `XXXX` after `\u`, perhaps the first of a pair, or `XXXXXX` after `\U`.
    fn code_unit(&mut self, digits: usize) -> Result<char, FeelError> {
        let first = self.hexadecimal(digits)?;
        let code = match first {
            0xD800..=0xDBFF if self.rest().starts_with("\\u") => {
                self.at += 2;
                0x1_0000 + ((first - 0xD800) << 10) + (self.hexadecimal(4)? & 0x3FF)
            }
            other => other,
        };
        char::from_u32(code).ok_or_else(|| self.error("there is no such character".to_owned()))
    }

    fn hexadecimal(&mut self, digits: usize) -> Result<u32, FeelError> {
        let text = self.rest().get(..digits).filter(|text| text.bytes().all(|byte| byte.is_ascii_hexdigit()));
        let code = text.and_then(|text| u32::from_str_radix(text, 16).ok());
        let code = code.ok_or_else(|| self.error(format!("{digits} hexadecimal digits are expected")))?;
        self.at += digits;
        Ok(code)
    }

    /// `@"2026-01-31"` and the like (DMN 1.5, 10.3.2.3.9).
    pub fn at_literal(&mut self) -> Result<Node, FeelError> {
        self.need("\"")?;
        let text = self.string()?;
        let value = functions::temporal_literal(&text);
        let none = || self.error(format!("`{text}` is no date, time, date and time or duration"));
        value.map(Node::Literal).ok_or_else(none)
    }
}
