//! Boxed expressions (DMN 1.5, 7.2.1, 7.3 and 10.2.2).

use super::{DecisionTable, Variable};
use crate::{Located, Location};
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Expression {
    pub kind: ExpressionKind,
    pub type_ref: Option<Located<String>>,
    pub location: Location,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum ExpressionKind {
    /// FEEL (7.3.1). Empty text is null.
    Literal(Located<String>),
    Table(Box<DecisionTable>),
    /// Entries that may read those before them (7.3.5).
    Context(Vec<ContextEntry>),
    Invocation(Box<Invocation>),
    List(Vec<Expression>),
    /// A list of contexts.
    Relation(Relation),
    Function(Box<FunctionDefinition>),
    Conditional(Box<Conditional>),
    /// The items of a list for which a condition holds.
    Filter(Box<Filter>),
    For(Box<Iteration>),
    Some(Box<Iteration>),
    Every(Box<Iteration>),
}

/// Without a variable, it is the result of the whole context.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ContextEntry {
    pub variable: Option<Variable>,
    pub value: Expression,
}

/// A call with arguments by name (7.3.6).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Invocation {
    pub function: Expression,
    pub bindings: Vec<Binding>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Binding {
    pub parameter: Variable,
    /// Without it the parameter is null.
    pub value: Option<Expression>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Relation {
    pub columns: Vec<Variable>,
    /// Each with a value for each column.
    pub rows: Vec<Vec<Expression>>,
}

/// A function of FEEL (7.3.7). Java and PMML are refused by the readers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FunctionDefinition {
    pub parameters: Vec<Variable>,
    pub body: Option<Expression>,
    /// Of what it gives.
    pub type_ref: Option<Located<String>>,
    pub location: Location,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Conditional {
    pub condition: Expression,
    pub then: Expression,
    pub otherwise: Expression,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Filter {
    pub list: Expression,
    /// Reads `item`, and the entries of an item that is a context.
    pub condition: Expression,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Iteration {
    pub variable: Located<String>,
    pub list: Expression,
    /// The result for each item, or what some or every one must satisfy.
    pub each: Expression,
}

impl Expression {
    pub fn literal(text: Located<String>) -> Self {
        let location = text.location;
        Expression { kind: ExpressionKind::Literal(text), type_ref: None, location }
    }
}
