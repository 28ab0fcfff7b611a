//! Expressions: the `${…}` language of conditions, mappings and templates.
//!
//! ```text
//! text ── tokens ──▶ words ── normalise ──▶ evalexpr's own spelling ── evalexpr ──▶ operator tree ── term ──▶ Term
//! Term + Scope ── evaluate ──▶ JSON value
//! ```
//!
//! The grammar, with its precedences, is evalexpr's. **Before** it, the text is measured (its length, its nesting and its
//! number of words, so that no text can exhaust the parser's stack) and rewritten: `and`/`or`/`not`, `in`, `None`,
//! single quotes, `${…}` inside the text and paths become what evalexpr knows, and every name and literal becomes a
//! numbered place. **After** it, the operator tree becomes a [`term::Term`] in which functions are known and have
//! the right number of arguments. Evaluation is ours and works on JSON values, because evalexpr's values have no null, take
//! `1` and `1.0` for different, and have neither lists nor objects.
//!
//! There is no assignment, no loop, no access to the host, and a value is never taken for an expression.

mod evaluate;
mod functions;
mod normalise;
mod operations;
mod term;
mod text;
mod tokens;

pub(crate) use operations::equal;
pub use text::render;
pub(crate) use text::{FormatSpec, scan_hole};

use crate::Timestamp;
use serde_json::Value;
use std::borrow::Cow;

/// Longest text of an expression, in bytes.
pub const MAX_LENGTH: usize = 4096;
/// Deepest nesting of parentheses, brackets, calls and paths.
pub const MAX_NESTING: usize = 64;
/// Most words (names, literals, operators, parentheses) of an expression.
pub const MAX_WORDS: usize = 512;
/// Largest text that an expression may build, in bytes.
pub const MAX_TEXT: usize = 64 * 1024;

/// What an expression can see.
pub trait Scope {
    /// The value of a variable, looked up from the inner scope outwards; none when nobody declares it.
    fn variable(&self, name: &str) -> Option<Cow<'_, Value>>;
    /// The time of the command that is being carried out.
    fn now(&self) -> Timestamp;
}

/// An expression, ready to be evaluated any number of times.
#[derive(Debug, Clone, PartialEq)]
pub struct Expression {
    source: String,
    names: Vec<String>,
    term: term::Term,
}

/// Why an expression cannot be compiled or evaluated. The message names the expression and, where it is known, the
/// variable whose value is to blame.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{expression}`: {message}")]
pub struct ExpressionError {
    pub code: ExpressionErrorCode,
    pub expression: String,
    pub variable: Option<String>,
    pub message: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExpressionErrorCode {
    /// Not in the language.
    Syntax,
    /// Longer, deeper or with more words than allowed.
    TooLarge,
    /// `= …`.
    FeelNotSupportedYet,
    /// It was compiled, and its values do not fit it.
    Failed,
}

impl ExpressionErrorCode {
    /// The stable code, as diagnostics and incidents carry it.
    pub fn as_str(self) -> &'static str {
        match self {
            ExpressionErrorCode::Syntax => "EXPRESSION_SYNTAX",
            ExpressionErrorCode::TooLarge => "EXPRESSION_TOO_LARGE",
            ExpressionErrorCode::FeelNotSupportedYet => "FEEL_NOT_SUPPORTED_YET",
            ExpressionErrorCode::Failed => "EXPRESSION_FAILED",
        }
    }
}

impl Expression {
    /// Reads `text`: bare, as `${…}`, or with `${…}` around parts of it.
    pub fn compile(text: &str) -> Result<Expression, ExpressionError> {
        let error = |fault: Fault| fault.of(text);
        if text.trim_start().starts_with('=') && !text.trim_start().starts_with("==") {
            return Err(error(Fault::feel()));
        }
        if text.len() > MAX_LENGTH {
            return Err(error(Fault::too_large(format!("longer than {MAX_LENGTH} bytes"))));
        }
        let words = tokens::read(text).map_err(error)?;
        let normal = normalise::normalise(&words).map_err(error)?;
        let term = term::build(&normal).map_err(error)?;
        Ok(Expression { source: text.to_owned(), names: normal.names, term })
    }

    /// Its value in `scope`.
    pub fn evaluate(&self, scope: &dyn Scope) -> Result<Value, ExpressionError> {
        let evaluation = evaluate::Evaluation { names: &self.names, scope };
        evaluation.value(&self.term).map(Cow::into_owned).map_err(|fault| fault.of(&self.source))
    }

    /// Whether it holds: true is, false and null are not, and anything else is an error.
    pub fn is_true(&self, scope: &dyn Scope) -> Result<bool, ExpressionError> {
        let value = self.evaluate(scope)?;
        operations::truth(&value).ok_or_else(|| {
            let message = format!("neither true nor false but {}", operations::describe(&value));
            Fault { variable: self.names.first().cloned(), ..Fault::failed(message) }.of(&self.source)
        })
    }

    /// The variables that it reads, each once, in the order of the text.
    pub fn variables(&self) -> impl Iterator<Item = &str> {
        self.names.iter().map(String::as_str)
    }

    /// The text that was compiled.
    pub fn source(&self) -> &str {
        &self.source
    }
}

/// An error that does not know its expression yet.
#[derive(Debug)]
pub(crate) struct Fault {
    code: ExpressionErrorCode,
    variable: Option<String>,
    message: String,
}

impl Fault {
    fn new(code: ExpressionErrorCode, message: impl Into<String>) -> Fault {
        Fault { code, variable: None, message: message.into() }
    }

    pub(crate) fn syntax(message: impl Into<String>) -> Fault {
        Fault::new(ExpressionErrorCode::Syntax, message)
    }

    fn too_large(message: impl Into<String>) -> Fault {
        Fault::new(ExpressionErrorCode::TooLarge, message)
    }

    fn failed(message: impl Into<String>) -> Fault {
        Fault::new(ExpressionErrorCode::Failed, message)
    }

    fn feel() -> Fault {
        Fault::new(
            ExpressionErrorCode::FeelNotSupportedYet,
            "FEEL expressions (`= …`) are not supported yet; write it as `${…}`",
        )
    }

    pub(crate) fn of(self, expression: &str) -> ExpressionError {
        let message = match &self.variable {
            Some(name) if !self.message.contains(name) => format!("{} (variable `{name}`)", self.message),
            _ => self.message,
        };
        let expression = expression.chars().take(200).collect();
        ExpressionError { code: self.code, expression, variable: self.variable, message }
    }
}

#[cfg(test)]
mod tests;
