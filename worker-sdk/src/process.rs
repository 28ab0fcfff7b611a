//! One delivery of a job: decode, hold, run the handler, report, acknowledge.

use crate::{
    Context, JobFailure, Variables,
    metrics::{COMPLETED, OfType},
    report::report,
    running::still_wanted,
    worker::{JobType, Shared},
};
use async_nats::jetstream::{self, AckKind, message::Acker};
use prost::Message;
use std::{
    sync::Arc,
    time::{Duration, Instant},
};
use tracing::Instrument;

/// How long a handler may take to notice that its job is cancelled.
const CANCEL_GRACE: Duration = Duration::from_secs(5);
const OVERTAKEN: Duration = Duration::from_millis(100);

/// Ends when the job is acknowledged, or given back.
pub(crate) async fn process(
    shared: Arc<Shared>,
    job_type: Arc<JobType>,
    measures: Arc<OfType>,
    message: jetstream::Message,
) {
    let redelivered = message.info().map(|info| info.delivered > 1).unwrap_or(false);
    let (message, acker) = message.split();
    let acker = Arc::new(acker);
    let Some((context, span)) = begin(&shared, &message, &acker).await else { return };
    if is_settled(&shared, &context, redelivered).await {
        acknowledge(&acker).await;
        return;
    }
    match shared.running.hold(&context, acker.clone()) {
        Ok(()) => {}
        // Delivered twice: the one in hand answers for both.
        Err(attempt) if attempt == context.attempt() => return,
        // The next attempt has overtaken the answer to the last one's result.
        Err(_) => return Box::pin(give_back(&acker, OVERTAKEN)).await,
    }
    let started = Instant::now();
    measures.started();
    let outcome = work(&shared, &job_type, &context).instrument(span).await;
    measures.finished(outcome, started.elapsed());
    shared.running.release(&context);
    acknowledge(&acker).await;
}

/// What cannot be read can never be done; it is taken off the queue, and the engine's reconciler sees to the job.
async fn begin(shared: &Shared, message: &async_nats::Message, acker: &Acker) -> Option<(Context, tracing::Span)> {
    let read = proto::Job::decode(message.payload.clone()).map_err(|error| error.to_string()).and_then(|job| {
        let span = span(&job, message);
        let header =
            || message.headers.as_ref().and_then(|headers| headers.get("traceparent")).map(ToString::to_string);
        let traceparent = telemetry::propagation::traceparent_of(&span).or_else(header);
        Context::new(job, traceparent, shared.live.clone(), Some(shared.nats.clone()), shared.states.clone())
            .map(|context| (context, span))
            .map_err(|error| error.to_string())
    });
    match read {
        Ok(begun) => Some(begun),
        Err(error) => {
            tracing::error!(subject = %message.subject, "a job cannot be read: {error}");
            let _ = Box::pin(acker.ack_with(AckKind::Term)).await;
            None
        }
    }
}

fn span(job: &proto::Job, message: &async_nats::Message) -> tracing::Span {
    let span = tracing::info_span!(
        "process job",
        otel.name = format!("process jobs.{}", job.r#type),
        otel.kind = "consumer",
        job = job.id,
        attempt = job.attempt,
        instance = job.instance_id,
        element = job.element_id,
        tenant = job.tenant,
    );
    telemetry::propagation::set_parent(&span, message.headers.as_ref());
    span
}

/// A delivery that is not the first may be of a job that is done, here or elsewhere.
async fn is_settled(shared: &Shared, context: &Context, redelivered: bool) -> bool {
    if shared.running.has_finished(context.id(), context.attempt()) {
        return true;
    }
    // boxed as whatever is rare: a job's future is copied when it is spawned
    redelivered && !Box::pin(still_wanted(shared, vec![context.id().to_owned()])).await.is_empty()
}

/// Runs the handler and reports; answers how it went, for the metrics.
async fn work(shared: &Shared, job_type: &JobType, context: &Context) -> &'static str {
    let handler = async {
        for limit in &job_type.limits {
            Box::pin(limit.wait(&shared.nats)).await;
        }
        if context.lacks(job_type.needs) {
            Box::pin(context.load(job_type.needs)).await?;
        }
        (job_type.handler)(context.clone()).await
    };
    let cancelled = async {
        context.cancellation().cancelled().await;
        tokio::time::sleep(CANCEL_GRACE).await;
    };
    let outcome = tokio::select! {
        outcome = handler => outcome,
        () = cancelled => return "canceled",
    };
    if context.is_cancelled() {
        return "canceled";
    }
    let name = name_of(&outcome);
    if let Err(failure) = &outcome {
        tracing::info!(job = context.id(), attempt = context.attempt(), "the job is not done: {failure}");
    }
    report(shared, context, outcome).await;
    name
}

fn name_of(outcome: &Result<Variables, JobFailure>) -> &'static str {
    match outcome {
        Ok(_) => COMPLETED,
        Err(JobFailure::Retryable { .. }) => "retryable",
        Err(JobFailure::BpmnError { .. }) => "error",
        Err(JobFailure::Bug { .. }) => "bug",
        Err(JobFailure::Asks(_)) => "asks",
    }
}

async fn acknowledge(acker: &Acker) {
    if let Err(error) = acker.ack().await {
        tracing::debug!("an acknowledgement could not be sent, the job will come again: {error}");
    }
}

async fn give_back(acker: &Acker, wait: Duration) {
    let _ = acker.ack_with(AckKind::Nak(Some(wait))).await;
}
