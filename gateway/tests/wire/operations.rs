//! Operations on instances: what reaches the engine, and who may ask for it.

use crate::{
    played::problem,
    running::{Running, answer},
};
use reqwest::Method;
use serde_json::{Value, json};

const OPERATIONS: [(&str, &str); 8] = [
    ("/api/v1/instances/i/suspend", "operate"),
    ("/api/v1/instances/i/resume", "operate"),
    ("/api/v1/instances/i/retry", "operate"),
    ("/api/v1/instances/i/modify", "operate"),
    ("/api/v1/processes/order/suspend", "set_suspension"),
    ("/api/v1/processes/order/resume", "set_suspension"),
    ("/api/v1/job-types/mail/suspend", "set_suspension"),
    ("/api/v1/job-types/mail/resume", "set_suspension"),
];

#[tokio::test]
async fn operators_operate_and_others_do_not() {
    let running = Running::start().await;
    for (path, method) in OPERATIONS {
        for (key, expected) in [("admin-key", 200), ("operator-key", 200), ("user-key", 403), ("viewer-key", 403)] {
            let before = running.engine.count(method);
            let (status, _) = answer(running.request(Method::POST, path, key).json(&json!({}))).await;
            assert_eq!(status, expected, "{path} with {key}");
            assert_eq!(running.engine.count(method) > before, expected == 200);
        }
    }
    for (key, expected) in [("admin-key", 200), ("operator-key", 200), ("user-key", 403), ("viewer-key", 403)] {
        assert_eq!(answer(running.request(Method::GET, "/api/v1/audit", key)).await.0, expected, "audit with {key}");
    }
    assert_eq!(answer(running.request(Method::GET, "/api/v1/suspensions", "viewer-key")).await.0, 200);
}

#[tokio::test]
async fn an_operation_reaches_the_engine_with_its_arguments_and_its_author() {
    let running = Running::start().await;
    let body = json!({"end": [4], "begin": [{"element": "pay", "scopeKey": 2, "variables": {"a": 1}}]});
    assert_eq!(running.post("/api/v1/instances/i/modify", body).await.0, 200);
    let wire: proto::OperateRequest = running.engine.last("operate");
    assert_eq!((wire.tenant.as_str(), wire.instance_id.as_str()), ("acme", "i"));
    assert!(wire.by.starts_with("key:"));
    let operation: Value = serde_json::from_slice(&wire.operation).unwrap();
    let begin = json!([{"element": "pay", "scopeKey": 2, "variables": {"a": 1}}]);
    assert_eq!(operation, json!({"operation": "modify", "end": [4], "begin": begin}));
    assert_eq!(running.post("/api/v1/instances/i/modify", json!({"start": []})).await.0, 400);
    running.engine.refuse("operate", problem("SUSPENDED", 409));
    let (status, told) = running.post("/api/v1/instances/i/retry", json!({})).await;
    assert_eq!((status, &told["code"]), (409, &json!("SUSPENDED")));
}

#[tokio::test]
async fn a_migration_is_planned_first() {
    let running = Running::start().await;
    let body = json!({"toVersion": 2, "mapping": {"a": "b"}, "dryRun": true});
    let (status, planned) = running.post("/api/v1/instances/i/migrate", body).await;
    assert_eq!((status, &planned["plan"]), (200, &json!({})));
    let wire: proto::OperateRequest = running.engine.last("operate");
    assert!(wire.dry_run);
    let operation: Value = serde_json::from_slice(&wire.operation).unwrap();
    assert_eq!(operation, json!({"operation": "migrate", "toVersion": 2, "mapping": {"a": "b"}}));
    let refused = running.request(Method::POST, "/api/v1/instances/i/migrate", "user-key");
    assert_eq!(answer(refused.json(&json!({"toVersion": 2}))).await.0, 403);
}

#[tokio::test]
async fn batches_are_made_and_watched() {
    let running = Running::start().await;
    let body = json!({"operation": "cancel", "arguments": {"reason": "x"}, "filter": {"processId": "order"}});
    assert_eq!(running.post("/api/v1/batches", body.clone()).await.0, 201);
    let wire: proto::CreateBatchRequest = running.engine.last("create_batch");
    let operation: Value = serde_json::from_slice(&wire.operation).unwrap();
    assert_eq!(operation, json!({"operation": "cancel", "reason": "x"}));
    assert_eq!(&wire.filter[..], br#"{"processId":"order"}"#);
    assert_eq!(running.get("/api/v1/batches/b").await.0, 200);
    for change in ["pause", "resume", "cancel"] {
        let path = format!("/api/v1/batches/b/{change}");
        assert_eq!(answer(running.request(Method::POST, &path, "operator-key")).await.0, 200);
        assert_eq!(answer(running.request(Method::POST, &path, "user-key")).await.0, 403);
        assert_eq!(running.engine.last::<proto::ChangeBatchRequest>("change_batch").change, change);
    }
    assert_eq!(answer(running.request(Method::POST, "/api/v1/batches", "user-key").json(&body)).await.0, 403);
    assert_eq!(answer(running.request(Method::GET, "/api/v1/batches", "viewer-key")).await.0, 200);
}

#[tokio::test]
async fn the_audit_log_is_asked_by_what_and_when() {
    let running = Running::start().await;
    let path = "/api/v1/audit?instanceId=i&operation=cancel&from=1970-01-01T00:00:01Z&limit=5";
    assert_eq!(running.get(path).await, (200, json!({"entries": []})));
    let wire: proto::ListAuditRequest = running.engine.last("list_audit");
    assert_eq!((wire.instance_id.as_deref(), wire.operation.as_deref()), (Some("i"), Some("cancel")));
    assert_eq!((wire.from, wire.until, wire.limit), (Some(1_000), None, 5));
    assert_eq!(running.get("/api/v1/audit?from=yesterday").await.0, 400);
}
