//! A language model on the loopback that speaks OpenAI's dialect and says what the test wants, by the turn of the
//! conversation: how often it has spoken in it before.

use axum::{Router, body::Body, extract::State, http::StatusCode, response::Response, routing::post};
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};

pub enum Says {
    Text(String),
    /// Names and arguments, as text.
    Calls(Vec<(String, String)>),
    /// An event that no model sends, as it stands.
    Raw(String),
    Status(u16),
    /// Nothing, for ever.
    Silence,
}

impl Says {
    pub fn answer(answer: Value) -> Says {
        Says::Text(answer.to_string())
    }

    pub fn call(name: &str, arguments: Value) -> Says {
        Says::Calls(vec![(name.to_owned(), arguments.to_string())])
    }
}

/// Of the turn and all requests so far, this one included.
type Script = dyn Fn(usize, &[Value]) -> Says + Send + Sync;

type Requests = Arc<Mutex<Vec<Value>>>;

pub struct Model {
    pub url: String,
    asked: Requests,
    server: tokio::task::JoinHandle<()>,
}

impl Model {
    pub async fn start(script: impl Fn(usize, &[Value]) -> Says + Send + Sync + 'static) -> Model {
        let asked = Requests::default();
        let state = (asked.clone(), Arc::new(script) as Arc<Script>);
        let router = Router::new().route("/v1/chat/completions", post(respond)).with_state(state);
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/v1", listener.local_addr().unwrap());
        let server = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Model { url, asked, server }
    }

    /// It gives the same answer whatever it is asked.
    pub async fn always(says: impl Fn() -> Says + Send + Sync + 'static) -> Model {
        Model::start(move |_, _| says()).await
    }

    /// All requests, as they were sent.
    pub fn asked(&self) -> Vec<Value> {
        self.asked.lock().unwrap().clone()
    }

    /// The turn of each request.
    pub fn turns(&self) -> Vec<usize> {
        self.asked().iter().map(turn).collect()
    }

    /// The last message that it was sent.
    pub fn last_message(&self) -> String {
        self.asked().last().unwrap()["messages"].as_array().unwrap().last().unwrap()["content"].to_string()
    }
}

impl Drop for Model {
    fn drop(&mut self) {
        self.server.abort();
    }
}

fn turn(request: &Value) -> usize {
    let messages = request["messages"].as_array().unwrap();
    messages.iter().filter(|message| message["role"] == "assistant").count()
}

async fn respond(State((asked, script)): State<(Requests, Arc<Script>)>, body: String) -> Response {
    let request: Value = serde_json::from_str(&body).unwrap();
    let turn = turn(&request);
    let says = {
        let mut asked = asked.lock().unwrap();
        asked.push(request);
        let asked = asked.clone();
        script(turn, &asked)
    };
    match says {
        Says::Text(text) => stream(&json!({"content": text}), "stop"),
        Says::Calls(calls) => stream(&json!({"tool_calls": called(turn, &calls)}), "tool_calls"),
        Says::Raw(body) => events(body),
        Says::Status(status) => Response::builder()
            .status(StatusCode::from_u16(status).unwrap())
            .header("retry-after", "7")
            .body(Body::from("{}"))
            .unwrap(),
        Says::Silence => std::future::pending().await,
    }
}

fn called(turn: usize, calls: &[(String, String)]) -> Vec<Value> {
    let call = |(place, (name, arguments)): (usize, &(String, String))| {
        json!({"index": place, "id": format!("call_{turn}_{place}"), "type": "function",
               "function": {"name": name, "arguments": arguments}})
    };
    calls.iter().enumerate().map(call).collect()
}

fn stream(delta: &Value, reason: &str) -> Response {
    let chunk = json!({"id": "x", "object": "chat.completion.chunk",
                       "choices": [{"index": 0, "delta": delta, "finish_reason": reason}]});
    let usage = json!({"choices": [], "usage": {"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 15}});
    events(format!("data: {chunk}\n\ndata: {usage}\n\ndata: [DONE]\n\n"))
}

fn events(body: String) -> Response {
    Response::builder().header("content-type", "text/event-stream").body(Body::from(body)).unwrap()
}
