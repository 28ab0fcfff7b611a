//! Values as text, and the holes of templates.

use super::{Fault, MAX_LENGTH};
use serde_json::Value;

/// A value as people read it in a text: a text as it is, null as nothing, lists and objects as JSON.
pub fn render(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => value.to_string(),
    }
}

/// A `${…}` at the beginning of a text.
pub(crate) struct Hole<'a> {
    pub inside: &'a str,
    pub rest: &'a str,
    /// Where a `:` stands in `inside` that belongs to no text and no bracket: a format follows.
    pub format_at: Option<usize>,
}

/// Finds the end of the hole that `text` begins with; braces in quoted texts do not count.
pub(crate) fn scan_hole(text: &str) -> Result<Hole<'_>, Fault> {
    let mut depth = 0usize;
    let mut quote = None;
    let mut format_at = None;
    let mut escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        if at > MAX_LENGTH {
            break;
        }
        match (quote, c) {
            _ if escaped => escaped = false,
            (Some(_), '\\') => escaped = true,
            (Some(open), c) if c == open => quote = None,
            (Some(_), _) => {}
            (None, '\'' | '"') => quote = Some(c),
            (None, '{' | '(' | '[') => depth += 1,
            (None, ')' | ']') => depth = depth.saturating_sub(1),
            (None, '}') if depth <= 1 => {
                return Ok(Hole { inside: &text[2..at], rest: &text[at + 1..], format_at });
            }
            (None, '}') => depth -= 1,
            (None, ':') if depth == 1 && format_at.is_none() => format_at = Some(at - 2),
            (None, _) => {}
        }
    }
    Err(Fault::syntax("`${` has no closing `}`"))
}

/// How a value is written, in the manner of Python's format texts: `.2f`, `,`, `>10`, `05d`, `.1%`.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct FormatSpec {
    fill: char,
    align: Option<char>,
    width: usize,
    grouped: bool,
    precision: Option<usize>,
    kind: Option<char>,
}

impl FormatSpec {
    pub(crate) fn parse(text: &str) -> Result<FormatSpec, Fault> {
        let refused = || Fault::syntax(format!("`:{text}` is no known format; write for example `:.2f`"));
        let pattern = regex::Regex::new(r"^(?:(.)?([<>^]))?(0)?(\d{1,3})?(,)?(?:\.(\d{1,2}))?([dfs%])?$")
            .map_err(|_| refused())?;
        let found = pattern.captures(text.trim()).ok_or_else(refused)?;
        let number = |group: usize| found.get(group).and_then(|digits| digits.as_str().parse().ok());
        let sign = |group: usize| found.get(group).and_then(|text| text.as_str().chars().next());
        let zeros = found.get(3).is_some();
        Ok(FormatSpec {
            fill: sign(1).unwrap_or(if zeros { '0' } else { ' ' }),
            align: sign(2),
            width: number(4).unwrap_or(0),
            grouped: found.get(5).is_some(),
            precision: number(6),
            kind: sign(7),
        })
    }

    /// None when the format is one for numbers and the value is none.
    pub(crate) fn apply(&self, value: &Value) -> Option<String> {
        let is_number = matches!(value, Value::Number(_));
        let text = match self.kind {
            Some('f') => self.decimal(value.as_f64()?, 6),
            Some('%') => format!("{}%", self.decimal(value.as_f64()? * 100.0, 6)),
            Some('d') => self.group(&value.as_f64().filter(|number| number.fract() == 0.0)?.to_string()),
            Some(_) | None if is_number && self.precision.is_some() => self.decimal(value.as_f64()?, 6),
            Some(_) | None if is_number => self.group(&render(value)),
            Some(_) | None => self.cut(render(value)),
        };
        Some(self.pad(text, is_number))
    }

    fn decimal(&self, number: f64, default_precision: usize) -> String {
        self.group(&format!("{number:.*}", self.precision.unwrap_or(default_precision)))
    }

    fn cut(&self, text: String) -> String {
        match self.precision {
            Some(length) => text.chars().take(length).collect(),
            None => text,
        }
    }

    fn group(&self, number: &str) -> String {
        if !self.grouped {
            return number.to_owned();
        }
        let whole = number.find('.').unwrap_or(number.len());
        let (digits, fraction) = number.split_at(whole);
        let (sign, digits) = digits.strip_prefix('-').map_or(("", digits), |digits| ("-", digits));
        let mut grouped = String::from(sign);
        for (index, digit) in digits.chars().enumerate() {
            if index > 0 && (digits.len() - index).is_multiple_of(3) {
                grouped.push(',');
            }
            grouped.push(digit);
        }
        grouped + fraction
    }

    fn pad(&self, text: String, is_number: bool) -> String {
        let missing = self.width.saturating_sub(text.chars().count());
        let fill = |count: usize| std::iter::repeat_n(self.fill, count).collect::<String>();
        match self.align.unwrap_or(if is_number { '>' } else { '<' }) {
            '<' => text + &fill(missing),
            '^' => fill(missing / 2) + &text + &fill(missing - missing / 2),
            _ => match text.strip_prefix('-').filter(|_| self.fill == '0') {
                Some(digits) => format!("-{}{digits}", fill(missing)),
                None => fill(missing) + &text,
            },
        }
    }
}
