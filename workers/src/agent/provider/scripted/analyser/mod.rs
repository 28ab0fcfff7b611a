//! The analyser of logs: looks at the log's shape, searches for what stands out, reads around it, has it classified, and
//! concludes from what the tools answered.

mod conclusion;
mod evidence;

use super::{
    Turn,
    conversation::{Conversation, arguments, has_property},
};
use evidence::Evidence;
use serde_json::{Value, json};

/// What stands out in a log, in the dialect that all regular expressions share.
const TROUBLE: &str = r"(?i)\b(error|err|fatal|crit(ical)?|panic|warn(ing)?|exception|fail(ed|ure|ing)?|exhausted|timed? ?out|refused|denied|killed|no space left|out of memory|slow query)\b";
const MOST_MATCHES: u64 = 60;
const MOST_TEMPLATES: u64 = 20;
const LINES_READ: u64 = 30;
const LINES_BEFORE: u64 = 5;

pub fn turn(conversation: &Conversation) -> Turn {
    let path = ["logPath", "path", "file", "uri"].iter().find_map(|key| conversation.input_text(key));
    let Some(path) = path else { return Turn::Answer(conclusion::without_a_log()) };
    let evidence = Evidence::of(conversation);
    next_call(conversation, path, &evidence).unwrap_or_else(|| Turn::Answer(conclusion::conclude(path, &evidence)))
}

/// Each tool is asked once; one that is not offered is done without.
fn next_call(conversation: &Conversation, path: &str, evidence: &Evidence) -> Option<Turn> {
    let steps = [shape, search, read, classify];
    steps.iter().find_map(|step| step(conversation, path, evidence))
}

const PATH: &[&str] = &["path", "file", "filePath", "file_path", "logPath", "log_path", "paths"];

fn shape(conversation: &Conversation, path: &str, evidence: &Evidence) -> Option<Turn> {
    let tool = conversation.tool(evidence::PARSERS).filter(|_| evidence.parsed.is_none())?;
    let wanted: [(&[&str], Value); 2] =
        [(PATH, json!(path)), (&["maxTemplates", "max_templates", "limit"], json!(MOST_TEMPLATES))];
    let thinking = "A log's format, levels and time range tell where to look.";
    Some(Turn::call(thinking, "Looking at the shape of the log first.", &tool.name, arguments(tool, &wanted)))
}

fn search(conversation: &Conversation, path: &str, evidence: &Evidence) -> Option<Turn> {
    let tool = conversation.tool(evidence::SEARCHERS).filter(|_| evidence.found.is_none())?;
    let wanted: [(&[&str], Value); 3] = [
        (&["pattern", "query", "regex", "expression"], json!(TROUBLE)),
        (PATH, json!(path)),
        (&["maxMatches", "max_matches", "maxResults", "max_results", "limit"], json!(MOST_MATCHES)),
    ];
    let thinking = "Errors and warnings come next, with the words that programs use for trouble.";
    Some(Turn::call(thinking, "Searching for what stands out.", &tool.name, arguments(tool, &wanted)))
}

fn read(conversation: &Conversation, path: &str, evidence: &Evidence) -> Option<Turn> {
    let tool = conversation.tool(evidence::READERS).filter(|_| evidence.read.is_none())?;
    let from = evidence.first_line().unwrap_or(1).saturating_sub(LINES_BEFORE).max(1);
    let wanted: [(&[&str], Value); 3] = [
        (PATH, json!(path)),
        (&["fromLine", "from_line", "startLine", "start_line", "offset"], json!(from)),
        (&["maxLines", "max_lines", "lineCount", "limit", "head"], json!(LINES_READ)),
    ];
    let thinking = "What came just before the first trouble often explains it.";
    let text = format!("Reading the log from line {from}.");
    Some(Turn::call(thinking, &text, &tool.name, arguments(tool, &wanted)))
}

/// A log without trouble has nothing to classify. A list of matches that was cut is replaced by the whole file.
fn classify(conversation: &Conversation, path: &str, evidence: &Evidence) -> Option<Turn> {
    let lines = evidence.lines();
    let is_clean = lines.is_empty() && evidence.has_looked();
    let tool = conversation.tool(evidence::CLASSIFIERS).filter(|_| evidence.classified.is_none() && !is_clean)?;
    let takes_path = PATH.iter().any(|name| has_property(tool, name));
    let wanted: [(&[&str], Value); 1] = if takes_path && (evidence.is_cut() || lines.is_empty()) {
        [(PATH, json!(path))]
    } else if ["messages", "lines", "errors"].iter().any(|name| has_property(tool, name)) {
        [(&["messages", "lines", "errors"], json!(lines))]
    } else {
        [(&["text", "message", "content", "log", "error"], json!(lines.join("\n")))]
    };
    let thinking = "Now the kinds of trouble, and which of them causes the others.";
    Some(Turn::call(thinking, "Classifying what was found.", &tool.name, arguments(tool, &wanted)))
}

#[cfg(test)]
mod tests;
