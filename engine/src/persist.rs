//! Writes of a batch, pipelined: one statement a table, the empty ones left out.
//!
//! What is deleted goes before what is inserted, since a key may end and begin again within a batch. Locks of messages come
//! first, rows of subscriptions next, and only then the look for messages that wait: whoever publishes does it in the
//! same order, so neither misses the other.

use crate::{
    advance::Failure,
    batch,
    messages::{correlation_hash, start_next, waiting_messages},
    seeded::{Bug, is_sown},
    writes::Writes,
};
use futures::try_join;
use std::collections::HashSet;
use store::{
    Session, command, job,
    message_start_lock::{self, Lock},
    message_subscription, signal, suspension, timer,
};

pub async fn write(
    session: &Session,
    must_begin: bool,
    writes: &mut Writes,
    instances: &batch::Rows,
) -> Result<Vec<job::Removed>, Failure> {
    // Which message locks are needed is only known when these are gone.
    let has_ended = !instances.ended.is_empty();
    if must_begin && has_ended {
        session.send_begin().await?;
    }
    let begin = must_begin && !has_ended;
    let released = message_start_lock::release(session, &instances.ended).await?;
    let rows = Rows::of(writes, &released);
    let (_, outdated, moved, _, _, removed, ..) = try_join!(
        async { if begin { session.send_begin().await } else { Ok(()) } },
        instances.unmoved.outdated(session),
        instances.updates.update(session),
        instances.inserts.insert(session),
        async { try_join!(instances.ended_pages.delete(session), instances.pages.upsert(session)) },
        writes.ended_jobs.delete(session),
        async { try_join!(instances.variables.upsert(session), instances.ended_scopes.delete(session)) },
        instances.history.insert(session),
        async { try_join!(rows.jobs.insert(session), rows.further_attempts.renew(session)) },
        async { try_join!(writes.ended_timers.delete(session), rows.timers.insert(session)) },
        async { try_join!(writes.user_tasks.insert(session), writes.ended_user_tasks.close(session)) },
        async { try_join!(writes.ended_incidents.delete(session), rows.incidents.insert(session)) },
        writes.answered.insert(session),
        writes.audit.insert(session),
        writes.batch_items.end(session),
        note_suspended(session, writes),
        message_subscription::lock(session, &rows.locks),
        async { try_join!(writes.ended_subscriptions.close(session), rows.subscriptions.open(session)) },
        async { try_join!(writes.ended_signals.close(session), rows.signals.open(session)) },
    )?;
    let is_stale = moved.len() < instances.updates.len() || !outdated.is_empty();
    if is_stale && !is_sown(Bug::NoVersionFence) {
        return Err(Failure::Stale([instances.updates.missing(&moved), outdated].concat()));
    }
    writes.migrations.write(session, &writes.moved).await?;
    if !rows.subscriptions.is_empty() {
        waiting_messages(session, writes).await?;
    }
    start_next(session, &released, writes).await?;
    if is_sown(Bug::TornCommit) && !writes.orders.is_empty() {
        session.simple("COMMIT").await?;
        session.simple("BEGIN").await?;
    }
    outbox(writes).insert(session).await?;
    Ok(removed)
}

async fn note_suspended(session: &Session, writes: &Writes) -> Result<(), store::Error> {
    let of = |wanted: bool| -> Vec<uuid::Uuid> {
        writes.suspended.iter().filter(|(_, is)| **is == wanted).map(|(instance, _)| *instance).collect()
    };
    suspension::remove_instances(session, &of(false)).await?;
    suspension::add_instances(session, &of(true)).await
}

/// Maps become columns.
#[derive(Default)]
struct Rows {
    jobs: job::Jobs,
    further_attempts: job::Jobs,
    timers: timer::Timers,
    subscriptions: message_subscription::Subscriptions,
    signals: signal::Subscriptions,
    incidents: store::incident::Incidents,
    locks: Vec<i64>,
}

impl Rows {
    fn of(writes: &Writes, released: &[Lock]) -> Rows {
        let mut rows = Rows::default();
        for job in writes.jobs.values() {
            let jobs = if job.attempt == 1 { &mut rows.jobs } else { &mut rows.further_attempts };
            jobs.push(job.clone());
        }
        writes.timers.values().for_each(|timer| rows.timers.push(timer.clone()));
        writes.signals.values().for_each(|open| rows.signals.push(open.clone()));
        writes.incidents.values().for_each(|incident| rows.incidents.push(incident.clone()));
        let hash = |lock: &Lock| correlation_hash(&lock.tenant, &lock.message_name, &lock.correlation_key);
        let mut locks: HashSet<i64> = released.iter().map(hash).collect();
        for open in writes.subscriptions.values() {
            locks.insert(correlation_hash(&open.tenant, &open.message_name, &open.correlation_key));
            rows.subscriptions.push(open.clone());
        }
        rows.locks = locks.into_iter().collect();
        rows
    }
}

pub fn outbox(writes: &Writes) -> command::Commands {
    let mut commands = command::Commands::default();
    for addressed in &writes.orders {
        commands.push(command::Command {
            id: addressed.id,
            tenant: addressed.tenant.clone(),
            instance: addressed.instance.0,
            payload: serde_json::to_vec(&addressed.order).unwrap_or_default(),
        });
    }
    commands
}
