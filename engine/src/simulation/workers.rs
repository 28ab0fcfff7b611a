//! Simulated workers: they do what [`outcome`] says, sometimes twice, sometimes never, sometimes when nobody waits any more, and
//! note what they have done in a ledger that the engine does not see.

use super::{
    broker::{Broker, Delivery},
    chaos::Chaos,
    replicas::Replicas,
};
use crate::results;
use faults::outcome::{self, DECLINED, Outcome};
use prost::Message;
use proto::{Job, JobCompleted, JobError, JobFailed, JobResult, job_result, job_result_reply::Status};
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tokio::time::{sleep, timeout};

const IDLE: Duration = Duration::from_millis(50);
const PATIENCE: Duration = Duration::from_secs(5);

/// What was done: for a job and its attempt, what came of it.
#[derive(Default)]
pub struct Ledger {
    done: Mutex<BTreeMap<(String, u32), &'static str>>,
}

impl Ledger {
    fn note(&self, job: &Job, what: &'static str) {
        let mut done = self.done.lock().unwrap_or_else(PoisonError::into_inner);
        done.insert((job.id.clone(), job.attempt), what);
    }

    /// How this attempt of this job has ended, at a worker; none: no worker ever did it.
    pub fn of(&self, job: &str, attempt: u32) -> Option<&'static str> {
        let done = self.done.lock().unwrap_or_else(PoisonError::into_inner);
        done.get(&(job.to_owned(), attempt)).copied()
    }
}

pub struct Workers {
    pub broker: Arc<Broker>,
    pub replicas: Arc<Replicas>,
    pub chaos: Chaos,
    pub ledger: Arc<Ledger>,
}

/// One worker, one job at a time.
pub async fn run(workers: Arc<Workers>) {
    loop {
        match workers.broker.pull() {
            Some(delivery) => work(&workers, delivery).await,
            None => sleep(IDLE).await,
        }
    }
}

async fn work(workers: &Arc<Workers>, delivery: Delivery) {
    let chaos = &workers.chaos;
    let Ok(job) = Job::decode(delivery.payload) else { return };
    if chaos.happens("a worker that died before its work", 20) {
        return;
    }
    let variables: serde_json::Value = serde_json::from_slice(&job.variables).unwrap_or_default();
    let (seed, element) = (variables["seed"].as_u64().unwrap_or(0), job.element_id.clone());
    sleep(Duration::from_millis(outcome::duration(seed, &element, job.attempt))).await;
    let (what, result) = result(&job, seed);
    workers.ledger.note(&job, what);
    if chaos.happens("a worker that died before its report", 20) {
        return;
    }
    let attempt = job.attempt;
    let report =
        JobResult { job_id: job.id.clone(), attempt, tenant: job.tenant, result: Some(result), ..JobResult::default() };
    if chaos.happens("a zombie", 15) {
        let (late, workers) = (chaos.milliseconds(20_000, 60_000), workers.clone());
        tokio::spawn(async move {
            sleep(late).await;
            say(&workers, &report).await;
        });
        return;
    }
    if chaos.happens("a report that came twice", 50) {
        let (report, workers) = (report.clone(), workers.clone());
        tokio::spawn(async move { say(&workers, &report).await });
    }
    if say(workers, &report).await && !chaos.happens("an acknowledgement that was lost", 30) {
        workers.broker.acknowledge(delivery.sequence);
    }
}

fn result(job: &Job, seed: u64) -> (&'static str, job_result::Result) {
    use job_result::Result as Of;
    match outcome::of(&job.r#type, seed, &job.element_id, job.attempt) {
        Outcome::Completes => ("completed", Of::Completed(JobCompleted { variables: "{}".into() })),
        Outcome::Fails | Outcome::Despairs => {
            let message = "not this time".to_owned();
            ("failed", Of::Failed(JobFailed { message, retryable: true, retry_after_ms: None }))
        }
        Outcome::Declines => {
            let (code, message) = (DECLINED.to_owned(), String::new());
            ("declined", Of::Error(JobError { code, message, variables: "{}".into() }))
        }
    }
}

/// Until a replica says what became of it; false: none does.
async fn say(workers: &Workers, report: &JobResult) -> bool {
    for _ in 0..20 {
        let Some(world) = workers.replicas.any() else {
            sleep(IDLE).await;
            continue;
        };
        if workers.chaos.happens("a report that was lost", 20) {
            sleep(PATIENCE).await;
            continue;
        }
        let reply = timeout(PATIENCE, results::take(&world, report.encode_to_vec().into())).await;
        match reply.map(|reply| reply.status()) {
            Ok(Status::Applied) => return true,
            Ok(Status::Stale | Status::Invalid) => {
                workers.chaos.note("a report that was stale");
                return true;
            }
            Ok(_) | Err(_) => sleep(workers.chaos.milliseconds(10, 200)).await,
        }
    }
    false
}
