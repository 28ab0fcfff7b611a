//! REST: the wire's requests and replies, errors, roles, limits.

use crate::{
    played::{activated, created, finished, problem, variable},
    running::{Running, answer},
};
use proto::Diagnostic;
use reqwest::Method;
use serde_json::{Value, json};

#[tokio::test]
async fn starts_an_instance_once_by_its_key() {
    let running = Running::start().await;
    let body = json!({"processId": "order", "variables": {"amount": 7}, "businessKey": "b-1"});
    let request = running.request(Method::POST, "/api/v1/instances", "user-key").header("Idempotency-Key", "k-1");
    let (status, started) = answer(request.json(&body)).await;
    assert_eq!(status, 201);
    assert_eq!(started, json!({"instanceId": "new", "version": 3, "definitionKey": "key", "processVersion": 1}));
    let wire: proto::StartInstanceRequest = running.engine.last("start_instance");
    assert_eq!((wire.tenant.as_str(), wire.process_id.as_str()), ("acme", "order"));
    assert_eq!(wire.command_id.as_deref(), Some("k-1"));
    assert_eq!(&wire.variables[..], br#"{"amount":7}"#);
    assert!(wire.by.starts_with("key:"), "the key is named, not told: {}", wire.by);
}

#[tokio::test]
async fn a_refused_deployment_tells_where_and_why() {
    let running = Running::start().await;
    let diagnostic = Diagnostic {
        severity: "error".into(),
        code: "E101".into(),
        message: "no such element".into(),
        file: "a.yaml".into(),
        line: 3,
        column: 5,
        ..Default::default()
    };
    let refused = proto::Problem { diagnostics: vec![diagnostic], ..problem("DEPLOYMENT_REJECTED", 422) };
    running.engine.refuse("deploy", refused);
    let body = json!({"files": [{"name": "a.yaml", "content": "x"}]});
    let request = running.request(Method::POST, "/api/v1/deployments", "admin-key").json(&body);
    let response = request.send().await.unwrap();
    assert_eq!(response.status(), 422);
    assert_eq!(response.headers()["content-type"], "application/problem+json");
    let told: Value = serde_json::from_str(&response.text().await.unwrap()).unwrap();
    assert_eq!(told["code"], "DEPLOYMENT_REJECTED");
    assert_eq!(told["diagnostics"][0]["line"], 3);
}

#[tokio::test]
async fn a_decision_is_asked_for_its_answer_and_its_reasons() {
    let running = Running::start().await;
    let path = "/api/v1/decisions/risk/evaluate";
    let body = json!({"variables": {"amount": 7}});
    let (status, made) = answer(running.request(Method::POST, path, "user-key").json(&body)).await;
    assert_eq!(status, 200);
    let trace = json!([{"decision": "risk", "rules": [1]}]);
    assert_eq!(made, json!({"decisionId": "risk", "version": 2, "output": {"risk": "high"}, "trace": trace}));
    let wire: proto::EvaluateDecisionRequest = running.engine.last("evaluate_decision");
    assert_eq!((wire.tenant.as_str(), wire.decision_id.as_str(), wire.version), ("acme", "risk", 0));
    assert_eq!(&wire.variables[..], br#"{"amount":7}"#);
    let (_, list) = running.get("/api/v1/decisions").await;
    assert_eq!(list, json!({"decisions": []}));
}

#[tokio::test]
async fn shows_instances_and_their_history() {
    let running = Running::start().await;
    running.engine.commit("i", vec![created(), variable("a", "1"), activated(), finished()]).await;
    let (_, instance) = running.get("/api/v1/instances/i?minVersion=4").await;
    assert_eq!(instance["instance"]["createdAt"], "1970-01-01T00:00:01Z");
    assert_eq!(instance["variables"], json!({"amount": 7}));
    let (_, history) = running.get("/api/v1/instances/i/history?from=2").await;
    let batch = &history["batches"][0];
    assert_eq!((&batch["firstSeq"], &history["more"]), (&json!(1), &json!(false)));
    let types: Vec<_> = batch["events"].as_array().unwrap().iter().map(|event| event["type"].clone()).collect();
    assert_eq!(types, ["instanceCreated", "variableSet", "elementActivated", "instanceCompleted"]);
    assert_eq!(batch["events"][2]["elementId"], "pay");
}

#[tokio::test]
async fn another_tenants_instance_is_not_there() {
    let running = Running::start().await;
    running.engine.commit("i", vec![created()]).await;
    for path in [
        "/api/v1/instances/i",
        "/api/v1/instances/i/history",
        "/api/v1/agents/i:2/transcript",
        "/api/v1/instances/i/events",
    ] {
        let (status, told) = answer(running.request(Method::GET, path, "other-key")).await;
        assert_eq!((status, &told["code"]), (404, &json!("NOT_FOUND")), "{path}");
    }
}

#[tokio::test]
async fn no_key_no_entry_and_each_role_its_own() {
    let running = Running::start().await;
    assert_eq!(running.get_plain("/api/v1/processes").await.0, 401);
    assert_eq!(running.get_plain("/api/v1/ws").await.0, 401);
    assert_eq!(running.get_plain("/healthz/live").await.0, 200);
    assert_eq!(running.get_plain("/metrics").await.0, 404, "it has a listener of its own");
    assert!(running.metrics().await.contains("baton_gateway_requests"));
    let document = running.get("/api/v1/openapi.json").await.1;
    assert_eq!(document["openapi"], "3.1.0");
    for (path, methods) in document["paths"].as_object().unwrap() {
        for method in methods.as_object().unwrap().keys() {
            let method: Method = method.to_uppercase().parse().unwrap();
            let path = path.replace("{*uri}", "none").replace("{id}", "none").replace("{job_id}", "none:1");
            let without = running.get_with(&method, &path, None).await;
            assert_eq!(without, 401, "{method} {path} without a key");
            let viewer = running.get_with(&method, &path, Some("viewer-key")).await;
            let may = method == Method::GET && !["/api/v1/mail", "/api/v1/audit"].contains(&path.as_str());
            assert_eq!(viewer != 403, may, "{method} {path} as viewer: {viewer}");
            let admin = running.get_with(&method, &path, Some("admin-key")).await;
            assert!(admin != 401 && admin != 403, "{method} {path} as admin: {admin}");
        }
    }
}

impl Running {
    async fn get_with(&self, method: &Method, path: &str, key: Option<&str>) -> u16 {
        let request = self.request(method.clone(), path, key.unwrap_or_default());
        request.send().await.unwrap().status().as_u16()
    }
}

#[tokio::test]
async fn bodies_are_json_of_a_bounded_size() {
    let running = Running::start().await;
    let post = || running.request(Method::POST, "/api/v1/messages", "admin-key");
    let form = post().header("content-type", "application/x-www-form-urlencoded").body("name=x");
    assert_eq!(answer(form).await.0, 415);
    let (status, told) = answer(post().json(&json!({"name": "x", "variables": {"v": "x".repeat(2 << 20)}}))).await;
    assert_eq!((status, &told["code"]), (413, &json!("TOO_LARGE")));
    for body in ["{", "[]", r#"{"name":"x","unknown":1}"#] {
        let (status, told) = answer(post().header("content-type", "application/json").body(body)).await;
        assert_eq!((status, &told["code"]), (400, &json!("INVALID")), "{body}");
    }
    assert_eq!(running.engine.count("publish_message"), 0, "none of it reached the engine");
    let (status, _) = answer(post().json(&json!({"name": "x", "correlationKey": "k"}))).await;
    assert_eq!(status, 200);
}

#[tokio::test]
async fn without_an_engine_the_answer_is_try_again() {
    let running = Running::start().await;
    running
        .engine
        .refuse("list_processes", proto::Problem { retry_after_ms: Some(1_500), ..problem("UNAVAILABLE", 503) });
    let busy = running.request(Method::GET, "/api/v1/processes", "admin-key").send().await.unwrap();
    assert_eq!((busy.status().as_u16(), busy.headers()["retry-after"].to_str().unwrap()), (503, "2"));
    running.nats.stop();
    let gone = running.request(Method::GET, "/api/v1/processes", "admin-key").send().await.unwrap();
    assert_eq!(gone.status(), 503);
    assert!(gone.headers().contains_key("retry-after"));
}

#[tokio::test]
async fn what_is_not_there_is_a_problem_and_every_answer_is_guarded() {
    let running = Running::start().await;
    let (status, told) = running.get("/api/v1/nothing").await;
    assert_eq!((status, &told["code"]), (404, &json!("NOT_FOUND")));
    let (status, told) = answer(running.request(Method::DELETE, "/api/v1/processes", "admin-key")).await;
    assert_eq!((status, &told["code"]), (405, &json!("METHOD_NOT_ALLOWED")));
    let page = running.request(Method::GET, "/", "").send().await.unwrap();
    assert_eq!(
        (page.status().as_u16(), page.headers()["content-type"].to_str().unwrap()),
        (200, "text/html; charset=utf-8")
    );
    for path in ["/", "/api/v1/me", "/healthz/live"] {
        let response = running.request(Method::GET, path, "admin-key").send().await.unwrap();
        let policy = response.headers()["content-security-policy"].to_str().unwrap();
        assert!(policy.contains("script-src 'self';"), "{path}: no script but from files: {policy}");
        assert_eq!(response.headers()["x-content-type-options"], "nosniff");
        assert_eq!(response.headers().contains_key("x-request-id"), path != "/healthz/live");
    }
    assert_eq!(running.get("/api/v1/me").await.1, json!({"tenant": "acme", "role": "admin", "dev": true}));
}

#[tokio::test]
async fn completes_user_tasks_and_tells_of_races() {
    let running = Running::start().await;
    let path = "/api/v1/user-tasks/i:2/complete";
    let (status, done) = running.post(path, json!({"variables": {"ok": true}, "by": "anna"})).await;
    assert_eq!((status, done), (200, json!({"instanceId": "i", "version": 9})));
    let wire: proto::CompleteUserTaskRequest = running.engine.last("complete_user_task");
    assert_eq!((wire.id.as_str(), wire.by.as_str()), ("i:2", "anna"));
    running.engine.refuse("complete_user_task", problem("CONFLICT", 409));
    assert_eq!(running.post(path, json!({})).await.0, 409);
}

#[tokio::test]
async fn shows_caught_mails_to_those_who_may() {
    let running = Running::start().await;
    std::fs::write(running.mail.join("1.json"), r#"{"to":"anna@example.com"}"#).unwrap();
    assert_eq!(running.get("/api/v1/mail").await.1, json!({"messages": [{"to": "anna@example.com"}]}));
    assert_eq!(answer(running.request(Method::GET, "/api/v1/mail", "user-key")).await.0, 403);
    running.stop().await;
}
