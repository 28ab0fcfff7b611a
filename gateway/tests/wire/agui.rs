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

fn asked(task: proto::UserTask) -> Kind {
    Kind::UserTaskCreated(task)
}

fn task(name: &str) -> proto::UserTask {
    proto::UserTask { name: name.into(), ..Default::default() }
}

fn input(run: &str, resume: Value) -> Value {
    json!({"threadId": "t-1", "runId": run, "messages": [], "state": {}, "tools": [], "context": [],
        "forwardedProps": {}, "resume": resume})
}

fn yes() -> Value {
    json!([{"interruptId": "new:2", "status": "resolved", "payload": {"ok": true}}])
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

impl Running {
    /// Begins thread `t-1`, which waits for a person.
    async fn begun(&self, kinds: Vec<Kind>) -> Vec<Value> {
        self.engine.commit_silently("new", kinds);
        let first = events(&self.run_agent(input("run-1", json!([]))).await);
        verify(&first);
        first
    }

    async fn join(&self, key: &str, query: &str) -> Vec<Value> {
        let request = self.request(Method::GET, &format!("/agui/threads/t-1/events?{query}"), key);
        events(&request.send().await.unwrap().text().await.unwrap())
    }
}

#[tokio::test]
async fn whoever_comes_late_gets_the_run_again() {
    let running = Running::start().await;
    running.begun(vec![created(), variable("a", "1"), activated(), asked(task("Approve"))]).await;
    let late = running.join("user-key", "runId=mine").await;
    let expected = ["RUN_STARTED", "STATE_SNAPSHOT", "MESSAGES_SNAPSHOT", "STEP_STARTED", "STEP_FINISHED"];
    assert_eq!(types(&late)[..5], expected);
    assert_eq!((&late[0]["runId"], &late[1]["snapshot"]["variables"]), (&json!("mine"), &json!({"a": 1})));
    let thread = verify(&late);
    assert_eq!(thread.interrupts[0].id, "new:2");
    let activity = serde_json::to_value(&thread.messages[0]).unwrap();
    assert_eq!((&activity["activityType"], &activity["content"]["state"]), (&json!("BPMN_USER_TASK"), &json!("open")));
    // All of it, as it came to be.
    let whole = running.join("user-key", "history=true").await;
    let seqs: Vec<_> = whole.iter().filter_map(|event| event["metadata"]["seq"].as_u64()).collect();
    assert_eq!(seqs.iter().collect::<std::collections::BTreeSet<_>>().len(), 4, "{seqs:?}");
    verify(&whole);
    // From where the connection was lost.
    let again = running.request(Method::GET, "/agui/threads/t-1/events", "user-key").header("last-event-id", "2");
    let again = events(&again.send().await.unwrap().text().await.unwrap());
    assert_eq!(again.iter().find_map(|event| event["metadata"]["seq"].as_u64()), Some(3));
    verify(&again);
    let strange = running.request(Method::GET, "/agui/threads/t-1/events", "other-key").send().await.unwrap();
    assert_eq!(strange.status(), 404);
}

#[tokio::test]
async fn answers_are_complete_known_and_count_once() {
    let running = Running::start().await;
    running.begun(vec![created(), activated(), asked(task("Approve"))]).await;
    for (resume, code) in [
        (json!([]), "INTERRUPTS_PENDING"),
        (json!([{"interruptId": "new:9", "status": "resolved"}]), "INTERRUPTS_PENDING"),
        (json!([yes()[0], {"interruptId": "new:9", "status": "resolved"}]), "UNKNOWN_INTERRUPT"),
        (json!([yes()[0], yes()[0]]), "INVALID"),
    ] {
        let refused = events(&running.run_agent(input("run-2", resume)).await);
        assert_eq!(types(&refused), ["RUN_STARTED", "RUN_ERROR"]);
        assert_eq!(refused[1]["code"], code);
        verify(&refused);
    }
    assert_eq!(running.engine.count("complete_user_task"), 0);
    // Put back: it is asked again.
    let released = json!([{"interruptId": "new:2", "status": "cancelled"}]);
    let released = events(&running.run_agent(input("run-3", released)).await);
    assert_eq!(verify(&released).interrupts[0].id, "new:2");
    // The same answer twice: the same run, and the engine knows that it is the same.
    let done = Kind::UserTaskCompleted(Default::default());
    running.engine.commit_silently("new", vec![done, completed(), finished()]);
    let first = events(&running.run_agent(input("run-4", yes())).await);
    let second = events(&running.run_agent(input("run-4", yes())).await);
    assert_eq!(first, second);
    assert_eq!(first.last().unwrap()["outcome"], json!({"type": "success"}));
    verify(&first);
    let ids: Vec<_> = running.engine.all::<proto::CompleteUserTaskRequest>("complete_user_task");
    assert_eq!(ids[0].command_id, ids[1].command_id);
}

#[tokio::test]
async fn people_are_asked_what_they_may_answer() {
    let running = Running::start().await;
    let incident =
        Kind::IncidentRaised(proto::IncidentRaised { incident: 9, code: "E".into(), message: "broken".into() });
    let of_anna = proto::UserTask { assignee: Some("anna".into()), ..task("Approve") };
    running.engine.commit_silently("new", vec![created(), activated(), asked(of_anna), incident]);
    let ids = |events: &[Value]| {
        let interrupts = verify(events).interrupts;
        interrupts.into_iter().map(|interrupt| interrupt.id).collect::<Vec<_>>()
    };
    let first = events(&running.run_agent(input("run-1", json!([]))).await);
    assert_eq!(ids(&first), ["new:2"], "a user resolves no incidents");
    assert_eq!(ids(&running.join("operator-key", "").await), ["new:2", "new:9"]);
    assert_eq!(ids(&running.join("operator-key", "user=bert").await), ["new:9"], "the task is Anna's");
    let answer = |payload: Value| {
        json!([
            {"interruptId": "new:2", "status": "cancelled"}, {"interruptId": "new:9", "status": "resolved", "payload": payload},
        ])
    };
    let ask = async |key: &str, payload: Value| {
        let request = running.request(Method::POST, "/agui/order", key).json(&input("run-2", answer(payload)));
        let mut response = request.send().await.unwrap();
        let mut text = String::new();
        while !text.contains("RUN_ERROR") && !text.contains("MESSAGES_SNAPSHOT") {
            text.push_str(&String::from_utf8_lossy(&response.chunk().await.unwrap().unwrap()));
        }
        text
    };
    assert!(ask("user-key", json!({"action": "retry"})).await.contains("UNKNOWN_INTERRUPT"));
    assert!(ask("operator-key", json!({"action": "pray"})).await.contains("INVALID"));
    ask("operator-key", json!({"action": "retry", "retries": 2, "variables": {"a": 1}})).await;
    let wire: proto::ResolveIncidentRequest = running.engine.last("resolve_incident");
    assert_eq!((wire.id.as_str(), wire.retries, &wire.variables[..]), ("new:9", 2, &br#"{"a":1}"#[..]));
    ask("operator-key", json!({"action": "end"})).await;
    assert_eq!(running.engine.count("operate"), 1);
    ask("operator-key", json!({"action": "cancel"})).await;
    assert_eq!(running.engine.count("cancel_instance"), 1);
}

#[tokio::test]
async fn a_socket_follows_run_after_run() {
    let running = Running::start().await;
    running.begun(vec![created(), activated(), asked(task("Approve"))]).await;
    let mut socket = running.try_socket_at("/agui/threads/t-1/ws", "user-key", &[]).await.unwrap();
    let mut told = socket.until_event("RUN_FINISHED").await;
    socket.say(input("run-2", yes())).await;
    told.extend(socket.until_event("STEP_STARTED").await);
    running.engine.commit("new", vec![completed(), activated(), asked(task("Again"))]).await;
    told.extend(socket.until_event("RUN_FINISHED").await);
    assert_eq!(verify(&told).interrupts[0].id, "new:2");
    // Another answers: the next run begins by itself.
    running.engine.commit("new", vec![Kind::UserTaskCompleted(Default::default()), completed(), finished()]).await;
    told.extend(socket.until_event("RUN_FINISHED").await);
    verify(&told);
    assert_eq!(told.last().unwrap()["outcome"], json!({"type": "success"}));
}

#[tokio::test]
async fn a_process_says_what_it_can() {
    let running = Running::start().await;
    let (status, said) = running.get("/agui/order/capabilities").await;
    assert_eq!((status, &said["identity"]["name"]), (200, &json!("Order")));
    assert_eq!(said["humanInTheLoop"]["interrupts"], true);
}
