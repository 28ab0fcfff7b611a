//! `web-service`: one HTTP request, described by the task's `custom`.

use super::egress::Egress;
use reqwest::{
    Method, Response,
    header::{HeaderMap, HeaderName, HeaderValue, RETRY_AFTER},
};
use serde_json::{Map, Value, json};
use std::{sync::Arc, time::Duration};
use worker_sdk::{Context, Job, JobFailure, TaskResult, Variables};

const DEFAULT_TIMEOUT: Duration = Duration::from_secs(30);
const LONGEST_TIMEOUT: Duration = Duration::from_secs(600);
/// Of a request and of an answer.
pub const LARGEST_BODY: usize = 1024 * 1024;

/// A request as tasks describe it; also a webhook's.
#[derive(Debug, serde::Deserialize)]
pub struct Request {
    #[serde(alias = "url")]
    pub endpoint: String,
    pub method: Option<String>,
    #[serde(default)]
    pub headers: Map<String, Value>,
    pub body: Option<Value>,
    /// Milliseconds, also as text.
    pub timeout: Option<Value>,
}

#[derive(serde::Deserialize)]
struct Task {
    custom: Request,
}

/// The result is `{status, headers, body}`.
pub async fn call(egress: Arc<Egress>, job: Job<Variables>) -> Result<TaskResult<Value>, JobFailure> {
    let task: Task = job.task()?;
    request(&egress, &job.context, &task.custom, "GET").await.map(|result| TaskResult { result })
}

/// Sends it, and tells what may be tried again from what may not.
pub async fn request(
    egress: &Egress,
    context: &Context,
    request: &Request,
    default_method: &str,
) -> Result<Value, JobFailure> {
    let url = egress.check(&request.endpoint).map_err(|error| JobFailure::bug(error.to_string()))?;
    let method = request.method.as_deref().unwrap_or(default_method).to_ascii_uppercase();
    let method =
        Method::from_bytes(method.as_bytes()).map_err(|_| JobFailure::bug("`method` is not an HTTP method"))?;
    context.progress(0.1, format!("{method} {url}"));
    let within = timeout(request.timeout.as_ref());
    let mut call = egress.client().request(method, url).timeout(within).headers(headers(request, context)?);
    if let Some(body) = &request.body {
        call = with_body(call, body, &request.headers)?;
    }
    let response = tokio::select! {
        response = call.send() => response.map_err(failed)?,
        () = context.cancellation().cancelled() => return Err(JobFailure::retryable("canceled")),
    };
    answer(response).await
}

/// The definition's, and the job's identity, which makes a repeated request recognisable.
fn headers(request: &Request, context: &Context) -> Result<HeaderMap, JobFailure> {
    let mut headers = HeaderMap::new();
    let key = HeaderValue::from_str(context.id()).map_err(|_| JobFailure::bug("the job id is not a header value"))?;
    headers.insert("idempotency-key", key);
    if let Some(traceparent) = context.traceparent().and_then(|value| HeaderValue::from_str(value).ok()) {
        headers.insert("traceparent", traceparent);
    }
    for (name, value) in &request.headers {
        let wrong = || JobFailure::bug(format!("`{name}` is not a header that can be sent"));
        let header = HeaderName::from_bytes(name.as_bytes()).map_err(|_| wrong())?;
        // The destination is the URL's, and lengths are ours.
        if matches!(header.as_str(), "host" | "content-length" | "transfer-encoding" | "connection") {
            return Err(wrong());
        }
        headers.insert(header, HeaderValue::from_str(&text(value)).map_err(|_| wrong())?);
    }
    Ok(headers)
}

fn with_body(
    call: reqwest::RequestBuilder,
    body: &Value,
    headers: &Map<String, Value>,
) -> Result<reqwest::RequestBuilder, JobFailure> {
    let content = text(body);
    if content.len() > LARGEST_BODY {
        return Err(JobFailure::bug(format!("the body has {} bytes, more than {LARGEST_BODY}", content.len())));
    }
    let says_type = headers.keys().any(|name| name.eq_ignore_ascii_case("content-type"));
    let kind = if body.is_string() { "text/plain; charset=utf-8" } else { "application/json" };
    Ok(if says_type { call.body(content) } else { call.header("content-type", kind).body(content) })
}

fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn timeout(milliseconds: Option<&Value>) -> Duration {
    let number = |value: &Value| value.as_u64().or_else(|| value.as_str()?.trim().parse().ok());
    milliseconds.and_then(number).map_or(DEFAULT_TIMEOUT, Duration::from_millis).min(LONGEST_TIMEOUT)
}

/// The connection failed: a refused address stays refused, everything else may pass.
fn failed(error: reqwest::Error) -> JobFailure {
    let mut cause: Option<&dyn std::error::Error> = Some(&error);
    while let Some(error) = cause {
        if let Some(forbidden) = error.downcast_ref::<super::egress::EgressError>() {
            return JobFailure::bug(forbidden.to_string());
        }
        cause = error.source();
    }
    JobFailure::from(error.without_url())
}

async fn answer(response: Response) -> Result<Value, JobFailure> {
    let status = response.status();
    let wait = response.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok()).and_then(retry_after);
    let headers: Map<String, Value> = response
        .headers()
        .iter()
        .map(|(name, value)| (name.to_string(), json!(String::from_utf8_lossy(value.as_bytes()))))
        .collect();
    let body = read(response).await?;
    if status.is_success() || status.is_redirection() {
        return Ok(json!({"status": status.as_u16(), "headers": headers, "body": body}));
    }
    let message = format!("the service answered {status}: {}", text(&body).chars().take(500).collect::<String>());
    let again = status.is_server_error() || matches!(status.as_u16(), 408 | 425 | 429);
    match (again, wait) {
        (false, _) => Err(JobFailure::bug(message)),
        (true, None) => Err(JobFailure::retryable(message)),
        (true, Some(wait)) => Err(JobFailure::retryable(message).after(wait)),
    }
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
async fn read(mut response: Response) -> Result<Value, JobFailure> {
    let kind = response.headers().get("content-type").and_then(|value| value.to_str().ok()).unwrap_or_default();
    let is_json = kind.contains("json");
    let mut content = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(failed)? {
        content.extend_from_slice(&chunk);
        if content.len() > LARGEST_BODY {
            return Err(JobFailure::bug(format!("the service's answer is larger than {LARGEST_BODY} bytes")));
        }
    }
    let parsed = is_json.then(|| serde_json::from_slice(&content).ok()).flatten();
    Ok(parsed.unwrap_or_else(|| Value::String(String::from_utf8_lossy(&content).into_owned())))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::service::egress::Config;
    use axum::{Json, Router, http::StatusCode, response::IntoResponse, routing::any};
    use worker_sdk::testing::{Outcome, TestJob};

    async fn call_server(path: &str, custom: Value) -> Outcome {
        let router = Router::new()
            .route("/echo", any(|body: String| async move { Json(json!({"got": body})) }))
            .route(
                "/busy",
                any(|| async { (StatusCode::TOO_MANY_REQUESTS, [("retry-after", "7")], "").into_response() }),
            )
            .route("/down", any(|| async { StatusCode::BAD_GATEWAY }))
            .route("/large", any(|| async { "x".repeat(LARGEST_BODY + 1) }));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let server = tokio::spawn(async move { axum::serve(listener, router).await });
        let mut custom = custom;
        custom["endpoint"] = json!(format!("http://{address}{path}"));
        let egress = Arc::new(Egress::new(&Config { allow: vec!["loopback".into()] }).unwrap());
        let job = TestJob::new("web-service").task(json!({"custom": custom}));
        let outcome = job.run(move |job| call(egress.clone(), job)).await;
        server.abort();
        outcome
    }

    #[tokio::test]
    async fn an_answer_is_the_result() {
        let outcome = call_server("/echo", json!({"method": "post", "body": {"a": 1}})).await;
        let result = &outcome.result.unwrap()["result"];
        assert_eq!((&result["status"], &result["body"]["got"]), (&json!(200), &json!("{\"a\":1}")));
    }

    #[tokio::test]
    async fn failures_are_told_apart() {
        let busy = call_server("/busy", json!({})).await.result.unwrap_err();
        assert!(matches!(busy, JobFailure::Retryable { after: Some(wait), .. } if wait.as_secs() == 7));
        assert!(matches!(call_server("/down", json!({})).await.result, Err(JobFailure::Retryable { .. })));
        assert!(matches!(call_server("/absent", json!({})).await.result, Err(JobFailure::Bug { .. })));
        assert!(matches!(call_server("/large", json!({})).await.result, Err(JobFailure::Bug { .. })));
    }
}
