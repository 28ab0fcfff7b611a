//! Telling the engine what became of jobs, until it answers. They are still held meanwhile. Results that are there at the
//! same time travel in one message; nothing waits for another to come.

use crate::{Context, JobFailure, Variables, worker::Shared};
use prost::Message;
use proto::{
    JobCompleted, JobError, JobFailed, JobResult, JobResultReply, job_result, job_result_reply::Status, subject,
};
use std::time::Duration;
use tokio::sync::{mpsc, oneshot};

const ANSWER_WITHIN: Duration = Duration::from_secs(10);
const SHORTEST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// Results in one message.
const AT_ONCE: usize = 64;
/// Of results that go together; a larger one goes alone.
const BYTES_AT_ONCE: usize = 64 * 1024;

/// Takes results to the engine: those that come at the same time go together.
#[derive(Clone)]
pub(crate) struct Reporter {
    queue: mpsc::UnboundedSender<Reported>,
}

/// A result, and where its answer goes.
struct Reported {
    result: JobResult,
    bytes: usize,
    answer: oneshot::Sender<Result<JobResultReply, String>>,
}

impl Reporter {
    /// Runs until the last clone is gone. What waits is bounded by the number of jobs in hand.
    pub fn start(nats: async_nats::Client) -> Reporter {
        let (queue, mut reported) = mpsc::unbounded_channel::<Reported>();
        tokio::spawn(async move {
            let mut waiting = Vec::new();
            while !waiting.is_empty() || reported.recv_many(&mut waiting, AT_ONCE).await > 0 {
                if waiting.len() == 1 {
                    tokio::task::yield_now().await; // others may be about to end
                }
                while waiting.len() < AT_ONCE
                    && let Ok(more) = reported.try_recv()
                {
                    waiting.push(more);
                }
                let rest = waiting.split_off(together(&waiting));
                tokio::spawn(deliver(nats.clone(), std::mem::replace(&mut waiting, rest)));
            }
        });
        Reporter { queue }
    }

    async fn send(&self, result: JobResult) -> Result<JobResultReply, String> {
        let (answer, answered) = oneshot::channel();
        let bytes = result.encoded_len();
        let stopped = |_| "the worker stops".to_owned();
        self.queue.send(Reported { result, bytes, answer }).map_err(|_| "the worker stops".to_owned())?;
        answered.await.map_err(stopped)?
    }
}

/// How many of the first go in one message.
fn together(waiting: &[Reported]) -> usize {
    let mut bytes = 0;
    let fit = waiting.iter().take_while(|reported| {
        bytes += reported.bytes;
        bytes <= BYTES_AT_ONCE
    });
    fit.count().max(1).min(waiting.len())
}

async fn deliver(nats: async_nats::Client, reported: Vec<Reported>) {
    let (results, answers): (Vec<_>, Vec<_>) = reported.into_iter().map(|it| (it.result, it.answer)).unzip();
    let mut results = results.into_iter();
    let Some(mut message) = results.next() else { return };
    message.more = results.collect();
    let instance = message.job_id.split_once(':').map_or("", |(instance, _)| instance);
    let subject = subject::result(instance);
    let request = async_nats::Request::new().payload(message.encode_to_vec().into()).timeout(Some(ANSWER_WITHIN));
    let replies = match nats.send_request(subject, request).await {
        Ok(answer) => {
            JobResultReply::decode(answer.payload).map_err(|error| format!("its answer cannot be read: {error}"))
        }
        Err(error) => Err(error.to_string()),
    };
    let mut replies = replies.map(|mut first| {
        let more = std::mem::take(&mut first.more);
        [first].into_iter().chain(more)
    });
    for answer in answers {
        let reply = match &mut replies {
            Ok(replies) => replies.next().ok_or_else(|| "it was left out of the answer".to_owned()),
            Err(error) => Err(error.clone()),
        };
        let _ = answer.send(reply); // nobody waits: the worker stops
    }
}

/// Returns when the engine has the result or does not want it.
pub(crate) async fn report(shared: &Shared, context: &Context, outcome: Result<Variables, JobFailure>) {
    let result = JobResult {
        job_id: context.id().to_owned(),
        attempt: context.attempt(),
        tenant: context.tenant().to_owned(),
        worker: shared.worker.clone(),
        result: Some(result_of(outcome)),
        more: Vec::new(),
        epoch: context.epoch().to_owned(),
    };
    let mut pause = SHORTEST_PAUSE;
    loop {
        match shared.reporter.send(result.clone()).await {
            Ok(reply) => {
                if !reply.message.is_empty() {
                    tracing::info!(job = context.id(), status = ?reply.status(), "{}", reply.message);
                }
                match reply.status() {
                    Status::Applied => return,
                    Status::Stale => return tracing::info!(job = context.id(), "the result came too late"),
                    Status::Invalid => {
                        return tracing::warn!(job = context.id(), "the engine cannot apply the result");
                    }
                    Status::Retry | Status::Unspecified => {}
                }
            }
            Err(error) => tracing::warn!(job = context.id(), "the result is not answered, sending it again: {error}"),
        }
        tokio::time::sleep(jittered(pause)).await;
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}

fn result_of(outcome: Result<Variables, JobFailure>) -> job_result::Result {
    let json = |variables| bytes::Bytes::from(serde_json::Value::Object(variables).to_string());
    match outcome {
        Ok(variables) => job_result::Result::Completed(JobCompleted { variables: json(variables) }),
        Err(JobFailure::BpmnError { code, message, variables }) => {
            job_result::Result::Error(JobError { code, message, variables: json(variables) })
        }
        Err(JobFailure::Retryable { message, after }) => job_result::Result::Failed(JobFailed {
            message,
            retryable: true,
            retry_after_ms: after.map(|wait| u64::try_from(wait.as_millis()).unwrap_or(u64::MAX)),
        }),
        Err(JobFailure::Asks(question)) => job_result::Result::Asked(question.into_wire()),
        Err(JobFailure::Bug { message }) => {
            job_result::Result::Failed(JobFailed { message, retryable: false, retry_after_ms: None })
        }
    }
}

/// Between half and all of it, so that many workers do not come back at once.
pub(crate) fn jittered(pause: Duration) -> Duration {
    let share = f64::from(uuid::Uuid::new_v4().as_bytes()[0]) / 255.0;
    pause.mul_f64(0.5 + share / 2.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failures_keep_their_kind_on_the_wire() {
        let failed = |outcome| match result_of(outcome) {
            job_result::Result::Failed(failed) => (failed.retryable, failed.retry_after_ms),
            other => panic!("{other:?}"),
        };
        let busy = JobFailure::retryable("busy");
        assert_eq!(failed(Err(busy.clone())), (true, None));
        assert_eq!(failed(Err(busy.after(Duration::from_secs(2)))), (true, Some(2000)));
        assert_eq!(failed(Err(JobFailure::bug("wrong"))), (false, None));
    }
}
