//! Decisions (DMN 1.5): compiled at deployment, evaluated within bounds.
//!
//! ```text
//! model::decision::Decisions ── compile ──▶ Compiled ── evaluate (variables, time) ──▶ Evaluated: output and trace
//! ```
//!
//! - [`compile`](mod@compile): every expression is read, every type is known, and decisions have an order in which each comes after what it requires.
//! - [`graph`]: one evaluation of a decision and of what it requires (chapter 6); business knowledge models and services are functions.
//! - [`boxed`]: boxed expressions (7.2, 7.3, 10.2.2); [`table`]: decision tables (chapter 8).
//! - [`types`]: what a type admits (7.3.3).
//!
//! All expressions of one evaluation share one budget of work. There is no clock and no way out: see the crate `feel`.

mod boxed;
mod compile;
mod graph;
mod scope;
mod table;
mod types;

pub use compile::compile;

use graph::Graph;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};
use std::sync::Arc;

/// The decisions of one file, ready to be evaluated any number of times.
#[derive(Debug, Clone)]
pub struct Compiled {
    graph: Arc<Graph>,
}

/// What a decision came to.
#[derive(Debug, Clone, PartialEq)]
pub struct Evaluated {
    pub output: Json,
    /// What it was asked of, required decisions first.
    pub trace: Vec<Step>,
}

/// A decision that was evaluated.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Step {
    /// Id of the decision.
    pub decision: String,
    /// Of a decision table: its inputs by what people call them.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub inputs: Map<String, Json>,
    /// Numbers of the rules that matched, from 1.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rules: Vec<usize>,
    pub output: Json,
}

/// Why a decision has no result.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("decision `{decision}`: {message}")]
pub struct DecisionError {
    pub code: DecisionErrorCode,
    /// Id of the decision that is to blame, which another may have required.
    pub decision: String,
    pub message: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DecisionErrorCode {
    UnknownDecision,
    /// A value that is not of the input's type, or none of its allowed values.
    InvalidInput,
    /// Several rules match where one may, or they do not agree.
    AmbiguousRules,
    /// More work than is given to one evaluation.
    TooMuchWork,
    /// The result has no place in JSON.
    InvalidResult,
}

impl DecisionErrorCode {
    /// The stable code, as answers and incidents carry it.
    pub fn as_str(self) -> &'static str {
        match self {
            DecisionErrorCode::UnknownDecision => "UNKNOWN_DECISION",
            DecisionErrorCode::InvalidInput => "INVALID_INPUT",
            DecisionErrorCode::AmbiguousRules => "AMBIGUOUS_RULES",
            DecisionErrorCode::TooMuchWork => "TOO_MUCH_WORK",
            DecisionErrorCode::InvalidResult => "INVALID_RESULT",
        }
    }
}

impl Compiled {
    /// Of the decisions, in the order of the file.
    pub fn ids(&self) -> impl Iterator<Item = &str> {
        self.graph.decisions.iter().map(|decision| decision.id.as_str())
    }

    /// The decision's result with these variables, by the time `now`.
    pub fn evaluate(
        &self,
        decision: &str,
        variables: &Map<String, Json>,
        now: Timestamp,
    ) -> Result<Evaluated, DecisionError> {
        graph::evaluate(&self.graph, decision, variables, now)
    }
}

#[cfg(test)]
mod tests;
