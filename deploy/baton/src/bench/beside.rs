//! What instances notice of something large beside them: the same instances alone, and while it is worked off.

use super::{
    Args, HOT_TOPIC,
    driver::{Driver, PATIENCE, TENANT, ask},
    report::{Run, rounded},
};
use anyhow::{Context, ensure};
use futures::{StreamExt, TryStreamExt, stream};
use prost::Message as _;
use proto::{EventBatch, StartInstanceReply, StartInstanceRequest, event::Kind};
use serde::Serialize;
use serde_json::json;
use std::time::{Duration, Instant};

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
pub enum Beside {
    /// One instance of so many tokens, each with a job of its own.
    Hot,
    /// So many instances whose timers are due at the same moment.
    Herd,
}

/// Starts of the herd at a time, and how many a second are reckoned with.
const AT_ONCE: usize = 256;
const STARTS_PER_SECOND: u64 = 1000;
const PROCESS: &str = "beside";

/// Milliseconds, but for what is large: seconds.
#[derive(Serialize)]
pub struct Noticed {
    size: usize,
    /// Until the last of it was done.
    seconds: f64,
    alone_p50_ms: f64,
    alone_p99_ms: f64,
    beside_p50_ms: f64,
    beside_p99_ms: f64,
    times_p99: f64,
}

pub async fn run(args: &Args, beside: Beside, driver: &Driver) -> anyhow::Result<Noticed> {
    driver.deploy("beside.yaml", beside.process(args.beside_size)).await?;
    driver.run(args, args.in_flight).await.context("the run before the first")?;
    let alone = driver.run(args, args.instances).await?;
    let nats = driver.nats.clone();
    let began = beside.begin(&nats, args.beside_size).await?;
    let size = args.beside_size;
    let large = tokio::spawn(async move { began.ended(size, beside).await });
    let mut others = Run::default();
    while !large.is_finished() {
        others.add(driver.run(args, args.instances.min(20 * args.in_flight)).await?);
    }
    Ok(Noticed::of(size, large.await??, &alone, &others))
}

/// It goes on, and its events come here.
struct Began {
    events: async_nats::Subscriber,
    at: Instant,
}

impl Began {
    /// How long it took.
    async fn ended(mut self, size: usize, beside: Beside) -> anyhow::Result<Duration> {
        let mut left = match beside {
            Beside::Hot => 1,
            Beside::Herd => size,
        };
        while left > 0 {
            let message = tokio::time::timeout(PATIENCE, self.events.next()).await;
            let message = message.with_context(|| format!("{left} are left, and nothing happens"))?;
            let batch = EventBatch::decode(message.context("NATS is gone")?.payload)?;
            for event in batch.events {
                match event.kind {
                    Some(Kind::InstanceCompleted(_)) => left -= 1,
                    Some(Kind::IncidentRaised(incident)) => anyhow::bail!("{}: {}", incident.code, incident.message),
                    _ => {}
                }
            }
        }
        Ok(self.at.elapsed())
    }
}

impl Beside {
    fn process(self, size: usize) -> String {
        let what = match self {
            Beside::Hot => format!(
                "type: serviceTask, properties: {{implementation: External, topic: {HOT_TOPIC}, isMultiInstance: true, \
                 loopCardinality: {size}}}"
            ),
            Beside::Herd => "type: timerIntermediateCatchEvent, properties: {timerDate: \"${due}\"}".to_owned(),
        };
        format!(
            "process:\n  id: {PROCESS}\n  elements:\n    - {{id: start, type: startEvent}}\n    - {{id: what, {what}}}\n    \
             - {{id: end, type: endEvent}}\n  connections:\n    - {{from: start, to: what}}\n    - {{from: what, to: end}}\n"
        )
    }

    async fn begin(self, nats: &async_nats::Client, size: usize) -> anyhow::Result<Began> {
        let due = match self {
            Beside::Hot => None,
            Beside::Herd => Some(gather(nats, size).await?),
        };
        let events = nats.subscribe(format!("events.{TENANT}.{PROCESS}.>")).await?;
        nats.flush().await?;
        match due {
            None => start(nats, json!({})).await?,
            Some(due) => tokio::time::sleep_until(due.into()).await,
        }
        Ok(Began { events, at: due.unwrap_or_else(Instant::now) })
    }
}

/// All of them wait; when what they wait for comes.
async fn gather(nats: &async_nats::Client, size: usize) -> anyhow::Result<Instant> {
    let wait = Duration::from_secs(5 + size as u64 / STARTS_PER_SECOND);
    let (moment, due) = (Instant::now() + wait, jiff::Timestamp::now() + wait);
    let due = json!({"due": due.to_string()});
    let starts = stream::iter(0..size).map(|_| start(nats, due.clone()));
    starts.buffer_unordered(AT_ONCE).try_collect::<Vec<()>>().await?;
    ensure!(Instant::now() < moment, "starting {size} took longer than {} s", wait.as_secs());
    Ok(moment)
}

async fn start(nats: &async_nats::Client, variables: serde_json::Value) -> anyhow::Result<()> {
    let request = StartInstanceRequest {
        tenant: TENANT.to_owned(),
        process_id: PROCESS.to_owned(),
        variables: variables.to_string().into_bytes().into(),
        ..StartInstanceRequest::default()
    };
    StartInstanceReply::decode(ask(nats, "start_instance", &request).await?)?;
    Ok(())
}

impl Noticed {
    fn of(size: usize, took: Duration, alone: &Run, beside: &Run) -> Noticed {
        let (alone_p99_ms, beside_p99_ms) = (alone.percentile(0.99), beside.percentile(0.99));
        Noticed {
            size,
            seconds: rounded(took.as_secs_f64(), 1),
            alone_p50_ms: alone.percentile(0.5),
            alone_p99_ms,
            beside_p50_ms: beside.percentile(0.5),
            beside_p99_ms,
            times_p99: rounded(beside_p99_ms / alone_p99_ms, 2),
        }
    }

    pub fn print(&self, as_json: bool) -> anyhow::Result<()> {
        if as_json {
            println!("{}", serde_json::to_string(self)?);
            return Ok(());
        }
        let Noticed { size, seconds, alone_p50_ms, alone_p99_ms, beside_p50_ms, beside_p99_ms, times_p99 } = self;
        println!(
            "{size} beside, done in {seconds} s; p50, p99 of the others: alone {alone_p50_ms}, {alone_p99_ms} ms; beside \
             it {beside_p50_ms}, {beside_p99_ms} ms; {times_p99} times the p99"
        );
        Ok(())
    }
}
