//! The writer of playbooks: writes one from the findings and the steps, has it checked, mends what the checks name, and
//! says what is left.

mod text;

use super::{
    Turn,
    conversation::{Answer, Conversation, arguments, field, find, rounded},
};
use serde_json::{Value, json};
use text::Playbook;

/// The names of a checking tool, and what is said when it is used.
const CHECKS: [(&[&str], &str); 3] = [
    (&["ansible-validator"], "Validating the playbook."),
    (&["yaml-linter", "yamllint"], "Checking its YAML."),
    (&["security-checker"], "Looking for what should not be in it."),
];
const PRICE_OF_A_PROBLEM: f64 = 0.1;
const PRICE_OF_A_FAILURE: f64 = 0.05;
const SUREST: f64 = 0.92;

pub fn turn(conversation: &Conversation) -> Turn {
    let feedback = feedback(conversation);
    let first = Playbook::write(conversation, &feedback, &[]);
    let found = match check(conversation, &first, 0) {
        Round::Next(turn) => return turn,
        Round::Done(problems) => problems,
    };
    let mended = Playbook::write(conversation, &feedback, &found.problems);
    if found.problems.is_empty() || mended == first {
        return answer(conversation, &first, &feedback, &found, &[]);
    }
    match check(conversation, &mended, 1) {
        Round::Next(turn) => turn,
        Round::Done(left) => answer(conversation, &mended, &feedback, &left, &found.problems),
    }
}

enum Round {
    Next(Turn),
    Done(Checked),
}

#[derive(Default)]
struct Checked {
    problems: Vec<String>,
    warnings: usize,
    /// Tools that could not check.
    failures: usize,
    checks: usize,
}

/// The checks of one version: round 0 is the first one, round 1 the mended one.
fn check(conversation: &Conversation, playbook: &Playbook, round: usize) -> Round {
    let mut checked = Checked::default();
    for (names, saying) in CHECKS {
        let Some(tool) = conversation.tool(names) else { continue };
        let answers = conversation.answers(tool);
        let Some(answer) = answers.get(round) else {
            let wanted: [(&[&str], Value); 1] =
                [(&["content", "playbook", "yaml", "text", "source"], json!(playbook.text))];
            let thinking =
                if round == 0 { "A playbook is checked before it is handed on." } else { "Mended; once more." };
            return Round::Next(Turn::call(thinking, saying, &tool.name, arguments(tool, &wanted)));
        };
        checked.checks += 1;
        read(answer, &mut checked);
    }
    Round::Done(checked)
}

/// Errors have to be mended; warnings are only counted.
fn read(answer: &Answer, checked: &mut Checked) {
    let Some(json) = answer.json.as_ref().filter(|_| !answer.failed) else {
        checked.failures += usize::from(answer.failed);
        return;
    };
    checked.warnings += field(json, &["warnings"]).and_then(Value::as_array).map_or(0, Vec::len);
    let lists = ["errors", "problems", "findings", "issues"].iter().filter_map(|key| json.get(key)?.as_array());
    for problem in lists.flatten() {
        let level = field(problem, &["level", "severity"]).and_then(Value::as_str).unwrap_or("error");
        if matches!(level, "error" | "high" | "critical") {
            checked.problems.push(told(problem));
        } else {
            checked.warnings += 1;
        }
    }
    let passed = field(json, &["valid", "passed", "ok"]).and_then(Value::as_bool);
    if passed == Some(false) && checked.problems.is_empty() {
        checked.problems.push("a check failed without saying why".to_owned());
    }
}

fn told(problem: &Value) -> String {
    if let Some(text) = problem.as_str() {
        return text.to_owned();
    }
    let parts = ["message", "description", "excerpt"].iter().filter_map(|key| problem.get(key)?.as_str());
    parts.collect::<Vec<_>>().join(": ")
}

fn answer(
    conversation: &Conversation,
    playbook: &Playbook,
    feedback: &[String],
    left: &Checked,
    mended: &[String],
) -> Turn {
    let mut notes = vec![format!("{} repairs and {} checks from the diagnosis", playbook.repairs, playbook.checks)];
    match left.checks - left.failures {
        0 => notes.push("no tool has checked it".to_owned()),
        checks => notes.push(format!("{checks} tools have checked it, with {} warnings", left.warnings)),
    }
    notes.extend(Some(format!("written again because of: {}", feedback.join("; "))).filter(|_| !feedback.is_empty()));
    notes.extend(Some(format!("mended: {}", mended.join("; "))).filter(|_| !mended.is_empty()));
    notes.extend(Some(format!("still wrong: {}", left.problems.join("; "))).filter(|_| !left.problems.is_empty()));
    Turn::Answer(json!({
        "playbook": playbook.text,
        "notes": notes.join(". "),
        "confidence": rounded(confidence(conversation, left)),
    }))
}

/// Never surer than what it is written from.
fn confidence(conversation: &Conversation, left: &Checked) -> f64 {
    let of = |key| conversation.input(key).and_then(|input| find(input, "confidence")).and_then(Value::as_f64);
    let from = of("analysis").unwrap_or(SUREST).min(of("diagnosis").unwrap_or(SUREST)).min(SUREST);
    // Exact enough: these are small counts.
    from - PRICE_OF_A_PROBLEM * left.problems.len() as f64 - PRICE_OF_A_FAILURE * left.failures as f64
}

/// What was wrong with the last one, a line each.
fn feedback(conversation: &Conversation) -> Vec<String> {
    match conversation.input("regenerationFeedback") {
        Some(Value::String(text)) => {
            text.lines().map(|line| line.trim().to_owned()).filter(|line| !line.is_empty()).collect()
        }
        Some(Value::Array(lines)) => lines.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests;
