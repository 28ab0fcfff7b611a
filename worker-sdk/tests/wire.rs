//! The SDK over a real bus; the engine's side is played through the messages of the wire.

use async_nats::jetstream::{self, consumer::pull, stream};
use futures::StreamExt;
use prost::Message;
use proto::{
    ApiReply, CancelJob, HeartbeatReply, JobResult, JobResultReply, RegisterWorkerReply, RegisterWorkerRequest,
    WIRE_VERSION, api_reply, job_result, job_result_reply::Status, subject,
};
use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};
use test_harness::Nats;
use worker_sdk::{CancellationToken, Job, JobFailure, Rate, Worker};

#[derive(serde::Deserialize)]
struct Input {
    n: u64,
}

/// What workers have reported, by job id; how often.
type Reported = Arc<Mutex<BTreeMap<String, (JobResult, u32)>>>;

struct Engine {
    nats: async_nats::Client,
    jetstream: jetstream::Context,
    reported: Reported,
}

impl Engine {
    async fn start(url: &str) -> Engine {
        let nats = async_nats::connect(url).await.unwrap();
        let engine = Engine { jetstream: jetstream::new(nats.clone()), nats, reported: Reported::default() };
        engine.make_stream().await;
        let (api, results) = (engine.nats.subscribe("api.*").await, engine.nats.subscribe("results.*").await);
        engine.nats.flush().await.unwrap();
        tokio::spawn(answer_calls(engine.nats.clone(), api.unwrap()));
        tokio::spawn(take_results(engine.nats.clone(), results.unwrap(), engine.reported.clone()));
        engine
    }

    async fn make_stream(&self) -> stream::Stream {
        let config = stream::Config {
            name: subject::JOBS_STREAM.into(),
            subjects: vec!["jobs.>".into()],
            retention: stream::RetentionPolicy::WorkQueue,
            ..Default::default()
        };
        self.jetstream.get_or_create_stream(config).await.unwrap()
    }

    async fn publish(&self, job_type: &str, n: u64) {
        let job = proto::Job {
            id: format!("i:{n}"),
            attempt: 1,
            tenant: "t".into(),
            r#type: job_type.into(),
            instance_id: "i".into(),
            variables: format!("{{\"n\":{n}}}").into(),
            ..Default::default()
        };
        let sent = self.jetstream.publish(subject::job("t", job_type), job.encode_to_vec().into()).await;
        sent.unwrap().await.unwrap();
    }

    async fn until_reported(&self, jobs: usize) {
        let reported = async {
            while self.reported.lock().unwrap().len() < jobs {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(30), reported).await.expect("every job is reported");
    }
}

async fn answer_calls(nats: async_nats::Client, mut calls: async_nats::Subscriber) {
    let jetstream = jetstream::new(nats.clone());
    while let Some(call) = calls.next().await {
        let reply = if call.subject.as_str() == subject::api("register_worker") {
            let job_type = RegisterWorkerRequest::decode(call.payload).unwrap().job_type;
            let consumer = subject::consumer(&job_type);
            let config = pull::Config {
                durable_name: Some(consumer.clone()),
                filter_subject: subject::jobs_of_type(&job_type),
                ack_wait: Duration::from_secs(2),
                ..Default::default()
            };
            let Ok(_) = jetstream.create_consumer_on_stream(config, subject::JOBS_STREAM).await else { continue };
            RegisterWorkerReply {
                stream: subject::JOBS_STREAM.into(),
                consumer,
                ack_wait_ms: 2000,
                wire_version: WIRE_VERSION,
            }
            .encode_to_vec()
        } else {
            HeartbeatReply::default().encode_to_vec()
        };
        let reply = ApiReply { reply: Some(api_reply::Reply::Ok(reply.into())) };
        nats.publish(call.reply.unwrap(), reply.encode_to_vec().into()).await.unwrap();
    }
}

/// Every seventh is told to come again, once; of those that come with others every fifth is left without an answer, once.
async fn take_results(nats: async_nats::Client, mut results: async_nats::Subscriber, reported: Reported) {
    let mut put_off = std::collections::BTreeSet::new();
    while let Some(message) = results.next().await {
        let mut first = JobResult::decode(message.payload).unwrap();
        let more = std::mem::take(&mut first.more);
        let mut replies = vec![take_one(first, &mut put_off, &reported)];
        for result in more {
            if number(&result).is_multiple_of(5) && put_off.insert(number(&result)) {
                break;
            }
            replies.push(take_one(result, &mut put_off, &reported));
        }
        let more = replies.split_off(1);
        let reply = JobResultReply { more, ..replies.remove(0) };
        nats.publish(message.reply.unwrap(), reply.encode_to_vec().into()).await.unwrap();
    }
}

fn take_one(result: JobResult, put_off: &mut std::collections::BTreeSet<u64>, reported: &Reported) -> JobResultReply {
    let again = number(&result).is_multiple_of(7) && put_off.insert(number(&result));
    if !again {
        let mut reported = reported.lock().unwrap();
        reported.entry(result.job_id.clone()).or_insert((result, 0)).1 += 1;
    }
    let status = if again { Status::Retry } else { Status::Applied };
    JobResultReply { status: status.into(), ..JobResultReply::default() }
}

fn number(result: &JobResult) -> u64 {
    result.job_id.split_once(':').unwrap().1.parse().unwrap()
}

async fn double(job: Job<Input>) -> Result<u64, JobFailure> {
    match job.input.n {
        13 => panic!("unlucky"),
        n => Ok(n * 2),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_job_is_done_once_although_the_consumer_is_lost_on_the_way() {
    let nats = Nats::start().unwrap();
    let engine = Engine::start(&nats.url()).await;
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
    let engine = Engine::start(&nats.url()).await;
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
    let engine = Engine::start(&nats.url()).await;
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
