//! The pure core as the engine calls it: reading and compiling files, whatever they are spelled in.

use interpreter::{MessageFlows, Process};
use model::{Definitions, Diagnostic, ProcessDefinition, decision::Decisions};

/// Reads a file. All problems at once; warnings come with the definitions.
pub fn read(file_name: &str, source: &str) -> Result<(Definitions, Vec<Diagnostic>), Vec<Diagnostic>> {
    let is_xml = model::bpmn::is_xml(source);
    let read = if is_xml { model::bpmn::read(file_name, source) } else { model::yaml::read(file_name, source) };
    match read.definitions {
        Some(definitions) if !read.diagnostics.iter().any(Diagnostic::is_error) => Ok((definitions, read.diagnostics)),
        _ => Err(read.diagnostics),
    }
}

/// The decisions of a file, if it holds any. All problems at once; warnings come with the decisions.
pub fn read_decisions(file_name: &str, source: &str) -> Result<Option<(Decisions, Vec<Diagnostic>)>, Vec<Diagnostic>> {
    let read = if model::decision::is_dmn(source) {
        model::decision::read_dmn(file_name, source)
    } else if !model::bpmn::is_xml(source) && model::yaml::has_decisions(source) {
        model::decision::read_yaml(file_name, source)
    } else {
        return Ok(None);
    };
    match read.decisions {
        Some(decisions) => Ok(Some((decisions, read.diagnostics))),
        None => Err(read.diagnostics),
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
