//! From typed handlers to one shape: a context in, output variables or a failure out. Panics become failures here.

use crate::{Context, Job, JobFailure};
use futures::{FutureExt, future::BoxFuture};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Map, Value};
use std::{any::Any, panic::AssertUnwindSafe, sync::Arc};

/// Variables by name.
pub type Variables = Map<String, Value>;

/// Output whose value, an object too, is the task's result as a whole; without it an object's fields become variables
/// of their own, of which the one named `result` is the task's result.
#[derive(Debug, Clone, Serialize)]
pub struct TaskResult<T> {
    /// Goes to the task's `resultVariable`.
    pub result: T,
}

pub(crate) type Erased = Arc<dyn Fn(Context) -> BoxFuture<'static, Result<Variables, JobFailure>> + Send + Sync>;

pub(crate) fn erase<I, O, F, Fut>(handler: F) -> Erased
where
    I: DeserializeOwned + Send + 'static,
    O: Serialize,
    F: Fn(Job<I>) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Result<O, JobFailure>> + Send + 'static,
{
    let handler = Arc::new(handler);
    Arc::new(move |context| {
        let handler = handler.clone();
        guarded(async move {
            let job = Job { input: context.input()?, context };
            output(handler(job).await?)
        })
    })
}

/// A panic becomes a failure.
pub(crate) fn guarded<W>(work: W) -> BoxFuture<'static, Result<Variables, JobFailure>>
where
    W: Future<Output = Result<Variables, JobFailure>> + Send + 'static,
{
    AssertUnwindSafe(work).catch_unwind().map(|done| done.unwrap_or_else(panicked)).boxed()
}

/// A handler that takes a state beside the job.
pub(crate) fn with_state<S, I, O, F, Fut>(handler: F) -> Erased
where
    S: Send + Sync + 'static,
    I: DeserializeOwned + Send + 'static,
    O: Serialize + 'static,
    F: Fn(Job<I>, Arc<S>) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Result<O, JobFailure>> + Send + 'static,
{
    let handler = Arc::new(handler);
    erase(move |job: Job<I>| {
        let (handler, state) = (handler.clone(), job.state::<S>());
        async move { handler(job, state?).await }
    })
}

/// An object's fields are variables; nothing is none; anything else is the result.
fn output(output: impl Serialize) -> Result<Variables, JobFailure> {
    match serde_json::to_value(output) {
        Ok(Value::Object(variables)) => Ok(variables),
        Ok(Value::Null) => Ok(Map::new()),
        Ok(value) => Ok(Map::from_iter([("result".to_owned(), value)])),
        Err(error) => Err(JobFailure::bug(format!("the output is not JSON: {error}"))),
    }
}

fn panicked(panic: Box<dyn Any + Send>) -> Result<Variables, JobFailure> {
    let said = panic.downcast_ref::<String>().map(String::as_str).or_else(|| panic.downcast_ref::<&str>().copied());
    Err(JobFailure::retryable(format!("the worker panicked: {}", said.unwrap_or("no message"))))
}
