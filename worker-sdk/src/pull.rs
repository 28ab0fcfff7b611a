//! Fetching jobs of one type. Exactly as many are asked for as can be begun at once, in few requests that wait at the
//! server, so no job lies here while another worker is idle.

use crate::{
    metrics::OfType,
    process::process,
    report::jittered,
    running::heed_cancels,
    worker::{JobType, Shared},
};
use async_nats::{StatusCode, Subscriber, jetstream};
use futures::StreamExt;
use prost::Message;
use proto::{
    ApiReply, OLDEST_WIRE_VERSION, RegisterWorkerReply, RegisterWorkerRequest, WIRE_VERSION, api_reply, subject,
};
use std::{sync::Arc, time::Duration};
use tokio::{task::JoinSet, time::timeout};
use tokio_util::sync::CancellationToken;

const REQUEST_EXPIRES: Duration = Duration::from_secs(30);
const IDLE_HEARTBEAT: Duration = Duration::from_secs(5);
/// Without a word from the server for this long, the requests are lost.
const SILENCE: Duration = Duration::from_secs(12);
/// How it begins when one of both has to be updated: trying again cannot help.
const TOO_OLD: [&str; 2] = ["WORKER_TOO_OLD", "ENGINE_TOO_OLD"];
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// Works on jobs of this type until shutdown, then drains.
pub(crate) async fn run(shared: Arc<Shared>, job_type: Arc<JobType>, at_once: usize, shutdown: CancellationToken) {
    let stopped = CancellationToken::new();
    tokio::spawn(heed_cancels(shared.clone(), job_type.name.clone(), stopped.clone()));
    let measures = Arc::new(shared.metrics.of_type(&job_type.name));
    let mut jobs = JoinSet::new();
    while let Some(consumer) = register(&shared, &job_type.name, &shutdown).await {
        let jetstream = jetstream::new(shared.nats.clone());
        let pull = Pull { shared: &shared, job_type: &job_type, measures: &measures, at_once, consumer, jetstream };
        match pull.run(&mut jobs, &shutdown).await {
            Ok(()) => break,
            Err(error) => tracing::warn!(job_type = job_type.name, "registering again: {error}"),
        }
        let _ = timeout(jittered(Duration::from_millis(500)), shutdown.cancelled()).await;
    }
    drain(&shared, jobs).await;
    stopped.cancel();
}

/// The consumer of the type, made by the engine; none at shutdown.
async fn register(shared: &Shared, job_type: &str, shutdown: &CancellationToken) -> Option<RegisterWorkerReply> {
    let mut pause = Duration::from_millis(100);
    loop {
        let registered = tokio::select! {
            () = shutdown.cancelled() => return None,
            registered = try_register(shared, job_type) => registered,
        };
        match registered {
            Ok(consumer) => {
                tracing::info!(job_type, consumer = consumer.consumer, "waiting for jobs");
                shared.health.set("engine", true);
                shared.running.consumer_waits(Duration::from_millis(consumer.ack_wait_ms.max(1000)));
                return Some(consumer);
            }
            Err(error) => {
                shared.health.set("engine", false);
                if TOO_OLD.iter().any(|code| error.starts_with(code)) {
                    shared.give_up(error);
                    return None;
                }
                tracing::warn!(job_type, "cannot register yet: {error}");
            }
        }
        let _ = timeout(jittered(pause), shutdown.cancelled()).await;
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}

async fn try_register(shared: &Shared, job_type: &str) -> Result<RegisterWorkerReply, String> {
    let request = RegisterWorkerRequest { job_type: job_type.to_owned(), wire_version: WIRE_VERSION };
    let asked = shared.nats.request(subject::api("register_worker"), request.encode_to_vec().into());
    let reply = timeout(Duration::from_secs(5), asked).await.map_err(|_| "the engine does not answer".to_owned())?;
    let ok = ok(&reply.map_err(|error| format!("the engine does not answer: {error}"))?.payload)?;
    let reply = RegisterWorkerReply::decode(ok).map_err(|error| error.to_string())?;
    if !(OLDEST_WIRE_VERSION..).contains(&reply.wire_version) {
        let theirs = reply.wire_version;
        return Err(format!("ENGINE_TOO_OLD: the engine speaks version {theirs} of the wire: update the engine"));
    }
    Ok(reply)
}

/// The reply message within an [`ApiReply`].
pub(crate) fn ok(payload: &[u8]) -> Result<bytes::Bytes, String> {
    match ApiReply::decode(payload).map_err(|error| error.to_string())?.reply {
        Some(api_reply::Reply::Ok(reply)) => Ok(reply),
        Some(api_reply::Reply::Problem(problem)) => Err(format!("{}: {}", problem.code, problem.message)),
        None => Err("the engine's answer is empty".to_owned()),
    }
}

struct Pull<'a> {
    shared: &'a Arc<Shared>,
    job_type: &'a Arc<JobType>,
    measures: &'a Arc<OfType>,
    at_once: usize,
    consumer: RegisterWorkerReply,
    /// One for all messages: each that is made runs a task of its own.
    jetstream: jetstream::Context,
}

