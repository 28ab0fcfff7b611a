//! What a worker of a run says beside what it should: results of attempts that are over, which the engine has to refuse, and
//! copies of results, of which one counts.

use crate::{
    outcome::Outcome,
    worker::{Ledger, Line},
};
use prost::Message;
use proto::{JobCompleted, JobFailed, JobResult, JobResultReply, job_result::Result as Of, job_result_reply::Status};
use serde_json::json;
use std::{sync::Arc, time::Duration};
use worker_sdk::Context;

/// Copies of one result, and the longest that one of them is late.
const COPIES: u64 = 3;
const LATE: u64 = 1_500;
/// A forged result is sent so often until there is an answer.
const TRIES: u32 = 10;

/// The attempt before this one is over, since this one has begun: what is said of it now has to be refused.
pub async fn late_result(job: Context, line: Line, ledger: Arc<Ledger>) {
    let forged = completed(&format!("e_{}", line.element), "forged");
    for _ in 0..TRIES {
        let status = send(&job, job.attempt().saturating_sub(1), forged.clone()).await;
        if let Some(status @ (Status::Applied | Status::Stale)) = status {
            let forged = Some(status == Status::Applied);
            let _ = ledger.write(&Line { effect: None, run: "forged".to_owned(), forged, ..line });
            return;
        }
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
}

/// The same result beside the one that the SDK reports: before it, with it, after it.
pub async fn copies(job: Context, outcome: Outcome, run: String) {
    let result = match outcome {
        Outcome::Completes => completed(&format!("e_{}", job.element_id()), &run),
        Outcome::Fails => {
            let message = "not this time".to_owned();
            Of::Failed(JobFailed { message, retryable: true, retry_after_ms: None })
        }
        Outcome::Declines | Outcome::Despairs => return,
    };
    let late = crate::dice::hash(&run);
    let copies = (0..COPIES).map(|copy| {
        let (job, result) = (job.clone(), result.clone());
        async move {
            tokio::time::sleep(Duration::from_millis(late.rotate_left(copy as u32 * 16) % LATE)).await;
            send(&job, job.attempt(), result).await
        }
    });
    futures::future::join_all(copies).await;
}

fn completed(name: &str, run: &str) -> Of {
    Of::Completed(JobCompleted { variables: json!({name: run}).to_string().into() })
}

async fn send(job: &Context, attempt: u32, result: Of) -> Option<Status> {
    let result = JobResult {
        job_id: job.id().to_owned(),
        attempt,
        tenant: job.tenant().to_owned(),
        result: Some(result),
        ..JobResult::default()
    };
    let subject = proto::subject::result(job.instance_id());
    let answer = job.nats()?.request(subject, result.encode_to_vec().into());
    let answer = tokio::time::timeout(Duration::from_secs(5), answer).await.ok()?.ok()?;
    Some(JobResultReply::decode(answer.payload).ok()?.status())
}
