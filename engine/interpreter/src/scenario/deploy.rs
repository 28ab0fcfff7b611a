//! From the scenario's definitions to compiled processes and decisions, or to why they are refused.

use super::file::Scenario;
use crate::{MessageFlows, Process};
use model::Diagnostic;
use serde_json::Value;
use std::sync::Arc;

#[derive(Debug, Default)]
pub(super) struct Deployment {
    pub processes: Vec<Process>,
    /// Of each process, the file that it stands in.
    pub sources: Vec<String>,
    /// Name and text of every file, as an engine is given them.
    pub files: Vec<(String, String)>,
    pub decisions: Vec<Arc<decision::Compiled>>,
    /// Errors only; any means that nothing is deployed.
    pub diagnostics: Vec<Diagnostic>,
}

/// Fails when a file cannot be read.
pub(super) fn deploy(
    file_name: &str,
    scenario: &Scenario,
    load: &dyn Fn(&str) -> Result<String, String>,
) -> Result<Deployment, String> {
    let mut deployment = Deployment::default();
    let mut inline = Vec::new();
    if let Some(path) = &scenario.process {
        deployment.add_file(path, load)?;
    }
    for document in scenario.definitions.iter().flatten() {
        match document {
            Value::String(path) => deployment.add_file(path, load)?,
            document => inline.push(document.to_string()),
        }
    }
    for path in scenario.decisions.iter().flatten() {
        deployment.add_file(path, load)?;
    }
    if !inline.is_empty() {
        // JSON is YAML; so the documents go through the same reader as a file.
        deployment.add(file_name, inline.join("\n---\n"));
    }
    Ok(deployment)
}

impl Deployment {
    fn add_file(&mut self, path: &str, load: &dyn Fn(&str) -> Result<String, String>) -> Result<(), String> {
        let text = load(path).map_err(|error| format!("`{path}`: {error}"))?;
        self.add(path, text);
        Ok(())
    }

    fn add(&mut self, name: &str, text: String) {
        self.add_decisions(name, &text);
        if model::decision::is_dmn(&text) {
            return self.files.push((name.to_owned(), text));
        }
        let is_xml = model::bpmn::is_xml(&text);
        let read = if is_xml { model::bpmn::read(name, &text) } else { model::yaml::read(name, &text) };
        self.diagnostics.extend(read.diagnostics.into_iter().filter(Diagnostic::is_error));
        let definitions = read.definitions.unwrap_or_default();
        let flows = MessageFlows::of(&definitions);
        self.diagnostics.extend(flows.diagnostics.iter().filter(|problem| problem.is_error()).cloned());
        for definition in definitions.processes.iter().filter(|definition| definition.is_executable) {
            match crate::compile_among(definition, &flows) {
                Ok(process) => {
                    self.processes.push(process);
                    self.sources.push(name.to_owned());
                }
                Err(diagnostics) => self.diagnostics.extend(diagnostics.into_iter().filter(Diagnostic::is_error)),
            }
        }
        self.files.push((name.to_owned(), text));
    }

    fn add_decisions(&mut self, name: &str, text: &str) {
        let read = if model::decision::is_dmn(text) {
            model::decision::read_dmn(name, text)
        } else if !model::bpmn::is_xml(text) && model::yaml::has_decisions(text) {
            model::decision::read_yaml(name, text)
        } else {
            return;
        };
        self.diagnostics.extend(read.diagnostics.into_iter().filter(Diagnostic::is_error));
        match read.decisions.as_ref().map(decision::compile) {
            Some(Ok(compiled)) => self.decisions.push(Arc::new(compiled)),
            Some(Err(problems)) => self.diagnostics.extend(problems.into_iter().filter(Diagnostic::is_error)),
            None => {}
        }
    }
}
