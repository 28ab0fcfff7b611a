//! A service that is busy says when to come again (`Retry-After`); the engine waits that long, and the worker does
//! something else meanwhile.

use serde::Deserialize;
use std::time::Duration;
use worker_sdk::{Job, JobFailure};

#[derive(Deserialize)]
pub struct Parcel {
    parcel: String,
}

/// What the carrier's service answers; it is one of those that are always busy at first.
struct Answer {
    status: u16,
    retry_after: Option<u64>,
}

fn carrier(attempt: u32) -> Answer {
    if attempt == 1 { Answer { status: 503, retry_after: Some(2) } } else { Answer { status: 200, retry_after: None } }
}

pub async fn ask_carrier(job: Job<Parcel>) -> Result<String, JobFailure> {
    let answer = carrier(job.attempt());
    if answer.status == 200 {
        return Ok(format!("{} is on its way", job.input.parcel));
    }
    let busy = JobFailure::retryable(format!("the carrier answers {}", answer.status));
    // without `after` the task's `retryBackoff` says how long
    Err(answer.retry_after.map_or(busy.clone(), |seconds| busy.after(Duration::from_secs(seconds))))
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use std::time::Duration;
    use worker_sdk::{JobFailure, testing::TestJob};

    #[tokio::test]
    async fn it_comes_again_when_the_carrier_says() {
        let asked = || TestJob::new("ask-carrier").variables(json!({"parcel": "P1"}));
        let outcome = asked().run(super::ask_carrier).await;
        let wait = Duration::from_secs(2);
        assert_eq!(outcome.result, Err(JobFailure::retryable("the carrier answers 503").after(wait)));
        let outcome = asked().change(|job| job.attempt = 2).run(super::ask_carrier).await;
        assert_eq!(outcome.result.unwrap()["result"], "P1 is on its way");
    }
}
