//! Simulated clients: they start instances, send them what they wait for, do people's tasks and suspend what they like, each
//! with an id of its own, again until they are answered.

use super::{chaos::Chaos, replicas::Replicas, special};
use crate::api;
use async_nats::{Message, StatusCode};
use bytes::Bytes;
use faults::process::{Expected, Process, coin};
use prost::Message as _;
use proto::*;
use serde_json::json;
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use store_model::{Model, Value};
use tokio::time::{sleep, timeout};
use uuid::Uuid;

pub const TENANT: &str = "simulated";
const PATIENCE: Duration = Duration::from_secs(8);

/// An instance that was started, with what it is expected to come to.
#[derive(Clone)]
pub struct Started {
    pub process: String,
    pub seed: u64,
    pub expected: Arc<Expected>,
}

pub struct Clients {
    pub replicas: Arc<Replicas>,
    pub model: Model,
    pub chaos: Chaos,
    pub processes: Vec<Process>,
    pub started: Mutex<BTreeMap<Uuid, Started>>,
}

impl Clients {
    pub async fn deploy(&self) -> anyhow::Result<()> {
        for process in self.processes.iter().chain(&Process::called()) {
            let file = File { name: format!("{}.yaml", process.id), content: process.yaml.clone().into() };
            let request = DeployRequest { tenant: TENANT.to_owned(), files: vec![file], ..Default::default() };
            self.until_answered("deploy", &request).await?;
        }
        let file = File { name: "special.yaml".to_owned(), content: special::YAML.into() };
        let request = DeployRequest { tenant: TENANT.to_owned(), files: vec![file], ..Default::default() };
        self.until_answered("deploy", &request).await.map(drop)
    }

    pub(super) fn note(&self, id: Uuid, process: &str, seed: u64, expected: Expected) {
        let started = Started { process: process.to_owned(), seed, expected: Arc::new(expected) };
        self.started.lock().unwrap_or_else(PoisonError::into_inner).insert(id, started);
    }

    /// Starts the instance with this number, sends it its messages, and sometimes suspends it for a while.
    pub async fn start(&self, number: u64, seed: u64) -> anyhow::Result<()> {
        if number % 7 == 6 {
            return self.start_special(number, seed).await;
        }
        let process = (number % self.processes.len() as u64) as usize;
        let key = format!("order-{number}");
        let padding = if number.is_multiple_of(3) { "x".repeat(600) } else { String::new() };
        let variables = json!({"seed": seed, "coin": coin(seed), "order": key, "padding": padding});
        let request = StartInstanceRequest {
            tenant: TENANT.to_owned(),
            process_id: self.processes[process].id.clone(),
            variables: variables.to_string().into(),
            business_key: Some(key.clone()),
            command_id: Some(key.clone()),
            ..Default::default()
        };
        let answer = self.until_answered("start_instance", &request).await?;
        let id: Uuid = StartInstanceReply::decode(answer)?.instance_id.parse()?;
        self.note(id, &self.processes[process].id, seed, self.processes[process].expected(seed));
        for name in self.processes[process].expected(seed).messages {
            sleep(self.chaos.milliseconds(0, 1000)).await;
            self.publish(name, &key).await?;
        }
        if self.chaos.happens("an instance suspended", 100) {
            self.suspend(id).await;
        }
        Ok(())
    }

    async fn publish(&self, name: String, key: &str) -> anyhow::Result<()> {
        let message_id = Some(format!("{name}-{key}"));
        let (tenant, correlation_key) = (TENANT.to_owned(), key.to_owned());
        let request = PublishMessageRequest {
            tenant,
            name,
            correlation_key,
            variables: "{}".into(),
            ttl_ms: 3_600_000,
            message_id,
            ..Default::default()
        };
        self.until_answered("publish_message", &request).await.map(drop)
    }

    async fn suspend(&self, id: Uuid) {
        let operate = |operation: &'static str| OperateRequest {
            tenant: TENANT.to_owned(),
            instance_id: id.to_string(),
            operation: json!({"operation": operation}).to_string().into(),
            by: "operator".to_owned(),
            ..Default::default()
        };
        // an instance that has ended by then refuses; one whose answer was lost is suspended all the same
        let _ = self.until_answered("operate", &operate("suspend")).await;
        sleep(self.chaos.milliseconds(100, 5_000)).await;
        let _ = self.until_answered("operate", &operate("resume")).await;
    }

    /// Does what people have to do, for ever.
    pub async fn do_tasks(self: Arc<Self>) {
        loop {
            for row in self.model.rows("user_task") {
                let [instance, key, .., groups, _, _, state, _] = row.as_slice() else { continue };
                let is_ours = groups.list().contains(&Value::Text("people".to_owned()));
                let (Value::Uuid(instance), 0, true) = (instance, state.int(), is_ours) else { continue };
                let request = CompleteUserTaskRequest {
                    tenant: TENANT.to_owned(),
                    id: format!("{instance}:{}", key.int()),
                    variables: "{}".into(),
                    by: "somebody".to_owned(),
                    command_id: None,
                };
                let _ = self.once("complete_user_task", &request).await; // it may be done, suspended, or tried again
            }
            sleep(Duration::from_millis(300)).await;
        }
    }

    /// An answer, or a refusal that will not change.
    pub(super) async fn until_answered(&self, method: &str, request: &impl prost::Message) -> anyhow::Result<Bytes> {
        for _ in 0..200 {
            match self.once(method, request).await {
                Some(api_reply::Reply::Ok(answer)) => return Ok(answer),
                Some(api_reply::Reply::Problem(problem)) if problem.status < 429 => {
                    anyhow::bail!("{method}: {} {}", problem.status, problem.message)
                }
                _ => sleep(self.chaos.milliseconds(20, 500)).await,
            }
        }
        anyhow::bail!("{method} is never answered")
    }

    /// None: there was no answer, though it may have happened.
    pub(super) async fn once(&self, method: &str, request: &impl prost::Message) -> Option<api_reply::Reply> {
        let world = self.replicas.any()?;
        let message = message(method, request);
        if self.chaos.happens("a request that came twice", 20) {
            let world = world.clone();
            let message = message.clone();
            tokio::spawn(async move { drop(api::answer(&world, &message).await) });
        }
        let answer = timeout(PATIENCE, api::answer(&world, &message)).await.ok()?;
        if self.chaos.happens("an answer that was lost", 20) {
            return None;
        }
        Some(match answer {
            Ok(ok) => api_reply::Reply::Ok(ok),
            Err(failure) => api_reply::Reply::Problem(failure.into_problem(&message.subject)),
        })
    }
}

fn message(method: &str, request: &impl prost::Message) -> Message {
    let payload: Bytes = request.encode_to_vec().into();
    Message {
        subject: proto::subject::api(method).into(),
        reply: None,
        length: payload.len(),
        payload,
        headers: None,
        status: None::<StatusCode>,
        description: None,
    }
}
