//! Expressions: the `${…}` language of conditions, mappings and templates, and FEEL after `=`.
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
//! A text that begins with `=` is [FEEL](feel), which is a crate of its own.
//!
//! There is no assignment, no loop, no access to the host, and a value is never taken for an expression.

mod evaluate;
mod feel_text;
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
use std::{borrow::Cow, sync::Arc};

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
#[derive(Debug, Clone)]
pub struct Expression {
    source: String,
    language: Language,
}

#[derive(Debug, Clone)]
enum Language {
    Own { names: Vec<String>, term: term::Term },
    Feel(Arc<feel::Expression>),
}

/// The text says it all.
impl PartialEq for Expression {
    fn eq(&self, other: &Expression) -> bool {
        self.source == other.source
    }
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
    /// It was compiled, and its values do not fit it.
    Failed,
}

impl ExpressionErrorCode {
    /// The stable code, as diagnostics and incidents carry it.
    pub fn as_str(self) -> &'static str {
        match self {
            ExpressionErrorCode::Syntax => "EXPRESSION_SYNTAX",
            ExpressionErrorCode::TooLarge => "EXPRESSION_TOO_LARGE",
            ExpressionErrorCode::Failed => "EXPRESSION_FAILED",
        }
    }
}

impl Expression {
    /// Reads `text`: bare, as `${…}`, with `${…}` around parts of it, or FEEL after `=`.
    pub fn compile(text: &str) -> Result<Expression, ExpressionError> {
        let error = |fault: Fault| fault.of(text);
        if let Some(feel) = feel_in(text) {
            return Expression::compile_feel(feel).map(|compiled| Expression { source: text.to_owned(), ..compiled });
        }
        if text.len() > MAX_LENGTH {
            return Err(error(Fault::too_large(format!("longer than {MAX_LENGTH} bytes"))));
        }
        let words = tokens::read(text).map_err(error)?;
        let normal = normalise::normalise(&words).map_err(error)?;
        let term = term::build(&normal).map_err(error)?;
        Ok(Expression { source: text.to_owned(), language: Language::Own { names: normal.names, term } })
    }

    /// Reads a text that is FEEL without a `=` before it.
    pub fn compile_feel(text: &str) -> Result<Expression, ExpressionError> {
        let compiled = feel_text::compile(text).map_err(|fault| fault.of(text))?;
        Ok(Expression { source: format!("={text}"), language: Language::Feel(Arc::new(compiled)) })
    }

    /// Its value in `scope`.
    pub fn evaluate(&self, scope: &dyn Scope) -> Result<Value, ExpressionError> {
        let value = match &self.language {
            Language::Own { names, term } => evaluate::Evaluation { names, scope }.value(term).map(Cow::into_owned),
            Language::Feel(compiled) => feel_text::evaluate(compiled, scope),
        };
        value.map_err(|fault| fault.of(&self.source))
    }

    /// Whether it holds: true is, false and null are not, and anything else is an error.
    pub fn is_true(&self, scope: &dyn Scope) -> Result<bool, ExpressionError> {
        let value = self.evaluate(scope)?;
        operations::truth(&value).ok_or_else(|| {
            let message = format!("neither true nor false but {}", operations::describe(&value));
            let variable = self.variables().next().map(str::to_owned);
            Fault { variable, ..Fault::failed(message) }.of(&self.source)
        })
    }

    /// The variables that it reads, each once.
    pub fn variables(&self) -> impl Iterator<Item = &str> {
        let (own, feel) = match &self.language {
            Language::Own { names, .. } => (Some(names), None),
            Language::Feel(compiled) => (None, Some(compiled.certain_names())),
        };
        own.into_iter().flatten().map(String::as_str).chain(feel.into_iter().flatten())
    }

    /// The text that was compiled.
    pub fn source(&self) -> &str {
        &self.source
    }
}

/// The FEEL in a text that says it is: what follows the `=`.
pub(crate) fn feel_in(text: &str) -> Option<&str> {
    text.trim_start().strip_prefix('=').filter(|rest| !rest.starts_with('='))
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
