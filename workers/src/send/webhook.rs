//! `webhook`: tells a service of the outside, guarded and described as HTTP calls of service tasks are.

use crate::service::{
    Outside,
    web::{self, Request},
};
use serde_json::{Value, json};
use std::sync::Arc;
use worker_sdk::{Job, JobFailure, Variables};

#[derive(serde::Deserialize)]
struct Task {
    to: Option<String>,
    subject: Option<String>,
    #[serde(rename = "messageBody")]
    message_body: Option<Value>,
    #[serde(default)]
    custom: Request,
}

/// The result is `{status, headers, body}` of the answer.
pub async fn send(outside: Arc<Outside>, job: Job<Variables>) -> Result<Variables, JobFailure> {
    let request = request(job.task()?, job.id())?;
    let opened = outside.secrets.open(job.tenant());
    let outcome = tokio::select! {
        outcome = web::request(&outside, &opened, &job.context, &request, "POST") => outcome,
        () = job.cancellation().cancelled() => Err(JobFailure::retryable("canceled")),
    };
    opened.guard(outcome)
}

/// The address is `to` or `custom.endpoint`; the body `custom.body`, `messageBody`, or the subject in an object.
fn request(task: Task, job_id: &str) -> Result<Request, JobFailure> {
    let Task { to, subject, message_body, custom: mut request } = task;
    let endpoint = request.endpoint.take().or(to).filter(|to| !to.trim().is_empty());
    let endpoint =
        endpoint.ok_or_else(|| JobFailure::bug("a webhook needs an address in `to` or `custom.endpoint`"))?;
    let body = request.body.take().or(message_body.map(parsed));
    let body = body.unwrap_or_else(|| json!({"id": job_id, "subject": subject}));
    Ok(Request { endpoint: Some(endpoint), body: Some(body), ..request })
}

/// Text that is a JSON object or list is sent as such.
fn parsed(body: Value) -> Value {
    let structured = body.as_str().and_then(|text| serde_json::from_str::<Value>(text).ok());
    structured.filter(|value| value.is_object() || value.is_array()).unwrap_or(body)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn address_and_body_are_taken_from_where_they_are() {
        let task = serde_json::from_value(json!({"to": "https://example.com", "messageBody": "{\"a\": 1}"})).unwrap();
        let request = request(task, "1:2").unwrap();
        assert_eq!((request.endpoint.as_deref(), request.body), (Some("https://example.com"), Some(json!({"a": 1}))));
    }
}
