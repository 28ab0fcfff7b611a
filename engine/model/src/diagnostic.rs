//! A problem in somebody's file: what, where, and what to do about it.

use crate::location::Location;
use serde::{Deserialize, Serialize};
use std::fmt;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// The file deploys and runs, and something in it deserves a second look.
    Warning,
    /// The file is refused.
    Error,
}

/// One problem. `code` is stable (`UNKNOWN_ELEMENT_TYPE`), so programs may match on it; `message` is for people.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Diagnostic {
    pub severity: Severity,
    pub code: String,
    pub message: String,
    /// Name of the file, as it was given.
    pub file: String,
    pub location: Location,
    /// The element, flow or process that it concerns, where there is one.
    pub element_id: Option<String>,
    /// What to do, often the near miss: ``did you mean `target_1`?``
    pub hint: Option<String>,
}

impl Diagnostic {
    pub fn error(code: &str, location: Location, message: impl Into<String>) -> Self {
        Diagnostic {
            severity: Severity::Error,
            code: code.to_owned(),
            message: message.into(),
            file: String::new(),
            location,
            element_id: None,
            hint: None,
        }
    }

    pub fn warning(code: &str, location: Location, message: impl Into<String>) -> Self {
        Diagnostic { severity: Severity::Warning, ..Diagnostic::error(code, location, message) }
    }

    pub fn on(mut self, element_id: impl Into<String>) -> Self {
        self.element_id = Some(element_id.into());
        self
    }

    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }
}

/// One line, `file:line:column: error[CODE]: message (hint)`.
impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let severity = if self.is_error() { "error" } else { "warning" };
        let Location { line, column } = self.location;
        write!(f, "{}:{line}:{column}: {severity}[{}]: {}", self.file, self.code, self.message)?;
        match &self.hint {
            Some(hint) => write!(f, " ({hint})"),
            None => Ok(()),
        }
    }
}

/// The diagnostic on its line, and below it the line of `source` with a caret, as a terminal shows it.
pub fn render(diagnostic: &Diagnostic, source: &str) -> String {
    match excerpt(diagnostic.location, source) {
        Some(excerpt) => format!("{diagnostic}\n{excerpt}"),
        None => diagnostic.to_string(),
    }
}

/// Longer lines are cut around the caret.
const WIDTH: usize = 120;

/// The line of `source` at `location` with its number, and a caret below the column; none when there is no such line.
pub fn excerpt(location: Location, source: &str) -> Option<String> {
    let index = usize::try_from(location.line).ok()?.checked_sub(1)?;
    let line: Vec<char> = source.lines().nth(index)?.chars().map(visible).collect();
    let column = usize::try_from(location.column).ok()?.saturating_sub(1).min(line.len());
    let start = if line.len() > WIDTH { column.saturating_sub(WIDTH / 2) } else { 0 };
    let shown: String = line.iter().skip(start).take(WIDTH).collect();
    let number = location.line.to_string();
    let margin = " ".repeat(number.len());
    let caret = " ".repeat(column - start);
    Some(format!("{number} | {shown}\n{margin} | {caret}^"))
}

/// One cell for every letter, so that the caret stands where it should and no control letter reaches a terminal.
fn visible(letter: char) -> char {
    if letter.is_control() { ' ' } else { letter }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(source: &str, line: u32, column: u32, expected: Option<&str>) {
        assert_eq!(excerpt(Location { line, column }, source).as_deref(), expected);
    }

    #[test]
    fn the_caret_stands_below_the_column() {
        check("a: 1\nbc: ü x\n", 2, 7, Some("2 | bc: ü x\n  |       ^"));
        check("\tkey", 1, 2, Some("1 |  key\n  |  ^"));
        check("short", 1, 90, Some("1 | short\n  |      ^"));
    }

    #[test]
    fn a_place_outside_the_source_has_no_excerpt() {
        check("one line", 0, 0, None);
        check("one line", 2, 1, None);
        check("", 1, 1, None);
    }

    #[test]
    fn a_long_line_is_cut_around_the_caret() {
        let source = format!("{}x{}", " ".repeat(500), " ".repeat(500));
        let shown = excerpt(Location { line: 1, column: 501 }, &source).unwrap_or_default();
        let mut lines = shown.lines();
        let (line, caret) = (lines.next().unwrap_or_default(), lines.next().unwrap_or_default());
        assert_eq!(line.find('x'), caret.find('^'));
        assert!(line.len() < 130);
    }

    #[test]
    fn a_diagnostic_is_rendered_with_its_excerpt_and_hint() {
        let mut diagnostic =
            Diagnostic::error("UNKNOWN_ELEMENT", Location { line: 1, column: 5 }, "`b` is not an element");
        diagnostic.file = "a.yaml".into();
        let text = render(&diagnostic.hint("did you mean `a`?"), "to: b");
        let expected =
            "a.yaml:1:5: error[UNKNOWN_ELEMENT]: `b` is not an element (did you mean `a`?)\n1 | to: b\n  |     ^";
        assert_eq!(text, expected);
    }
}
