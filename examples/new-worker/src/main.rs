//! Does the jobs of type `new-worker`: edit `work`.

use serde::Deserialize;
use worker_sdk::{CancellationToken, Job, JobFailure, Worker};

/// What the handler needs of the task's variables. One that is missing is an incident.
#[derive(Deserialize)]
struct Input {
    name: String,
}

/// What it returns is the task's result; an object's fields become variables. An error by `?` is tried again;
/// `JobFailure::bug` and `JobFailure::bpmn_error` are not.
async fn work(job: Job<Input>) -> Result<String, JobFailure> {
    job.progress(0.5, "thinking of a greeting");
    job.log(format!("greeting {}", job.input.name));
    Ok(format!("Hello, {}!", job.input.name))
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let _telemetry = worker_sdk::start_telemetry("new-worker"); // logs, and traces where they are wanted
    let nats = std::env::var("BATON_NATS_URL").unwrap_or_else(|_| "nats://127.0.0.1:4222".to_owned());
    let shutdown = CancellationToken::new();
    let stop = shutdown.clone();
    tokio::spawn(async move {
        let _ = tokio::signal::ctrl_c().await;
        stop.cancel(); // finishes what is running, then ends
    });
    println!("waiting for jobs of type new-worker; Ctrl-C ends");
    Ok(Worker::builder(nats).job("new-worker", work).run(shutdown).await?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use worker_sdk::testing::TestJob;

    #[tokio::test]
    async fn it_greets() {
        let outcome = TestJob::new("new-worker").variables(json!({"name": "you"})).run(work).await;
        assert_eq!(outcome.result.unwrap()["result"], "Hello, you!");
    }
}
