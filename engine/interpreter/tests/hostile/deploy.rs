//! What a deployment does with the bytes of a file, up to the point where it would be stored.

use model::Diagnostic;

/// What came of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum End {
    Accepted,
    /// By the reader and its structural rules.
    Refused,
    /// Read, and not to be compiled.
    NotCompiled,
}

/// Every diagnostic of all steps.
pub fn deploy(bytes: &[u8]) -> (End, Vec<Diagnostic>) {
    let text = match model::bpmn::decode(bytes) {
        Ok(text) => text,
        Err(problem) => return (End::Refused, vec![*problem]),
    };
    let read = match model::bpmn::is_xml(&text) {
        true => model::bpmn::read("f", &text),
        false => model::yaml::read("f", &text),
    };
    let mut found = read.diagnostics;
    let Some(definitions) = read.definitions else { return (End::Refused, found) };
    let mut end = End::Accepted;
    for model in &definitions.processes {
        match interpreter::compile(model) {
            Ok(process) => found.extend(interpreter::prove(model, &process)),
            Err(problems) => {
                found.extend(problems);
                end = End::NotCompiled;
            }
        }
    }
    (end, found)
}
