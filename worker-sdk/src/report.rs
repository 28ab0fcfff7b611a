//! Telling the engine what became of a job, until it answers. The job is still held meanwhile.

use crate::{Context, JobFailure, Variables, worker::Shared};
use prost::Message;
use proto::{
    JobCompleted, JobError, JobFailed, JobResult, JobResultReply, job_result, job_result_reply::Status, subject,
};
use std::time::Duration;

const ANSWER_WITHIN: Duration = Duration::from_secs(10);
const SHORTEST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// Returns when the engine has the result or does not want it.
pub(crate) async fn report(shared: &Shared, context: &Context, outcome: Result<Variables, JobFailure>) {
    let result = JobResult {
        job_id: context.id().to_owned(),
        attempt: context.attempt(),
        tenant: context.tenant().to_owned(),
        worker: shared.worker.clone(),
        result: Some(result_of(outcome)),
    };
    let payload = bytes::Bytes::from(result.encode_to_vec());
    let mut pause = SHORTEST_PAUSE;
    loop {
        match send(shared, context, payload.clone()).await {
            Ok(Status::Applied) => return,
            Ok(Status::Stale) => return tracing::info!(job = context.id(), "the result came too late"),
            Ok(Status::Invalid) => return tracing::warn!(job = context.id(), "the engine cannot apply the result"),
            Ok(Status::Retry | Status::Unspecified) => {}
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
        Err(JobFailure::Bug { message }) => {
            job_result::Result::Failed(JobFailed { message, retryable: false, retry_after_ms: None })
        }
    }
}

async fn send(shared: &Shared, context: &Context, payload: bytes::Bytes) -> Result<Status, String> {
    let mut headers = async_nats::HeaderMap::new();
    telemetry::propagation::inject(&mut headers);
    if let (true, Some(traceparent)) = (headers.is_empty(), context.traceparent()) {
        headers.insert("traceparent", traceparent);
    }
    let request = async_nats::Request::new().headers(headers).payload(payload).timeout(Some(ANSWER_WITHIN));
    let answer = shared.nats.send_request(subject::result(context.instance_id()), request).await;
    let reply = JobResultReply::decode(answer.map_err(|error| error.to_string())?.payload);
    let reply = reply.map_err(|error| format!("its answer cannot be read: {error}"))?;
    if !reply.message.is_empty() {
        tracing::info!(job = context.id(), status = ?reply.status(), "{}", reply.message);
    }
    Ok(reply.status())
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
