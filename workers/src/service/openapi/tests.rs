//! Described calls to a real server, which also serves the document.

use super::super::{Outside, call, egress};
use crate::secret::{Config, Secrets};
use axum::{
    Json, Router,
    http::{HeaderMap, Method, Uri},
    routing::{any, get},
};
use serde_json::{Value, json};
use std::sync::Arc;
use worker_sdk::{JobFailure, testing::TestJob};

fn document(version: &str) -> Value {
    json!({
        "openapi": version,
        "servers": [{"url": "/{stage}/api/", "variables": {"stage": {"default": "v1"}}}],
        "paths": {
            "/orders/{id}": {
                "parameters": [{"$ref": "#/components/parameters/id"}],
                "get": {"operationId": "getOrder", "parameters": [
                    {"name": "limit", "in": "query", "schema": {"type": "integer", "maximum": 10}},
                    {"name": "tags", "in": "query", "schema": {"type": "array", "items": {"type": "string"}}},
                    {"name": "X-Trace", "in": "header", "schema": {"type": "string"}}]},
                "put": {"operationId": "putOrder", "requestBody": {"required": true,
                    "content": {"application/json": {"schema": {"$ref": "#/components/schemas/order"}}}}},
            },
        },
        "components": {
            "parameters": {"id": {"name": "id", "in": "path", "required": true, "schema": {"type": "string"}}},
            "schemas": {"order": {"type": "object", "required": ["total"], "properties": {
                "total": {"type": "number"},
                "note": if version == "3.0.3" { json!({"type": "string", "nullable": true}) }
                    else { json!({"type": ["string", "null"]}) },
            }}},
        },
    })
}

async fn run(version: &'static str, id: &str, mut custom: Value) -> Result<Value, JobFailure> {
    let mirror = |method: Method, uri: Uri, headers: HeaderMap, body: String| async move {
        let trace = headers.get("x-trace").map(|value| value.to_str().unwrap().to_owned());
        Json(json!({"call": format!("{method} {uri} {body}"), "trace": trace}))
    };
    let router =
        Router::new().route("/openapi.json", get(move || async move { Json(document(version)) })).fallback(any(mirror));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let server = tokio::spawn(async move { axum::serve(listener, router).await });
    custom["operation"] = json!(format!("http://{address}/openapi.json#{id}"));
    let egress = egress::Config { allow: vec!["loopback".into()] };
    let outside = Arc::new(Outside::new(&egress, Secrets::new(&Config::default())).unwrap());
    let job = TestJob::new("web-service").task(json!({"custom": custom}));
    let outcome = job.run(move |job| call(outside.clone(), job)).await;
    server.abort();
    Ok(outcome.result?["result"]["body"].clone())
}

#[tokio::test]
async fn parameters_go_where_the_document_says() {
    let parameters = json!({"id": "../a b/ü", "limit": "3", "tags": ["x", "y&z"], "X-Trace": "t"});
    let called = run("3.1.0", "getOrder", json!({"parameters": parameters})).await.unwrap();
    assert_eq!(called["call"], "GET /v1/api/orders/..%2Fa%20b%2F%C3%BC?limit=3&tags=x&tags=y%26z ");
    assert_eq!(called["trace"], "t");
    let put = run("3.0.3", "putOrder", json!({"parameters": {"id": "7"}, "body": {"total": 1, "note": null}})).await;
    assert_eq!(put.unwrap()["call"], "PUT /v1/api/orders/7 {\"total\":1,\"note\":null}");
}

#[tokio::test]
async fn what_does_not_fit_is_not_sent() {
    let refused = |version, id: &'static str, custom: Value| async move {
        match run(version, id, custom).await {
            Err(JobFailure::Bug { message }) => message,
            other => panic!("{other:?}"),
        }
    };
    let message = refused("3.1.0", "getOrder", json!({"parameters": {"limit": 11, "nonsense": 1}})).await;
    for part in ["no parameter `nonsense`", "`id` is missing", "`limit`: 11"] {
        assert!(message.contains(part), "{part} in {message}");
    }
    for version in ["3.0.3", "3.1.0"] {
        let custom = json!({"parameters": {"id": "1"}, "body": {"total": "x", "note": 1}});
        let message = refused(version, "putOrder", custom).await;
        assert!(message.contains("\"x\" is not of type") && message.contains("1 is not of type"), "{message}");
        let message = refused(version, "putOrder", json!({"parameters": {"id": "1"}})).await;
        assert!(message.contains("the body is missing"), "{message}");
    }
    let message = refused("3.1.0", "getOrder", json!({"parameters": {"id": ".."}})).await;
    assert!(message.contains("dots alone"), "{message}");
    assert!(refused("3.1.0", "other", json!({})).await.contains("no operation `other`"));
    assert!(refused("2.0", "getOrder", json!({})).await.contains("neither OpenAPI 3"));
}
