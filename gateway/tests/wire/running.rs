//! A gateway on a free port, and its clients.

use crate::played::Played;
use clap::Parser;
use futures::{SinkExt, StreamExt};
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};
use std::{net::SocketAddr, path::PathBuf, time::Duration};
use test_harness::Nats;
use tokio::net::{TcpListener, TcpStream};
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream,
    tungstenite::{self, Message, client::IntoClientRequest, protocol::CloseFrame},
};
use tokio_util::sync::CancellationToken;

const KEYS: &str =
    "admin-key=acme:admin,operator-key=acme:operator,user-key=acme:user,viewer-key=acme:viewer,other-key=other:admin";
const PATIENCE: Duration = Duration::from_secs(15);

#[derive(Parser)]
struct Line {
    #[command(flatten)]
    config: gateway::Config,
}

pub struct Running {
    pub engine: Played,
    pub nats: Nats,
    pub addr: SocketAddr,
    metrics_addr: SocketAddr,
    pub mail: PathBuf,
    folder: PathBuf,
    http: reqwest::Client,
    shutdown: CancellationToken,
    task: Option<tokio::task::JoinHandle<anyhow::Result<()>>>,
}

impl Running {
    pub async fn start() -> Running {
        Self::start_with(&[]).await
    }

    pub async fn start_with(options: &[&str]) -> Running {
        let nats = Nats::start().unwrap();
        let engine = Played::start(nats.connect().await.unwrap()).await;
        let folder = std::env::temp_dir().join(format!("baton-gateway-{}", uuid::Uuid::new_v4()));
        let mail = folder.join("mail");
        std::fs::create_dir_all(&mail).unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let addr = listener.local_addr().unwrap();
        let metrics_listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let metrics_addr = metrics_listener.local_addr().unwrap();
        let (url, store) = (nats.url(), format!("file://{}/files", folder.display()));
        let mail_text = mail.display().to_string();
        let line =
            ["gateway", "--nats-url", &url, "--store-url", &store, "--api-keys", KEYS, "--dev-mail-dir", &mail_text];
        let config = Line::parse_from(line.iter().chain(options)).config;
        let shutdown = CancellationToken::new();
        let task = Some(tokio::spawn(gateway::serve(config, listener, Some(metrics_listener), shutdown.clone())));
        let running =
            Running { engine, nats, addr, metrics_addr, mail, folder, http: reqwest::Client::new(), shutdown, task };
        running.until_ready().await;
        running
    }

    async fn until_ready(&self) {
        let started = std::time::Instant::now();
        while self.get_plain("/healthz/ready").await.0 != 200 {
            assert!(started.elapsed() < PATIENCE, "the gateway is not ready");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    pub fn request(&self, method: Method, path: &str, key: &str) -> RequestBuilder {
        self.http.request(method, format!("http://{}{path}", self.addr)).bearer_auth(key)
    }

    pub async fn get(&self, path: &str) -> (u16, Value) {
        answer(self.request(Method::GET, path, "admin-key")).await
    }

    pub async fn post(&self, path: &str, body: Value) -> (u16, Value) {
        answer(self.request(Method::POST, path, "admin-key").json(&body)).await
    }

    /// Without a key; the body as text.
    pub async fn get_plain(&self, path: &str) -> (u16, String) {
        let response = self.http.get(format!("http://{}{path}", self.addr)).send().await.unwrap();
        (response.status().as_u16(), response.text().await.unwrap())
    }

    /// A file in the store.
    pub fn put(&self, path: &str, content: &str) {
        let file = self.folder.join("files").join(path);
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(file, content).unwrap();
    }

    pub async fn metrics(&self) -> String {
        let response = self.http.get(format!("http://{}/metrics", self.metrics_addr)).send().await.unwrap();
        response.text().await.unwrap()
    }

    pub async fn socket(&self) -> Socket {
        self.socket_as("admin-key").await
    }

    pub async fn socket_as(&self, key: &str) -> Socket {
        self.try_socket(key, &[]).await.expect("the connection is taken")
    }

    /// The error is the status.
    pub async fn try_socket(&self, key: &str, headers: &[(&'static str, &str)]) -> Result<Socket, u16> {
        self.try_socket_at("/api/v1/ws", key, headers).await
    }

    pub async fn try_socket_at(&self, path: &str, key: &str, headers: &[(&'static str, &str)]) -> Result<Socket, u16> {
        let mut request = format!("ws://{}{path}", self.addr).into_client_request().unwrap();
        let protocols = format!("baton, key.{key}").parse().unwrap();
        request.headers_mut().insert("sec-websocket-protocol", protocols);
        for (name, value) in headers {
            request.headers_mut().insert(*name, value.parse().unwrap());
        }
        match tokio_tungstenite::connect_async(request).await {
            Ok((inner, response)) => {
                assert_eq!(response.headers()["sec-websocket-protocol"], "baton");
                Ok(Socket { inner })
            }
            Err(tungstenite::Error::Http(response)) => Err(response.status().as_u16()),
            Err(error) => panic!("{error}"),
        }
    }

    pub async fn stop(mut self) {
        self.shutdown.cancel();
        let task = self.task.take().unwrap();
        tokio::time::timeout(PATIENCE, task).await.expect("it stops in time").unwrap().unwrap();
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.shutdown.cancel();
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

pub async fn answer(request: RequestBuilder) -> (u16, Value) {
    let response = request.send().await.unwrap();
    let status = response.status().as_u16();
    (status, serde_json::from_str(&response.text().await.unwrap()).unwrap_or(Value::Null))
}

pub struct Socket {
    pub inner: WebSocketStream<MaybeTlsStream<TcpStream>>,
}

impl Socket {
    pub async fn say(&mut self, message: Value) {
        self.inner.send(Message::Text(message.to_string().into())).await.unwrap();
    }

    /// The next message that is no ping, or the close.
    pub async fn hear(&mut self) -> Result<Value, Option<CloseFrame>> {
        loop {
            let next = tokio::time::timeout(PATIENCE, self.inner.next()).await.expect("something is heard in time");
            match next {
                Some(Ok(Message::Text(text))) => {
                    let message: Value = serde_json::from_str(&text).unwrap();
                    if message["type"] != "ping" {
                        return Ok(message);
                    }
                }
                Some(Ok(Message::Close(frame))) => return Err(frame),
                Some(Ok(_)) => {}
                Some(Err(_)) | None => return Err(None),
            }
        }
    }

    pub async fn next(&mut self) -> Value {
        self.hear().await.expect("a message")
    }

    pub async fn subscribe(&mut self, instance: &str, from: u64) {
        self.say(json!({"type": "subscribe", "instanceId": instance, "from": from})).await;
    }

    /// Events of AG-UI until one of this type.
    pub async fn until_event(&mut self, last: &str) -> Vec<Value> {
        let mut heard = Vec::new();
        while heard.last().is_none_or(|event: &Value| event["type"] != last) {
            heard.push(self.next().await);
        }
        heard
    }

    /// Types and sequence numbers until a message of this type.
    pub async fn until(&mut self, last: &str) -> Vec<(String, Option<u64>)> {
        let mut heard = Vec::new();
        loop {
            let message = self.next().await;
            let kind = message["type"].as_str().unwrap().to_owned();
            let done = kind == last;
            heard.push((kind, message["seq"].as_u64()));
            if done {
                return heard;
            }
        }
    }
}
