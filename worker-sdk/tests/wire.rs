//! The SDK over a real bus; the engine's side is played through the messages of the wire.

mod common;

use common::{Engine, Input, double};
use futures::StreamExt;
use prost::Message;
use proto::{ApiReply, CancelJob, RegisterWorkerRequest, WIRE_VERSION, api_reply, job_result, subject};
use std::{
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};
use test_harness::Nats;
use worker_sdk::{CancellationToken, Job, JobFailure, Rate, Worker};

#[tokio::test(flavor = "multi_thread")]
async fn every_job_is_done_once_although_the_consumer_is_lost_on_the_way() {
    let nats = Nats::start().unwrap();
    let engine = Engine::on(nats.connect().await.unwrap()).await;
    let shutdown = CancellationToken::new();
    let worker = Worker::builder(nats.url()).job("double", double).concurrency(8).run(shutdown.clone());
    let worker = tokio::spawn(worker);
    for n in 0..100 {
        engine.publish("double", n).await;
    }
    engine.until_reported(100).await;
    let stream = engine.make_stream().await;
    stream.delete_consumer(&subject::consumer("double")).await.unwrap();
    for n in 100..200 {
        engine.publish("double", n).await;
    }
    engine.until_reported(200).await;
    shutdown.cancel();
    worker.await.unwrap().unwrap();
    assert_eq!(engine.make_stream().await.get_info().await.unwrap().state.messages, 0, "all are acknowledged");
    let reported = engine.reported.lock().unwrap();
    assert!(reported.values().all(|(_, times)| *times == 1));
    let result = |n: u64| reported[&format!("i:{n}")].0.result.clone().unwrap();
    assert!(matches!(result(21), job_result::Result::Completed(done) if done.variables == "{\"result\":42}"));
    assert!(matches!(result(13), job_result::Result::Failed(failed) if failed.retryable));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_long_job_keeps_its_lease_and_a_cancelled_one_ends() {
    static BEGUN: AtomicU32 = AtomicU32::new(0);
    async fn long(job: Job<Input>) -> Result<u64, JobFailure> {
        BEGUN.fetch_add(1, Ordering::SeqCst);
        let patience = Duration::from_secs(if job.input.n == 1 { 5 } else { 60 });
        let _ = tokio::time::timeout(patience, job.cancellation().cancelled()).await;
        Ok(job.input.n)
    }
    let nats = Nats::start().unwrap();
    let engine = Engine::on(nats.connect().await.unwrap()).await;
    let shutdown = CancellationToken::new();
    let worker = tokio::spawn(Worker::builder(nats.url()).job("long", long).run(shutdown.clone()));
    engine.publish("long", 1).await;
    engine.publish("long", 2).await;
    while BEGUN.load(Ordering::SeqCst) < 2 {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let cancel = CancelJob { job_id: "i:2".into(), attempt: 1 };
    engine.nats.publish(subject::cancel("long"), cancel.encode_to_vec().into()).await.unwrap();
    engine.until_reported(1).await;
    shutdown.cancel();
    worker.await.unwrap().unwrap();
    assert_eq!(engine.make_stream().await.get_info().await.unwrap().state.messages, 0);
    let reported = engine.reported.lock().unwrap();
    assert_eq!(reported.keys().collect::<Vec<_>>(), ["i:1"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn replicas_share_a_limit() {
    let nats = Nats::start().unwrap();
    let engine = Engine::on(nats.connect().await.unwrap()).await;
    let shutdown = CancellationToken::new();
    let replica = || {
        let worker = Worker::builder(nats.url()).job("double", double);
        tokio::spawn(worker.shared_rate("the bank.", Rate::per_second(20)).run(shutdown.clone()))
    };
    let workers = [replica(), replica()];
    let begun = std::time::Instant::now();
    for n in 20..32 {
        engine.publish("double", n).await;
    }
    engine.until_reported(12).await;
    // the first begins at once, each other a twentieth of a second after the one before
    assert!(begun.elapsed() >= Duration::from_millis(11 * 50), "{:?}", begun.elapsed());
    shutdown.cancel();
    for worker in workers {
        worker.await.unwrap().unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_that_is_too_old_ends_and_says_so() {
    let nats = Nats::start().unwrap();
    let client = async_nats::connect(nats.url()).await.unwrap();
    let mut calls = client.subscribe("api.register_worker").await.unwrap();
    client.flush().await.unwrap();
    let worker = tokio::spawn(Worker::builder(nats.url()).job("double", double).run(CancellationToken::new()));
    let call = calls.next().await.unwrap();
    assert_eq!(RegisterWorkerRequest::decode(call.payload).unwrap().wire_version, WIRE_VERSION);
    let problem =
        proto::Problem { code: "WORKER_TOO_OLD".into(), message: "update it".into(), ..proto::Problem::default() };
    let reply = ApiReply { reply: Some(api_reply::Reply::Problem(problem)) };
    client.publish(call.reply.unwrap(), reply.encode_to_vec().into()).await.unwrap();
    let ended = worker.await.unwrap().unwrap_err();
    assert_eq!(ended.to_string(), "worker and engine do not fit together: WORKER_TOO_OLD: update it");
}

#[tokio::test]
async fn a_worker_without_the_state_that_a_handler_takes_does_not_start() {
    async fn counts(_: Job<Input>, _: Arc<AtomicU32>) -> Result<u64, JobFailure> {
        Ok(0)
    }
    let worker = Worker::builder("nats://127.0.0.1:1").job_with("count", counts);
    let refused = worker.run(CancellationToken::new()).await.unwrap_err();
    assert!(refused.to_string().contains("`count` takes a"), "{refused}");
}
