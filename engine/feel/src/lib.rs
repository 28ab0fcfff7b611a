//! FEEL, the expression language of DMN (chapter 10.3 of DMN 1.5): read, and evaluated within bounds.
//!
//! ```text
//! text ── parse ──▶ Node ── evaluate (names by a lookup, time and work by an Evaluation) ──▶ Value ── to_json ──▶ JSON
//! ```
//!
//! - [`parse`]: the grammar. Names may have spaces and operators' characters when they are known.
//! - [`evaluate`]: what each node means; [`operators`]: arithmetic, equality and order; [`functions`]: the built-in ones.
//! - [`temporal`]: dates, times and durations.
//!
//! What FEEL calls an error is `null`, as the standard says. A [`FeelError`] is what an expression may not do: not be FEEL, call what
//! does not exist, or take more work than is given. There is no clock, no zone of the machine and no way out: `now()` is the
//! time of the [`Evaluation`], and external functions are refused.

mod environment;
mod evaluate;
mod functions;
mod node;
mod operators;
mod parse;
mod temporal;
mod value;

pub use functions::temporal_literal;
pub use operators::{compare, equal};
pub use value::{Context, Function, Range, Value};

use environment::Environment;
use evaluate::Run;
use jiff::Timestamp;
use node::{Node, Test};
use std::{cell::Cell, collections::BTreeMap, sync::Arc};

/// Bytes of an expression.
pub const MAX_LENGTH: usize = 8192;
/// Expressions within each other.
pub const MAX_NESTING: usize = 48;
/// Nodes that one evaluation may visit; texts and lists count by their size.
pub const MAX_WORK: u64 = 1_000_000;
/// Bytes of stack that one evaluation may use, which bounds how deep functions call themselves.
const MAX_STACK: usize = 512 * 1024;

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FeelError {
    #[error("it has {0} bytes; {MAX_LENGTH} are allowed")]
    TooLong(usize),
    #[error("it nests deeper than {MAX_NESTING}")]
    TooDeep,
    /// `at`: the character, counted from one.
    #[error("at character {at}: {message}")]
    Syntax { at: usize, message: String },
    #[error("`{0}` is not allowed here")]
    NotAllowed(String),
    #[error("there is no function `{0}`")]
    UnknownFunction(String),
    #[error("it takes too much work")]
    TooMuchWork,
    #[error("its result cannot be kept: {0}")]
    Result(String),
    /// Of functions that are not FEEL's.
    #[error("{0}")]
    Failed(String),
}

/// One evaluation: its time, and the work it has left. All expressions of one decision share one.
#[derive(Debug)]
pub struct Evaluation {
    now: Timestamp,
    work: Cell<u64>,
    /// Where the stack was when it began.
    stack: Cell<Option<usize>>,
}

impl Evaluation {
    pub fn new(now: Timestamp) -> Evaluation {
        Evaluation { now, work: Cell::new(MAX_WORK), stack: Cell::new(None) }
    }

    pub fn now(&self) -> Timestamp {
        self.now
    }

    pub fn spend(&self, work: usize) -> Result<(), FeelError> {
        let left = self.work.get().checked_sub(work as u64).ok_or(FeelError::TooMuchWork)?;
        self.work.set(left);
        Ok(())
    }

    fn spend_on_text(&self, bytes: usize) -> Result<(), FeelError> {
        self.spend(bytes / 16)
    }

    /// For what calls itself.
    fn check_stack(&self) -> Result<(), FeelError> {
        let marker = 0u8;
        let here = std::ptr::from_ref(&marker).addr();
        match self.stack.get() {
            Some(begun) if begun.abs_diff(here) > MAX_STACK => Err(FeelError::TooMuchWork),
            Some(_) => Ok(()),
            None => {
                self.stack.set(Some(here));
                Ok(())
            }
        }
    }
}

/// Where free names come from.
pub type Lookup<'a> = &'a dyn Fn(&str) -> Option<Value>;

/// A name that is read, and whether it is one for certain: in a filter it may be an entry of the item.
type Names = BTreeMap<Arc<str>, bool>;

/// An expression, ready to be evaluated any number of times.
#[derive(Debug)]
pub struct Expression {
    source: String,
    node: Node,
    names: Names,
}

impl Expression {
    /// `known`: the names that may have spaces or operators' characters in them, or that are functions. Other names are single
    /// words and need not be known.
    pub fn parse(source: &str, known: &[&str]) -> Result<Expression, FeelError> {
        let (node, names) = parse::expression(source, known)?;
        Ok(Expression { source: source.to_owned(), node, names })
    }

    pub fn source(&self) -> &str {
        &self.source
    }

    /// The free names in it, in the order of the alphabet.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.names.keys().map(|name| &**name)
    }

    /// Those that cannot be anything but variables.
    pub fn certain_names(&self) -> impl Iterator<Item = &str> {
        self.names.iter().filter(|(_, certain)| **certain).map(|(name, _)| &**name)
    }

    pub fn evaluate(&self, lookup: Lookup, evaluation: &Evaluation) -> Result<Value, FeelError> {
        Run::new(lookup, evaluation).value(&self.node, &Environment::default())
    }
}

/// The tests of a decision table's input entry (DMN 1.5, 7.3.3 and 10.3.1.2, rule 15): `-`, `< 5`, `"a", "b"`, `not(1..3)`.
#[derive(Debug)]
pub struct UnaryTests {
    source: String,
    negated: bool,
    tests: Vec<Test>,
    names: Names,
}

impl UnaryTests {
    pub fn parse(source: &str, known: &[&str]) -> Result<UnaryTests, FeelError> {
        let parse::Tests { negated, tests, names } = parse::unary_tests(source, known)?;
        Ok(UnaryTests { source: source.to_owned(), negated, tests, names })
    }

    pub fn source(&self) -> &str {
        &self.source
    }

    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.names.keys().map(|name| &**name)
    }

    /// Whether `input` passes; a test that gives null does not hold.
    pub fn holds(&self, input: &Value, lookup: Lookup, evaluation: &Evaluation) -> Result<bool, FeelError> {
        let run = Run::new(lookup, evaluation);
        let holds = run.holds_any(&self.tests, input, &Environment::default())?;
        Ok(holds.is_some_and(|holds| holds != self.negated))
    }
}

#[cfg(test)]
mod tests;
