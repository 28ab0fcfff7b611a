//! Data as YAML text in block style, which reads back as the same data.

use serde_json::Value;
use std::fmt::Write;

/// A document, with its last line ended.
pub(super) fn document(value: &Value) -> String {
    let mut text = String::new();
    node(value, 0, &mut text);
    text.trim_start_matches('\n').trim_start_matches(' ').to_owned()
}

/// After a key or a dash: on the same line where it fits, else below it. Ends its last line.
fn node(value: &Value, indent: usize, text: &mut String) {
    match value {
        Value::Object(map) if map.is_empty() => text.push_str(" {}\n"),
        Value::Array(items) if items.is_empty() => text.push_str(" []\n"),
        Value::Object(map) => {
            text.push('\n');
            for (key, value) in map {
                pad(indent, text);
                entry(key, value, indent, text);
            }
        }
        Value::Array(items) => {
            text.push('\n');
            for item in items {
                pad(indent, text);
                text.push('-');
                self::item(item, indent, text);
            }
        }
        Value::String(words) => string(words, indent, text),
        Value::Null | Value::Bool(_) | Value::Number(_) => {
            // Writing into a string does not fail.
            let _ = writeln!(text, " {value}");
        }
    }
}

fn entry(key: &str, value: &Value, indent: usize, text: &mut String) {
    text.push_str(&scalar(key));
    text.push(':');
    // A list needs no indentation of its own below its key.
    let below = if value.is_array() { indent } else { indent + 2 };
    node(value, below, text);
}

/// An item of a list; a map begins on the line of its dash.
fn item(item: &Value, indent: usize, text: &mut String) {
    match item {
        Value::Object(map) if !map.is_empty() => {
            for (n, (key, value)) in map.iter().enumerate() {
                if n == 0 {
                    text.push(' ');
                } else {
                    pad(indent + 2, text);
                }
                entry(key, value, indent + 2, text);
            }
        }
        other => node(other, indent + 2, text),
    }
}

fn pad(indent: usize, text: &mut String) {
    text.extend(std::iter::repeat_n(' ', indent));
}

fn string(words: &str, indent: usize, text: &mut String) {
    if !is_block(words) {
        let _ = writeln!(text, " {}", scalar(words));
        return;
    }
    text.push_str(if words.ends_with('\n') { " |\n" } else { " |-\n" });
    for line in words.lines() {
        if !line.is_empty() {
            pad(indent.max(2), text);
            text.push_str(line);
        }
        text.push('\n');
    }
}

/// Several lines that a block shows as they are.
fn is_block(words: &str) -> bool {
    let body = words.strip_suffix('\n').unwrap_or(words);
    let is_plain = |letter: char| letter == '\n' || (!is_escaped(letter) && letter != '\t');
    body.contains('\n')
        && !body.ends_with('\n')
        && !body.starts_with([' ', '\n'])
        && body.lines().all(|line| !line.ends_with(' '))
        && body.chars().all(is_plain)
}

/// On one line: bare where nobody can take it for anything but text, else in quotes.
fn scalar(words: &str) -> String {
    if is_bare(words) { words.to_owned() } else { quoted(words) }
}

fn is_bare(words: &str) -> bool {
    let mut letters = words.chars();
    let starts = letters.next().is_some_and(|first| first.is_alphabetic() || first == '_' || first == '$');
    let is_word = |letter: char| letter.is_alphanumeric() || "_-./ ()$+<>=".contains(letter);
    let reserved = ["true", "false", "null", "yes", "no", "on", "off", "y", "n"];
    starts
        && letters.all(is_word)
        && !words.ends_with(' ')
        && !words.contains(['{', '}'])
        && !reserved.contains(&words.to_lowercase().as_str())
}

fn quoted(words: &str) -> String {
    let mut text = String::from("\"");
    for letter in words.chars() {
        match letter {
            '"' => text.push_str("\\\""),
            '\\' => text.push_str("\\\\"),
            '\n' => text.push_str("\\n"),
            '\t' => text.push_str("\\t"),
            '\r' => text.push_str("\\r"),
            letter if is_escaped(letter) => {
                let _ = write!(text, "\\U{:08x}", u32::from(letter));
            }
            letter => text.push(letter),
        }
    }
    text.push('"');
    text
}

/// What YAML does not print, or takes for the end of a line.
fn is_escaped(letter: char) -> bool {
    letter.is_control() || matches!(letter, '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}')
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn data_reads_back_as_it_was() {
        let words = [
            "plain",
            "a b",
            "",
            " ",
            "true",
            "No",
            "1",
            "1.5e3",
            "- x",
            "a: b",
            "a #b",
            "${x > 1}",
            "= x",
            "'",
            "\"",
            "\\",
            "a\nb",
            "a\nb\n",
            "a\n\n  b\n\n",
            "\n",
            " a\nb",
            "a \nb",
            "\t",
            "a\tb\nc",
            "\u{7f}",
            "\u{85}",
            "ü😀\u{feff}",
            "*a",
            "&a",
            "!a",
            "~",
            "%",
            "@",
            "`",
            "{a}",
            "[a]",
            "a\r\nb",
            "null",
            "#",
            "?",
            ":",
            "a:",
            "\u{0}",
        ];
        let list: Vec<Value> = words.iter().map(|word| json!(word)).collect();
        let keyed: serde_json::Map<String, Value> =
            words.iter().map(|word| ((*word).to_owned(), json!(word))).collect();
        let value = json!({"process": {"list": list, "nested": [[1, [true, null]], {}, [], {"a": [{"b": {"c": "x\ny"}}]}], "keyed": keyed, "n": -0.5}});
        let text = document(&value);
        let mut problems = Vec::new();
        let nodes = crate::yaml::tree::parse(&text, &mut problems);
        assert_eq!(problems, [], "{text}");
        assert_eq!(nodes.first().map(crate::yaml::tree::Node::to_json), Some(value), "{text}");
    }
}
