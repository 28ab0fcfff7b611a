//! Middleware: layers of tower around every job. What a layer sees is a service from a job's [`Context`] to its output
//! variables.

use crate::{
    Context, JobFailure, Variables,
    handler::{Erased, guarded},
};
use std::{fmt, sync::Arc};
use tower::{BoxError, Layer, Service, ServiceExt, service_fn, util::BoxCloneSyncService};

/// What a layer is put around: the next layer, and at last the handler. A failure of the handler is a [`Failed`] within
/// the error; any other error (of tower's `Timeout`, say) becomes a retryable failure.
pub type JobService = BoxCloneSyncService<Context, Variables, BoxError>;

/// A handler's failure on its way through layers: `error.downcast_ref::<Failed>()` tells it from theirs.
#[derive(Debug, Clone, PartialEq)]
pub struct Failed(pub JobFailure);

impl fmt::Display for Failed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl std::error::Error for Failed {}

pub(crate) type Wrap = Box<dyn Fn(JobService) -> JobService + Send + Sync>;

pub(crate) fn wrap<L>(layer: L) -> Wrap
where
    L: Layer<JobService> + Send + Sync + 'static,
    L::Service: Service<Context, Response = Variables> + Clone + Send + Sync + 'static,
    <L::Service as Service<Context>>::Error: Into<BoxError> + 'static,
    <L::Service as Service<Context>>::Future: Send + 'static,
{
    Box::new(move |inner| JobService::new(layer.layer(inner).map_err(Into::into)))
}

/// The handler within the layers, of which the first is the outermost. Without any it stays as it is.
pub(crate) fn layered(handler: Erased, layers: &[Wrap]) -> Erased {
    if layers.is_empty() {
        return handler;
    }
    let innermost = service_fn(move |context: Context| {
        let work = handler(context);
        async move { work.await.map_err(|failure| BoxError::from(Failed(failure))) }
    });
    let service = layers.iter().rev().fold(JobService::new(innermost), |inner, layer| layer(inner));
    Arc::new(move |context| {
        let service = service.clone();
        guarded(async move { service.oneshot(context).await.map_err(failure) })
    })
}

fn failure(error: BoxError) -> JobFailure {
    match error.downcast::<Failed>() {
        Ok(failed) => failed.0,
        Err(error) => JobFailure::of_error(error.as_ref()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Job, testing::TestJob};
    use serde_json::{Value, json};
    use std::{sync::Mutex, time::Duration};
    use tower::{layer::layer_fn, timeout::TimeoutLayer};

    #[tokio::test]
    async fn the_first_layer_is_the_outermost_and_failures_keep_their_kind() {
        async fn declines(_: Job<Value>) -> Result<(), JobFailure> {
            Err(JobFailure::bpmn_error("NO", "never"))
        }
        let seen = Arc::new(Mutex::new(Vec::new()));
        let noting = |name: &'static str| {
            let seen = seen.clone();
            layer_fn(move |inner: JobService| {
                let seen = seen.clone();
                inner.map_request(move |context: Context| {
                    seen.lock().unwrap().push((name, context.job_type().to_owned()));
                    context
                })
            })
        };
        let outcome = TestJob::new("pay").layer(noting("outer")).layer(noting("inner")).run(declines).await;
        assert_eq!(outcome.result, Err(JobFailure::bpmn_error("NO", "never")));
        assert_eq!(*seen.lock().unwrap(), [("outer", "pay".to_owned()), ("inner", "pay".to_owned())]);
    }

    #[tokio::test]
    async fn an_error_of_a_layer_can_be_tried_again() {
        async fn never(_: Job<Value>) -> Result<Value, JobFailure> {
            std::future::pending().await
        }
        let limited = TestJob::new("slow").layer(TimeoutLayer::new(Duration::from_millis(5)));
        let outcome = limited.variables(json!({})).run(never).await;
        assert_eq!(outcome.result, Err(JobFailure::retryable("request timed out")));
    }
}
