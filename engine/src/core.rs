//! The pure core as the engine calls it: reading and compiling files, YAML and BPMN XML alike.

use interpreter::{MessageFlows, Process};
use model::{Definitions, Diagnostic, ProcessDefinition};

/// Reads a file. All problems at once; warnings come with the definitions.
pub fn read(file_name: &str, source: &str) -> Result<(Definitions, Vec<Diagnostic>), Vec<Diagnostic>> {
    let is_xml = model::bpmn::is_xml(source);
    let read = if is_xml { model::bpmn::read(file_name, source) } else { model::yaml::read(file_name, source) };
    match read.definitions {
        Some(definitions) if !read.diagnostics.iter().any(Diagnostic::is_error) => Ok((definitions, read.diagnostics)),
        _ => Err(read.diagnostics),
    }
}

/// A process of a file with these message flows. All problems at once.
pub fn compile(
    file_name: &str,
    definition: &ProcessDefinition,
    flows: &MessageFlows,
) -> Result<Process, Vec<Diagnostic>> {
    interpreter::compile_among(definition, flows).map_err(|mut problems| {
        for problem in &mut problems {
            if problem.file.is_empty() {
                file_name.clone_into(&mut problem.file);
            }
        }
        problems
    })
}
