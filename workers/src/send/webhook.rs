//! `webhook`: tells a service of the outside, guarded as HTTP calls of service tasks are.

use crate::service::{
    egress::Egress,
    web::{self, Request},
};
use serde_json::{Map, Value, json};
use std::sync::Arc;
use worker_sdk::{Job, JobFailure, TaskResult, Variables};

#[derive(serde::Deserialize)]
struct Task {
    to: Option<String>,
    subject: Option<String>,
    #[serde(rename = "messageBody")]
    message_body: Option<Value>,
    #[serde(default)]
    custom: Custom,
}

#[derive(Default, serde::Deserialize)]
struct Custom {
    #[serde(alias = "url")]
    endpoint: Option<String>,
    method: Option<String>,
    #[serde(default)]
    headers: Map<String, Value>,
    body: Option<Value>,
    timeout: Option<Value>,
}

/// The result is `{status, headers, body}` of the answer.
pub async fn send(egress: Arc<Egress>, job: Job<Variables>) -> Result<TaskResult<Value>, JobFailure> {
    let request = request(job.task()?, job.id())?;
    web::request(&egress, &job.context, &request, "POST").await.map(|result| TaskResult { result })
}

/// The address is `to` or `custom.endpoint`; the body `custom.body`, `messageBody`, or the subject in an object.
fn request(task: Task, job_id: &str) -> Result<Request, JobFailure> {
    let endpoint = task.custom.endpoint.or(task.to).filter(|to| !to.trim().is_empty());
    let endpoint =
        endpoint.ok_or_else(|| JobFailure::bug("a webhook needs an address in `to` or `custom.endpoint`"))?;
    let body = task.custom.body.or(task.message_body.map(parsed));
    let body = body.unwrap_or_else(|| json!({"id": job_id, "subject": task.subject}));
    let Custom { method, headers, timeout, .. } = task.custom;
    Ok(Request { endpoint, method, headers, body: Some(body), timeout })
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
        assert_eq!((request.endpoint.as_str(), request.body), ("https://example.com", Some(json!({"a": 1}))));
    }
}
