//! Progress for people to see, and an end when nobody wants the job any more: its instance was cancelled, or a boundary
//! event has interrupted it.

use serde::Deserialize;
use std::time::Duration;
use worker_sdk::{Job, JobFailure};

#[derive(Deserialize)]
pub struct Tour {
    stops: u32,
}

pub async fn wait_for_courier(job: Job<Tour>) -> Result<String, JobFailure> {
    for stop in 1..=job.input.stops {
        job.progress(f64::from(stop) / f64::from(job.input.stops), format!("stop {stop}"));
        tokio::select! {
            () = tokio::time::sleep(Duration::from_millis(20)) => {}
            // what is returned now is of no interest to anybody
            () = job.cancellation().cancelled() => return Ok("called off".to_owned()),
        }
    }
    Ok("arrived".to_owned())
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use worker_sdk::testing::TestJob;

    #[tokio::test]
    async fn it_shows_each_stop_and_ends_when_called_off() {
        let job = || TestJob::new("wait-for-courier").variables(json!({"stops": 3}));
        let outcome = job().run(super::wait_for_courier).await;
        assert_eq!((outcome.result.unwrap()["result"].as_str(), outcome.live.len()), (Some("arrived"), 3));
        let outcome = job().cancelled().run(super::wait_for_courier).await;
        assert!(outcome.live.len() <= 3);
    }
}
