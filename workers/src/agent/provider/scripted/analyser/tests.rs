//! Whole conversations with tools that answer in several ways.

use super::super::testing::{FixedTool, play};
use serde_json::{Value, json};

const PARSER: &[&str] = &["path", "text", "maxTemplates"];
const GREP: &[&str] = &["pattern", "path", "maxMatches"];
const READ: &[&str] = &["path", "fromLine", "maxLines"];
const CLASSIFIER: &[&str] = &["messages", "text", "path"];

fn parsed(errors: u64) -> Value {
    json!({"format": "text", "lines": 271, "from": "14:02", "to": "14:06",
           "levels": {"error": errors, "warning": 3, "info": 200}, "templates": []})
}

fn classified() -> Value {
    json!({"severity": "critical", "confidence": 0.97, "unclassified": 0, "classifications": [
        {"category": "memory-exhaustion", "severity": "critical", "confidence": 0.97, "count": 2,
         "evidence": ["OutOfMemoryError"], "cause": "Too little memory.", "recommendation": "More."},
        {"category": "slow-queries", "severity": "high", "confidence": 0.9, "count": 30,
         "evidence": ["slow query 3598ms"], "cause": "No index.", "recommendation": "Add it."},
    ]})
}

#[test]
fn findings_are_what_the_tools_answered() {
    let found = json!({"matches": [{"path": "a.log", "line": 73, "text": "slow query 3598ms"}], "total": 1});
    let tools: [FixedTool; 4] = [
        ("filesystem-read", READ, &[Ok(json!({"content": "x"}))]),
        ("grep-search", GREP, &[Ok(found)]),
        ("log-parser", PARSER, &[Ok(parsed(12))]),
        ("error-classifier", CLASSIFIER, &[Ok(classified())]),
    ];
    let played = play("log-analyzer", &json!({"logPath": "logs/a.log", "logFileName": "a.log"}), &tools);
    assert_eq!(played.names(), ["log-parser", "grep-search", "filesystem-read", "error-classifier"]);
    assert_eq!(played.calls[0].arguments["path"], "logs/a.log");
    assert_eq!(played.calls[2].arguments["fromLine"], 68);
    assert_eq!(played.calls[3].arguments, json!({"messages": ["slow query 3598ms"]}));
    let result = played.result;
    assert_eq!((&result["severity"], &result["issueCount"]), (&json!("critical"), &json!(2)));
    assert_eq!((&result["findings"][1]["count"], &result["confidence"]), (&json!(30), &json!(0.97)));
    assert!(result["rootCause"].as_str().unwrap().starts_with("memory-exhaustion"));
    assert!(result["summary"].as_str().unwrap().contains("12 of them errors"));
}

#[test]
fn a_list_that_was_cut_is_classified_from_the_file() {
    let found = json!({"matches": [{"line": 1, "text": "ERROR a"}], "total": 900, "truncated": true});
    let tools: [FixedTool; 2] =
        [("grep-search", GREP, &[Ok(found)]), ("error-classifier", CLASSIFIER, &[Ok(classified())])];
    let played = play("log-analyzer", &json!({"logPath": "a.log"}), &tools);
    assert_eq!(played.calls[1].arguments, json!({"path": "a.log"}));
}

#[test]
fn a_log_without_errors_is_harmless() {
    let tools: [FixedTool; 3] = [
        ("grep-search", GREP, &[Ok(json!({"matches": [], "total": 0}))]),
        ("log-parser", PARSER, &[Ok(parsed(0))]),
        ("error-classifier", CLASSIFIER, &[Ok(classified())]),
    ];
    let played = play("log-analyzer", &json!({"logPath": "a.log"}), &tools);
    assert_eq!(played.names(), ["log-parser", "grep-search"]);
    assert_eq!((&played.result["severity"], &played.result["issueCount"]), (&json!("low"), &json!(0)));
    assert!(played.result["confidence"].as_f64().unwrap() >= 0.8);
}

#[test]
fn plain_text_is_read_by_its_words() {
    let found = "3: No space left on device\n9: write failed: No space left on device\n11: Failed password for admin";
    let tools: [FixedTool; 1] = [("grep_search", &["query", "file"], &[Ok(json!(found))])];
    let played = play("log-analyzer", &json!({"logPath": "a.log"}), &tools);
    assert_eq!(played.names(), ["grep_search"]);
    assert_eq!(played.calls[0].arguments["file"], "a.log");
    assert_eq!(played.result["findings"][0]["category"], "disk-full");
    assert_eq!(played.result["findings"][0]["count"], 2);
    assert_eq!(played.result["findings"][1]["category"], "authentication");
}

#[test]
fn failures_of_tools_lower_the_confidence() {
    let tools: [FixedTool; 4] = [
        ("filesystem-read", READ, &[Err("no such file")]),
        ("grep-search", GREP, &[Err("no such file")]),
        ("log-parser", PARSER, &[Err("no such file")]),
        ("error-classifier", CLASSIFIER, &[Err("no such file")]),
    ];
    let played = play("log-analyzer", &json!({"logPath": "gone.log"}), &tools);
    assert_eq!(played.calls.len(), 4);
    assert!(played.result["confidence"].as_f64().unwrap() < 0.3);
    assert_eq!(played.result["issueCount"], 0);
}

#[test]
fn no_log_is_said_so() {
    let result = play("log-analyzer", &json!({"other": 1}), &[]).result;
    assert!(result["summary"].as_str().unwrap().contains("logPath"));
}
