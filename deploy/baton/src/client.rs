//! A small client of the gateway's REST API, for the command line.

use anyhow::{Context, bail};
use futures::{Stream, StreamExt, stream};
use reqwest::{Method, RequestBuilder, Response, StatusCode};
use serde_json::Value;
use std::{path::Path, time::Duration, time::Instant};

/// A stream ends with what it tells of.
const STREAM: Duration = Duration::from_secs(30 * 24 * 3600);
/// How long a request that is kept out (429) is tried again.
const PATIENCE: Duration = Duration::from_secs(60);

#[derive(Clone)]
pub struct Client {
    http: reqwest::Client,
    url: String,
    key: String,
    /// From where the address is known, for an error's message.
    found_by: String,
}

impl Client {
    pub fn new(url: &str, key: &str) -> Client {
        let http = reqwest::Client::builder().timeout(Duration::from_secs(30)).build().unwrap_or_default();
        Client { http, url: url.trim_end_matches('/').to_owned(), key: key.to_owned(), found_by: String::new() }
    }

    pub fn found_by(self, found_by: &str) -> Client {
        Client { found_by: found_by.to_owned(), ..self }
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

    pub async fn get_with(&self, path: &str, query: &[(String, String)]) -> anyhow::Result<Value> {
        let request = self.http.get(self.address(path)).query(query);
        let what = format!("GET {path}");
        read(self.send(request, &what).await?, &what).await
    }

    /// Server-sent events: the data of each, as JSON.
    pub async fn events(
        &self,
        path: &str,
    ) -> anyhow::Result<impl Stream<Item = anyhow::Result<Value>> + Unpin + use<>> {
        let what = format!("GET {path}");
        let request = self.http.get(self.address(path)).header("Accept", "text/event-stream").timeout(STREAM);
        let response = self.send(request, &what).await?;
        if !response.status().is_success() {
            return Err(read(response, &what).await.err().unwrap_or_else(|| anyhow::anyhow!("{what}: no stream")));
        }
        let bytes = Box::pin(response.bytes_stream());
        Ok(Box::pin(stream::unfold((bytes, Vec::new()), |(mut bytes, mut buffer)| async move {
            loop {
                if let Some(data) = next_data(&mut buffer) {
                    return Some((serde_json::from_slice(&data).map_err(Into::into), (bytes, buffer)));
                }
                match bytes.next().await? {
                    Ok(more) => buffer.extend_from_slice(&more),
                    Err(error) => return Some((Err(error.into()), (bytes, buffer))),
                }
            }
        })))
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
            let mut request = self.http.request(method.clone(), self.address(path));
            if let Some(body) = &body {
                request = request.json(body);
            }
            if let Some(key) = once {
                request = request.header("Idempotency-Key", key);
            }
            let response = self.send(request, &what).await?;
            match kept_out(&response) {
                Some(wait) if Instant::now() + wait < deadline => tokio::time::sleep(wait).await,
                _ => return read(response, &what).await,
            }
        }
    }

    async fn send(&self, request: RequestBuilder, what: &str) -> anyhow::Result<Response> {
        let sent = request.bearer_auth(&self.key).send().await;
        sent.with_context(|| match self.found_by.as_str() {
            "" => what.to_owned(),
            by => format!("{what}: {} does not answer (its address is from {by})", self.url),
        })
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
    let code = value["code"].as_str().unwrap_or_default().to_owned();
    Err(Refused { status: status.as_u16(), code, what: what.to_owned(), message }.into())
}

/// What the gateway answered instead of doing it.
#[derive(Debug)]
pub struct Refused {
    pub status: u16,
    /// Stable (`engine/docs/rest.md`); empty where something else answered.
    pub code: String,
    pub what: String,
    pub message: String,
}

impl std::fmt::Display for Refused {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Refused { status, code, what, message } = self;
        let space = if code.is_empty() { "" } else { " " };
        write!(f, "{what}: {status}{space}{code} {message}")
    }
}

impl std::error::Error for Refused {}

/// Takes the data of the next whole event out of the buffer; comments and other fields are passed over.
fn next_data(buffer: &mut Vec<u8>) -> Option<Vec<u8>> {
    loop {
        let end = buffer.windows(2).position(|two| two == b"\n\n")?;
        let event: Vec<u8> = buffer.drain(..end + 2).collect();
        let lines = event.split(|byte| *byte == b'\n').filter_map(|line| line.strip_prefix(b"data:"));
        let data: Vec<&[u8]> = lines.map(|data| data.strip_prefix(b" ").unwrap_or(data)).collect();
        if !data.is_empty() {
            return Some(data.join(&b'\n'));
        }
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_come_whole_whatever_arrives_together() {
        let mut buffer = b": alive\n\nid: 3\ndata: {\"a\":1}\n\ndata: {\"b\"".to_vec();
        assert_eq!(next_data(&mut buffer).as_deref(), Some(&b"{\"a\":1}"[..]));
        assert_eq!(next_data(&mut buffer), None);
        buffer.extend(b":\ndata: 2}\n\n");
        assert_eq!(next_data(&mut buffer).as_deref(), Some(&b"{\"b\":\n2}"[..]));
        assert!(buffer.is_empty());
    }
}
