//! What a service's answer means: a result, an error of the process, something to try again, or a bug.

use super::{
    Outcome,
    web::{LARGEST_BODY, failed, text},
};
use reqwest::{Response, StatusCode, header::RETRY_AFTER};
use serde_json::{Map, Value, json};
use std::time::Duration;
use worker_sdk::{JobFailure, Variables};

/// Of an answer that is a failure, in its message.
const LONGEST_EXCERPT: usize = 500;

/// What the task says of answers. A status is a number, also as text, or a class of them: `5xx`.
#[derive(Debug, Default, serde::Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Expected {
    /// Answers like any other, although they are failures by their status.
    pub accept_statuses: Vec<Value>,
    /// These can be tried again, and no others; else 5xx, 408, 425 and 429.
    pub retry_statuses: Option<Vec<Value>>,
    /// BPMN errors by status.
    pub errors: Map<String, Value>,
    /// Variables by paths into the result: `{"orderId": "body.order.id"}`.
    pub outputs: Map<String, Value>,
    /// Bytes.
    pub max_response_bytes: Option<Value>,
}

pub async fn read(response: Response, expected: &Expected) -> Outcome {
    let status = response.status();
    let wait = response.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok()).and_then(retry_after);
    let headers: Map<String, Value> = response
        .headers()
        .iter()
        .map(|(name, value)| (name.to_string(), json!(String::from_utf8_lossy(value.as_bytes()))))
        .collect();
    let body = body(response, expected.most()).await?;
    let result = json!({"status": status.as_u16(), "headers": headers, "body": body});
    if status.is_success() || status.is_redirection() || names(&expected.accept_statuses, status) {
        return expected.variables(result);
    }
    Err(expected.failure(status, wait, result))
}

impl Expected {
    fn most(&self) -> usize {
        let told = self.max_response_bytes.as_ref().and_then(|most| text(most).trim().parse().ok());
        told.map_or(LARGEST_BODY, |told: usize| told.min(LARGEST_BODY))
    }

    fn failure(&self, status: StatusCode, wait: Option<Duration>, result: Value) -> JobFailure {
        let said: String = text(&result["body"]).chars().take(LONGEST_EXCERPT).collect();
        let message = format!("the service answered {status}: {said}");
        if let Some((_, code)) = self.errors.iter().find(|(named, _)| matches(named, status)) {
            let brought = self.variables(result).unwrap_or_default();
            let brought: Variables = brought.into_iter().filter(|(name, _)| name != "result").collect();
            return JobFailure::bpmn_error(text(code), message).with(brought);
        }
        let again = match &self.retry_statuses {
            Some(statuses) => names(statuses, status),
            None => status.is_server_error() || matches!(status.as_u16(), 408 | 425 | 429),
        };
        match (again, wait) {
            (false, _) => JobFailure::bug(message),
            (true, None) => JobFailure::retryable(message),
            (true, Some(wait)) => JobFailure::retryable(message).after(wait),
        }
    }

    /// The result, and the variables that are taken out of it; what a path does not lead to is null.
    pub fn variables(&self, result: Value) -> Outcome {
        let mut variables = Variables::new();
        for (name, path) in &self.outputs {
            let path = path.as_str().ok_or_else(|| JobFailure::bug(format!("`outputs.{name}` is not a path")))?;
            variables.insert(name.clone(), find(&result, path).cloned().unwrap_or_default());
        }
        variables.insert("result".to_owned(), result);
        Ok(variables)
    }
}

/// `body.items.0.id`
fn find<'v>(value: &'v Value, path: &str) -> Option<&'v Value> {
    path.split('.').try_fold(value, |value, step| match value {
        Value::Array(values) => values.get(step.parse::<usize>().ok()?),
        other => other.get(step),
    })
}

fn names(statuses: &[Value], status: StatusCode) -> bool {
    statuses.iter().any(|named| matches(&text(named), status))
}

fn matches(named: &str, status: StatusCode) -> bool {
    let (named, code) = (named.trim().to_ascii_lowercase(), status.as_u16());
    named == code.to_string() || named.strip_suffix("xx").is_some_and(|class| class == (code / 100).to_string())
}

/// Seconds, or an HTTP date.
fn retry_after(value: &str) -> Option<Duration> {
    if let Ok(seconds) = value.trim().parse() {
        return Some(Duration::from_secs(seconds));
    }
    let at = jiff::fmt::rfc2822::parse(value.trim()).ok()?.timestamp();
    Duration::try_from(at.duration_since(jiff::Timestamp::now())).ok()
}

/// JSON where it says so and is, else text.
async fn body(response: Response, most: usize) -> Result<Value, JobFailure> {
    let kind = response.headers().get("content-type").and_then(|value| value.to_str().ok()).unwrap_or_default();
    let is_json = kind.contains("json");
    let content = limited(response, most).await?;
    let parsed = is_json.then(|| serde_json::from_slice(&content).ok()).flatten();
    Ok(parsed.unwrap_or_else(|| Value::String(String::from_utf8_lossy(&content).into_owned())))
}

/// Not a byte more than that is kept, whatever the answer says of its length.
pub async fn limited(mut response: Response, most: usize) -> Result<Vec<u8>, JobFailure> {
    let mut content = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(failed)? {
        if content.len() + chunk.len() > most {
            return Err(JobFailure::bug(format!("the service's answer is larger than {most} bytes")));
        }
        content.extend_from_slice(&chunk);
    }
    Ok(content)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statuses_are_numbers_or_classes() {
        let statuses = [json!(404), json!("409"), json!("5xx")];
        for (code, named) in [(404, true), (409, true), (503, true), (400, false)] {
            assert_eq!(names(&statuses, StatusCode::from_u16(code).unwrap()), named, "{code}");
        }
    }

    #[test]
    fn variables_are_taken_out_of_the_result() {
        let expected: Expected =
            serde_json::from_value(json!({"outputs": {"id": "body.items.1.id", "none": "body.x.y"}})).unwrap();
        let variables = expected.variables(json!({"body": {"items": [{"id": 1}, {"id": 2}]}})).unwrap();
        assert_eq!((&variables["id"], &variables["none"]), (&json!(2), &Value::Null));
    }
}
