//! A long computation. The SDK keeps the lease by signs of life, however long it takes, as long as the runtime is not
//! blocked: so it computes on a thread of its own. It looks at the cancellation now and then.

use serde::Deserialize;
use worker_sdk::{CancellationToken, Job, JobFailure};

#[derive(Deserialize)]
pub struct Number {
    number: u64,
}

pub async fn factorise(job: Job<Number>) -> Result<Vec<u64>, JobFailure> {
    let (number, cancellation) = (job.input.number, job.cancellation().clone());
    Ok(tokio::task::spawn_blocking(move || factors(number, &cancellation)).await?)
}

fn factors(mut number: u64, cancellation: &CancellationToken) -> Vec<u64> {
    let (mut found, mut next) = (Vec::new(), 2);
    while next <= number / next.max(1) && !cancellation.is_cancelled() {
        if number.is_multiple_of(next) {
            found.push(next);
            number /= next;
        } else {
            next += 1;
        }
    }
    found.push(number);
    found
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use worker_sdk::testing::TestJob;

    #[tokio::test]
    async fn a_number_is_taken_apart() {
        let job = TestJob::new("factorise").variables(json!({"number": 2 * 2 * 97 * 1009}));
        assert_eq!(job.run(super::factorise).await.result.unwrap()["result"], json!([2, 2, 97, 1009]));
    }
}
