//! Layers of tower around every job: one of our own, and one that tower has.

use futures::future::BoxFuture;
use std::{
    task::{Context as Poller, Poll},
    time::{Duration, Instant},
};
use tower::{Layer, Service, timeout::TimeoutLayer};
use worker_sdk::{Context, JobService};

/// A job that takes longer is tried again.
pub fn at_most_ten_minutes() -> TimeoutLayer {
    TimeoutLayer::new(Duration::from_secs(600))
}

/// Says how each job went.
#[derive(Clone)]
pub struct Logged;

impl Layer<JobService> for Logged {
    type Service = LoggedJobs;
    fn layer(&self, inner: JobService) -> LoggedJobs {
        LoggedJobs { inner }
    }
}

#[derive(Clone)]
pub struct LoggedJobs {
    inner: JobService,
}

impl Service<Context> for LoggedJobs {
    type Response = <JobService as Service<Context>>::Response;
    type Error = <JobService as Service<Context>>::Error;
    type Future = BoxFuture<'static, Result<Self::Response, Self::Error>>;

    fn poll_ready(&mut self, poller: &mut Poller<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(poller)
    }

    fn call(&mut self, job: Context) -> Self::Future {
        let (name, begun) = (format!("{} {}", job.job_type(), job.id()), Instant::now());
        let work = self.inner.call(job);
        Box::pin(async move {
            let outcome = work.await;
            let how = outcome.as_ref().map_or_else(ToString::to_string, |_| "done".to_owned());
            println!("{name}: {how} after {:?}", begun.elapsed());
            outcome
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Value;
    use worker_sdk::{Job, JobFailure, testing::TestJob};

    #[tokio::test]
    async fn a_job_that_takes_too_long_is_tried_again() {
        async fn never(_: Job<Value>) -> Result<Value, JobFailure> {
            std::future::pending().await
        }
        let job = TestJob::new("never").layer(Logged).layer(TimeoutLayer::new(Duration::from_millis(10)));
        assert!(matches!(job.run(never).await.result, Err(JobFailure::Retryable { .. })));
    }
}
