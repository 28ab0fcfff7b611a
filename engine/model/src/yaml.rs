//! The reader and the writer of the YAML spelling (`engine/docs/process-format.md`).
//!
//! A file is first made a tree whose keys and values know their places ([`tree`]), and that is read by hand: so one
//! reading tells every problem, with the near miss, and no key vanishes silently.

mod activity;
mod element;
mod emit;
mod event;
pub(crate) mod fields;
mod flow;
mod message_flows;
pub(crate) mod process;
mod task;
pub(crate) mod tree;
pub(crate) mod write;

pub(crate) use activity::MULTI_INSTANCE_COMPLETION;
pub use write::write;

use crate::{Definitions, Diagnostic, decision::is_decision, validate};

/// What a file said, and what is wrong with it.
#[derive(Debug, Clone, Default)]
pub struct ReadResult {
    /// Present unless a diagnostic is an error.
    pub definitions: Option<Definitions>,
    /// In the order of the file.
    pub diagnostics: Vec<Diagnostic>,
}

/// Reads a file of one or more documents, each with the key `process`, and checks its structure. Documents with the key
/// `decision` are for [`decision`](crate::decision). `file_name` is only for the diagnostics.
pub fn read(file_name: &str, text: &str) -> ReadResult {
    let mut problems = Vec::new();
    let documents = tree::parse(text, &mut problems);
    if documents.iter().all(tree::Node::is_null) && problems.is_empty() {
        problems.push(Diagnostic::error("EMPTY_FILE", crate::Location { line: 1, column: 1 }, "the file says nothing"));
    }
    let mut definitions = Definitions::default();
    if let Some(document) = documents.get(MOST_PROCESSES) {
        return finish(file_name, definitions, vec![too_many_processes(document.location)]);
    }
    for document in documents.iter().filter(|document| !document.is_null() && !is_decision(document)) {
        definitions.processes.extend(process::document(document, &mut problems));
    }
    problems.extend(validate::definitions(&definitions));
    problems.extend(message_flows::check(&definitions));
    finish(file_name, definitions, problems)
}

/// Whether a document of the file is a decision.
pub fn has_decisions(text: &str) -> bool {
    text.contains("decision") && tree::parse(text, &mut Vec::new()).iter().any(is_decision)
}

/// Processes of one file.
pub(crate) const MOST_PROCESSES: usize = 200;

pub(crate) fn too_many_processes(first: crate::Location) -> Diagnostic {
    Diagnostic::error("TOO_MANY_PROCESSES", first, format!("a file has at most {MOST_PROCESSES} processes"))
        .hint("put them into several files and deploy these together")
}

pub(crate) fn finish(file_name: &str, definitions: Definitions, mut diagnostics: Vec<Diagnostic>) -> ReadResult {
    for diagnostic in &mut diagnostics {
        file_name.clone_into(&mut diagnostic.file);
    }
    diagnostics.sort_by_key(|diagnostic| diagnostic.location);
    let definitions = (!diagnostics.iter().any(Diagnostic::is_error)).then_some(definitions);
    ReadResult { definitions, diagnostics }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decisions_stand_beside_processes_and_are_read_by_others() {
        let process = "process: {id: p, elements: [{id: s, type: startEvent}]}";
        let mixed = format!("{process}\n---\ndecision: {{id: d}}\n");
        let read = read("mixed.yaml", &mixed);
        assert_eq!(read.diagnostics.iter().filter(|problem| problem.is_error()).count(), 0, "{:?}", read.diagnostics);
        assert_eq!(read.definitions.map(|definitions| definitions.processes.len()), Some(1));
        assert!(has_decisions(&mixed) && !has_decisions(process) && !has_decisions("# decision\n- decision: x"));
    }
}