impl Pull<'_> {
    /// Ok at shutdown; an error when the consumer has to be registered again.
    async fn run(&self, jobs: &mut JoinSet<()>, shutdown: &CancellationToken) -> Result<(), String> {
        let inbox = self.shared.nats.new_inbox();
        let mut messages = self.shared.nats.subscribe(inbox.clone()).await.map_err(|error| error.to_string())?;
        let mut asked = 0;
        loop {
            asked += self.ask(&inbox, self.at_once.saturating_sub(jobs.len() + asked), asked).await?;
            tokio::select! {
                () = shutdown.cancelled() => return self.give_back(messages).await,
                Some(_) = jobs.join_next() => while jobs.try_join_next().is_some() {},
                message = timeout(SILENCE, messages.next()), if asked > 0 => {
                    let message = message.map_err(|_| "the server is silent")?.ok_or("the connection is closed")?;
                    asked = asked.saturating_sub(self.receive(message, jobs)?);
                }
            }
        }
    }

    /// Asks for as many as there is room for, but not one by one while other requests are waiting.
    async fn ask(&self, inbox: &str, room: usize, waiting: usize) -> Result<usize, String> {
        if room == 0 || (waiting > 0 && room * 4 < self.at_once) {
            return Ok(0);
        }
        let subject = format!("$JS.API.CONSUMER.MSG.NEXT.{}.{}", self.consumer.stream, self.consumer.consumer);
        let request = serde_json::json!({
            "batch": room,
            "expires": nanoseconds(REQUEST_EXPIRES),
            "idle_heartbeat": nanoseconds(IDLE_HEARTBEAT),
        });
        let sent = self.shared.nats.publish_with_reply(subject, inbox.to_owned(), request.to_string().into());
        sent.await.map_err(|error| error.to_string())?;
        Ok(room)
    }

    /// How many of the messages asked for this settles.
    fn receive(&self, message: async_nats::Message, jobs: &mut JoinSet<()>) -> Result<usize, String> {
        match message.status {
            None | Some(StatusCode::OK) => {
                let (shared, job_type, measures) = (self.shared.clone(), self.job_type.clone(), self.measures.clone());
                jobs.spawn(process(shared, job_type, measures, self.delivery(message)));
                Ok(1)
            }
            Some(StatusCode::IDLE_HEARTBEAT) => Ok(0),
            Some(StatusCode::TIMEOUT | StatusCode::NOT_FOUND) => Ok(pending(&message)),
            Some(StatusCode::NO_RESPONDERS) => Err("the consumer is not there".to_owned()),
            Some(status) => {
                let said = message.description.unwrap_or_default();
                Err(format!("the server ended the request: {status} {said}"))
            }
        }
    }

    fn delivery(&self, message: async_nats::Message) -> jetstream::Message {
        jetstream::Message { message, context: self.jetstream.clone() }
    }

    /// At shutdown: what has come already and is not begun goes to other workers.
    async fn give_back(&self, mut messages: Subscriber) -> Result<(), String> {
        let _ = messages.unsubscribe().await;
        while let Ok(Some(message)) = timeout(Duration::from_millis(200), messages.next()).await {
            if message.status.is_none() {
                let _ = self.delivery(message).ack_with(jetstream::AckKind::Nak(None)).await;
            }
        }
        Ok(())
    }
}

fn nanoseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

/// What was left of a request that has ended.
fn pending(message: &async_nats::Message) -> usize {
    let header = message.headers.as_ref().and_then(|headers| headers.get("Nats-Pending-Messages"));
    header.and_then(|count| count.as_str().parse().ok()).unwrap_or(usize::MAX)
}

/// Lets running jobs finish; those that do not in time are given to other workers.
async fn drain(shared: &Shared, mut jobs: JoinSet<()>) {
    let finished = async { while jobs.join_next().await.is_some() {} };
    if timeout(shared.drain, finished).await.is_err() {
        tracing::warn!(jobs = jobs.len(), "giving back jobs that did not finish in time");
        shared.running.give_back_all().await;
        jobs.abort_all();
    }
}
