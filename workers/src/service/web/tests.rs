//! HTTP calls to a real server on the loopback interface.

use super::*;
use crate::{
    secret::{Config, Secrets},
    service::{call, egress},
};
use axum::{
    Json, Router,
    http::{HeaderMap as Headers, StatusCode, Uri},
    response::IntoResponse,
    routing::any,
};
use serde_json::json;
use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};
use worker_sdk::{
    JobFailure,
    testing::{Outcome, TestJob},
};

/// Tokens are numbered; the first is not accepted, as if it had been taken back.
fn router(tokens: Arc<AtomicUsize>) -> Router {
    Router::new()
        .route("/echo", any(|body: String| async move { Json(json!({"got": body})) }))
        .route("/busy", any(|| async { (StatusCode::TOO_MANY_REQUESTS, [("retry-after", "7")], "").into_response() }))
        .route("/down", any(|| async { StatusCode::BAD_GATEWAY }))
        .route("/large", any(|| async { "x".repeat(LARGEST_BODY + 1) }))
        .route(
            "/mirror",
            any(|uri: Uri, headers: Headers, body: String| async move {
                let headers: Map<String, Value> =
                    headers.iter().map(|(name, value)| (name.to_string(), json!(value.to_str().unwrap()))).collect();
                Json(json!({"uri": uri.to_string(), "headers": headers, "body": body}))
            }),
        )
        .route(
            "/token",
            any(move |headers: Headers, body: String| async move {
                assert_eq!(body, "grant_type=client_credentials&scope=read");
                let number = tokens.fetch_add(1, Ordering::SeqCst);
                let asked = headers["authorization"].to_str().unwrap().to_owned();
                Json(json!({"access_token": format!("token-{number}"), "expires_in": 3600, "asked": asked}))
            }),
        )
        .route(
            "/guarded",
            any(|headers: Headers| async move {
                let accepted = headers.get("authorization").is_some_and(|value| value == "Bearer token-1");
                if accepted { StatusCode::OK } else { StatusCode::UNAUTHORIZED }
            }),
        )
}

struct Server {
    address: std::net::SocketAddr,
    tokens: Arc<AtomicUsize>,
    outside: Arc<Outside>,
}

impl Server {
    async fn start() -> Server {
        let tokens = Arc::<AtomicUsize>::default();
        let router = router(tokens.clone());
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move { axum::serve(listener, router).await });
        let config = Config { secrets_tenants: vec!["test".into()], ..Config::default() };
        let secrets = Secrets::new(&config).environment(|name| match name {
            "BATON_SECRET_PASSWORD" => Some("hunter2 & co".into()),
            _ => None,
        });
        let outside = Outside::new(&egress::Config { allow: vec!["loopback".into()] }, secrets).unwrap();
        Server { address, tokens, outside: Arc::new(outside) }
    }

    async fn call(&self, path: &str, mut custom: Value) -> Outcome {
        custom["endpoint"] = json!(format!("http://{}{path}", self.address));
        let outside = self.outside.clone();
        let job = TestJob::new("web-service").task(json!({"custom": custom}));
        job.run(move |job| call(outside.clone(), job)).await
    }
}

async fn call_server(path: &str, custom: Value) -> Outcome {
    Server::start().await.call(path, custom).await
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

#[tokio::test]
async fn the_task_may_say_what_statuses_mean() {
    let server = Server::start().await;
    let down = server.call("/down", json!({"retryStatuses": [503]})).await.result;
    assert!(matches!(down, Err(JobFailure::Bug { .. })));
    let absent = server.call("/absent", json!({"retryStatuses": ["4xx"]})).await.result;
    assert!(matches!(absent, Err(JobFailure::Retryable { .. })));
    let absent = server.call("/absent", json!({"acceptStatuses": ["404"], "outputs": {"s": "status"}})).await;
    assert_eq!(absent.result.unwrap()["s"], 404);
    let absent = server.call("/absent", json!({"errors": {"404": "NO_ORDER"}})).await.result;
    assert!(matches!(absent, Err(JobFailure::BpmnError { code, .. }) if code == "NO_ORDER"));
    let small = server.call("/echo", json!({"maxResponseBytes": 5})).await.result;
    assert!(matches!(small, Err(JobFailure::Bug { .. })));
}

#[tokio::test]
async fn who_asks_is_shown_and_not_told() {
    let server = Server::start().await;
    let shown = |auth: Value| {
        let server = &server;
        async move {
            let custom = json!({"auth": auth, "headers": {"x-own": "k secret://password"}, "body": "b"});
            let outcome = server.call("/mirror", custom).await;
            let shown = serde_json::to_string(&outcome.result.as_ref().unwrap()).unwrap();
            assert!(!shown.contains("hunter2") && !shown.contains("aHVudGVy"), "{shown}");
            assert_eq!(outcome.result.as_ref().unwrap()["result"]["body"]["headers"]["x-own"], "k [secret]");
            outcome.result.unwrap()["result"]["body"].clone()
        }
    };
    let mirrored = shown(json!({"type": "basic", "username": "u", "password": "secret://password"})).await;
    assert_eq!(mirrored["headers"]["authorization"], "Basic [secret]");
    let mirrored = shown(json!({"type": "bearer", "token": "secret://password"})).await;
    assert_eq!(mirrored["headers"]["authorization"], "Bearer [secret]");
    let mirrored = shown(json!({"type": "apiKey", "key": "secret://password", "name": "k"})).await;
    assert_eq!(mirrored["headers"]["k"], "[secret]");
    let mirrored = shown(json!({"type": "apiKey", "key": "secret://password", "in": "query"})).await;
    assert_eq!(mirrored["uri"], "/mirror?[secret]");
    let unknown = server.call("/mirror", json!({"auth": {"type": "bearer", "token": "secret://other"}})).await;
    assert!(matches!(unknown.result, Err(JobFailure::Bug { message }) if message.contains("`other`")));
}

#[tokio::test]
async fn tokens_are_kept_and_asked_for_again_when_refused() {
    let server = Server::start().await;
    let auth = json!({"type": "oauth2", "tokenUrl": format!("http://{}/token", server.address), "clientId": "baton",
        "clientSecret": "secret://password", "scope": "read"});
    for _ in 0..3 {
        let outcome = server.call("/guarded", json!({"auth": auth})).await;
        assert_eq!(outcome.result.unwrap()["result"]["status"], 200);
    }
    assert_eq!(server.tokens.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn a_signed_request_can_be_verified() {
    let custom = json!({"method": "post", "body": {"a": 1}, "signature": {"key": "secret://password"}});
    let outcome = call_server("/mirror", custom).await.result.unwrap();
    let mirrored = &outcome["result"]["body"];
    let signature = mirrored["headers"]["baton-signature"].as_str().unwrap();
    let (at, digest) = signature.strip_prefix("t=").unwrap().split_once(",v1=").unwrap();
    let signed = format!("{at}.{}", mirrored["body"].as_str().unwrap());
    let expected = super::super::signature::hmac(b"hunter2 & co", signed.as_bytes());
    assert_eq!(digest, super::super::signature::hexadecimal(&expected));
}
