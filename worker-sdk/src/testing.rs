//! Tests of handlers without servers: a job is made up, the handler runs, and the outcome is looked at.
//!
//! ```
//! # use worker_sdk::{Job, JobFailure, testing::TestJob};
//! # use serde_json::{json, Value};
//! async fn double(job: Job<Value>) -> Result<i64, JobFailure> {
//!     Ok(job.input["n"].as_i64().ok_or_else(|| JobFailure::bug("`n` is not a number"))? * 2)
//! }
//!
//! # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
//! let outcome = TestJob::new("double").variables(json!({"n": 21})).run(double).await;
//! assert_eq!(outcome.result.unwrap()["result"], 42);
//! # });
//! ```

use crate::{
    Context, Job, JobFailure, JobService, Variables,
    handler::{self, Erased},
    layer::{self, Wrap},
    live::Live,
    state::States,
};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;
use std::sync::{Arc, Mutex, PoisonError};
use tower::{BoxError, Layer, Service};

/// A fabricated job.
pub struct TestJob {
    job: proto::Job,
    cancelled: bool,
    nats: Option<async_nats::Client>,
    states: States,
    layers: Vec<Wrap>,
}

/// What became of it.
#[derive(Debug)]
pub struct Outcome {
    /// The variables that would be reported, or the failure.
    pub result: Result<Variables, JobFailure>,
    /// What was shown while it ran.
    pub live: Vec<proto::Live>,
}

impl TestJob {
    /// A first attempt, without variables.
    pub fn new(job_type: impl Into<String>) -> Self {
        let instance = uuid::Uuid::new_v4();
        let job = proto::Job {
            id: format!("{instance}:1"),
            attempt: 1,
            tenant: "test".into(),
            r#type: job_type.into(),
            instance_id: instance.to_string(),
            key: 1,
            process_id: "test".into(),
            process_version: 1,
            element_id: "task".into(),
            element_name: "Task".into(),
            timeout_ms: 30_000,
            retries_left: 3,
            ..proto::Job::default()
        };
        TestJob { job, cancelled: false, nats: None, states: States::default(), layers: Vec::new() }
    }

    /// An object.
    #[must_use]
    pub fn variables(mut self, variables: Value) -> Self {
        self.job.variables = variables.to_string().into();
        self
    }

    /// What the definition says of the task: an object.
    #[must_use]
    pub fn task(mut self, task: Value) -> Self {
        self.job.task = task.to_string().into();
        self
    }

    /// Anything else of the job: its id, its attempt.
    #[must_use]
    pub fn change(mut self, change: impl FnOnce(&mut proto::Job)) -> Self {
        change(&mut self.job);
        self
    }

    /// A person has answered the question of that id; null: nobody has in time.
    #[must_use]
    pub fn answered(mut self, question: impl Into<String>, values: Value) -> Self {
        let values = values.is_object().then(|| values.to_string().into());
        self.job.answers.push(proto::Answer { question: question.into(), values, ..proto::Answer::default() });
        self
    }

    /// The job is no longer wanted when the handler begins.
    #[must_use]
    pub fn cancelled(mut self) -> Self {
        self.cancelled = true;
        self
    }

    /// A connection for what [`Context::nats`] is used for; live messages are collected all the same.
    #[must_use]
    pub fn nats(mut self, nats: async_nats::Client) -> Self {
        self.nats = Some(nats);
        self
    }

    /// What [`crate::Builder::state`] would be given.
    #[must_use]
    pub fn state<S: Send + Sync + 'static>(mut self, state: S) -> Self {
        self.states.insert(state);
        self
    }

    /// As [`crate::Builder::layer`].
    #[must_use]
    pub fn layer<L>(mut self, layer: L) -> Self
    where
        L: Layer<JobService> + Send + Sync + 'static,
        L::Service: Service<Context, Response = Variables> + Clone + Send + Sync + 'static,
        <L::Service as Service<Context>>::Error: Into<BoxError> + 'static,
        <L::Service as Service<Context>>::Future: Send + 'static,
    {
        self.layers.push(layer::wrap(layer));
        self
    }

    /// The context alone, for testing parts of a handler. Panics when variables or task are not objects.
    pub fn context(self) -> Context {
        self.into_context(Arc::default())
    }

    /// Runs the handler to its end, with what was told before.
    pub async fn run<I, O, F, Fut>(self, handler: F) -> Outcome
    where
        I: DeserializeOwned + Send + 'static,
        O: Serialize,
        F: Fn(Job<I>) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<O, JobFailure>> + Send + 'static,
    {
        self.run_erased(handler::erase(handler)).await
    }

    /// The same with a handler that takes a [`state`](Self::state).
    pub async fn run_with<S, I, O, F, Fut>(self, handler: F) -> Outcome
    where
        S: Send + Sync + 'static,
        I: DeserializeOwned + Send + 'static,
        O: Serialize + 'static,
        F: Fn(Job<I>, Arc<S>) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<O, JobFailure>> + Send + 'static,
    {
        self.run_erased(handler::with_state(handler)).await
    }

    async fn run_erased(mut self, handler: Erased) -> Outcome {
        let live = Arc::<Mutex<Vec<proto::Live>>>::default();
        let handler = layer::layered(handler, &std::mem::take(&mut self.layers));
        let context = self.into_context(live.clone());
        let result = handler(context).await;
        let live = std::mem::take(&mut *live.lock().unwrap_or_else(PoisonError::into_inner));
        Outcome { result, live }
    }

    fn into_context(self, live: Arc<Mutex<Vec<proto::Live>>>) -> Context {
        let context = match Context::new(self.job, None, Live::Collected(live), self.nats, self.states) {
            Ok(context) => context,
            Err(error) => panic!("variables and task of a test job are JSON objects: {error}"),
        };
        if self.cancelled {
            context.cancellation().cancel();
        }
        context
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[derive(serde::Deserialize)]
    struct Input {
        n: i64,
    }

    async fn double(job: Job<Input>) -> Result<i64, JobFailure> {
        job.progress(0.5, "doubling");
        Ok(job.input.n * 2)
    }

    #[tokio::test]
    async fn a_plain_output_is_the_result() {
        let outcome = TestJob::new("double").variables(json!({"n": 21})).run(double).await;
        assert_eq!(outcome.result.unwrap(), Variables::from_iter([("result".into(), json!(42))]));
        assert_eq!(outcome.live.len(), 1);
    }

    #[tokio::test]
    async fn variables_that_do_not_fit_are_a_bug() {
        let outcome = TestJob::new("double").variables(json!({"n": "x"})).run(double).await;
        assert!(matches!(outcome.result, Err(JobFailure::Bug { .. })));
    }

    #[tokio::test]
    async fn a_panic_is_a_failure() {
        async fn panics(_: Job<Value>) -> Result<(), JobFailure> {
            panic!("no {}", "luck");
        }
        let outcome = TestJob::new("panics").run(panics).await;
        assert_eq!(outcome.result.unwrap_err(), JobFailure::retryable("the worker panicked: no luck"));
    }
}
