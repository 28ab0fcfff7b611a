//! Whole conversations with tools that find nothing, find something, or fail.

use super::super::testing::{FixedTool, Played, play};
use serde_json::{Value, json};

const CONTENT: &[&str] = &["content", "path"];

fn inputs(feedback: &str) -> Value {
    let finding = |category: &str| json!({"category": category, "message": "m", "count": 2, "evidence": ["e"]});
    let categories = [
        "connection-pool-exhaustion",
        "disk-full",
        "memory-exhaustion",
        "slow-queries",
        "authentication",
        "network",
        "odd: 'thing'",
    ];
    json!({
        "analysis": {"confidence": 0.95, "findings": categories.map(finding)},
        "diagnosis": {"confidence": 0.9, "steps": [
            {"title": "See how full: it's", "reason": "r", "command": "df -h", "risk": "none"},
            {"title": "Pipes", "reason": "r", "command": "df -h | sort", "risk": "none"},
            {"title": "Restart", "reason": "r", "command": "systemctl restart x", "risk": "medium"},
        ]},
        "regenerationFeedback": feedback,
    })
}

fn text(played: &Played) -> &str {
    played.result["playbook"].as_str().unwrap()
}

/// As the process' own script checks it, and more.
fn plays(text: &str) -> Value {
    let plays: Value = serde_saphyr::from_str(text).unwrap_or_else(|error| panic!("{error}\n{text}"));
    for play in plays.as_array().unwrap() {
        assert!(play["hosts"].is_string() && play["name"].is_string());
        for task in play["tasks"].as_array().unwrap() {
            assert!(task["name"].is_string());
            for inner in ["block", "rescue"].iter().flat_map(|key| task[key].as_array().cloned().unwrap_or_default()) {
                assert!(inner["name"].is_string());
                assert!(inner.as_object().unwrap().keys().any(|key| key.starts_with("ansible.builtin.")), "{inner}");
            }
        }
    }
    plays
}

#[test]
fn a_playbook_holds_the_repairs_and_the_harmless_checks() {
    let played = play("playbook-generator", &inputs(""), &[]);
    let plays = plays(text(&played));
    assert_eq!(plays[0]["tasks"].as_array().unwrap().len(), 1 + 1 + 7);
    assert!(text(&played).contains("df -h") && !text(&played).contains("sort"));
    assert!(text(&played).lines().all(|line| line.len() <= 160));
    assert_eq!(played.result["confidence"], 0.9);
}

#[test]
fn all_checks_are_asked_once_when_nothing_is_wrong() {
    let tools: [FixedTool; 3] = [
        ("ansible-validator", CONTENT, &[Ok(json!({"valid": true, "errors": [], "warnings": ["w"]}))]),
        ("yaml-linter", CONTENT, &[Ok(json!({"valid": true, "problems": []}))]),
        (
            "security-checker",
            &["text"],
            &[Ok(json!({"passed": true, "findings": [{"severity": "low", "message": "m"}]}))],
        ),
    ];
    let played = play("playbook-generator", &inputs(""), &tools);
    assert_eq!(played.names(), ["ansible-validator", "yaml-linter", "security-checker"]);
    assert_eq!(played.calls[0].arguments["content"], played.result["playbook"]);
    assert!(played.calls[2].arguments["text"].is_string());
    assert!(played.result["notes"].as_str().unwrap().contains("3 tools have checked it, with 2 warnings"));
    assert_eq!(played.result["confidence"], 0.9);
}

#[test]
fn what_a_check_names_is_mended_and_checked_again() {
    let wrong = json!({"valid": false, "errors": ["play 1, tasks 2 (`Check: See how full: it's`) is bad"]});
    let tools: [FixedTool; 1] =
        [("ansible-validator", CONTENT, &[Ok(wrong), Ok(json!({"valid": true, "errors": []}))])];
    let played = play("playbook-generator", &inputs(""), &tools);
    assert_eq!(played.calls.len(), 2);
    assert!(!text(&played).contains("See how full"));
    assert!(played.result["notes"].as_str().unwrap().contains("mended:"));
    assert_eq!(played.result["confidence"], 0.9);
}

#[test]
fn what_cannot_be_mended_is_reported() {
    let wrong = json!({"valid": false, "errors": ["the moon is full"]});
    let tools: [FixedTool; 2] =
        [("ansible-validator", CONTENT, &[Ok(wrong)]), ("yaml-linter", CONTENT, &[Err("crashed")])];
    let played = play("playbook-generator", &inputs(""), &tools);
    assert_eq!(played.calls.len(), 2);
    assert!(played.result["notes"].as_str().unwrap().contains("still wrong: the moon is full"));
    assert_eq!(played.result["confidence"], 0.75);
}

#[test]
fn feedback_is_addressed() {
    let played = play("playbook-generator", &inputs("play 1 has no hosts\nplay 1 has no tasks"), &[]);
    assert_eq!(plays(text(&played))[0]["hosts"], "all");
    assert!(text(&played).contains("# Written again because of: play 1 has no hosts"));
    assert!(played.result["notes"].as_str().unwrap().contains("play 1 has no tasks"));
}

#[test]
fn nothing_found_is_still_a_playbook() {
    let played = play("playbook-generator", &json!({"analysis": {"findings": []}}), &[]);
    plays(text(&played));
}
