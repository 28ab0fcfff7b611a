//! `ansible-validator`: is a text a playbook that Ansible would take, and one that people would want? Rules about the
//! structure; `ansible-playbook --syntax-check` and `ansible-lint` say more where they are installed.

mod installed;
mod structure;

use super::yaml_linter::{self, Document};
use crate::mcp::{
    root::Root,
    tool::{Effect, Tool, ToolError, text_of},
};
use schemars::JsonSchema;
use serde::Serialize;

pub fn tool() -> Result<Tool, String> {
    let description = "Validates an Ansible playbook: structure, names, modules, idempotency; with ansible-lint and \
                       ansible-playbook --syntax-check where these are installed.";
    Tool::new("ansible-validator", description, Effect::Reads, validate)
}

#[derive(Default, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct Validated {
    /// There are no errors.
    valid: bool,
    errors: Vec<String>,
    warnings: Vec<String>,
    plays: usize,
    tasks: usize,
    handlers: usize,
    /// structure, ansible-playbook, ansible-lint: what has been run
    checked_by: Vec<&'static str>,
}

fn validate(root: &Root, document: Document) -> Result<Validated, ToolError> {
    let text = text_of(root, document.path.as_deref(), document.content)?;
    let mut validated = Validated { checked_by: vec!["structure"], ..Validated::default() };
    match yaml_linter::parse(&text) {
        Ok(playbook) => structure::check(&playbook, &mut validated),
        Err(problem) => {
            let place = format!("line {}, column {}", problem.line, problem.column);
            validated.errors.push(format!("not YAML: {place}: {}", problem.message));
        }
    }
    if validated.errors.is_empty() {
        installed::check(&text, &mut validated);
    }
    validated.valid = validated.errors.is_empty();
    Ok(validated)
}
