//! `playbook-regeneration`: what was wrong with a generated artifact becomes feedback for the next run of the agent
//! that made it. After `custom.maxAttempts` runs a person has to look.

use serde_json::{Map, Value, json};
use worker_sdk::{Job, JobFailure, Variables};

/// The BPMN error after the last attempt, for a process that goes on differently then.
const EXHAUSTED: &str = "REGENERATION_EXHAUSTED";
const DEFAULT_MAX_ATTEMPTS: u64 = 3;

#[derive(Default, serde::Deserialize)]
struct Task {
    #[serde(default)]
    custom: Custom,
}

#[derive(Default, serde::Deserialize)]
struct Custom {
    /// A number, also as text.
    #[serde(rename = "maxAttempts")]
    max_attempts: Option<Value>,
    /// The variable with the validation's outcome; else every variable that looks like one.
    source: Option<String>,
}

/// Sets `regenerationFeedback` (text) and `regenerationAttempt` (from 1); the result is both.
pub async fn regenerate(job: Job<Variables>) -> Result<Variables, JobFailure> {
    let task: Task = job.task()?;
    let most = task.custom.max_attempts.as_ref().and_then(number).unwrap_or(DEFAULT_MAX_ATTEMPTS);
    let attempt = job.input.get("regenerationAttempt").and_then(number).unwrap_or(0) + 1;
    let problems = problems(&job.input, task.custom.source.as_deref());
    let feedback =
        if problems.is_empty() { "the validation failed without saying why".to_owned() } else { problems.join("\n") };
    if attempt > most {
        let message = format!("still not valid after {most} attempts at fixing it; the last problems were: {feedback}");
        return Err(JobFailure::bpmn_error(EXHAUSTED, message).with(json!({"regenerationFeedback": feedback})));
    }
    job.progress(1.0, format!("attempt {attempt} of {most}: {feedback}"));
    Ok(Map::from_iter([
        ("result".to_owned(), json!({"attempt": attempt, "maxAttempts": most, "feedback": feedback})),
        ("regenerationFeedback".to_owned(), json!(feedback)),
        ("regenerationAttempt".to_owned(), json!(attempt)),
    ]))
}

fn number(value: &Value) -> Option<u64> {
    value.as_u64().or_else(|| value.as_str()?.trim().parse().ok())
}

/// The errors and warnings of validations that did not pass, each on a line of its own.
fn problems(variables: &Variables, source: Option<&str>) -> Vec<String> {
    let named = source.map(|source| super::file_storage::at(variables, source));
    let all: Vec<&Value> = match named {
        Some(value) => value.into_iter().collect(),
        None => variables.values().filter(|value| value.get("valid") == Some(&Value::Bool(false))).collect(),
    };
    let mut problems = Vec::new();
    for validation in all {
        for key in ["errors", "error", "warnings"] {
            collect(validation.get(key), &mut problems);
        }
        if validation.is_string() || validation.is_array() {
            collect(Some(validation), &mut problems);
        }
    }
    problems
}

fn collect(value: Option<&Value>, problems: &mut Vec<String>) {
    match value {
        None | Some(Value::Null) => {}
        Some(Value::String(text)) => problems.extend(Some(text.trim().to_owned()).filter(|text| !text.is_empty())),
        Some(Value::Array(values)) => values.iter().for_each(|value| collect(Some(value), problems)),
        Some(other) => problems.push(other.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use worker_sdk::testing::TestJob;

    async fn regenerated(variables: Value) -> Result<Variables, JobFailure> {
        let job = TestJob::new("playbook-regeneration").task(json!({"custom": {"maxAttempts": "2"}}));
        job.variables(variables).run(regenerate).await.result
    }

    #[tokio::test]
    async fn errors_become_feedback_and_attempts_are_counted() {
        let invalid = json!({"valid": false, "errors": ["no hosts", "bad indent"], "warnings": ""});
        let first = regenerated(json!({"check": invalid})).await.unwrap();
        assert_eq!(first["regenerationFeedback"], "no hosts\nbad indent");
        assert_eq!(first["regenerationAttempt"], 1);
        let second = regenerated(json!({"check": invalid, "regenerationAttempt": 1})).await.unwrap();
        assert_eq!(second["regenerationAttempt"], 2);
        let third = regenerated(json!({"check": invalid, "regenerationAttempt": 2})).await.unwrap_err();
        assert!(matches!(third, JobFailure::BpmnError { code, .. } if code == EXHAUSTED));
    }
}
