//! The ten tools, one a file. None but `filesystem-write` changes anything.

mod ansible_validator;
mod error_classifier;
mod filesystem;
mod grep_search;
mod log_parser;
mod regex_match;
mod security_checker;
mod yaml_linter;

use super::tool::Tool;

/// All of them. One whose types make no schema is left out, and said.
pub fn all() -> Vec<Tool> {
    let made = [
        filesystem::read(),
        filesystem::write(),
        filesystem::list(),
        grep_search::tool(),
        regex_match::tool(),
        log_parser::tool(),
        error_classifier::tool(),
        ansible_validator::tool(),
        yaml_linter::tool(),
        security_checker::tool(),
    ];
    let said = |error: &String| tracing::error!(%error, "a tool is left out");
    made.into_iter().filter_map(|tool| tool.inspect_err(said).ok()).collect()
}
