//! What operators rely on: rates, health and metrics, draining; over a real bus.

mod common;

use common::{Engine, Input, double};
use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::{Duration, Instant},
};
use test_harness::Nats;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};
use worker_sdk::{CancellationToken, Job, JobFailure, Rate, Worker};

#[tokio::test(flavor = "multi_thread")]
async fn a_rate_of_ones_own_and_a_limit_of_how_many_run_at_once() {
    #[derive(Default)]
    struct Seen {
        now: AtomicU32,
        most: AtomicU32,
    }
    async fn slow(job: Job<Input>, seen: Arc<Seen>) -> Result<u64, JobFailure> {
        let now = seen.now.fetch_add(1, Ordering::SeqCst) + 1;
        seen.most.fetch_max(now, Ordering::SeqCst);
        tokio::time::sleep(Duration::from_millis(100)).await;
        seen.now.fetch_sub(1, Ordering::SeqCst);
        job.log(format!("{} is done", job.input.n));
        Ok(job.input.n)
    }
    let nats = Nats::start().unwrap();
    let engine = Engine::on(nats.connect().await.unwrap()).await;
    let (shutdown, seen) = (CancellationToken::new(), Arc::new(Seen::default()));
    let state = seen.clone();
    let worker =
        Worker::builder(nats.url()).job_with("slow", move |job, _: Arc<()>| slow(job, state.clone())).at_once(2);
    let worker = worker.state(()).job("double", double).rate(Rate::per_second(20));
    let begun = Instant::now();
    let worker = tokio::spawn(worker.run(shutdown.clone()));
    for n in 20..32 {
        engine.publish("double", n).await;
    }
    for n in 100..106 {
        engine.publish("slow", n).await;
    }
    engine.until_reported(18).await;
    assert!(begun.elapsed() >= Duration::from_millis(11 * 50), "{:?}", begun.elapsed());
    assert!(seen.most.load(Ordering::SeqCst) <= 2);
    shutdown.cancel();
    worker.await.unwrap().unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn health_and_metrics_are_served() {
    let nats = Nats::start().unwrap();
    let addr: SocketAddr = ([127, 0, 0, 1], test_harness::process::free_port().unwrap()).into();
    let shutdown = CancellationToken::new();
    let worker = Worker::builder(nats.url()).job("double", double).http(Some(addr));
    let worker = tokio::spawn(worker.run(shutdown.clone()));
    until(|| async { get(addr, "/healthz/live").await.starts_with("HTTP/1.1 200") }).await;
    let early = get(addr, "/healthz/ready").await;
    assert!(early.starts_with("HTTP/1.1 503"), "nobody has answered the registration yet: {early}");

    let engine = Engine::on(nats.connect().await.unwrap()).await;
    for n in 20..25 {
        engine.publish("double", n).await;
    }
    engine.until_reported(5).await;
    until(|| async { get(addr, "/healthz/ready").await.starts_with("HTTP/1.1 200") }).await;
    let count = "baton_worker_jobs_total{job_type=\"double\",outcome=\"completed\"} 5";
    until(|| async { get(addr, "/metrics").await.contains(count) }).await;
    let metrics = get(addr, "/metrics").await;
    for name in ["baton_worker_job_duration_seconds_bucket", "baton_worker_jobs_in_flight{job_type=\"double\"} 0"] {
        assert!(metrics.contains(name), "{name} is not in {metrics}");
    }
    shutdown.cancel();
    worker.await.unwrap().unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_does_not_end_in_time_is_given_to_another_worker() {
    async fn hangs(_: Job<Input>, begun: Arc<AtomicU32>) -> Result<u64, JobFailure> {
        begun.fetch_add(1, Ordering::SeqCst);
        std::future::pending().await
    }
    let nats = Nats::start().unwrap();
    let engine = Engine::on(nats.connect().await.unwrap()).await;
    let (shutdown, begun) = (CancellationToken::new(), Arc::new(AtomicU32::new(0)));
    let state = begun.clone();
    let worker = Worker::builder(nats.url()).job_with("double", move |job, _: Arc<()>| hangs(job, state.clone()));
    let worker = tokio::spawn(worker.state(()).drain(Duration::from_millis(100)).run(shutdown.clone()));
    engine.publish("double", 21).await;
    until(|| async { begun.load(Ordering::SeqCst) == 1 }).await;
    shutdown.cancel();
    worker.await.unwrap().unwrap();

    let shutdown = CancellationToken::new();
    let another = tokio::spawn(Worker::builder(nats.url()).job("double", double).run(shutdown.clone()));
    engine.until_reported(1).await;
    shutdown.cancel();
    another.await.unwrap().unwrap();
}

async fn until<F: Future<Output = bool>>(is_so: impl Fn() -> F) {
    let waited = async {
        while !is_so().await {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), waited).await.expect("it comes to this in time");
}

/// The whole answer as text; nothing when nobody answers.
async fn get(addr: SocketAddr, path: &str) -> String {
    let asked = async {
        let mut stream = TcpStream::connect(addr).await?;
        stream.write_all(format!("GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").as_bytes()).await?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await?;
        std::io::Result::Ok(answer)
    };
    asked.await.unwrap_or_default()
}
