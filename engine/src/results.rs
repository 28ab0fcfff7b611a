//! What workers report: results, answered after the commit, and heartbeats. A worker may report several results in one
//! message; they go to their lanes one by one, and are answered together.

use crate::{
    convert,
    request::{Action, Answer, Refusal, Request},
    seeded::{self, Bug, is_sown},
    world::World,
};
use async_nats::Client;
use bytes::Bytes;
use futures::StreamExt;
use interpreter::{CommandKind, InstanceId, Key, RejectionCode};
use prost::Message as _;
use proto::{JobResult, JobResultReply, job_result::Result as Of, job_result_reply::Status, subject::ENGINE_GROUP};
use store::job;

/// A worker is lost when it has not been heard of for so long.
const LEASE_MS: i64 = 30_000;

/// Until the subscription ends.
pub async fn run(world: World, client: Client) -> anyhow::Result<()> {
    let mut results = client.queue_subscribe("results.*", ENGINE_GROUP.to_owned()).await?;
    while let Some(message) = results.next().await {
        let replied = take(&world, message.payload);
        let (Some(inbox), client) = (message.reply, client.clone()) else { continue };
        tokio::spawn(async move {
            let _ = client.publish(inbox, replied.await.encode_to_vec().into()).await; // without an answer it is sent again
        });
    }
    Ok(())
}

/// Parses, and sends to the lanes at once; what comes back is for a task of its own to wait for.
pub fn take(world: &World, payload: Bytes) -> impl Future<Output = JobResultReply> + use<> {
    let waiting = match JobResult::decode(payload) {
        Ok(mut first) => {
            let mut more = std::mem::take(&mut first.more);
            if is_sown(Bug::MixedResults) {
                seeded::mix(&mut first, &mut more);
            }
            [first].into_iter().chain(more).map(|result| begin(world, result)).collect()
        }
        Err(_) => vec![Err(say(Status::Invalid, "not a JobResult"))],
    };
    async move {
        let mut replies = Vec::with_capacity(waiting.len());
        for one in waiting {
            replies.push(match one {
                Ok(answered) => answered.await.map_or_else(|_| say(Status::Retry, "the engine stops"), status),
                Err(reply) => reply,
            });
        }
        let more = replies.split_off(1.min(replies.len()));
        JobResultReply { more, ..replies.pop().unwrap_or_default() }
    }
}

type Answered = tokio::sync::oneshot::Receiver<Answer>;

/// On its way to its lane, or refused at once.
fn begin(world: &World, result: JobResult) -> Result<Answered, JobResultReply> {
    let (request, answered) = request(world, result)?;
    world.lanes.send(request).map_err(|_| say(Status::Retry, "too much is waiting"))?;
    Ok(answered)
}

fn request(world: &World, result: JobResult) -> Result<(Request, Answered), JobResultReply> {
    let invalid = |message: &str| say(Status::Invalid, message);
    let size = result.encoded_len();
    let (instance, key) = convert::parse_id(&result.job_id).ok_or_else(|| invalid("not a job id"))?;
    if result.tenant.is_empty() {
        return Err(invalid("a result says whose job it is: `tenant` is missing"));
    }
    // one that is none is that of nobody
    let epoch = result.epoch.parse().unwrap_or_default();
    let (key, attempt) = (Key(key), result.attempt);
    // a result that cannot be applied ends the attempt: the worker would send it again for ever
    let fail = |message: String| CommandKind::FailJob { key, attempt, message, retryable: false, retry_after_ms: None };
    let allowed = world.config.max_result_bytes;
    let kind = if size > allowed {
        fail(format!("the result has {size} bytes; {allowed} are allowed"))
    } else {
        command(result.result.ok_or_else(|| invalid("without result"))?, key, attempt).unwrap_or_else(fail)
    };
    let (mut request, answered) = Request::answered(&result.tenant, InstanceId(instance), Action::Step(kind));
    request.epoch = (!result.epoch.is_empty()).then_some(epoch);
    Ok((request, answered))
}

/// The error is for people.
fn command(result: Of, key: Key, attempt: u32) -> Result<CommandKind, String> {
    Ok(match result {
        Of::Completed(completed) => {
            CommandKind::CompleteJob { key, attempt, variables: convert::parse_variables(&completed.variables)? }
        }
        Of::Failed(failed) => CommandKind::FailJob {
            key,
            attempt,
            message: failed.message,
            retryable: failed.retryable,
            retry_after_ms: failed.retry_after_ms,
        },
        Of::Asked(question) => {
            CommandKind::AskPerson { key, attempt, question: Box::new(convert::question::parse(question)?) }
        }
        Of::Error(error) => {
            let variables = convert::parse_variables(&error.variables)?;
            CommandKind::ThrowJobError { key, attempt, code: error.code, message: error.message, variables }
        }
    })
}

fn status(answer: Answer) -> JobResultReply {
    match answer {
        Ok(_) => say(Status::Applied, ""),
        Err(Refusal::OtherEpoch) => say(Status::Stale, "the database was restored since: the job is published again"),
        Err(Refusal::UnknownInstance | Refusal::Gone | Refusal::NotThere) => say(Status::Stale, "there is no such job"),
        Err(Refusal::Rejected(rejection)) => match rejection.code {
            RejectionCode::NotFound | RejectionCode::StaleAttempt | RejectionCode::InstanceEnded => {
                say(Status::Stale, &rejection.message)
            }
            RejectionCode::Invalid | RejectionCode::LimitExceeded | RejectionCode::Suspended => {
                say(Status::Invalid, &rejection.message)
            }
        },
        Err(Refusal::Unavailable) => say(Status::Retry, "the engine cannot reach its database"),
        Err(Refusal::Unreadable(why) | Refusal::Failed(why)) => say(Status::Retry, &why),
    }
}

fn say(status: Status, message: &str) -> JobResultReply {
    JobResultReply { status: status as i32, message: message.to_owned(), more: Vec::new() }
}

/// Extends the leases, and says which jobs are not wanted any more.
pub async fn heartbeat(world: &World, heartbeat: proto::Heartbeat) -> Result<proto::HeartbeatReply, store::Error> {
    let mut held = job::HeldJobs::default();
    for (instance, key) in heartbeat.job_ids.iter().filter_map(|id| convert::parse_id(id)) {
        held.push(job::Held { instance, key: key as i64 });
    }
    let session = world.store.session().await?;
    let wanted = held.heartbeat(&session, LEASE_MS).await?;
    let is_wanted =
        |id: &String| convert::parse_id(id).is_some_and(|(instance, key)| wanted.contains(&(instance, key as i64)));
    let canceled_job_ids = heartbeat.job_ids.into_iter().filter(|id| !is_wanted(id)).collect();
    Ok(proto::HeartbeatReply { canceled_job_ids })
}
