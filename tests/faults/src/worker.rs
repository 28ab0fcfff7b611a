//! The worker of a run, a process of its own: does what [`outcome`] says, and writes down what it has done in
//! a file that only it writes: its ledger, which the engine never sees.

use crate::{
    forge,
    outcome::{self, DECLINED, JUDGE, Outcome, SHAKY, STEADY, STUCK},
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::{
    fs::File,
    io::Write,
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};
use tokio_util::sync::CancellationToken;
use worker_sdk::{Job, JobFailure, Worker};

#[derive(clap::Args)]
pub struct Args {
    #[arg(long)]
    name: String,
    #[arg(long)]
    ledger: PathBuf,
    #[arg(long, env = "BATON_NATS_URL")]
    nats_url: String,
    #[arg(long, env = "BATON_HTTP_ADDR")]
    http_addr: std::net::SocketAddr,
}

/// A line of a ledger: an execution has begun, or has had its effect.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Line {
    /// `<instance>:<key>`.
    pub job: String,
    pub element: String,
    pub attempt: u32,
    /// Unique to the execution; none while it has only begun.
    pub effect: Option<String>,
    /// The execution of this worker, over all its lives.
    pub run: String,
    /// A result of an attempt that was over was sent on purpose: whether the engine has taken it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub forged: Option<bool>,
}

pub struct Ledger {
    file: Mutex<File>,
    name: String,
    count: AtomicU64,
}

impl Ledger {
    fn open(path: &Path, name: &str) -> anyhow::Result<Ledger> {
        let file = File::options().create(true).append(true).open(path)?;
        // a line that a kill cut short ends here
        (&file).write_all(b"\n")?;
        let name = format!("{name}.{}", std::process::id());
        Ok(Ledger { file: Mutex::new(file), name, count: AtomicU64::new(0) })
    }

    fn next_run(&self) -> String {
        format!("{}.{}", self.name, self.count.fetch_add(1, Ordering::Relaxed))
    }

    /// One write, so that a kill leaves whole lines or the beginning of one.
    pub fn write(&self, line: &Line) -> std::io::Result<()> {
        let mut text = serde_json::to_string(line)?;
        text.push('\n');
        self.file.lock().unwrap_or_else(PoisonError::into_inner).write_all(text.as_bytes())
    }
}

#[derive(Deserialize)]
struct Input {
    seed: u64,
}

pub async fn run(args: Args, shutdown: CancellationToken) -> anyhow::Result<()> {
    let _telemetry = telemetry::init("worker-faults");
    let ledger = Arc::new(Ledger::open(&args.ledger, &args.name)?);
    let mut worker = Worker::builder(&args.nats_url).name(&args.name).http(Some(args.http_addr)).concurrency(12);
    for job_type in [STEADY, SHAKY, JUDGE, STUCK] {
        let ledger = ledger.clone();
        worker = worker.job(job_type, move |job: Job<Input>| work(job, ledger.clone()));
    }
    worker.run(shutdown).await?;
    Ok(())
}

async fn work(job: Job<Input>, ledger: Arc<Ledger>) -> Result<Value, JobFailure> {
    let (seed, element, attempt) = (job.input.seed, job.element_id(), job.attempt());
    let run = ledger.next_run();
    let (id, name) = (job.id().to_owned(), element.to_owned());
    let mut line = Line { job: id, element: name, attempt, effect: None, run: run.clone(), forged: None };
    let written = |line: &Line| ledger.write(line).map_err(|error| JobFailure::retryable(error.to_string()));
    written(&line)?;
    tokio::time::sleep(Duration::from_millis(outcome::duration(seed, element, attempt))).await;
    line.effect = Some(run.clone());
    written(&line)?;
    let outcome = outcome::of(job.job_type(), seed, element, attempt);
    if attempt > 1 {
        tokio::spawn(forge::late_result(job.context.clone(), line, ledger.clone()));
    }
    if outcome::is_told_often(seed, element, attempt) {
        tokio::spawn(forge::copies(job.context.clone(), outcome, run.clone()));
    }
    match outcome {
        Outcome::Completes => Ok(json!({format!("e_{element}"): run})),
        Outcome::Fails => Err(JobFailure::retryable("not this time")),
        Outcome::Declines => Err(JobFailure::bpmn_error(DECLINED, "no")),
        Outcome::Despairs => Err(JobFailure::bug("not without a person")),
    }
}

/// What a worker has written down.
pub fn read(path: &Path) -> Vec<Line> {
    let text = std::fs::read_to_string(path).unwrap_or_default();
    text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect()
}
