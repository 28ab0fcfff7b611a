//! Any other agent: says what it was given.

use super::{
    Turn,
    conversation::{Conversation, arguments, shortened},
};
use serde_json::{Value, json};

const LONGEST_VALUE: usize = 80;
const PATHS: &[&str] = &["path", "filePath", "logPath", "file"];

/// Reads the file that the inputs name when a tool for that is offered; then sums up.
pub fn turn(conversation: &Conversation) -> Turn {
    let path = PATHS.iter().find_map(|key| conversation.input_text(key));
    let reader = conversation.tool(&["filesystem-read", "read-text-file", "read-file"]);
    let mut read = String::new();
    if let (Some(path), Some(reader)) = (path, reader) {
        match conversation.answers(reader).first() {
            None => {
                let arguments = arguments(reader, &[(&["path", "file"], json!(path))]);
                return Turn::call("The inputs name a file.", "Reading the file first.", &reader.name, arguments);
            }
            Some(answer) if answer.failed => read = format!("; {path} could not be read: {}", first_line(answer.text)),
            Some(answer) => read = format!("; {path} begins: {}", first_line(answer.text)),
        }
    }
    let summary = format!("{}{read}", told(conversation.inputs()));
    Turn::Answer(json!({"summary": summary, "outcome": "ok", "confidence": 0.9}))
}

fn first_line(text: &str) -> String {
    shortened(text.lines().next().unwrap_or_default(), LONGEST_VALUE)
}

fn told(inputs: &Value) -> String {
    let fields = inputs.as_object().into_iter().flatten();
    let told: Vec<String> = fields
        .map(|(name, value)| {
            let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            format!("{name}: {}", shortened(&value, LONGEST_VALUE))
        })
        .collect();
    if told.is_empty() { "There are no inputs".to_owned() } else { told.join(", ") }
}

#[cfg(test)]
mod tests {
    use super::super::testing::play;
    use super::*;

    #[test]
    fn inputs_are_summed_up() {
        let played = play("clerk", &json!({"order": 7, "item": "lamp"}), &[("shell", &["command"], &[Ok(json!(1))])]);
        assert!(played.calls.is_empty());
        let summary = played.result["summary"].as_str().unwrap();
        assert!(summary.contains("order: 7") && summary.contains("item: lamp"), "{summary}");
        assert_eq!(played.result["outcome"], "ok");
    }

    #[test]
    fn a_named_file_is_read() {
        let played = play(
            "clerk",
            &json!({"path": "a.txt"}),
            &[("filesystem-read", &["path"], &[Ok(json!("dear reader\nmore"))])],
        );
        assert_eq!(played.calls[0].arguments, json!({"path": "a.txt"}));
        assert!(played.result["summary"].as_str().unwrap().contains("dear reader"));
    }
}
