//! Decisions (DMN 1.1 to 1.5): their typed model, and the readers of its two spellings.
//!
//! `.dmn` files ([`read_dmn`]) and YAML documents with the key `decision` ([`read_yaml`]) both become [`Decisions`]: all that one
//! file says. As everywhere in this crate, expressions are text with a place; what they mean is the crate `decision`'s business.
//!
//! - [`table`]: decision tables (DMN 1.5, chapter 8).
//! - [`expression`]: the other boxed expressions (7.2, 7.3 and 10.2.2).
//! - [`mod@check`]: what must hold among the parts: ids, references, no cycles.

pub mod check;
mod dmn;
pub mod expression;
pub mod table;
mod yaml;

pub use dmn::{is_dmn, read as read_dmn};
pub use expression::{Expression, ExpressionKind, FunctionDefinition};
pub use table::{Aggregation, DecisionTable, HitPolicy, InputClause, OutputClause, Rule};
pub(crate) use yaml::is_decision;
pub use yaml::read as read_yaml;

use crate::{Diagnostic, Located, Location};
use serde::{Deserialize, Serialize};

/// What a file said, and what is wrong with it.
#[derive(Debug, Clone, Default)]
pub struct ReadResult {
    /// Present unless a diagnostic is an error.
    pub decisions: Option<Decisions>,
    /// In the order of the file.
    pub diagnostics: Vec<Diagnostic>,
}

/// The decision graph of one file (DMN 1.5, chapter 6).
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Decisions {
    /// Name of the file, as it was given; for diagnostics.
    pub file: String,
    pub name: Option<String>,
    pub items: Vec<ItemDefinition>,
    pub inputs: Vec<InputData>,
    pub decisions: Vec<Decision>,
    pub knowledge_models: Vec<KnowledgeModel>,
    pub services: Vec<DecisionService>,
}

/// A name that expressions know, and the type of its value (7.3.4, information item).
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Variable {
    /// May have spaces in it.
    pub name: Located<String>,
    /// A type of FEEL, or the name of an [`ItemDefinition`].
    pub type_ref: Option<Located<String>>,
}

/// What a decision is told (6.3.11): the variable of the process that has its name.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct InputData {
    pub id: String,
    pub variable: Variable,
    pub location: Location,
}

/// A decision (6.3.7).
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Decision {
    pub id: String,
    pub name: Option<String>,
    /// What its result is called where it is required.
    pub variable: Variable,
    pub requires: Requirements,
    /// Without logic its result is null.
    pub logic: Option<Expression>,
    pub location: Location,
}

/// Ids of what a decision or a business knowledge model requires (6.3.13, 6.3.14).
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Requirements {
    pub inputs: Vec<Located<String>>,
    pub decisions: Vec<Located<String>>,
    /// Business knowledge models and decision services.
    pub knowledge: Vec<Located<String>>,
}

/// A function for decisions to call (6.3.9).
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct KnowledgeModel {
    pub id: String,
    pub variable: Variable,
    pub requires: Requirements,
    pub logic: Option<FunctionDefinition>,
    pub location: Location,
}

/// Decisions that are offered together (6.3.10): some of them are answered, and some are told instead of being decided.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct DecisionService {
    pub id: String,
    pub name: Option<String>,
    pub variable: Variable,
    pub outputs: Vec<Located<String>>,
    pub encapsulated: Vec<Located<String>>,
    /// Decisions whose results the caller gives. The order of these, after the input data, is that of its parameters.
    pub input_decisions: Vec<Located<String>>,
    pub input_data: Vec<Located<String>>,
    pub location: Location,
}

/// A type with a name (7.3.3).
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct ItemDefinition {
    pub name: Located<String>,
    pub kind: ItemKind,
    pub is_collection: bool,
    /// Unary tests that an item of it passes.
    pub allowed_values: Option<Located<String>>,
    /// Unary tests that the whole value passes (DMN 1.5).
    pub type_constraint: Option<Located<String>>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum ItemKind {
    /// Another type, by its name.
    Reference(Located<String>),
    /// A context with these entries.
    Components(Vec<ItemDefinition>),
    Function,
}

impl Default for ItemKind {
    fn default() -> Self {
        ItemKind::Components(Vec::new())
    }
}

pub(crate) fn finish(file_name: &str, mut decisions: Decisions, mut diagnostics: Vec<Diagnostic>) -> ReadResult {
    for diagnostic in &mut diagnostics {
        file_name.clone_into(&mut diagnostic.file);
    }
    diagnostics.sort_by_key(|diagnostic| diagnostic.location);
    file_name.clone_into(&mut decisions.file);
    let decisions = (!diagnostics.iter().any(Diagnostic::is_error)).then_some(decisions);
    ReadResult { decisions, diagnostics }
}
