//! HTTP: one request, described by the task's `custom`. Also what webhooks and described operations are sent by.

use super::{
    Connector, Outcome, Outside,
    answer::{self, Expected},
    auth::{self, Auth},
    egress::EgressError,
    signature::Signature,
};
use crate::secret::Opened;
use reqwest::{
    Method, Url,
    header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue},
};
use serde_json::{Map, Value};
use std::time::Duration;
use worker_sdk::{Context, JobFailure};

const DEFAULT_TIMEOUT: Duration = Duration::from_secs(30);
const LONGEST_TIMEOUT: Duration = Duration::from_secs(600);
/// Of a request and of an answer.
pub const LARGEST_BODY: usize = 1024 * 1024;

pub const CONNECTOR: Connector = Connector {
    key: "endpoint",
    call: |outside, opened, job| {
        Box::pin(async move {
            let Task { custom } = job.task()?;
            request(outside, opened, &job.context, &custom, "GET").await
        })
    },
};

/// A request as tasks describe it; also a webhook's.
#[derive(Debug, Default, serde::Deserialize)]
#[serde(default)]
pub struct Request {
    #[serde(alias = "url")]
    pub endpoint: Option<String>,
    pub method: Option<String>,
    pub headers: Map<String, Value>,
    pub body: Option<Value>,
    /// Milliseconds, also as text.
    pub timeout: Option<Value>,
    pub auth: Option<Auth>,
    pub signature: Option<Signature>,
    #[serde(flatten)]
    pub expected: Expected,
}

#[derive(serde::Deserialize)]
struct Task {
    custom: Request,
}

/// Sends it, and tells what may be tried again from what may not. `result` is `{status, headers, body}`.
pub async fn request(
    outside: &Outside,
    opened: &Opened<'_>,
    context: &Context,
    request: &Request,
    default_method: &str,
) -> Outcome {
    let endpoint = request.endpoint.as_deref().unwrap_or_default();
    let url = outside.egress.check(endpoint).map_err(|error| JobFailure::bug(error.to_string()))?;
    let method = request.method.as_deref().unwrap_or(default_method).to_ascii_uppercase();
    let method =
        Method::from_bytes(method.as_bytes()).map_err(|_| JobFailure::bug("`method` is not an HTTP method"))?;
    context.progress(0.1, opened.hide(&format!("{method} {url}")));
    let mut is_first = true;
    loop {
        let (call, token) = prepared(outside, opened, context, request, method.clone(), url.clone()).await?;
        let response = call.send().await.map_err(failed)?;
        let is_expired = response.status() == reqwest::StatusCode::UNAUTHORIZED;
        match token.filter(|_| is_expired && is_first) {
            // it may have been taken back before its time
            Some(token) => outside.tokens.forget(&token),
            None => return answer::read(response, &request.expected).await,
        }
        is_first = false;
    }
}

/// The request, and the token that it carries if one was asked for.
async fn prepared(
    outside: &Outside,
    opened: &Opened<'_>,
    context: &Context,
    request: &Request,
    method: Method,
    mut url: Url,
) -> Result<(reqwest::RequestBuilder, Option<auth::TokenKey>), JobFailure> {
    let mut headers = headers(request, opened, context)?;
    let token = match &request.auth {
        Some(auth) => auth::apply(outside, opened, auth, &mut headers, &mut url).await?,
        None => None,
    };
    let body = request.body.as_ref().map(|body| content(body, &mut headers)).transpose()?;
    if let Some(signature) = &request.signature {
        signature.sign(opened, body.as_deref().unwrap_or_default(), &mut headers)?;
    }
    let call = outside.egress.client().request(method, url).timeout(timeout(request.timeout.as_ref())).headers(headers);
    Ok((if let Some(body) = body { call.body(body) } else { call }, token))
}

/// The definition's, and the job's identity, which makes a repeated request recognisable.
fn headers(request: &Request, opened: &Opened<'_>, context: &Context) -> Result<HeaderMap, JobFailure> {
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
        headers.insert(header, header_value(opened, &text(value))?.ok_or_else(wrong)?);
    }
    Ok(headers)
}

/// With its secrets in their place; none when it is no header's value.
pub fn header_value(opened: &Opened<'_>, text: &str) -> Result<Option<HeaderValue>, JobFailure> {
    let secret = opened.text(text)?;
    let value = HeaderValue::from_str(secret.expose()).ok();
    Ok(value.map(|mut value| {
        value.set_sensitive(secret.expose() != text);
        value
    }))
}

fn content(body: &Value, headers: &mut HeaderMap) -> Result<String, JobFailure> {
    let content = text(body);
    if content.len() > LARGEST_BODY {
        return Err(JobFailure::bug(format!("the body has {} bytes, more than {LARGEST_BODY}", content.len())));
    }
    let kind = if body.is_string() { "text/plain; charset=utf-8" } else { "application/json" };
    headers.entry(CONTENT_TYPE).or_insert(HeaderValue::from_static(kind));
    Ok(content)
}

pub fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

pub fn timeout(milliseconds: Option<&Value>) -> Duration {
    let number = |value: &Value| value.as_u64().or_else(|| value.as_str()?.trim().parse().ok());
    milliseconds.and_then(number).map_or(DEFAULT_TIMEOUT, Duration::from_millis).min(LONGEST_TIMEOUT)
}

/// The connection failed: a refused address stays refused, everything else may pass.
pub fn failed(error: reqwest::Error) -> JobFailure {
    let mut cause: Option<&dyn std::error::Error> = Some(&error);
    while let Some(error) = cause {
        if let Some(forbidden) = error.downcast_ref::<EgressError>() {
            return JobFailure::bug(forbidden.to_string());
        }
        cause = error.source();
    }
    JobFailure::from(error.without_url())
}

#[cfg(test)]
mod tests;
