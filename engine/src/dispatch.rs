//! After the commit: answer, publish jobs and events, pass on orders. Nothing here waits; what finds no room is found again,
//! jobs by the reconciler, orders by the sweep, events by whoever misses them.

use crate::{
    advance::Committed,
    bus::{Outgoing, OutgoingJob},
    cache::Cache,
    convert,
    request::{Claim, Request},
    seeded::{Bug, is_sown},
    slot::Slot,
    trace,
    world::World,
};
use interpreter::{Baggage, CommandKind, InstanceId, Key, Timestamp};
use prost::Message;
use std::collections::HashSet;
use uuid::Uuid;

pub fn act(world: &World, cache: &mut Cache, requests: Vec<Request>, committed: Committed) {
    let Committed { answers, mut slots, writes, removed_jobs } = committed;
    world.metrics.count(&writes);
    let jobs = writes.jobs.values().filter_map(|job| Some((slots.get(&job.instance)?.as_ref(), job)));
    let attempts =
        jobs.map(|(slot, job)| (slot, Attempt { key: Key(job.key as u64), attempt: job.attempt, publish_no: 1 }));
    publish_jobs(world, attempts);
    for slot in slots.values_mut().filter(|slot| !slot.events.is_empty()) {
        publish_events(world, slot);
    }
    for (mut request, answer) in requests.into_iter().zip(answers) {
        if let (None, Err(refusal)) = (&request.answer, &answer) {
            tracing::debug!(instance = %request.instance, ?refusal, "a command from inside was not applied");
        }
        request.answer(answer);
    }
    tell_workers(world, &writes.canceled_jobs, removed_jobs);
    for order in writes.orders {
        world.lanes.deliver(world, order);
    }
    for (id, slot) in slots {
        cache.put(id, slot);
    }
}

/// Variables that travel with a job.
const BAGGAGE: Baggage = Baggage { of_one_variable: 16 * 1024, of_all: 256 * 1024 };

/// One publishing of one attempt of a job.
#[derive(Clone, Copy)]
pub struct Attempt {
    pub key: Key,
    pub attempt: i32,
    pub publish_no: i32,
}

/// Each with its instance, as it is now.
pub fn publish_jobs<'s>(world: &World, attempts: impl Iterator<Item = (&'s Slot, Attempt)>) {
    let now = world.clock.now();
    let jobs: Vec<OutgoingJob> = attempts.filter_map(|(slot, attempt)| outgoing(world, slot, attempt, now)).collect();
    if !jobs.is_empty() {
        world.bus.send(Outgoing::Jobs(jobs));
    }
}

fn outgoing(world: &World, slot: &Slot, attempt: Attempt, now: Timestamp) -> Option<OutgoingJob> {
    let instance = slot.instance.id;
    let Attempt { key, attempt, publish_no } = attempt;
    if slot.instance.is_suspended() {
        return None; // the reconciler finds it when the instance is resumed
    }
    if let Some(job) = slot.instance.element(key).and_then(|element| element.job.as_ref())
        && world.suspensions.has_job_type(&slot.tenant, &job.job_type)
    {
        world.bus.put_off((instance.0, key.0 as i64, attempt));
        return None;
    }
    match interpreter::job_payload(&slot.definition.process, &slot.instance, key, now, BAGGAGE) {
        Ok(payload) if payload.attempt as i32 == attempt => {
            let traceparent = trace::published(&slot.traceparent, &payload.job_type, &payload.element_id);
            let subject = proto::subject::job(&slot.tenant, &payload.job_type);
            let job = wire_job(slot, key, payload, now, world.epoch.get());
            // without the epoch, what is published after a restore would be a duplicate of what was before it
            let message_id = match is_sown(Bug::ReusedMessageId) {
                false => format!("{}:{attempt}:{publish_no}:{}", job.id, job.epoch),
                true => job.id.clone(),
            };
            let payload = job.encode_to_vec();
            if payload.len() > world.config.max_job_bytes {
                let message =
                    format!("the job would be {} bytes; {} are allowed", payload.len(), world.config.max_job_bytes);
                fail(world, instance, key, attempt, message);
                return None;
            }
            let attempt = (instance.0, key.0 as i64, attempt);
            Some(OutgoingJob { subject, message_id, traceparent, payload: payload.into(), attempt })
        }
        Ok(_) | Err(interpreter::JobError::NoJob(_)) => None, // over, or at another attempt that is published by itself
        Err(error @ interpreter::JobError::Property(_)) => {
            fail(world, instance, key, attempt, explain(&error));
            None
        }
    }
}

fn explain(error: &dyn std::error::Error) -> String {
    match error.source() {
        Some(source) => format!("{error}: {source}"),
        None => error.to_string(),
    }
}

/// A job that cannot be sent is the model's or the data's fault: its attempt fails, and with it comes an incident.
fn fail(world: &World, instance: InstanceId, key: Key, attempt: i32, message: String) {
    let attempt = attempt as u32;
    let kind = CommandKind::FailJob { key, attempt, message, retryable: false, retry_after_ms: None };
    let _ = world.lanes.send(Request::internal(instance, kind, Claim::None)); // the reconciler tries again
}

fn wire_job(slot: &Slot, key: Key, payload: interpreter::JobPayload, now: Timestamp, epoch: Uuid) -> proto::Job {
    proto::Job {
        id: convert::id(slot.instance.id.0, key.0),
        attempt: payload.attempt,
        tenant: slot.tenant.clone(),
        r#type: payload.job_type,
        instance_id: slot.instance.id.to_string(),
        key: key.0,
        process_id: slot.definition.process_id.clone(),
        process_version: slot.definition.version,
        element_id: payload.element_id,
        element_name: payload.element_name,
        variables: payload.variables.into(),
        task: convert::variables_json(&payload.task),
        timeout_ms: payload.timeout_ms,
        retries_left: payload.retries_left,
        created_at: now.0,
        left_out: payload.left_out,
        answers: payload.answers.iter().map(convert::question::answer).collect(),
        epoch: if epoch.is_nil() { String::new() } else { epoch.to_string() },
    }
}

fn publish_events(world: &World, slot: &mut Slot) {
    let batch = slot.batch();
    trace::advanced(&batch.traceparent, &batch.process_id, batch.events.len());
    let subject = proto::subject::events(&batch.tenant, &batch.process_id, &batch.instance_id);
    world.bus.send(Outgoing::Message { subject, payload: batch.encode_to_vec().into() });
}

fn tell_workers(world: &World, canceled: &[(Uuid, i64, i32)], removed: Vec<store::job::Removed>) {
    if canceled.is_empty() {
        return;
    }
    let canceled: HashSet<_> = canceled.iter().copied().collect();
    let told = removed.into_iter().filter(|job| canceled.contains(&(job.instance, job.key, job.attempt)));
    for job in told {
        let cancel =
            proto::CancelJob { job_id: convert::id(job.instance, job.key as u64), attempt: job.attempt as u32 };
        let subject = proto::subject::cancel(&job.job_type);
        world.bus.send(Outgoing::Message { subject, payload: cancel.encode_to_vec().into() });
    }
}
