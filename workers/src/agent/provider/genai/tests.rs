//! Against a server on the loopback that speaks OpenAI's dialect and answers as it is told.

use super::*;
use crate::agent::provider::{Message, ToolSpec};
use axum::{Router, body::Body, http::StatusCode, response::Response, routing::post};
use std::sync::{Arc, Mutex};

struct Answer {
    status: u16,
    headers: &'static [(&'static str, &'static str)],
    body: String,
    /// The connection stays open and silent after the body.
    hangs: bool,
}

impl Default for Answer {
    fn default() -> Self {
        Answer { status: 200, headers: &[("content-type", "text/event-stream")], body: String::new(), hangs: false }
    }
}

struct Called {
    outcome: Result<Reply, ProviderError>,
    deltas: Vec<Delta>,
    /// What the server was sent.
    sent: Value,
}

fn events(events: &[Value]) -> String {
    events.iter().map(|event| format!("data: {event}\n\n")).collect()
}

fn chunk(delta: Value, finish: Option<&str>) -> Value {
    json!({"id": "x", "object": "chat.completion.chunk", "choices": [{"index": 0, "delta": delta, "finish_reason": finish}]})
}

fn fragment(index: u32, id: Option<&str>, name: Option<&str>, arguments: &str) -> Value {
    let mut call = json!({"index": index, "function": {"arguments": arguments}});
    if let (Some(id), Some(name)) = (id, name) {
        call["id"] = json!(id);
        call["function"]["name"] = json!(name);
    }
    chunk(json!({"tool_calls": [call]}), None)
}

fn request() -> ChatRequest {
    ChatRequest {
        system: "Be brief.".into(),
        messages: vec![Message::User { text: "Look.".into() }],
        tools: vec![ToolSpec {
            name: "log-parser".into(),
            description: "Parses".into(),
            schema: json!({"type": "object", "properties": {"path": {"type": "string"}}}),
        }],
        temperature: Some(0.2),
        ..ChatRequest::default()
    }
}

async fn called_with(request: ChatRequest, answer: Answer) -> Called {
    let sent = Arc::new(Mutex::new(Value::Null));
    let seen = Arc::clone(&sent);
    let answer = Arc::new(answer);
    let serve = move |body: String| {
        *seen.lock().unwrap() = serde_json::from_str(&body).unwrap();
        let answer = Arc::clone(&answer);
        async move { respond(&answer) }
    };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}/v1", listener.local_addr().unwrap());
    let router = Router::new().route("/v1/chat/completions", post(serve));
    let server = tokio::spawn(async move { axum::serve(listener, router).await });
    let read = |name: &str| (name == "BATON_LLM_BASE_URL").then(|| address.clone());
    let provider = Genai::for_model("vendor/model", None, &read).unwrap().with_timeout(Duration::from_secs(2));
    let mut deltas = Vec::new();
    let outcome = provider.chat(&request, &mut |delta| deltas.push(delta)).await;
    server.abort();
    let sent = sent.lock().unwrap().clone();
    Called { outcome, deltas, sent }
}

async fn called(answer: Answer) -> Called {
    called_with(request(), answer).await
}

fn respond(answer: &Answer) -> Response {
    let first = futures::stream::iter([Ok::<_, std::io::Error>(answer.body.clone())]);
    let body = match answer.hangs {
        true => Body::from_stream(first.chain(futures::stream::pending())),
        false => Body::from_stream(first),
    };
    let mut response = Response::builder().status(StatusCode::from_u16(answer.status).unwrap());
    for (name, value) in answer.headers {
        response = response.header(*name, *value);
    }
    response.body(body).unwrap()
}

fn stream(parts: &[Value]) -> Answer {
    Answer { body: events(parts) + "data: [DONE]\n\n", ..Answer::default() }
}

#[tokio::test]
async fn text_comes_in_pieces_and_with_its_usage() {
    let usage = json!({"choices": [], "usage": {"prompt_tokens": 11, "completion_tokens": 3, "total_tokens": 14}});
    let parts = [
        chunk(json!({"reasoning_content": "Hm."}), None),
        chunk(json!({"content": "All "}), None),
        chunk(json!({"content": "is well"}), Some("stop")),
        usage,
    ];
    let called = called(stream(&parts)).await;
    let reply = called.outcome.unwrap();
    assert_eq!((reply.text.as_str(), reply.thinking.as_str()), ("All is well", "Hm."));
    assert_eq!(reply.usage, Usage { input_tokens: 11, output_tokens: 3 });
    let expected = [Delta::Thinking("Hm.".into()), Delta::Text("All ".into()), Delta::Text("is well".into())];
    assert_eq!(called.deltas, expected);
    assert_eq!((&called.sent["model"], &called.sent["temperature"]), (&json!("vendor/model"), &json!(0.2)));
    assert_eq!(called.sent["messages"][0], json!({"role": "system", "content": "Be brief."}));
    assert_eq!(called.sent["tools"][0]["function"]["name"], "log-parser");
}

