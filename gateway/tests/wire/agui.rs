//! AG-UI: a run until people are asked, and a run from their answer to the end.

use crate::{
    played::{activated, completed, created, finished, variable},
    running::Running,
};
use proto::event::Kind;
use reqwest::Method;
use serde_json::{Value, json};

fn events(text: &str) -> Vec<Value> {
    text.lines()
        .filter_map(|line| line.strip_prefix("data: "))
        .map(|data| serde_json::from_str(data).unwrap())
        .collect()
}

/// The order is the specification's.
fn verify<'a>(events: impl IntoIterator<Item = &'a Value>) -> agui::Thread {
    let mut verifier = agui::Verifier::default();
    for value in events {
        let event: agui::Event = serde_json::from_value(value.clone()).unwrap();
        assert_eq!(&serde_json::to_value(&event).unwrap(), value, "nothing is in it that is not AG-UI's");
        verifier.accept(&event).unwrap_or_else(|violation| panic!("{violation}: {value}"));
    }
    verifier.finish().unwrap();
    verifier.thread().clone()
}

fn types(events: &[Value]) -> Vec<&str> {
    events.iter().map(|event| event["type"].as_str().unwrap()).collect()
}

impl Running {
    async fn run_agent(&self, input: Value) -> String {
        let response = self.request(Method::POST, "/agui/order", "user-key").json(&input).send().await.unwrap();
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        let text = response.text().await.unwrap();
        // For a look at it with the official client's checks.
        if let Ok(folder) = std::env::var("BATON_KEEP_STREAMS") {
            std::fs::write(format!("{folder}/{}.sse", input["runId"].as_str().unwrap()), &text).unwrap();
        }
        text
    }
}

#[tokio::test]
async fn a_run_stops_at_a_person_and_goes_on_with_the_answer() {
    let running = Running::start().await;
    let task = Kind::UserTaskCreated(proto::UserTask {
        name: "Approve".into(),
        form_fields: vec![proto::FormField { name: "ok".into(), r#type: "boolean".into(), ..Default::default() }],
        ..Default::default()
    });
    running.engine.commit_silently("new", vec![created(), variable("a/b", "1"), activated(), task]);
    let input = json!({"threadId": "t-1", "runId": "run-1", "state": {}, "tools": [], "context": [],
        "messages": [{"id": "m", "role": "user", "content": "go"}], "forwardedProps": {"variables": {"amount": 7}}});
    let first = events(&running.run_agent(input).await);
    assert_eq!(types(&first)[..3], ["RUN_STARTED", "STATE_SNAPSHOT", "MESSAGES_SNAPSHOT"]);
    let finished_run = first.last().unwrap();
    assert_eq!(finished_run["outcome"]["type"], "interrupt");
    assert_eq!(finished_run["outcome"]["interrupts"][0]["id"], "new:2");
    let wire: proto::StartInstanceRequest = running.engine.last("start_instance");
    assert_eq!(wire.business_key.as_deref(), Some("t-1"));
    assert_eq!(serde_json::from_slice::<Value>(&wire.variables).unwrap(), json!({"amount": 7, "message": "go"}));

    let resume = json!([{"interruptId": "new:2", "status": "resolved", "payload": {"ok": true}}]);
    let input = json!({"threadId": "t-1", "runId": "run-2", "messages": [], "state": {}, "tools": [], "context": [],
        "forwardedProps": {}, "resume": resume});
    let second = running.run_agent(input);
    let goes_on = async {
        while running.engine.count("complete_user_task") == 0 {
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
        let kinds = vec![completed(), activated(), completed(), finished()];
        running.engine.commit("new", kinds).await;
    };
    let (second, ()) = tokio::join!(second, goes_on);
    let second = events(&second);
    assert_eq!(second.last().unwrap()["outcome"], json!({"type": "success"}));
    assert_eq!(second.last().unwrap()["result"], json!({"a/b": 1}));
    let wire: proto::CompleteUserTaskRequest = running.engine.last("complete_user_task");
    assert_eq!(&wire.variables[..], br#"{"ok":true}"#);
    let thread = verify(first.iter().chain(&second));
    assert_eq!(thread.state["variables"], json!({"a/b": 1}));
    assert_eq!(thread.state["tokens"], json!({}));
}
