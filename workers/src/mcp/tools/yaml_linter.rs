//! `yaml-linter`: syntax, keys given twice, tabs and untidy lines, each with its place.

use crate::mcp::{
    root::Root,
    tool::{Effect, Tool, ToolError, text_of},
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

const LONGEST_TEXT: usize = 1024 * 1024;
const LONGEST_LINE: usize = 160;
const MOST_PROBLEMS: usize = 200;

pub fn tool() -> Result<Tool, String> {
    let description = "Checks YAML: syntax, duplicate keys, tabs, trailing spaces, long lines; with line and column.";
    Tool::new("yaml-linter", description, Effect::Reads, lint)
}

#[derive(Deserialize, JsonSchema)]
pub struct Document {
    /// The YAML itself; else `path`.
    #[serde(default)]
    pub content: Option<String>,
    /// A file; else `content`.
    #[serde(default)]
    pub path: Option<String>,
}

#[derive(Serialize, JsonSchema)]
struct Linted {
    /// No problem is an error.
    valid: bool,
    problems: Vec<Problem>,
}

#[derive(Debug, Serialize, JsonSchema)]
pub struct Problem {
    /// From 1; 0 when unknown.
    pub line: u64,
    pub column: u64,
    /// error or warning
    pub level: &'static str,
    pub rule: &'static str,
    pub message: String,
}

fn lint(root: &Root, document: Document) -> Result<Linted, ToolError> {
    let text = text_of(root, document.path.as_deref(), document.content)?;
    let mut problems = untidy(&text);
    problems.extend(parse(&text).err());
    problems.sort_by_key(|problem| (problem.line, problem.column));
    problems.truncate(MOST_PROBLEMS);
    Ok(Linted { valid: problems.iter().all(|problem| problem.level != "error"), problems })
}

/// The one document of the text; or where it is wrong, keys given twice among it.
pub fn parse(text: &str) -> Result<Value, Problem> {
    if text.len() > LONGEST_TEXT {
        let message = format!("the text has {} bytes; at most {LONGEST_TEXT} are checked", text.len());
        return Err(Problem { line: 0, column: 0, level: "error", rule: "size", message });
    }
    serde_saphyr::from_str::<Value>(text).map_err(|error| {
        let (line, column) = error.location().map_or((0, 0), |place| (place.line(), place.column()));
        let said = error.to_string();
        let message = said.lines().next().unwrap_or("not YAML");
        let prefix = format!("error: line {line} column {column}: ");
        let message = message.strip_prefix(&prefix).unwrap_or(message).to_owned();
        let rule = if message.to_lowercase().contains("duplicate") { "key-duplicates" } else { "syntax" };
        Problem { line, column, level: "error", rule, message }
    })
}

fn untidy(text: &str) -> Vec<Problem> {
    let mut problems = Vec::new();
    for (line, number) in text.lines().zip(1..) {
        let mut say = |column: usize, level, rule, message: &str| {
            problems.push(Problem { line: number, column: column as u64, level, rule, message: message.into() });
        };
        let indent = line.len() - line.trim_start_matches([' ', '\t']).len();
        if let Some(tab) = line.get(..indent).and_then(|indent| indent.find('\t')).filter(|_| indent < line.len()) {
            say(tab + 1, "error", "tabs", "indentation is by spaces, never by tabs");
        }
        if line.trim_end() != line {
            say(line.trim_end().len() + 1, "warning", "trailing-spaces", "spaces at the end of the line");
        }
        if line.chars().count() > LONGEST_LINE {
            say(LONGEST_LINE + 1, "warning", "line-length", "the line is longer than 160 characters");
        }
    }
    if !text.is_empty() && !text.ends_with('\n') {
        let (line, column) = (text.lines().count() as u64, 0);
        let message = "the last line has no end".to_owned();
        problems.push(Problem { line, column, level: "warning", rule: "new-line-at-end-of-file", message });
    }
    problems
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mcp::root::tests::Scratch;

    fn linted(content: &str) -> Linted {
        lint(&Scratch::new().root, Document { content: Some(content.into()), path: None }).unwrap()
    }

    #[track_caller]
    fn check(content: &str, rule: &str, line: u64) {
        let linted = linted(content);
        let found = linted.problems.iter().any(|problem| problem.rule == rule && problem.line == line);
        assert!(found, "{content:?}: {:?}", linted.problems);
    }

    #[test]
    fn each_problem_has_its_place() {
        check("a: 1\nb: 2\na: 3\n", "key-duplicates", 3);
        check("a:\n\tb: 1\n", "tabs", 2);
        check("a: 1 \n", "trailing-spaces", 1);
        // The bracket that is never closed is where the mistake is.
        check("x: 1\na: [1,\nb: }\n", "syntax", 2);
        check("a: 1", "new-line-at-end-of-file", 1);
    }

    #[test]
    fn tidy_yaml_is_valid() {
        let linted = linted("---\n- hosts: all\n  tasks:\n    - name: x\n      debug: {msg: hi}\n");
        assert!(linted.valid && linted.problems.is_empty(), "{:?}", linted.problems);
    }
}
