//! Starts instances through the engine's API, keeps so many in flight, does what they wait for, and sees them end by
//! their events.

use super::{Args, report::Run, workload::PROCESS};
use crate::dev::Settings;
use anyhow::{Context, bail};
use futures::StreamExt;
use prost::Message;
use proto::{
    ApiReply, CompleteUserTaskRequest, DeployRequest, EventBatch, File, PublishMessageRequest, StartInstanceReply,
    StartInstanceRequest, api_reply::Reply, event::Kind, subject,
};
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};
use tokio::sync::Semaphore;

pub const TENANT: &str = "bench";
pub const PATIENCE: Duration = Duration::from_secs(60);

pub struct Driver {
    pub nats: async_nats::Client,
}

/// When each instance was asked for.
type Starts = Arc<Mutex<HashMap<String, Instant>>>;

impl Driver {
    pub async fn connect(settings: &Settings, args: &Args) -> anyhow::Result<Driver> {
        let driver = Driver { nats: async_nats::connect(&settings.nats_url).await? };
        driver.deploy("bench.yaml", args.workload.process(args)).await?;
        Ok(driver)
    }

    /// Waits for the engine to be there.
    pub async fn deploy(&self, name: &str, process: String) -> anyhow::Result<()> {
        let file = File { name: name.to_owned(), content: process.into_bytes().into() };
        let request = DeployRequest { tenant: TENANT.to_owned(), files: vec![file], dry_run: false, by: String::new() };
        let deadline = Instant::now() + PATIENCE;
        while let Err(error) = ask(&self.nats, "deploy", &request).await {
            if Instant::now() > deadline {
                return Err(error).context("the engine does not deploy");
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        Ok(())
    }

    /// Runs so many instances to their ends.
    pub async fn run(&self, args: &Args, instances: usize) -> anyhow::Result<Run> {
        let mut events = self.nats.subscribe(format!("events.{TENANT}.{PROCESS}.>")).await?;
        self.nats.flush().await?;
        let places = Arc::new(Semaphore::new(args.in_flight));
        let starts = Starts::default();
        let requests: Vec<Vec<u8>> = (0..instances).map(|n| start(args, n)).collect();
        let started = Instant::now();
        let starting = tokio::spawn(start_all(self.nats.clone(), requests, places.clone(), starts.clone()));
        let mut latencies = Vec::with_capacity(instances);
        while latencies.len() < instances {
            let message = tokio::time::timeout(PATIENCE, events.next()).await;
            let message = message.with_context(|| format!("{} of {instances} ended, then nothing", latencies.len()))?;
            let batch = EventBatch::decode(message.context("NATS is gone")?.payload)?;
            for event in &batch.events {
                match &event.kind {
                    Some(Kind::InstanceCompleted(_)) => {
                        let start = starts.lock().unwrap_or_else(PoisonError::into_inner).remove(&batch.instance_id);
                        latencies.push(start.map_or(0.0, |start| start.elapsed().as_secs_f64() * 1000.0));
                        places.add_permits(1);
                    }
                    Some(Kind::IncidentRaised(incident)) => bail!("{}: {}", incident.code, incident.message),
                    Some(kind) => self.react(&batch.instance_id, event.key, kind),
                    None => {}
                }
            }
        }
        starting.await??;
        Ok(Run::new(started.elapsed(), latencies))
    }

    /// Does what an instance has just begun to wait for.
    fn react(&self, instance: &str, key: u64, kind: &Kind) {
        match kind {
            Kind::UserTaskCreated(_) => {
                let id = format!("{instance}:{key}");
                let request = CompleteUserTaskRequest { tenant: TENANT.to_owned(), id, ..Default::default() };
                self.send("complete_user_task", request);
            }
            Kind::SubscriptionOpened(subscription) => {
                let request = PublishMessageRequest {
                    tenant: TENANT.to_owned(),
                    name: subscription.message_name.clone(),
                    correlation_key: subscription.correlation_key.clone(),
                    ..Default::default()
                };
                self.send("publish_message", request);
            }
            _ => {}
        }
    }

    fn send(&self, method: &'static str, request: impl Message + 'static) {
        let nats = self.nats.clone();
        tokio::spawn(async move {
            if let Err(error) = ask(&nats, method, &request).await {
                eprintln!("{method}: {error:#}");
            }
        });
    }
}

fn start(args: &Args, number: usize) -> Vec<u8> {
    let request = StartInstanceRequest {
        tenant: TENANT.to_owned(),
        process_id: PROCESS.to_owned(),
        variables: args.workload.variables(args, number).to_string().into_bytes().into(),
        ..StartInstanceRequest::default()
    };
    request.encode_to_vec()
}

async fn start_all(
    nats: async_nats::Client,
    requests: Vec<Vec<u8>>,
    places: Arc<Semaphore>,
    starts: Starts,
) -> anyhow::Result<()> {
    for request in requests {
        places.acquire().await?.forget();
        let (nats, starts) = (nats.clone(), starts.clone());
        tokio::spawn(async move {
            let asked = Instant::now();
            match ask_bytes(&nats, "start_instance", request).await.map(StartInstanceReply::decode) {
                Ok(Ok(reply)) => {
                    starts.lock().unwrap_or_else(PoisonError::into_inner).insert(reply.instance_id, asked);
                }
                Ok(Err(error)) => eprintln!("{error}"),
                Err(error) => eprintln!("{error:#}"),
            }
        });
    }
    Ok(())
}

pub async fn ask(nats: &async_nats::Client, method: &str, request: &impl Message) -> anyhow::Result<bytes::Bytes> {
    ask_bytes(nats, method, request.encode_to_vec()).await
}

async fn ask_bytes(nats: &async_nats::Client, method: &str, request: Vec<u8>) -> anyhow::Result<bytes::Bytes> {
    let answer = nats.request(subject::api(method), request.into()).await?;
    match ApiReply::decode(answer.payload)?.reply {
        Some(Reply::Ok(bytes)) => Ok(bytes),
        Some(Reply::Problem(problem)) => bail!("{}: {}", problem.code, problem.message),
        None => bail!("an empty answer"),
    }
}
