//! Variables that are too large to travel with a job are asked for, in parts.

use crate::{JobFailure, pull::ok, report::jittered};
use bytes::Bytes;
use futures::{Stream, stream};
use prost::Message;
use proto::{GetVariableReply, GetVariableRequest, Job, subject};
use serde_json::Value;
use std::time::Duration;

const ANSWER_WITHIN: Duration = Duration::from_secs(10);
const PAUSE: Duration = Duration::from_millis(200);
const ATTEMPTS: u32 = 10;

/// The value of a variable as the job's element sees it now. The error is for people.
pub(crate) async fn variable(nats: &async_nats::Client, job: &Job, name: &str) -> Result<Value, String> {
    let mut failed = String::new();
    for _ in 0..ATTEMPTS {
        match whole(nats, job, name).await {
            Ok(Some(json)) => return serde_json::from_slice(&json).map_err(|error| error.to_string()),
            Ok(None) => failed = "it keeps changing".to_owned(),
            // what the engine says will not become better by asking again
            Err(Unanswered::Refused(why)) => return Err(why),
            Err(Unanswered::Silence(why)) => failed = why,
        }
        tokio::time::sleep(jittered(PAUSE)).await;
    }
    Err(failed)
}

/// A variable's JSON, part by part. It has to stay as it is meanwhile.
pub(crate) fn parts(
    nats: async_nats::Client,
    job: Job,
    name: String,
) -> impl Stream<Item = Result<Bytes, JobFailure>> + Send {
    let (offset, digest) = (0, None);
    stream::try_unfold((nats, job, name, offset, digest), |(nats, job, name, offset, digest)| async move {
        let failed = |why| JobFailure::retryable(format!("the variable `{name}` cannot be had: {why}"));
        let next = match part_in_time(&nats, &job, &name, offset).await {
            Ok(next) => next,
            Err(why) => return Err(failed(why)),
        };
        if offset > 0 && offset >= next.total {
            return Ok(None);
        }
        if digest.as_ref().is_some_and(|digest| *digest != next.digest) || next.part.is_empty() {
            return Err(failed("it has changed meanwhile".to_owned()));
        }
        let read = offset + next.part.len() as u64;
        Ok(Some((next.part, (nats, job, name, read, Some(next.digest)))))
    })
}

/// Asks again while nobody answers.
async fn part_in_time(nats: &async_nats::Client, job: &Job, name: &str, at: u64) -> Result<GetVariableReply, String> {
    let mut failed = String::new();
    for _ in 0..ATTEMPTS {
        match part(nats, job, name, at).await {
            Ok(part) => return Ok(part),
            Err(Unanswered::Refused(why)) => return Err(why),
            Err(Unanswered::Silence(why)) => failed = why,
        }
        tokio::time::sleep(jittered(PAUSE)).await;
    }
    Err(failed)
}

enum Unanswered {
    Refused(String),
    Silence(String),
}

/// All parts; none when it has changed between them.
async fn whole(nats: &async_nats::Client, job: &Job, name: &str) -> Result<Option<Vec<u8>>, Unanswered> {
    let first = part(nats, job, name, 0).await?;
    let mut json = first.part.to_vec();
    while (json.len() as u64) < first.total {
        let next = part(nats, job, name, json.len() as u64).await?;
        if next.digest != first.digest || next.part.is_empty() {
            return Ok(None);
        }
        json.extend_from_slice(&next.part);
    }
    Ok(Some(json))
}

async fn part(nats: &async_nats::Client, job: &Job, name: &str, offset: u64) -> Result<GetVariableReply, Unanswered> {
    let request = GetVariableRequest {
        tenant: job.tenant.clone(),
        instance_id: job.instance_id.clone(),
        key: job.key,
        name: name.to_owned(),
        offset,
    };
    let asked = nats.request(subject::api("get_variable"), request.encode_to_vec().into());
    let reply = tokio::time::timeout(ANSWER_WITHIN, asked).await;
    let reply = reply.map_err(|_| Unanswered::Silence("the engine does not answer".to_owned()))?;
    let reply = reply.map_err(|error| Unanswered::Silence(format!("the engine does not answer: {error}")))?;
    let refused = |why: String| match why.starts_with("UNAVAILABLE") {
        true => Unanswered::Silence(why),
        false => Unanswered::Refused(why),
    };
    let bytes = ok(&reply.payload).map_err(refused)?;
    GetVariableReply::decode(bytes).map_err(|error| Unanswered::Refused(error.to_string()))
}
