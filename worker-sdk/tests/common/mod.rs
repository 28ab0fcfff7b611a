//! The engine's side of the wire, played through its messages.

use async_nats::jetstream::{self, consumer::pull, stream};
use futures::StreamExt;
use prost::Message;
use proto::{
    ApiReply, HeartbeatReply, JobResult, JobResultReply, RegisterWorkerReply, RegisterWorkerRequest, WIRE_VERSION,
    api_reply, job_result_reply::Status, subject,
};
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
    time::Duration,
};
use worker_sdk::{Job, JobFailure};

#[derive(serde::Deserialize)]
pub struct Input {
    pub n: u64,
}

/// What workers have reported, by job id; how often.
pub type Reported = Arc<Mutex<BTreeMap<String, (JobResult, u32)>>>;

pub struct Engine {
    pub nats: async_nats::Client,
    pub jetstream: jetstream::Context,
    pub reported: Reported,
}

impl Engine {
    pub async fn on(nats: async_nats::Client) -> Engine {
        let engine = Engine { jetstream: jetstream::new(nats.clone()), nats, reported: Reported::default() };
        engine.make_stream().await;
        let (api, results) = (engine.nats.subscribe("api.*").await, engine.nats.subscribe("results.*").await);
        engine.nats.flush().await.unwrap();
        tokio::spawn(answer_calls(engine.nats.clone(), api.unwrap()));
        tokio::spawn(take_results(engine.nats.clone(), results.unwrap(), engine.reported.clone()));
        engine
    }

    pub async fn make_stream(&self) -> stream::Stream {
        let config = stream::Config {
            name: subject::JOBS_STREAM.into(),
            subjects: vec!["jobs.>".into()],
            retention: stream::RetentionPolicy::WorkQueue,
            ..Default::default()
        };
        self.jetstream.get_or_create_stream(config).await.unwrap()
    }

    pub async fn publish(&self, job_type: &str, n: u64) {
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

    pub async fn until_reported(&self, jobs: usize) {
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

pub async fn double(job: Job<Input>) -> Result<u64, JobFailure> {
    match job.input.n {
        13 => panic!("unlucky"),
        n => Ok(n * 2),
    }
}
