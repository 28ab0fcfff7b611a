//! What workers report about jobs, and the end of a backoff.
//!
//! Only the current attempt counts: its number is the fencing token, so a job that was delivered twice is applied once.

use super::{act, find, reject};
use crate::elements::Fault;
use crate::instance::Job;
use crate::run::{Here, Raised, Run};
use crate::{Effect, EventKind, Key, Rejection, RejectionCode, Timestamp, Variables};

pub(super) struct Failure {
    pub message: String,
    pub retryable: bool,
    pub retry_after_ms: Option<u64>,
}

pub(super) struct Thrown {
    pub code: String,
    pub message: String,
    pub variables: Variables,
}

pub(super) fn complete(run: &mut Run<'_>, key: Key, attempt: u32, variables: Variables) -> Result<(), Rejection> {
    let here = find_open(run, key, attempt)?.0;
    if let Err(Fault::Incident { code, message }) = run.check_size(&variables) {
        end_attempt(run, key, attempt, &message);
        run.raise_incident(key, &code, message);
        return Ok(());
    }
    run.emit(EventKind::JobCompleted { key, attempt });
    run.effect(Effect::RemoveJob { key, attempt, tell_worker: false });
    act(run, here, |element, run| element.job_completed(run, here, variables));
    Ok(())
}

/// A failed attempt is tried again after a while. When none is left, an error boundary event for the code that the message
/// begins with catches it, as if it had been thrown; else it is an incident.
pub(super) fn fail(run: &mut Run<'_>, key: Key, attempt: u32, failure: Failure) -> Result<(), Rejection> {
    let (here, job) = find_open(run, key, attempt)?;
    let retries_left = if failure.retryable { job.retries_left.saturating_sub(1) } else { 0 };
    if retries_left > 0 {
        let delay =
            failure.retry_after_ms.or_else(|| here.element.kind.behavior().job().map(|spec| spec.delay_ms(attempt)));
        let due = Timestamp(run.now.0.saturating_add_unsigned(delay.unwrap_or_default()));
        let message = failure.message;
        run.emit(EventKind::JobFailed { key, attempt, message, retries_left, retry_at: Some(due) });
        run.effect(Effect::RemoveJob { key, attempt, tell_worker: false });
        run.effect(Effect::ScheduleRetry { key, due });
        return Ok(());
    }
    end_attempt(run, key, attempt, &failure.message);
    match caught_code(run, key, &failure.message) {
        Some(code) => run.throw(here, code, failure.message),
        None => run.raise_incident(key, "JOB_FAILED", failure.message),
    }
    Ok(())
}

pub(super) fn throw(run: &mut Run<'_>, key: Key, attempt: u32, thrown: Thrown) -> Result<(), Rejection> {
    let here = find_open(run, key, attempt)?.0;
    end_attempt(run, key, attempt, &thrown.message);
    match run.check_size(&thrown.variables) {
        Err(Fault::Incident { code, message }) => run.raise_incident(key, &code, message),
        Err(Fault::Error { .. }) | Ok(()) => {
            run.merge(here.scope, thrown.variables);
            run.throw(here, thrown.code, thrown.message);
        }
    }
    Ok(())
}

pub(super) fn retry(run: &mut Run<'_>, key: Key) -> Result<(), Rejection> {
    let here = find(run, key)?;
    let waits =
        run.instance.element(key).and_then(|element| element.job.as_ref()).is_some_and(|job| job.retry_at.is_some());
    if !waits {
        return Err(reject(
            RejectionCode::NotFound,
            format!("no job of {} waits for its next attempt", here.element.id),
        ));
    }
    run.retry_job(here, 0);
    Ok(())
}

pub(super) fn end_attempt(run: &mut Run<'_>, key: Key, attempt: u32, message: &str) {
    run.emit(EventKind::JobFailed { key, attempt, message: message.to_owned(), retries_left: 0, retry_at: None });
    run.effect(Effect::RemoveJob { key, attempt, tell_worker: false });
}

pub(super) fn find_open<'r>(run: &Run<'r>, key: Key, attempt: u32) -> Result<(Here<'r>, Job), Rejection> {
    let here = find(run, key)?;
    let Some(job) = run.instance.element(key).and_then(|element| element.job.clone()) else {
        return Err(reject(RejectionCode::NotFound, format!("{} has no job", here.element.id)));
    };
    if job.attempt != attempt || !job.is_open() {
        let message =
            format!("attempt {attempt} of the job of {} is over; the current one is {}", here.element.id, job.attempt);
        return Err(reject(RejectionCode::StaleAttempt, message));
    }
    Ok((here, job))
}

/// Errors of scripts arrive as `Name: text`, with the language's own class in front or not: the first of the leading names
/// that an error boundary event asks for by name.
fn caught_code(run: &Run<'_>, key: Key, message: &str) -> Option<String> {
    let is_name =
        |text: &&str| !text.is_empty() && text.chars().all(|letter| letter.is_alphanumeric() || "_.-".contains(letter));
    let parts = message.split(':').map(str::trim).take_while(is_name);
    parts
        .map(str::to_owned)
        .find(|code| run.find_catcher(key, &Raised::Error(code)).is_some_and(|catcher| catcher.is_specific))
}
