//! A small client of the gateway's REST API, for the command line.

use anyhow::{Context, bail};
use reqwest::{Method, Response, StatusCode};
use serde_json::Value;
use std::{path::Path, time::Duration, time::Instant};

/// How long a request that is kept out (429) is tried again.
const PATIENCE: Duration = Duration::from_secs(60);

#[derive(Clone)]
pub struct Client {
    http: reqwest::Client,
    url: String,
    key: String,
}

impl Client {
    pub fn new(url: &str, key: &str) -> Client {
        let http = reqwest::Client::builder().timeout(Duration::from_secs(30)).build().unwrap_or_default();
        Client { http, url: url.trim_end_matches('/').to_owned(), key: key.to_owned() }
    }

    /// Until the gateway answers, and an engine behind it.
    pub async fn wait_until_ready(&self, within: Duration) -> anyhow::Result<()> {
        let deadline = Instant::now() + within;
        loop {
            match self.get("/processes").await {
                Ok(_) => return Ok(()),
                Err(error) if Instant::now() > deadline => {
                    return Err(error.context(format!("{} is not ready after {within:?}", self.url)));
                }
                Err(_) => tokio::time::sleep(Duration::from_millis(100)).await,
            }
        }
    }

    pub async fn get(&self, path: &str) -> anyhow::Result<Value> {
        self.call(Method::GET, path, None, None).await
    }

    pub async fn post(&self, path: &str, body: Value) -> anyhow::Result<Value> {
        self.call(Method::POST, path, Some(body), None).await
    }

    pub async fn put(&self, path: &str, body: Value) -> anyhow::Result<Value> {
        self.call(Method::PUT, path, Some(body), None).await
    }

    /// The status and the body, whatever they are.
    pub async fn ask(&self, path: &str, body: Value) -> anyhow::Result<(u16, Value)> {
        let response = self.http.post(self.address(path)).bearer_auth(&self.key).json(&body).send().await?;
        Ok((response.status().as_u16(), response.json().await.unwrap_or(Value::Null)))
    }

    /// A command that may be sent again: the same key is carried out once.
    pub async fn post_once(&self, path: &str, body: Value, idempotency_key: &str) -> anyhow::Result<Value> {
        self.call(Method::POST, path, Some(body), Some(idempotency_key)).await
    }

    /// Uploads a file; returns its reference.
    pub async fn upload(&self, file: &Path) -> anyhow::Result<Value> {
        let content = tokio::fs::read(file).await.with_context(|| format!("reading {}", file.display()))?;
        let name = file.file_name().and_then(|name| name.to_str()).unwrap_or("file");
        let boundary = format!("baton-{}", uuid::Uuid::new_v4().simple());
        let mut body = format!(
            "--{boundary}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\nContent-Type: text/plain\r\n\r\n"
        )
        .into_bytes();
        body.extend(content);
        body.extend(format!("\r\n--{boundary}--\r\n").into_bytes());
        let request = self.http.post(self.address("/files")).bearer_auth(&self.key);
        let request = request.header("Content-Type", format!("multipart/form-data; boundary={boundary}")).body(body);
        read(request.send().await?, "POST /files").await
    }

    /// The content of a stored file.
    pub async fn download(&self, uri: &str) -> anyhow::Result<Vec<u8>> {
        let path = format!("/files/{uri}");
        let response = self.http.get(self.address(&path)).bearer_auth(&self.key).send().await?;
        if !response.status().is_success() {
            bail!("GET {path}: {}", response.status().as_u16());
        }
        Ok(response.bytes().await?.to_vec())
    }

    async fn call(&self, method: Method, path: &str, body: Option<Value>, once: Option<&str>) -> anyhow::Result<Value> {
        let what = format!("{method} {path}");
        let deadline = Instant::now() + PATIENCE;
        loop {
            let mut request = self.http.request(method.clone(), self.address(path)).bearer_auth(&self.key);
            if let Some(body) = &body {
                request = request.json(body);
            }
            if let Some(key) = once {
                request = request.header("Idempotency-Key", key);
            }
            let response = request.send().await.with_context(|| what.clone())?;
            match kept_out(&response) {
                Some(wait) if Instant::now() + wait < deadline => tokio::time::sleep(wait).await,
                _ => return read(response, &what).await,
            }
        }
    }

    fn address(&self, path: &str) -> String {
        format!("{}/api/v1{path}", self.url)
    }
}

/// How long to wait when nothing of the request was done because there is no room for it now.
fn kept_out(response: &Response) -> Option<Duration> {
    if response.status() != StatusCode::TOO_MANY_REQUESTS {
        return None;
    }
    let seconds = response.headers().get("Retry-After")?.to_str().ok()?;
    seconds.parse().ok().map(Duration::from_secs)
}

async fn read(response: Response, what: &str) -> anyhow::Result<Value> {
    let status = response.status();
    let text = response.text().await?;
    let value: Value = serde_json::from_str(&text).unwrap_or(Value::Null);
    if status.is_success() {
        return Ok(value);
    }
    let mut message = value["detail"].as_str().unwrap_or(&text).to_owned();
    for diagnostic in value["diagnostics"].as_array().into_iter().flatten() {
        message.push('\n');
        message.push_str(&describe(diagnostic));
    }
    bail!("{what}: {} {message}", status.as_u16())
}

/// A diagnostic as a compiler prints it.
pub fn describe(diagnostic: &Value) -> String {
    let text = |name: &str| diagnostic[name].as_str().unwrap_or_default().to_owned();
    let number = |name: &str| diagnostic[name].as_u64().unwrap_or_default();
    let mut line = format!(
        "{}:{}:{}: {}[{}]: {}",
        text("file"),
        number("line"),
        number("column"),
        text("severity"),
        text("code"),
        text("message")
    );
    for (before, more) in [("\n", text("excerpt")), ("\n  = ", text("hint"))] {
        if !more.is_empty() {
            line.push_str(before);
            line.push_str(more.trim_end());
        }
    }
    line
}
