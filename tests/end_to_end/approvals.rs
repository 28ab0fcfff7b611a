//! What people are asked, in headless Chromium: an agent's call is approved, changed, rejected, not answered in time; an agent's
//! own question; and the links in a mail (`tests/browser/approvals.mjs`). The model is played over the wire that real ones have.

use crate::running::{Baton, checkout};
use axum::{Json, Router, response::IntoResponse, routing::post};
use serde_json::{Value, json};
use std::{process::Command, time::Duration};

#[tokio::test(flavor = "multi_thread")]
async fn people_approve_change_reject_and_answer_in_the_browser() {
    let model = model().await;
    let mut baton = Baton::run("dev", &["--deploy", "examples/approval"], &[("BATON_LLM_BASE_URL", model.as_str())]);
    let api = baton.api();
    baton.until("Stop with Ctrl-C", Duration::from_secs(10));
    for process in [agent("asking", "PT1H"), agent("impatient", "PT12S"), mail()] {
        let (status, body) = api.deploy(&process.to_string()).await;
        assert_eq!(status, 201, "{body:#}");
    }
    let pictures = checkout().join("target/browser");
    std::fs::create_dir_all(&pictures).expect("the folder for screenshots can be made");
    let mut node = Command::new("node");
    node.arg("approvals.mjs").current_dir(checkout().join("tests/browser"));
    node.env("BATON_URL", &api.url).env("BATON_KEY", &api.key).env("SCREENSHOTS", &pictures);
    let output = tokio::task::spawn_blocking(move || node.output()).await.expect("it ends").expect("node runs");
    let told = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    println!("{told}");
    assert!(output.status.success(), "{told}{}", baton.logs());
    let written = |name: &str| std::fs::read_to_string(baton.data.join("store").join(name)).ok();
    assert_eq!(written("approved.txt").as_deref(), Some("as the agent wants"));
    assert_eq!(written("changed.txt").as_deref(), Some("as a person wants"));
    assert_eq!((written("rejected.txt"), written("stopped.txt"), written("late.txt")), (None, None, None));
}

/// One task of an agent that may not write by itself. What it shall do stands in the variable `errand`.
pub fn agent(id: &str, patience: &str) -> Value {
    let custom = json!({"systemPrompt": "Run the errand.", "mcpTools": ["filesystem-write"], "askPerson": true,
        "toolPolicy": {"filesystem-write": "approve"}, "approvalTimeout": patience});
    let properties = json!({"agentType": "clerk", "model": "a-model", "resultVariable": "report", "custom": custom});
    let elements = json!([{"id": "start", "type": "startEvent"},
        {"id": "errand", "name": "Errand", "type": "agenticTask", "properties": properties},
        {"id": "end", "type": "endEvent"}]);
    process(id, elements, &[("start", "errand"), ("errand", "end")])
}

/// A mail with links that answer a user task.
fn mail() -> Value {
    let properties = |hours: &str| {
        let answers = json!({"yes": {"approved": true}, "no": {"approved": false}});
        let approval = json!({"task": "decide", "answers": answers, "hours": hours});
        json!({"messageType": "Email", "to": "boss@example.com", "subject": "Please decide",
            "messageBody": "approval://yes approval://no", "custom": {"approval": approval}})
    };
    let elements = json!([{"id": "start", "type": "startEvent"},
        {"id": "ask", "type": "sendTask", "properties": properties("1")},
        {"id": "old", "type": "sendTask", "properties": properties("0.0000001")},
        {"id": "decide", "name": "Decide <now>", "type": "userTask"},
        {"id": "end", "type": "endEvent"}]);
    process("by-mail", elements, &[("start", "ask"), ("ask", "old"), ("old", "decide"), ("decide", "end")])
}

pub fn process(id: &str, elements: Value, connections: &[(&str, &str)]) -> Value {
    let connections =
        connections.iter().map(|(from, to)| json!({"id": format!("{from}-{to}"), "from": from, "to": to}));
    json!({"process": {"id": id, "elements": elements, "connections": connections.collect::<Vec<_>>()}})
}

/// An address that speaks as models do, and knows the errands.
pub async fn model() -> String {
    let router =
        Router::new().route("/v1/chat/completions", post(|Json(asked): Json<Value>| async move { reply(&asked) }));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = format!("http://{}/v1", listener.local_addr().expect("an address"));
    tokio::spawn(async move { axum::serve(listener, router).await });
    address
}

/// The errand's call at first; when it has come back, what came of it.
fn reply(asked: &Value) -> impl IntoResponse + use<> {
    let messages = asked["messages"].as_array().cloned().unwrap_or_default();
    let came = messages.iter().rev().find(|message| message["role"] == "tool");
    let (delta, finish) = match came {
        Some(came) => {
            let answer = json!({"summary": came["content"], "confidence": 1});
            (json!({"role": "assistant", "content": answer.to_string()}), "stop")
        }
        None => {
            let (tool, arguments) = errand(&asked.to_string());
            let function = json!({"name": tool, "arguments": arguments.to_string()});
            let call = json!({"index": 0, "id": "call_1", "type": "function", "function": function});
            (json!({"role": "assistant", "tool_calls": [call]}), "tool_calls")
        }
    };
    let chunk = |delta: Value, finish: Value| {
        let choice = json!({"index": 0, "delta": delta, "finish_reason": finish});
        format!("data: {}\n\n", json!({"id": "x", "object": "chat.completion.chunk", "choices": [choice]}))
    };
    let body = chunk(delta, Value::Null) + &chunk(json!({}), json!(finish)) + "data: [DONE]\n\n";
    ([("content-type", "text/event-stream")], body)
}

fn errand(asked: &str) -> (&'static str, Value) {
    let names = ["approved", "changed", "rejected", "stopped", "late"];
    match names.into_iter().find(|name| asked.contains(&format!("write-{name}"))) {
        Some(name) => ("filesystem-write", json!({"path": format!("{name}.txt"), "content": "as the agent wants"})),
        None => ("ask_person", json!({"question": "Which colour?", "choices": ["red", "blue"]})),
    }
}
