//! One trace per instance: it begins with whoever asked for the start, or with the start itself, and its `traceparent` is
//! kept with the instance and travels with its jobs.

use async_nats::HeaderMap;
use telemetry::propagation;

/// The `traceparent` of a new instance; empty when traces are off and nobody sent one.
pub fn begin_instance(process_id: &str, caller: Option<&HeaderMap>) -> String {
    let span = tracing::info_span!("instance", otel.name = format!("process {process_id}"), process_id);
    propagation::set_parent(&span, caller);
    propagation::traceparent_of(&span).unwrap_or_else(|| of_caller(caller))
}

pub fn of_caller(caller: Option<&HeaderMap>) -> String {
    caller.and_then(|headers| headers.get("traceparent")).map(|value| value.as_str().to_owned()).unwrap_or_default()
}

/// A step that was committed, as a point in the instance's trace; a transaction is of many instances, so it has no span of
/// its own in any of them.
pub fn advanced(traceparent: &str, process_id: &str, events: usize) {
    if !traceparent.is_empty() {
        let span = tracing::info_span!("advance", process_id, events);
        propagation::set_traceparent(&span, traceparent);
    }
}

/// The publishing of a job, and the `traceparent` that its worker goes on from.
pub fn published(traceparent: &str, job_type: &str, element_id: &str) -> String {
    if traceparent.is_empty() {
        return String::new();
    }
    let span = tracing::info_span!("publish job", job_type, element_id);
    propagation::set_traceparent(&span, traceparent);
    propagation::traceparent_of(&span).unwrap_or_else(|| traceparent.to_owned())
}
