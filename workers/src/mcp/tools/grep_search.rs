//! `grep-search`: the lines of files that match a pattern.

use crate::mcp::{
    root::{Kind, Root},
    tool::{Effect, Tool, ToolError, cut, pattern},
};
use regex::Regex;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

const MOST_MATCHES: usize = 500;
const MOST_FILES: usize = 2000;
const MOST_BYTES: usize = 256 * 1024 * 1024;
const MOST_CONTEXT: usize = 10;
const LONGEST_LINE: usize = 500;
const DEEPEST: usize = 16;

pub fn tool() -> Result<Tool, String> {
    let description = "Finds the lines that match a regular expression, in a file or in all files of a folder.";
    Tool::new("grep-search", description, Effect::Reads, search)
}

#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct Search {
    /// A regular expression.
    pattern: String,
    /// A file or a folder; all files when missing.
    #[serde(default)]
    path: String,
    #[serde(default)]
    ignore_case: bool,
    /// How many lines before and after each match come along: 0 to 10.
    #[serde(default)]
    context: usize,
    /// At most so many matches are listed (500 at most); all are counted.
    #[serde(default)]
    max_matches: Option<usize>,
}

#[derive(Default, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct Found {
    matches: Vec<Match>,
    /// All matching lines, listed or not.
    total: usize,
    files_searched: usize,
    /// Not all matches are listed, or not all files were searched.
    truncated: bool,
    #[serde(skip)]
    bytes: usize,
}

#[derive(Serialize, JsonSchema)]
struct Match {
    path: String,
    /// From 1.
    line: usize,
    text: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    before: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    after: Vec<String>,
}

struct Wanted {
    pattern: Regex,
    context: usize,
    most: usize,
}

fn search(root: &Root, search: Search) -> Result<Found, ToolError> {
    let wanted = Wanted {
        pattern: pattern(&search.pattern, search.ignore_case)?,
        context: search.context.min(MOST_CONTEXT),
        most: search.max_matches.unwrap_or(100).min(MOST_MATCHES),
    };
    let mut found = Found::default();
    let path = search.path.trim_end_matches('/');
    if !path.is_empty() && path != "." && root.list(path).is_err() {
        in_text(&wanted, path, &root.read(path)?, &mut found);
    } else {
        in_folder(root, &wanted, path, DEEPEST, &mut found)?;
    }
    Ok(found)
}

/// Files that are no text, or too large, are passed over.
fn in_folder(root: &Root, wanted: &Wanted, path: &str, depth: usize, found: &mut Found) -> Result<(), ToolError> {
    for entry in root.list(path)? {
        if found.files_searched == MOST_FILES || found.bytes > MOST_BYTES {
            found.truncated = true;
            return Ok(());
        }
        let path = if matches!(path, "" | ".") { entry.name } else { format!("{path}/{}", entry.name) };
        match entry.kind {
            Kind::File => {
                if let Ok(text) = root.read(&path) {
                    in_text(wanted, &path, &text, found);
                }
            }
            Kind::Folder if depth > 1 => {
                // A folder that may not be entered has nothing to find.
                let _ = in_folder(root, wanted, &path, depth - 1, found);
            }
            Kind::Folder | Kind::Other => {}
        }
    }
    Ok(())
}

fn in_text(wanted: &Wanted, path: &str, text: &str, found: &mut Found) {
    found.files_searched += 1;
    found.bytes += text.len();
    let lines: Vec<&str> = text.lines().collect();
    let shown = |lines: &[&str]| lines.iter().map(|line| cut(line, LONGEST_LINE).to_owned()).collect();
    for (place, line) in lines.iter().enumerate().filter(|(_, line)| wanted.pattern.is_match(line)) {
        found.total += 1;
        if found.matches.len() >= wanted.most {
            found.truncated = true;
            continue;
        }
        let end = (place + 1 + wanted.context).min(lines.len());
        found.matches.push(Match {
            path: path.to_owned(),
            line: place + 1,
            text: cut(line, LONGEST_LINE).to_owned(),
            before: lines.get(place.saturating_sub(wanted.context)..place).map(shown).unwrap_or_default(),
            after: lines.get(place + 1..end).map(shown).unwrap_or_default(),
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mcp::root::tests::Scratch;
    use serde_json::{Value, json};

    fn found(root: &Root, arguments: Value) -> Result<Found, ToolError> {
        search(root, serde_json::from_value(arguments).unwrap())
    }

    #[test]
    fn lines_are_found_with_their_neighbours() {
        let scratch = Scratch::new().with("a/x.log", "one\nERROR two\nthree\n").with("y.log", "error\n");
        let one = found(&scratch.root, json!({"pattern": "ERROR", "path": "a/x.log", "context": 1})).unwrap();
        assert_eq!(
            (one.matches[0].line, &one.matches[0].before, &one.matches[0].after),
            (2, &vec!["one".to_owned()], &vec!["three".to_owned()])
        );
        let all = found(&scratch.root, json!({"pattern": "error", "ignoreCase": true, "maxMatches": 1})).unwrap();
        assert_eq!((all.total, all.matches.len(), all.files_searched, all.truncated), (2, 1, 2, true));
    }

    #[test]
    fn patterns_that_cost_too_much_are_refused() {
        let scratch = Scratch::new();
        assert!(found(&scratch.root, json!({"pattern": "(a{1,1000}){1,1000}"})).is_err());
        assert!(found(&scratch.root, json!({"pattern": "("})).is_err());
        assert!(found(&scratch.root, json!({"pattern": "a", "path": "../x"})).is_err());
    }
}
