//! From the scenario's definitions to compiled processes, or to why they are refused.

use super::Verdict;
use super::file::Scenario;
use crate::Process;
use model::Diagnostic;
use serde_json::Value;

pub(super) struct Deployment {
    pub processes: Vec<Process>,
    /// Errors only; any means that nothing is deployed.
    pub diagnostics: Vec<Diagnostic>,
}

pub(super) fn deploy(
    file_name: &str,
    scenario: &Scenario,
    load: &dyn Fn(&str) -> Result<String, String>,
) -> Result<Deployment, Verdict> {
    let mut deployment = Deployment { processes: Vec::new(), diagnostics: Vec::new() };
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
    if !inline.is_empty() {
        // JSON is YAML; so the documents go through the same reader as a file.
        deployment.add(file_name, &inline.join("\n---\n"));
    }
    Ok(deployment)
}

impl Deployment {
    fn add_file(&mut self, path: &str, load: &dyn Fn(&str) -> Result<String, String>) -> Result<(), Verdict> {
        let text = load(path).map_err(|error| Verdict::Malformed(format!("`{path}`: {error}")))?;
        self.add(path, &text);
        Ok(())
    }

    fn add(&mut self, name: &str, text: &str) {
        let is_xml = model::bpmn::is_xml(text);
        let read = if is_xml { model::bpmn::read(name, text) } else { model::yaml::read(name, text) };
        self.diagnostics.extend(read.diagnostics.into_iter().filter(Diagnostic::is_error));
        let processes = read.definitions.into_iter().flat_map(|definitions| definitions.processes);
        for definition in processes.filter(|definition| definition.is_executable) {
            match crate::compile(&definition) {
                Ok(process) => self.processes.push(process),
                Err(diagnostics) => self.diagnostics.extend(diagnostics.into_iter().filter(Diagnostic::is_error)),
            }
        }
    }
}
