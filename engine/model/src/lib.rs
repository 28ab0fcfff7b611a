//! The typed process definition, and the readers and writers of its two spellings.
//!
//! YAML becomes [`definition::Definitions`]; whatever comes after knows no syntax. This
//! crate knows syntax and structure, not semantics: expressions are text with a place, and what an element does is the
//! interpreter's business.
//!
//! - [`definition`]: the types.
//! - [`bpmn`]: the writer of BPMN 2.0 XML, with a diagram.
//! - [`decision`]: decisions: their types, and the readers of DMN and of YAML.
//! - [`diagnostic`]: problems with a place, a stable code and a hint, and how they are printed.
//! - [`yaml`]: the reader of the YAML spelling.
//! - [`mod@validate`]: the structural rules of BPMN 2.0.
//! - [`location`]: where in a file a thing stands.

pub mod bpmn;
pub mod decision;
pub mod definition;
pub mod diagnostic;
mod diagram;
mod duration;
pub mod location;
pub mod near_miss;
mod type_name;
pub mod validate;
pub mod yaml;

pub use definition::*;
pub use diagnostic::{Diagnostic, Severity};
pub use location::{Located, Location};
