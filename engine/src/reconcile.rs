//! Jobs that JetStream has lost are published again. Postgres knows what is open; JetStream is a buffer that may lose its last
//! minutes, or everything, while we run.
//!
//! An open job whose worker has not said that it is at it, and whose last publishing is older than 15 seconds, is lost if
//! - nothing of its type waits to be delivered, and nothing is with workers (or it is older than their wait allows), or
//! - it was published well before the oldest message of its type that still waits: that message would come after it.
//!
//! A stream that was made anew has lost everything. A copy too many does no harm: the first result counts.

use crate::{
    dispatch::{Attempt, publish_jobs},
    seeded::{Bug, is_sown},
    streams::{ACK_WAIT, Backlog, Seen},
    world::{Revival, World},
};
use interpreter::Key;
use jiff::{SignedDuration, Timestamp};
use std::{
    collections::{BTreeMap, HashMap},
    time::Duration,
};
use store::job;
use uuid::Uuid;

const PAUSE: Duration = Duration::from_secs(2);
/// A result may be on its way for so long.
const QUIET: SignedDuration = SignedDuration::from_secs(15);
/// Clocks of Postgres and NATS may differ by this.
const MARGIN: SignedDuration = SignedDuration::from_secs(5);
const AT_ONCE: i64 = 500;

pub async fn run(world: World) {
    let mut seen = None;
    loop {
        if world.bus.is_connected()
            && let Err(error) = reconcile(&world, &mut seen).await
        {
            tracing::debug!(error = format!("{error:#}"), "jobs cannot be reconciled now");
        }
        tokio::time::sleep(PAUSE).await;
    }
}

async fn reconcile(world: &World, seen: &mut Option<Seen>) -> anyhow::Result<()> {
    let epoch = world.epoch.get();
    let was_anothers = !epoch.is_nil() && world.bus.streams.begin_epoch(epoch).await?;
    if was_anothers {
        tracing::warn!("the database was restored: jobs from before are removed, and what is open is published again");
        *seen = Some(Seen::default()); // older than every stream
    }
    let now = world.bus.streams.look().await?;
    let is_new = seen.is_some_and(|seen| seen.created != now.created || seen.last_sequence > now.last_sequence);
    if is_new {
        tracing::warn!("the stream of jobs was made anew: every open job is published again");
    }
    let session = world.store.session().await?;
    let clock = session.clock().await?;
    let types = job::types(&session).await?;
    drop(session);
    for job_type in types {
        let before = if is_new { clock } else { lost_before(world, &job_type, clock).await? };
        while republish(world, &job_type, before).await? == AT_ONCE as usize {}
    }
    if now.has_messages {
        world.bus.streams.remove_dead().await?;
    }
    *seen = Some(now); // only now: a pass that failed half way is made again
    Ok(())
}

/// Jobs of this type that were published before this and not answered since are lost.
async fn lost_before(world: &World, job_type: &str, now: Timestamp) -> anyhow::Result<Timestamp> {
    let quiet = now - QUIET;
    Ok(match world.bus.streams.backlog(job_type).await? {
        Backlog::Nothing => quiet,
        Backlog::WithWorkers => quiet - SignedDuration::try_from(ACK_WAIT).unwrap_or(QUIET),
        Backlog::Waiting(None) => now - SignedDuration::from_hours(24),
        Backlog::Waiting(Some(oldest)) => quiet.min(oldest - MARGIN),
    })
}

/// How many were found.
async fn republish(world: &World, job_type: &str, before: Timestamp) -> anyhow::Result<usize> {
    let session = world.store.session().await?;
    let unanswered = job::unanswered(&session, job_type, before, AT_ONCE).await?;
    if unanswered.is_empty() || is_sown(Bug::NoReconciler) {
        return Ok(0);
    }
    let tenants: HashMap<Uuid, String> = unanswered.iter().map(|job| (job.instance, job.tenant.clone())).collect();
    let mut lost = job::LostJobs::default();
    for job in &unanswered {
        let job::Unanswered { instance, key, attempt, publish_no, .. } = *job;
        lost.push(job::Lost { instance, key, attempt, publish_no });
    }
    let taken = lost.republish(&session).await?;
    let mut by_instance: BTreeMap<Uuid, Vec<job::Lost>> = BTreeMap::new();
    for job in taken {
        by_instance.entry(job.instance).or_default().push(job);
    }
    drop(session);
    let mut count = 0;
    for (id, jobs) in by_instance {
        let tenant = tenants.get(&id).map(String::as_str).unwrap_or_default();
        let slot = match world.look(tenant, id).await {
            Ok(Some((slot, _))) => slot,
            Ok(None) => continue,
            // another engine can, or will be able to
            Err(Revival::Unreadable(why)) => {
                tracing::warn!(why, "jobs of an instance that cannot be read are not published");
                continue;
            }
            Err(error @ Revival::Store(_)) => return Err(error.into()),
        };
        count += jobs.len();
        let attempt =
            |job: job::Lost| Attempt { key: Key(job.key as u64), attempt: job.attempt, publish_no: job.publish_no };
        publish_jobs(world, jobs.into_iter().map(|job| (&slot, attempt(job))));
    }
    world.metrics.republished(count);
    tracing::info!(job_type, jobs = count, "lost jobs were published again");
    Ok(unanswered.len())
}
