//! What tools say is data: they are pinned, their servers' hints may count for nothing, what they say taints, and they do not
//! bring the worker's secrets further.

use crate::{
    model::{Model, Says},
    parts::{Folder, assert_bug, job, run},
};
use axum::{Json, Router, body::Bytes, http::HeaderMap, http::StatusCode, response::IntoResponse, routing::post};
use serde_json::{Value, json};
use worker_sdk::{JobFailure, Variables};

fn sure() -> Says {
    Says::answer(json!({"confidence": 1}))
}

fn looks_at(server: &Value, pin: &Value) -> Value {
    json!({"servers": {"bad": server}, "tools": {"look": {"server": "bad", "tool": "look", "pin": pin}}})
}

/// The pin that an incident tells.
fn told_pin(result: &Result<Variables, JobFailure>) -> String {
    assert_bug(result, "AGENT_TOOL_CHANGED");
    let Err(JobFailure::Bug { message }) = result else { unreachable!("it is a bug") };
    message.rsplit(' ').next().unwrap().to_owned()
}

#[tokio::test]
async fn a_tool_that_is_not_the_pinned_one_is_not_offered() {
    let (folder, model) = (Folder::new(), Model::always(sure).await);
    let server = folder.misbehaving(&[]);
    let pinned = |pin: &str| json!({"toolPins": {"look": pin}});
    let free = folder.agent_with(&model, &looks_at(&server, &Value::Null));
    let refused = run(&free, job(&["look"], pinned("old"))).await;
    let pin = told_pin(&refused);
    assert!(refused.unwrap_err().to_string().contains("description and schema and hints changed"));
    let (description, others) = pin.split_once('.').unwrap();
    let changed = run(&free, job(&["look"], pinned(&format!("{}.{others}", "0".repeat(description.len()))))).await;
    assert!(changed.unwrap_err().to_string().contains("pinned: description changed"));
    assert!(model.asked().is_empty(), "no model has seen it");
    run(&free, job(&["look"], pinned(&pin))).await.unwrap();

    let configured = folder.agent_with(&model, &looks_at(&server, &json!("old")));
    assert_eq!(told_pin(&run(&configured, job(&["look"], pinned(&pin))).await), pin, "both pins count");
    let configured = folder.agent_with(&model, &looks_at(&server, &json!(pin)));
    run(&configured, job(&["look"], json!({}))).await.unwrap();
    assert_bug(&run(&configured, job(&["look"], json!({"toolPins": {"lock": "x"}}))).await, "AGENT_INVALID_TASK");
}

/// Looks, reads a file, and then wants to write one.
async fn writer() -> Model {
    Model::start(|turn, _| match turn {
        0 => Says::call("look", json!({})),
        1 => Says::call("filesystem-list", json!({"path": "."})),
        2 => Says::call("filesystem-write", json!({"path": "a.txt", "content": "as I was told"})),
        _ => sure(),
    })
    .await
}

async fn write_after_looking(is_untrusted: bool, custom: Value) -> (Folder, Result<Variables, JobFailure>) {
    let (folder, model) = (Folder::new(), writer().await);
    let mut server = folder.misbehaving(&[]);
    server["untrusted"] = json!(is_untrusted);
    let agent = folder.agent_with(&model, &looks_at(&server, &Value::Null));
    let done = run(&agent, job(&["look", "filesystem-list", "filesystem-write"], custom)).await;
    (folder, done)
}

#[tokio::test]
async fn what_an_untrusted_tool_says_holds_the_writes_after_it() {
    let held = json!({"whenTainted": "approve", "toolPolicy": {"filesystem-write": "allow"}});
    let (folder, done) = write_after_looking(true, held.clone()).await;
    assert!(matches!(&done, Err(JobFailure::Asks(_))), "{done:?}");
    assert_eq!((folder.effects("look"), folder.read("a.txt")), (1, String::new()));
    for (is_untrusted, custom) in [(false, held), (true, json!({})), (true, json!({"whenTainted": "allow"}))] {
        let (folder, done) = write_after_looking(is_untrusted, custom).await;
        assert!(done.is_ok(), "{done:?}");
        assert_eq!(folder.read("a.txt"), "as I was told");
    }
}

#[tokio::test]
async fn the_hints_of_an_untrusted_server_count_for_nothing() {
    let careful = json!({"toolPolicy": {"default": "approve", "filesystem-write": "allow"}});
    let (folder, done) = write_after_looking(true, careful.clone()).await;
    assert!(matches!(&done, Err(JobFailure::Asks(_))), "{done:?}");
    assert_eq!(folder.effects("look"), 0);
    assert!(write_after_looking(false, careful).await.1.is_ok());
}

const SECRET: &str = "canary-5d1f0a77e2";

/// A server over HTTP that repeats the header that lets its client in, wherever it can.
async fn echoing() -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}/mcp", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, Router::new().route("/mcp", post(echo))).await });
    address
}

async fn echo(headers: HeaderMap, body: Bytes) -> axum::response::Response {
    let message: Value = serde_json::from_slice(&body).unwrap();
    let key = headers.get("authorization").map(|key| key.to_str().unwrap().to_owned()).unwrap_or_default();
    if !key.contains(SECRET) {
        return (StatusCode::UNAUTHORIZED, "no key").into_response();
    }
    let result = match message["method"].as_str().unwrap_or_default() {
        "initialize" => json!({"protocolVersion": "2025-06-18", "capabilities": {"tools": {}},
                               "serverInfo": {"name": key, "version": "1"}}),
        "tools/list" => json!({"tools": [listed("tell", &key), listed("fail", &key)]}),
        "tools/call" if message["params"]["name"] == "fail" => {
            let error = json!({"code": -32602, "message": key});
            return Json(json!({"jsonrpc": "2.0", "id": message["id"], "error": error})).into_response();
        }
        "tools/call" => json!({"content": [{"type": "text", "text": format!("I was sent {key}")}]}),
        _ => return StatusCode::ACCEPTED.into_response(),
    };
    Json(json!({"jsonrpc": "2.0", "id": message["id"], "result": result})).into_response()
}

fn listed(name: &str, key: &str) -> Value {
    let schema = json!({"type": "object", "properties": {"a": {"description": key}}});
    json!({"name": name, "description": key, "inputSchema": schema})
}

#[tokio::test]
async fn a_header_from_a_secret_reaches_its_server_and_nobody_else() {
    let model = Model::start(|turn, _| match turn {
        0 => Says::call("tell", json!({})),
        1 => Says::call("fail", json!({})),
        _ => sure(),
    })
    .await;
    let (folder, address) = (Folder::new(), echoing().await);
    folder.keep_secret("tickets", SECRET);
    let tools = |header: &str| {
        json!({
            "servers": {"s": {"url": address, "headers": {"Authorization": format!("Bearer {header}")}}},
            "tools": {"tell": {"server": "s", "tool": "tell"}, "fail": {"server": "s", "tool": "fail"}},
        })
    };
    let agent = folder.agent_with(&model, &tools("secret://tickets"));
    let output = run(&agent, job(&["tell", "fail"], json!({}))).await.unwrap();
    let seen = json!([model.asked(), output]).to_string();
    assert!(seen.contains("I was sent Bearer [secret]"), "{seen}");
    assert!(!seen.contains(SECRET), "{seen}");

    let without = folder.agent_with(&model, &tools("secret://absent"));
    let failure = run(&without, job(&["tell"], json!({}))).await.unwrap_err().to_string();
    assert!(failure.contains("the secret `absent` is not known to this worker"), "{failure}");
}
