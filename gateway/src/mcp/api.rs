//! The REST API as this server sees it: a call in, JSON or a sentence for the model out.

use axum::{
    Router,
    body::{Body, to_bytes},
    http::{HeaderMap, Method, Request, header},
};
use futures::future::BoxFuture;
use serde_json::Value;
use tower::ServiceExt;

/// An answer's size at most, in bytes.
const MAX_ANSWER: usize = 16 * 1024 * 1024;

/// One request.
#[derive(Debug, Clone)]
pub struct Call {
    pub method: Method,
    /// With its query, without `/api/v1`.
    pub path: String,
    /// JSON, where the route takes any.
    pub body: Option<Value>,
    /// The key that the client sent with its own request; none over stdin and stdout.
    pub credentials: HeaderMap,
}

/// Carries out calls. The error says for a model what was wrong.
pub trait Api: Send + Sync + 'static {
    fn call(&self, call: Call) -> BoxFuture<'_, Result<Value, String>>;
}

/// What an answer of the API means.
pub fn read(status: u16, body: &[u8]) -> Result<Value, String> {
    let value = serde_json::from_slice(body).unwrap_or(Value::Null);
    if (200..300).contains(&status) {
        return Ok(value);
    }
    let code = value["code"].as_str().unwrap_or("ERROR");
    let mut message = format!("{code} ({status}): {}", value["detail"].as_str().unwrap_or("no more is known"));
    for diagnostic in value["diagnostics"].as_array().into_iter().flatten() {
        let text = diagnostic["message"].as_str().unwrap_or_default();
        message.push_str(&format!("\n{}:{}: {text}", diagnostic["file"].as_str().unwrap_or("?"), diagnostic["line"]));
    }
    Err(message)
}

/// The gateway's own routes, without a way over the network.
pub struct InProcess(pub Router);

impl Api for InProcess {
    fn call(&self, call: Call) -> BoxFuture<'_, Result<Value, String>> {
        let router = self.0.clone();
        Box::pin(async move {
            let response = match router.oneshot(request(call)?).await {
                Ok(response) => response,
                Err(never) => match never {},
            };
            let status = response.status().as_u16();
            let body = to_bytes(response.into_body(), MAX_ANSWER).await;
            read(status, &body.map_err(|_| "The answer is too large; ask for less".to_owned())?)
        })
    }
}

fn request(call: Call) -> Result<Request<Body>, String> {
    let mut request = Request::builder().method(call.method).uri(format!("/api/v1{}", call.path));
    for name in ["authorization", "x-api-key"] {
        if let Some(value) = call.credentials.get(name) {
            request = request.header(name, value);
        }
    }
    let body = match call.body {
        Some(body) => {
            request = request.header(header::CONTENT_TYPE, "application/json");
            Body::from(body.to_string())
        }
        None => Body::empty(),
    };
    request.body(body).map_err(|_| "These arguments cannot be asked for".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_problem_becomes_a_sentence_with_its_code() {
        let body = br#"{"code": "X", "detail": "no", "diagnostics": [{"file": "a", "line": 3, "message": "bad"}]}"#;
        assert_eq!(read(422, body).unwrap_err(), "X (422): no\na:3: bad");
        assert_eq!(read(502, b"<html>").unwrap_err(), "ERROR (502): no more is known");
        assert_eq!(read(204, b"").unwrap(), Value::Null);
    }
}