#[tokio::test]
async fn fragments_of_arguments_are_put_together() {
    let parts = [
        fragment(0, Some("a"), Some("log-parser"), ""),
        fragment(0, None, None, "{\"pa"),
        fragment(0, None, None, "th\": \"a.log\"}"),
        fragment(1, Some("b"), Some("no-such-tool"), "{}"),
        chunk(json!({}), Some("tool_calls")),
    ];
    let calls = called(stream(&parts)).await.outcome.unwrap().tool_calls;
    assert_eq!(calls[0], ToolCall { id: "a".into(), name: "log-parser".into(), arguments: json!({"path": "a.log"}) });
    // Whether it was offered is for the loop to say.
    assert_eq!((calls[1].name.as_str(), calls.len()), ("no-such-tool", 2));
}

#[tokio::test]
async fn arguments_that_are_not_json_are_passed_as_they_are() {
    let parts = [fragment(0, Some("a"), Some("log-parser"), "{\"path\": a.log"), fragment(1, Some("b"), Some("x"), "")];
    let calls = called(stream(&parts)).await.outcome.unwrap().tool_calls;
    assert_eq!(calls[0].arguments, json!({"_raw": "{\"path\": a.log"}));
    assert_eq!(calls[1].arguments, json!({}));
}

#[tokio::test]
async fn answers_of_tools_go_back_and_ids_stay_unique() {
    let mut request = request();
    let call = ToolCall { id: "call_0".into(), name: "log-parser".into(), arguments: json!({"path": "a"}) };
    request.messages.push(Message::Assistant { text: String::new(), tool_calls: vec![call] });
    request.messages.push(Message::Tool { call_id: "call_0".into(), content: "gone".into(), is_error: true });
    let parts = [fragment(0, Some("call_0"), Some("log-parser"), "{}")];
    let called = called_with(request, stream(&parts)).await;
    assert_eq!(called.outcome.unwrap().tool_calls[0].id, "call_0_2");
    assert_eq!(called.sent["messages"][2]["tool_calls"][0]["function"]["name"], "log-parser");
    assert_eq!(called.sent["messages"][3]["tool_call_id"], "call_0");
    assert_eq!(called.sent["messages"][3]["content"], "The call failed: gone");
}

#[tokio::test]
async fn a_limit_says_when_to_try_again() {
    let headers = &[("retry-after", "7"), ("content-type", "application/json")];
    let answer = Answer { status: 429, headers, body: r#"{"error": "slow down"}"#.into(), hangs: false };
    let Err(ProviderError::Unavailable { message, retry_after }) = called(answer).await.outcome else {
        panic!("not unavailable")
    };
    assert_eq!(retry_after, Some(Duration::from_secs(7)));
    assert!(message.contains("slow down"), "{message}");
}

#[track_caller]
fn is_unavailable(called: &Called) {
    assert!(matches!(called.outcome, Err(ProviderError::Unavailable { .. })), "{:?}", called.outcome);
}

#[tokio::test]
async fn troubles_on_the_way_can_be_tried_again() {
    is_unavailable(&called(Answer { status: 503, ..Answer::default() }).await);
    let cut = Answer { body: events(&[chunk(json!({"content": "All is"}), None)]), ..Answer::default() };
    let cut = called(cut).await;
    is_unavailable(&cut);
    assert_eq!(cut.deltas, [Delta::Text("All is".into())]);
    is_unavailable(&called(Answer { body: "data: {\"choices\": [\n\n".into(), ..Answer::default() }).await);
    let overloaded = json!({"error": {"type": "overloaded_error", "message": "busy"}});
    is_unavailable(&called(stream(&[overloaded])).await);
    is_unavailable(&called(Answer { hangs: true, ..Answer::default() }).await);
}

#[tokio::test]
async fn what_will_never_work_is_refused() {
    for status in [400, 401, 404] {
        let outcome = called(Answer { status, body: "no".into(), ..Answer::default() }).await.outcome;
        assert!(matches!(outcome, Err(ProviderError::Refused(_))), "{outcome:?}");
    }
    let forced = Genai::for_model("m", Some("openai"), &|_| None).unwrap();
    let outcome = forced.chat(&request(), &mut |_| {}).await;
    assert_eq!(outcome, Err(ProviderError::Refused("openai needs OPENAI_API_KEY in the environment".into())));
}
