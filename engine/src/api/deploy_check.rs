//! Whether files can be deployed: read, checked, compiled and proved, without a server.

use super::{Failure, deploy_decisions};
use crate::{convert, core};
use interpreter::{MessageFlows, Process};
use model::ProcessDefinition;
use proto::Diagnostic;
use std::collections::HashMap;

/// Bytes of one file.
const MAX_FILE: usize = 1024 * 1024;

/// A process that is fit to run.
pub struct Checked {
    pub file_name: String,
    pub source: String,
    pub model: ProcessDefinition,
    pub process: Process,
}

/// What a deployment holds, and what is to be said about it.
#[derive(Default)]
pub struct Deployment {
    pub processes: Vec<Checked>,
    pub decisions: Vec<deploy_decisions::Checked>,
    pub warnings: Vec<Diagnostic>,
}

/// What a deployment of these files would be told, errors and warnings, but for what depends on what is deployed already.
/// Fails when a file is too large.
pub fn lint(files: Vec<proto::File>) -> anyhow::Result<Vec<Diagnostic>> {
    match check(files) {
        Ok(deployment) => Ok(deployment.warnings),
        Err(Failure::Deployment(diagnostics)) => Ok(diagnostics),
        Err(Failure::LimitExceeded(message)) => anyhow::bail!(message),
        Err(other) => anyhow::bail!("{other:?}"),
    }
}

/// Everything that is wrong with the files, or what is to be written and its warnings.
pub fn check(files: Vec<proto::File>) -> Result<Deployment, Failure> {
    let (mut deployment, mut diagnostics) = (Deployment::default(), Vec::new());
    let mut owner: HashMap<String, String> = HashMap::new();
    let mut decision_owner: HashMap<String, String> = HashMap::new();
    for file in files {
        let name = file.name;
        if file.content.len() > MAX_FILE {
            return Err(Failure::LimitExceeded(format!("{name} is larger than {MAX_FILE} bytes")));
        }
        let mut found = Vec::new();
        let decoded = model::bpmn::decode(&file.content).map_err(|problem| vec![*problem]);
        let source = decoded.as_ref().map_or_else(|_| String::new(), String::clone);
        let is_dmn = model::decision::is_dmn(&source);
        if decoded.is_ok() {
            let decisions = deploy_decisions::check(&name, &source, &mut decision_owner, &mut found);
            deployment.decisions.extend(decisions);
        }
        match decoded.and_then(|source| core::read(&name, &source)) {
            _ if is_dmn => {}
            Err(problems) => found.extend(problems),
            Ok((definitions, warnings)) => {
                found.extend(warnings);
                let mut flows = MessageFlows::of(&definitions);
                found.append(&mut flows.diagnostics);
                for model in definitions.processes {
                    if let Some(other) = owner.insert(model.id.clone(), name.clone()) {
                        let message = format!("process `{}` is in {other} too, or twice in this file", model.id);
                        found.push(model::Diagnostic::error("DUPLICATE_PROCESS", model.location, message));
                    }
                    match core::compile(&name, &model, &flows) {
                        Ok(process) => {
                            found.extend(interpreter::prove(&model, &process));
                            let (file_name, source) = (name.clone(), source.clone());
                            deployment.processes.push(Checked { file_name, source, model, process })
                        }
                        // What is only drawn need not run; a file of several pools often has one that does.
                        Err(problems) if !model.is_executable => found.extend(problems.into_iter().map(as_warning)),
                        Err(problems) => found.extend(problems),
                    }
                }
            }
        }
        for mut problem in found {
            problem.file.clone_from(&name);
            diagnostics.push(convert::diagnostic(&problem, &source));
        }
    }
    if diagnostics.iter().any(|diagnostic| diagnostic.severity == "error") {
        return Err(Failure::Deployment(diagnostics));
    }
    deployment.warnings = diagnostics;
    Ok(deployment)
}

fn as_warning(problem: model::Diagnostic) -> model::Diagnostic {
    model::Diagnostic { severity: model::Severity::Warning, ..problem }
}
