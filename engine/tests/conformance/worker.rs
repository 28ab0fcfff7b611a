//! The worker of the conformance tests in Rust; `worker-sdk/python/tests/conformance_worker.py` is the same in Python.

use futures::{StreamExt, future::BoxFuture};
use serde::Deserialize;
use serde_json::{Value, json};
use std::{
    task::{Context as Poller, Poll},
    time::Duration,
};
use tower::{Service, layer::layer_fn};
use worker_sdk::{CancellationToken, Context, Job, JobFailure, JobService, Question, Rate, Worker};

#[derive(Deserialize)]
struct Number {
    n: i64,
}

#[derive(Deserialize)]
struct Document {
    document: String,
}

pub async fn run(url: String) -> anyhow::Result<()> {
    let shutdown = CancellationToken::new();
    let stop = shutdown.clone();
    let mut signal = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())?;
    tokio::spawn(async move {
        signal.recv().await;
        stop.cancel();
    });
    let http = std::env::var("BATON_HTTP_ADDR").ok().map(|addr| addr.parse()).transpose()?;
    let worker = Worker::builder(url)
        .http(http)
        .layer(layer_fn(|inner| Marked { inner }))
        .job("marked", mark)
        .shared_rate("conformance", Rate::per_second(10).burst(3))
        .job("double", double)
        .job("object", object)
        .job("bpmn-error", bpmn_error)
        .job("second-time", second_time)
        .job("crash-once", crash_once)
        .job("bug", bug)
        .job("large", large)
        .job("parts", parts)
        .job("until-cancelled", until_cancelled)
        .job("asks", asks)
        .job("slow", slow);
    Ok(worker.drain(Duration::from_secs(10)).run(shutdown).await?)
}

/// Says that it is there.
#[derive(Clone)]
struct Marked {
    inner: JobService,
}

impl Service<Context> for Marked {
    type Response = <JobService as Service<Context>>::Response;
    type Error = <JobService as Service<Context>>::Error;
    type Future = BoxFuture<'static, Result<Self::Response, Self::Error>>;

    fn poll_ready(&mut self, poller: &mut Poller<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(poller)
    }

    fn call(&mut self, job: Context) -> Self::Future {
        if job.job_type() == "marked" {
            job.log("inside the middleware");
        }
        Box::pin(self.inner.call(job))
    }
}

async fn mark(job: Job<Value>) -> Result<u32, JobFailure> {
    Ok(job.attempt())
}

async fn double(job: Job<Number>) -> Result<i64, JobFailure> {
    Ok(job.input.n * 2)
}

async fn object(job: Job<Value>) -> Result<Value, JobFailure> {
    let task = &job.task_properties()["topic"];
    Ok(json!({"a": 1, "result": {"id": job.id(), "attempt": job.attempt(), "task": task}}))
}

async fn bpmn_error(_: Job<Value>) -> Result<(), JobFailure> {
    Err(JobFailure::bpmn_error("NO_MONEY", "nothing left").with(json!({"missing": 12})))
}

async fn second_time(job: Job<Value>) -> Result<u32, JobFailure> {
    match job.attempt() {
        1 => Err(JobFailure::retryable("busy").after(Duration::from_millis(50))),
        attempt => Ok(attempt),
    }
}

async fn crash_once(job: Job<Value>) -> Result<u32, JobFailure> {
    assert!(job.attempt() > 1, "a crash");
    Ok(job.attempt())
}

async fn bug(_: Job<Value>) -> Result<(), JobFailure> {
    Err(JobFailure::bug("trying again cannot help"))
}

async fn large(job: Job<Document>) -> Result<usize, JobFailure> {
    Ok(job.input.document.len())
}

async fn parts(job: Job<Number>) -> Result<usize, JobFailure> {
    let mut parts = job.variable_parts("document");
    let mut bytes = 0;
    while let Some(part) = parts.next().await {
        bytes += part?.len();
    }
    Ok(bytes)
}

async fn until_cancelled(job: Job<Value>) -> Result<(), JobFailure> {
    job.progress(0.5, "waiting");
    job.cancellation().cancelled().await;
    job.progress(1.0, "noticed");
    Ok(())
}

async fn asks(job: Job<Value>) -> Result<Value, JobFailure> {
    let question = Question::new("may-it", "May it?").to_groups(["bosses"]).show("amount", 7);
    let answer = job.ask(question.choice("decision", ["approve", "reject"]))?;
    Ok(json!({"result": {"decision": answer.value("decision"), "by": answer.by, "attempt": job.attempt()}}))
}

async fn slow(job: Job<Value>) -> Result<&'static str, JobFailure> {
    job.progress(0.5, "begun");
    tokio::time::sleep(Duration::from_millis(1500)).await;
    Ok("done")
}
