//! Starts instances through the engine's API, keeps so many in flight, and sees them end by their events.

use super::{TOPIC, cost::Cost};
use crate::dev::Settings;
use anyhow::{Context, bail};
use futures::StreamExt;
use prost::Message;
use proto::{
    ApiReply, DeployRequest, EventBatch, File, StartInstanceReply, StartInstanceRequest, api_reply::Reply, event::Kind,
    subject,
};
use serde_json::{Value, json};
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};
use tokio::sync::Semaphore;

const TENANT: &str = "bench";
const PROCESS: &str = "bench";
const PATIENCE: Duration = Duration::from_secs(60);

pub struct Driver {
    nats: async_nats::Client,
}

pub struct Run {
    instances: usize,
    seconds: f64,
    /// Milliseconds from start to end of each instance, sorted.
    latencies: Vec<f64>,
}

impl Driver {
    pub async fn connect(settings: &Settings, tasks: usize) -> anyhow::Result<Driver> {
        let nats = async_nats::connect(&settings.nats_url).await?;
        let driver = Driver { nats };
        let file = File { name: "bench.yaml".to_owned(), content: process(tasks).into_bytes().into() };
        let request = DeployRequest { tenant: TENANT.to_owned(), files: vec![file], dry_run: false };
        let deadline = Instant::now() + PATIENCE;
        while let Err(error) = driver.ask("deploy", &request).await {
            if Instant::now() > deadline {
                return Err(error).context("the engine does not deploy");
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        Ok(driver)
    }

    /// Runs so many instances, at most `in_flight` at a time, to their ends.
    pub async fn run(&self, instances: usize, in_flight: usize) -> anyhow::Result<Run> {
        let mut events = self.nats.subscribe(format!("events.{TENANT}.>")).await?;
        self.nats.flush().await?;
        let places = Arc::new(Semaphore::new(in_flight));
        let starts: Arc<Mutex<HashMap<String, Instant>>> = Arc::default();
        let started = Instant::now();
        let starting = tokio::spawn(start_all(self.nats.clone(), instances, places.clone(), starts.clone()));
        let mut latencies = Vec::with_capacity(instances);
        while latencies.len() < instances {
            let message = tokio::time::timeout(PATIENCE, events.next()).await;
            let message = message.with_context(|| format!("{} of {instances} ended, then nothing", latencies.len()))?;
            let batch = EventBatch::decode(message.context("NATS is gone")?.payload)?;
            if batch.events.iter().any(|event| matches!(event.kind, Some(Kind::InstanceCompleted(_)))) {
                let start = starts.lock().unwrap_or_else(PoisonError::into_inner).remove(&batch.instance_id);
                latencies.push(start.map_or(0.0, |start| start.elapsed().as_secs_f64() * 1000.0));
                places.add_permits(1);
            }
        }
        starting.await??;
        latencies.sort_by(f64::total_cmp);
        Ok(Run { instances, seconds: started.elapsed().as_secs_f64(), latencies })
    }

    async fn ask(&self, method: &str, request: &impl Message) -> anyhow::Result<bytes::Bytes> {
        ask(&self.nats, method, request).await
    }
}

async fn start_all(
    nats: async_nats::Client,
    instances: usize,
    places: Arc<Semaphore>,
    starts: Arc<Mutex<HashMap<String, Instant>>>,
) -> anyhow::Result<()> {
    for n in 0..instances {
        places.acquire().await?.forget();
        let (nats, starts) = (nats.clone(), starts.clone());
        let variables = json!({"orderId": n, "customer": "c-123", "amount": 12.5}).to_string();
        tokio::spawn(async move {
            let asked = Instant::now();
            let request = StartInstanceRequest {
                tenant: TENANT.to_owned(),
                process_id: PROCESS.to_owned(),
                variables: variables.into_bytes().into(),
                ..StartInstanceRequest::default()
            };
            match ask(&nats, "start_instance", &request).await.map(StartInstanceReply::decode) {
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

async fn ask(nats: &async_nats::Client, method: &str, request: &impl Message) -> anyhow::Result<bytes::Bytes> {
    let answer = nats.request(subject::api(method), request.encode_to_vec().into()).await?;
    match ApiReply::decode(answer.payload)?.reply {
        Some(Reply::Ok(bytes)) => Ok(bytes),
        Some(Reply::Problem(problem)) => bail!("{}: {}", problem.code, problem.message),
        None => bail!("an empty answer"),
    }
}

fn process(tasks: usize) -> String {
    let mut elements = String::from("    - {id: start, type: startEvent}\n    - {id: end, type: endEvent}\n");
    let mut connections = String::new();
    let mut from = "start".to_owned();
    for n in 1..=tasks {
        elements += &format!(
            "    - {{id: t{n}, type: serviceTask, properties: {{implementation: External, topic: {TOPIC}}}}}\n"
        );
        connections += &format!("    - {{id: f{n}, from: {from}, to: t{n}}}\n");
        from = format!("t{n}");
    }
    connections += &format!("    - {{id: last, from: {from}, to: end}}\n");
    format!("process:\n  id: {PROCESS}\n  elements:\n{elements}  connections:\n{connections}")
}

impl Run {
    fn percentile(&self, part: f64) -> f64 {
        let last = self.latencies.len().saturating_sub(1);
        let at = (last as f64 * part).round() as usize;
        self.latencies.get(at).map_or(0.0, |ms| (ms * 10.0).round() / 10.0)
    }

    pub fn as_json(&self, tasks: f64, cost: &Cost) -> Value {
        let mut run = json!({
            "instances": self.instances,
            "seconds": self.seconds,
            "instances_per_second": (self.instances as f64 / self.seconds).round(),
            "tasks_per_second": (tasks / self.seconds).round(),
            "p50_ms": self.percentile(0.5),
            "p99_ms": self.percentile(0.99),
        });
        if let (Some(run), Value::Object(cost)) = (run.as_object_mut(), cost.as_json(tasks)) {
            run.extend(cost);
        }
        run
    }

    pub fn as_text(&self, tasks: f64, cost: &Cost) -> String {
        let run = self.as_json(tasks, cost);
        format!(
            "{} tasks/s  {} instances/s  p50 {} ms  p99 {} ms  CPU s/1000 tasks {} {}  WAL {} B/task",
            run["tasks_per_second"],
            run["instances_per_second"],
            run["p50_ms"],
            run["p99_ms"],
            run["cpu_seconds_per_1000_tasks"],
            run["by_program"],
            run["wal_bytes_per_task"],
        )
    }
}
