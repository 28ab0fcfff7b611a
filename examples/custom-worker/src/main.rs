//! A worker of your own: it charges cards for service tasks with `implementation: External` and `topic: charge-card`,
//! as `examples/order/order.yaml` has one. Start the development server (`baton dev`), then `cargo run -p custom-worker`.

use serde::{Deserialize, Serialize};
use worker_sdk::{CancellationToken, Job, JobFailure, Worker};

/// What the handler needs of the task's variables (here its input mapping made them). A missing one is an incident.
#[derive(Deserialize)]
struct Order {
    amount: f64,
}

/// What it leaves behind: each field becomes a variable, and `result` goes to the task's `resultVariable`.
#[derive(Serialize)]
struct Charged {
    result: String,
}

/// Called once for each attempt at a job, many at a time. An attempt can come twice (a network is a network), so give
/// `job.id()` to the payment service as its idempotency key.
async fn charge(job: Job<Order>) -> Result<Charged, JobFailure> {
    let amount = job.input.amount;
    job.progress(0.5, format!("charging {amount:.2}"));
    if !amount.is_finite() || amount <= 0.0 {
        return Err(JobFailure::bug(format!("nothing to charge: the amount is {amount}"))); // an incident, at once
    }
    if amount > 5000.0 {
        // Modelled in the process: an error boundary event with this code can catch it.
        return Err(JobFailure::bpmn_error("CARD_REFUSED", format!("{amount:.2} is over the limit")));
    }
    Ok(Charged { result: format!("receipt-{}", job.id()) })
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let nats = std::env::var("BATON_NATS_URL").unwrap_or_else(|_| "nats://127.0.0.1:4222".to_owned());
    let shutdown = CancellationToken::new();
    let stop = shutdown.clone();
    tokio::spawn(async move {
        let _ = tokio::signal::ctrl_c().await;
        stop.cancel(); // finishes what is running, then ends
    });
    Ok(Worker::builder(nats).name("custom-worker").job("charge-card", charge).run(shutdown).await?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use worker_sdk::testing::TestJob;

    #[tokio::test]
    async fn too_large_an_order_is_refused() {
        let outcome = TestJob::new("charge-card").variables(json!({"amount": 9000.0})).run(charge).await;
        assert!(matches!(outcome.result, Err(JobFailure::BpmnError { code, .. }) if code == "CARD_REFUSED"));
    }

    #[tokio::test]
    async fn an_order_is_charged() {
        let outcome = TestJob::new("charge-card").variables(json!({"amount": 12.5})).run(charge).await;
        assert!(outcome.result.unwrap()["result"].as_str().unwrap().starts_with("receipt-"));
    }
}
