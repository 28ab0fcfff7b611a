//! The typed process definition, and the readers and writers of its two spellings.
//!
//! YAML (and later BPMN 2.0 XML) becomes [`definition::Definitions`]; whatever comes after knows no syntax. This
//! crate knows syntax and structure, not semantics: expressions are text with a place, and what an element does is the
//! interpreter's business.
//!
//! - [`definition`]: the types.
//! - [`diagnostic`]: problems with a place, a stable code and a hint, and how they are printed.
//! - [`location`]: where in a file a thing stands.

pub mod definition;
pub mod diagnostic;
pub mod location;

pub use definition::*;
pub use diagnostic::{Diagnostic, Severity};
pub use location::{Located, Location};
