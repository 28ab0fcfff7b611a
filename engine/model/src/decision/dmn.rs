//! The reader of `.dmn` files: XML of DMN 1.1, 1.2, 1.3, 1.4 and 1.5, as the standard and as bpmn.io's and Camunda's modellers write it.
//!
//! The XML is read within the limits of [`crate::bpmn`]. Diagrams, artifacts, knowledge sources and what other namespaces say
//! have no effect; what cannot be carried out (imports, other languages than FEEL, functions in Java or PMML) is refused with the reason.

mod boxed;
mod graph;
mod items;
mod source;
mod table;

use super::{Decisions, ReadResult, check, finish};
use crate::bpmn::read::source::{Lines, Xml, parse};
use source::Source;

const NAMESPACES: [&str; 5] = [
    "http://www.omg.org/spec/DMN/20151101/dmn.xsd",
    "http://www.omg.org/spec/DMN/20180521/MODEL/",
    "https://www.omg.org/spec/DMN/20191111/MODEL/",
    "https://www.omg.org/spec/DMN/20211108/MODEL/",
    "https://www.omg.org/spec/DMN/20230324/MODEL/",
];

/// Whether a text is meant to be DMN: XML whose first kilobytes name one of its namespaces.
pub fn is_dmn(text: &str) -> bool {
    let head: String = text.chars().take(4096).collect();
    crate::bpmn::is_xml(text)
        && head.contains("omg.org/spec/DMN/")
        && !head.contains("omg.org/spec/BPMN/20100524/MODEL")
}

/// Reads a `.dmn` file and checks that its parts fit together. `file_name` is only for the diagnostics.
pub fn read(file_name: &str, text: &str) -> ReadResult {
    let lines = Lines::of(text);
    let document = match parse(text, &lines) {
        Ok(document) => document,
        Err(problem) => return finish(file_name, Decisions::default(), vec![*problem]),
    };
    let root = document.root_element();
    let source = Source::new(root, &lines);
    if !is_definitions(root, &source) {
        return finish(file_name, Decisions::default(), source.into_problems());
    }
    let decisions = graph::definitions(root, &source);
    if decisions.decisions.is_empty() {
        source.error("MISSING_DECISION", root, "the file holds no decision");
    }
    let mut problems = source.into_problems();
    problems.extend(check::decisions(&decisions));
    finish(file_name, decisions, problems)
}

fn is_definitions(root: Xml<'_>, source: &Source<'_>) -> bool {
    let name = root.tag_name();
    let of_dmn = name.namespace().is_some_and(|namespace| NAMESPACES.contains(&namespace));
    if of_dmn && name.name() == "definitions" {
        return true;
    }
    let message = match (name.name(), name.namespace()) {
        ("definitions", Some(other)) => {
            format!("`definitions` is of the namespace {other}, which is none of DMN 1.1 to 1.5")
        }
        ("definitions", None) => "`definitions` has no namespace; DMN's is needed".to_owned(),
        (other, _) => format!("`{other}` is not DMN: the file must begin with `definitions`"),
    };
    source.error("NOT_DMN", root, message);
    false
}
