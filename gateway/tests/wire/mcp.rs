//! Baton as an MCP server: a real client over streamable HTTP.

use crate::{
    played::{created, finished},
    running::{Running, answer},
};
use reqwest::Method;
use rmcp::{
    ClientHandler, RoleClient, ServiceExt,
    model::{
        CallToolRequestParams, ClientCapabilities, ClientConfig, ElicitRequestParams, ElicitResult, ElicitationAction,
        Implementation, ProgressNotificationParam, ReadResourceRequestParams,
    },
    service::{NotificationContext, RequestContext, RunningService},
    transport::{StreamableHttpClientTransport, streamable_http_client::StreamableHttpClientTransportConfig},
};
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};

/// A client whose person always approves.
#[derive(Clone, Default)]
struct Person {
    asked: Arc<Mutex<Vec<Value>>>,
    told: Arc<Mutex<Vec<String>>>,
}

impl ClientHandler for Person {
    fn get_info(&self) -> ClientConfig {
        let capabilities: ClientCapabilities = serde_json::from_value(json!({"elicitation": {}})).unwrap();
        ClientConfig::new(capabilities, Implementation::new("person", "1"))
    }

    async fn create_elicitation(
        &self,
        request: ElicitRequestParams,
        _: RequestContext<RoleClient>,
    ) -> Result<ElicitResult, rmcp::ErrorData> {
        self.asked.lock().unwrap().push(serde_json::to_value(request).unwrap());
        Ok(ElicitResult::new(ElicitationAction::Accept).with_content(json!({"decision": "yes"})))
    }

    async fn on_progress(&self, told: ProgressNotificationParam, _: NotificationContext<RoleClient>) {
        self.told.lock().unwrap().push(told.message.unwrap_or_default());
    }
}

async fn client(running: &Running, key: &str, person: Person) -> RunningService<RoleClient, Person> {
    let config = StreamableHttpClientTransportConfig::with_uri(format!("http://{}/mcp", running.addr)).auth_header(key);
    person.serve(StreamableHttpClientTransport::from_config(config)).await.unwrap()
}

fn call(name: &'static str, arguments: Value) -> CallToolRequestParams {
    CallToolRequestParams::new(name).with_arguments(arguments.as_object().cloned().unwrap())
}

#[tokio::test]
async fn a_process_is_a_tool_that_asks_a_person_and_answers_at_its_end() {
    let running = Running::start().await;
    running.engine.commit("new", vec![created()]).await;
    running.engine.add_task(proto::UserTaskInfo {
        id: "new:2".into(),
        instance_id: "new".into(),
        state: "open".into(),
        task: Some(proto::UserTask {
            name: "Approve it".into(),
            form_fields: vec![proto::FormField {
                name: "decision".into(),
                r#type: "select".into(),
                options: vec!["yes".into(), "no".into()],
                ..Default::default()
            }],
            ..Default::default()
        }),
        ..Default::default()
    });
    let person = Person::default();
    let client = client(&running, "user-key", person.clone()).await;
    let ending = running.engine.clone();
    tokio::spawn(async move {
        while ending.count("complete_user_task") == 0 {
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
        ending.commit("new", vec![finished()]).await;
    });
    let result = client.call_tool(call("start_order", json!({"amount": 7}))).await.unwrap();
    assert_ne!(result.is_error, Some(true), "{result:?}");
    let told = result.structured_content.unwrap();
    assert_eq!((&told["state"], &told["uri"]), (&json!("completed"), &json!("baton://instances/new")));
    let started: proto::StartInstanceRequest = running.engine.last("start_instance");
    assert_eq!((started.tenant.as_str(), &started.variables[..]), ("acme", &br#"{"amount":7}"#[..]));
    let completed: proto::CompleteUserTaskRequest = running.engine.last("complete_user_task");
    assert_eq!((completed.id.as_str(), &completed.variables[..]), ("new:2", &br#"{"decision":"yes"}"#[..]));
    let asked = person.asked.lock().unwrap().clone();
    assert_eq!((asked.len(), &asked[0]["message"]), (1, &json!("Approve it")));
    assert_eq!(asked[0]["requestedSchema"]["properties"]["decision"]["enum"], json!(["yes", "no"]));
    assert!(person.told.lock().unwrap().iter().any(|message| message == "pay"), "it was told of progress");
    client.cancel().await.unwrap();
    running.stop().await;
}

#[tokio::test]
async fn tools_and_resources_are_the_keys() {
    let running = Running::start().await;
    running.engine.commit("i", vec![created()]).await;
    for (key, tools) in [("admin-key", 15), ("operator-key", 14), ("user-key", 8), ("viewer-key", 6), ("other-key", 14)]
    {
        let client = client(&running, key, Person::default()).await;
        assert_eq!(client.list_all_tools().await.unwrap().len(), tools, "{key}");
        let read = client.read_resource(ReadResourceRequestParams::new("baton://instances/i")).await;
        assert_eq!(read.is_ok(), key != "other-key", "{key}");
        let cancelled = client.call_tool(call("baton_cancel_instance", json!({"id": "i"}))).await.unwrap();
        let may = !["user-key", "viewer-key"].contains(&key);
        assert_eq!(cancelled.is_error != Some(true), may, "{key}");
        client.cancel().await.unwrap();
    }
    let client = client(&running, "user-key", Person::default()).await;
    let tools = client.list_all_tools().await.unwrap();
    let order = tools.iter().find(|tool| tool.name == "start_order").unwrap();
    assert_eq!(order.input_schema["required"], json!(["amount"]));
    client.cancel().await.unwrap();
}

#[tokio::test]
async fn a_session_is_its_keys_and_other_origins_are_refused() {
    let running = Running::start().await;
    let post = |key: &str, body: &Value| {
        let request =
            running.request(Method::POST, "/mcp", key).header("accept", "application/json, text/event-stream");
        request.json(body)
    };
    let begin = json!({"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {
        "protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "c", "version": "1"},
    }});
    assert_eq!(answer(post("no-key", &begin)).await.0, 401);
    assert_eq!(answer(post("user-key", &begin).header("origin", "https://evil.example.com")).await.0, 403);
    let begun = post("user-key", &begin).send().await.unwrap();
    assert_eq!(begun.status(), 200);
    let session = begun.headers()["mcp-session-id"].to_str().unwrap().to_owned();
    let list = json!({"jsonrpc": "2.0", "id": 2, "method": "ping"});
    for (key, status) in [("other-key", 404), ("admin-key", 404)] {
        assert_eq!(answer(post(key, &list).header("mcp-session-id", &session)).await.0, status, "{key}");
    }
    assert_eq!(post("user-key", &list).header("mcp-session-id", &session).send().await.unwrap().status(), 200);
}
