//! `regex-match`: where a pattern matches in a text, with its groups.

use crate::mcp::{
    root::Root,
    tool::{Effect, Tool, ToolError, cut, pattern, text_of},
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

const MOST_MATCHES: usize = 500;
const LONGEST_MATCH: usize = 1000;

pub fn tool() -> Result<Tool, String> {
    let description = "Matches a regular expression against a text or a file; gives the matches and their groups.";
    Tool::new("regex-match", description, Effect::Reads, matches)
}

#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct Wanted {
    /// A regular expression; groups may be named, `(?<name>…)`.
    pattern: String,
    /// The text itself; else `path`.
    #[serde(default)]
    text: Option<String>,
    /// A file; else `text`.
    #[serde(default)]
    path: Option<String>,
    #[serde(default)]
    ignore_case: bool,
    /// At most so many matches are listed (500 at most); all are counted.
    #[serde(default)]
    max_matches: Option<usize>,
}

#[derive(Serialize, JsonSchema)]
struct Matched {
    matched: bool,
    matches: Vec<Match>,
    /// All matches, listed or not.
    total: usize,
}

#[derive(Serialize, JsonSchema)]
struct Match {
    text: String,
    /// Line of its beginning, from 1.
    line: usize,
    /// Bytes from the text's beginning.
    start: usize,
    end: usize,
    /// By name, or by number from 1; groups that took no part are missing.
    groups: BTreeMap<String, String>,
}

fn matches(root: &Root, wanted: Wanted) -> Result<Matched, ToolError> {
    let pattern = pattern(&wanted.pattern, wanted.ignore_case)?;
    let text = text_of(root, wanted.path.as_deref(), wanted.text)?;
    let most = wanted.max_matches.unwrap_or(100).min(MOST_MATCHES);
    let mut matched = Matched { matched: false, matches: Vec::new(), total: 0 };
    let (mut line, mut counted) = (1, 0);
    for captures in pattern.captures_iter(&text) {
        matched.total += 1;
        let Some(whole) = captures.get(0).filter(|_| matched.matches.len() < most) else { continue };
        line += text.get(counted..whole.start()).map_or(0, |passed| passed.matches('\n').count());
        counted = whole.start();
        let name = |(place, name): (usize, Option<&str>)| name.map_or_else(|| place.to_string(), str::to_owned);
        let groups = pattern.capture_names().enumerate().skip(1).filter_map(|group| {
            let value = captures.get(group.0)?.as_str();
            Some((name(group), cut(value, LONGEST_MATCH).to_owned()))
        });
        let text = cut(whole.as_str(), LONGEST_MATCH).to_owned();
        matched.matches.push(Match { text, line, start: whole.start(), end: whole.end(), groups: groups.collect() });
    }
    matched.matched = matched.total > 0;
    Ok(matched)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mcp::root::tests::Scratch;
    use serde_json::{Value, json};

    fn matched(arguments: Value) -> Result<Matched, ToolError> {
        matches(&Scratch::new().root, serde_json::from_value(arguments).unwrap())
    }

    #[test]
    fn groups_come_by_name_and_number() {
        let found = matched(json!({"pattern": "(?<key>\\w+)=(\\d+)", "text": "x\na=1 b=2"})).unwrap();
        assert_eq!(found.total, 2);
        assert_eq!((found.matches[1].groups["key"].as_str(), found.matches[1].groups["2"].as_str()), ("b", "2"));
        assert_eq!((found.matches[0].line, found.matches[0].start), (2, 2));
    }

    #[test]
    fn a_text_or_a_file_is_needed() {
        assert!(matched(json!({"pattern": "a"})).is_err());
        assert!(matched(json!({"pattern": "a", "text": "a", "path": "a"})).is_err());
    }
}
