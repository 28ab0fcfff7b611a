//! Decision tables (DMN 1.5, chapter 8). Orientation and annotations mean nothing to evaluation and are left out.

use super::Expression;
use crate::{Located, Location};
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct DecisionTable {
    pub hit_policy: HitPolicy,
    pub inputs: Vec<InputClause>,
    pub outputs: Vec<OutputClause>,
    /// In the order of the file, which is their order of precedence.
    pub rules: Vec<Rule>,
}

/// What several matching rules mean (8.2.8).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum HitPolicy {
    /// No two rules may match.
    #[default]
    Unique,
    /// Matching rules must agree.
    Any,
    /// The match whose output comes first among the output values.
    Priority,
    /// The first match.
    First,
    /// All matches, in the order of the rules.
    RuleOrder,
    /// All matches, in the order of the output values.
    OutputOrder,
    /// All matches in any order, or what an aggregation makes of them.
    Collect(Option<Aggregation>),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Aggregation {
    Sum,
    Count,
    Min,
    Max,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct InputClause {
    /// What people call it.
    pub label: Option<String>,
    pub expression: Located<String>,
    pub type_ref: Option<Located<String>>,
    /// Unary tests that its value passes.
    pub values: Option<Located<String>>,
    pub location: Location,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct OutputClause {
    /// Needed where there are several outputs: the result is then a context with these names.
    pub name: Option<Located<String>>,
    pub type_ref: Option<Located<String>>,
    /// Expressions with commas between them, from the highest priority to the lowest.
    pub values: Option<Located<String>>,
    /// What it gives when no rule matches.
    pub default: Option<Expression>,
    pub location: Location,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Rule {
    pub id: Option<String>,
    /// Unary tests, one for each input.
    pub inputs: Vec<Located<String>>,
    /// One for each output.
    pub outputs: Vec<Expression>,
    pub location: Location,
}
