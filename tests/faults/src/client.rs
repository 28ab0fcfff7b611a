//! A client as one should be: each command carries a key, and is sent again, to the other gateway too, until there is an
//! answer that says yes or no.

use crate::system::{KEY, STRANGER, System};
use anyhow::bail;
use reqwest::Method;
use serde_json::Value;
use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

/// How long a command is sent again.
const PATIENCE: Duration = Duration::from_secs(240);
const ANSWER_WITHIN: Duration = Duration::from_secs(15);

pub struct Client {
    http: reqwest::Client,
    gateways: Vec<Gateway>,
    turn: AtomicUsize,
    pub counts: Counts,
}

struct Gateway {
    url: String,
    outstanding: Arc<AtomicUsize>,
}

/// How often the answer was which.
#[derive(Debug, Default)]
pub struct Counts {
    pub answered: AtomicU64,
    /// Connections that broke, or answers that never came: what became of the command is unknown.
    pub unknown: AtomicU64,
    /// 503 and 429.
    pub refused: AtomicU64,
    /// 500 and what else is our fault.
    pub failed: AtomicU64,
}

impl Client {
    pub fn new(system: &System) -> anyhow::Result<Client> {
        let http = reqwest::Client::builder().timeout(ANSWER_WITHIN).build()?;
        let gateway = |part: &crate::system::Part| Gateway {
            url: format!("http://127.0.0.1:{}/api/v1", part.port),
            outstanding: Arc::default(),
        };
        let gateways = system.gateways.iter().map(gateway).collect();
        Ok(Client { http, gateways, turn: AtomicUsize::new(0), counts: Counts::default() })
    }

    /// Requests that a gateway has in hand.
    pub fn outstanding(&self, gateway: usize) -> usize {
        self.gateways.get(gateway).map_or(0, |gateway| gateway.outstanding.load(Ordering::Relaxed))
    }

    pub async fn post(&self, path: &str, body: &Value, key: Option<&str>) -> anyhow::Result<(u16, Value)> {
        self.until_answered(path, |url| {
            let request = self.http.post(url).json(body);
            key.iter().fold(request, |request, key| request.header("Idempotency-Key", *key))
        })
        .await
    }

    pub async fn get(&self, path: &str) -> anyhow::Result<Value> {
        match self.until_answered(path, |url| self.http.get(url)).await? {
            (200..=299, body) => Ok(body),
            (status, body) => bail!("GET {path}: {status} {body}"),
        }
    }

    /// One try, at one gateway; none: what became of it is unknown. A refusal that may be over soon is the status 503.
    pub async fn once(&self, method: Method, path: &str, body: &Value) -> Option<(u16, Value)> {
        let turn = self.turn.fetch_add(1, Ordering::Relaxed);
        let url = format!("{}{path}", self.gateways[turn % self.gateways.len()].url);
        answer(self.http.request(method, url).json(body), KEY).await.ok()
    }

    /// What one of another tenant gets to hear.
    pub async fn as_stranger(&self, path: &str) -> Option<u16> {
        let turn = self.turn.fetch_add(1, Ordering::Relaxed);
        let url = format!("{}{path}", self.gateways[turn % self.gateways.len()].url);
        answer(self.http.get(url), STRANGER).await.ok().map(|(status, _)| status)
    }

    /// One try, at one gateway.
    pub fn events(&self, instance: &str, last: u64) -> reqwest::RequestBuilder {
        let turn = self.turn.fetch_add(1, Ordering::Relaxed);
        let url = format!("{}/instances/{instance}/events", self.gateways[turn % self.gateways.len()].url);
        let request = self.http.get(url).bearer_auth(KEY).timeout(Duration::from_secs(600));
        if last > 0 { request.header("Last-Event-ID", last.to_string()) } else { request }
    }

    async fn until_answered(
        &self,
        path: &str,
        request: impl Fn(String) -> reqwest::RequestBuilder,
    ) -> anyhow::Result<(u16, Value)> {
        let deadline = Instant::now() + PATIENCE;
        let mut pause = Duration::from_millis(50);
        loop {
            let turn = self.turn.fetch_add(1, Ordering::Relaxed);
            let gateway = &self.gateways[turn % self.gateways.len()];
            gateway.outstanding.fetch_add(1, Ordering::Relaxed);
            let answer = answer(request(format!("{}{path}", gateway.url)), KEY).await;
            gateway.outstanding.fetch_sub(1, Ordering::Relaxed);
            let count = match &answer {
                Err(_) => &self.counts.unknown,
                Ok((429 | 503, _)) => &self.counts.refused,
                Ok((500.., _)) => &self.counts.failed,
                Ok(_) => &self.counts.answered,
            };
            count.fetch_add(1, Ordering::Relaxed);
            match answer {
                Ok((status, body)) if status < 500 && status != 429 => return Ok((status, body)),
                _ if Instant::now() > deadline => bail!("{path}: no answer in {PATIENCE:?}: {answer:?}"),
                _ => tokio::time::sleep(pause).await,
            }
            pause = (pause * 2).min(Duration::from_secs(2));
        }
    }
}

async fn answer(request: reqwest::RequestBuilder, key: &str) -> reqwest::Result<(u16, Value)> {
    let answer = request.bearer_auth(key).send().await?;
    let status = answer.status().as_u16();
    let body = answer.bytes().await?;
    Ok((status, serde_json::from_slice(&body).unwrap_or(Value::Null)))
}
