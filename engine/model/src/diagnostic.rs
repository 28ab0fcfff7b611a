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
