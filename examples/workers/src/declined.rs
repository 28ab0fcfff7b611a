//! What the process has a way for is a BPMN error: its boundary event catches the code, and the variables come along.

use serde::Deserialize;
use serde_json::json;
use worker_sdk::{Job, JobFailure};

#[derive(Deserialize)]
pub struct Payment {
    amount: f64,
}

pub async fn charge(job: Job<Payment>) -> Result<String, JobFailure> {
    const LIMIT: f64 = 5000.0;
    let amount = job.input.amount;
    if amount > LIMIT {
        let declined = JobFailure::bpmn_error("DECLINED", format!("{amount:.2} is over the limit"));
        return Err(declined.with(json!({"limit": LIMIT})));
    }
    Ok(format!("receipt-{}", job.id()))
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use worker_sdk::{JobFailure, testing::TestJob};

    #[tokio::test]
    async fn too_much_is_declined_with_the_limit() {
        let outcome = TestJob::new("charge").variables(json!({"amount": 9000})).run(super::charge).await;
        let Err(JobFailure::BpmnError { code, variables, .. }) = outcome.result else { panic!("it was charged") };
        assert_eq!((code.as_str(), &variables["limit"]), ("DECLINED", &json!(5000.0)));
    }
}
