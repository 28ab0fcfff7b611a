//! Labels: flows of a gateway that have a name and no condition.
//!
//! A label matches when it names a variable that is true, when it is the outcome of the activity that the token came from,
//! or when both are positive, or both negative.

use crate::expression::{Scope, render};
use serde_json::Value;

const POSITIVE: [&str; 6] = ["yes", "true", "valid", "ok", "approved", "success"];
const NEGATIVE: [&str; 5] = ["no", "false", "invalid", "failed", "rejected"];

pub(crate) fn matches(label: &str, outcome: Option<&Value>, scope: &dyn Scope) -> bool {
    let label = label.trim();
    if scope.variable(label).is_some_and(|value| *value == Value::Bool(true)) {
        return true;
    }
    let Some(outcome) = outcome else { return false };
    let text = render(outcome);
    text.trim().to_lowercase() == label.to_lowercase()
        || verdict(label).is_some_and(|verdict| Some(verdict) == verdict_of(outcome))
}

/// The outcome of an activity's result: itself, or the field that says how it came out.
pub(crate) fn outcome_of(result: &Value) -> Option<Value> {
    match result {
        Value::Object(fields) => {
            ["outcome", "decision", "status", "valid"].iter().find_map(|name| fields.get(*name)).cloned()
        }
        Value::Null | Value::Array(_) => None,
        Value::Bool(_) | Value::Number(_) | Value::String(_) => Some(result.clone()),
    }
}

/// Whether a label is positive or negative: by its first word, else by its last (`validation failed`).
fn verdict(label: &str) -> Option<bool> {
    let mut words = label.split(|letter: char| !letter.is_alphanumeric()).filter(|word| !word.is_empty());
    let first = words.next()?;
    verdict_of_word(first).or_else(|| verdict_of_word(words.next_back()?))
}

fn verdict_of(outcome: &Value) -> Option<bool> {
    match outcome {
        Value::Bool(outcome) => Some(*outcome),
        Value::String(text) => verdict_of_word(text.trim()),
        _ => None,
    }
}

fn verdict_of_word(word: &str) -> Option<bool> {
    let is = |other: &&str| word.eq_ignore_ascii_case(other);
    if POSITIVE.iter().any(is) {
        return Some(true);
    }
    NEGATIVE.iter().any(is).then_some(false)
}

#[cfg(test)]
mod tests {
    use super::verdict;

    #[test]
    fn a_label_is_judged_by_its_first_word_then_by_its_last() {
        assert_eq!(verdict("No - low confidence"), Some(false));
        assert_eq!(verdict("validation failed"), Some(false));
        assert_eq!(verdict("Approved by manager"), Some(true));
        assert_eq!(verdict("express"), None);
    }
}
