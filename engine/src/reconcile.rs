//! Jobs that JetStream has lost are published again. Postgres knows what is open; JetStream is a buffer that may lose its last
//! minutes, or everything, while we run.
//!
//! An open job whose worker has not said that it is at it, and whose last publishing is older than 15 seconds, is lost if
//! - nothing of its type waits to be delivered, and nothing is with workers (or it is older than their wait allows), or
//! - it was published well before the oldest message of its type that still waits: that message would come after it.
//!
//! A stream that was made anew has lost everything. A copy too many does no harm: the first result counts.

use crate::{
    bus::ACK_WAIT,
    dispatch::{Attempt, publish_jobs},
    world::World,
};
use async_nats::jetstream::{consumer, stream::Stream};
use futures::TryStreamExt;
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

/// What a stream looked like; less than this is another stream.
#[derive(Default, Clone, Copy, PartialEq)]
struct Seen {
    created: i128,
    last_sequence: u64,
}

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
    let mut stream = world.bus.ensure_streams().await.map_err(anyhow::Error::from_boxed)?;
    let info = stream.info().await?;
    let now = Seen { created: info.created.unix_timestamp_nanos(), last_sequence: info.state.last_sequence };
    let has_messages = info.state.messages > 0;
    let is_new = seen.is_some_and(|seen| seen.created != now.created || seen.last_sequence > now.last_sequence);
    if is_new {
        tracing::warn!("the stream of jobs was made anew: every open job is published again");
    }
    let session = world.store.session().await?;
    let clock = session.clock().await?;
    let types = job::types(&session).await?;
    drop(session);
    for job_type in types {
        let before = if is_new { clock } else { lost_before(world, &stream, &job_type, clock).await? };
        while republish(world, &job_type, before).await? == AT_ONCE as usize {}
    }
    if has_messages {
        remove_dead(&stream).await?;
    }
    *seen = Some(now); // only now: a pass that failed half way is made again
    Ok(())
}

/// Jobs of this type that were published before this and not answered since are lost.
async fn lost_before(world: &World, stream: &Stream, job_type: &str, now: Timestamp) -> anyhow::Result<Timestamp> {
    let mut consumer = world.bus.ensure_consumer(job_type).await.map_err(anyhow::Error::from_boxed)?;
    let info = consumer.info().await?;
    let quiet = now - QUIET;
    if info.num_pending == 0 {
        let held = SignedDuration::try_from(ACK_WAIT).unwrap_or(QUIET);
        return Ok(if info.num_ack_pending == 0 { quiet } else { quiet - held });
    }
    let oldest = oldest_waiting(stream, job_type, info).await;
    Ok(oldest.map_or(now - SignedDuration::from_hours(24), |oldest| quiet.min(oldest - MARGIN)))
}

/// A server that fell in the middle of forgetting an acknowledged message (its disk was full, say) may keep it: nobody is
/// ever given it again, and it takes up room for ever.
async fn remove_dead(stream: &Stream) -> anyhow::Result<()> {
    let consumers: Vec<consumer::Info> = stream.consumers().try_collect().await?;
    let idle = consumers.into_iter().filter(|info| info.num_pending == 0 && info.num_ack_pending == 0);
    for info in idle {
        let (subject, acknowledged) = (info.config.filter_subject, info.ack_floor.stream_sequence);
        let first = stream.get_first_raw_message_by_subject(subject.as_str(), 1).await;
        if first.is_ok_and(|first| first.sequence <= acknowledged) {
            let purged = stream.purge().filter(subject).sequence(acknowledged + 1).await?;
            let (consumer, messages) = (info.name, purged.purged);
            tracing::warn!(consumer, messages, "messages that were acknowledged long ago were removed");
        }
    }
    Ok(())
}

/// When the oldest message that was not delivered yet was published.
async fn oldest_waiting(stream: &Stream, job_type: &str, info: &consumer::Info) -> Option<Timestamp> {
    let subject = proto::subject::jobs_of_type(job_type);
    let next = info.delivered.stream_sequence + 1;
    let message = stream.get_first_raw_message_by_subject(subject, next).await.ok()?;
    Timestamp::from_nanosecond(message.time.unix_timestamp_nanos()).ok()
}

/// How many were found.
async fn republish(world: &World, job_type: &str, before: Timestamp) -> anyhow::Result<usize> {
    let session = world.store.session().await?;
    let unanswered = job::unanswered(&session, job_type, before, AT_ONCE).await?;
    if unanswered.is_empty() {
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
        let Some((slot, _)) = world.look(tenant, id).await? else { continue };
        count += jobs.len();
        let attempt =
            |job: job::Lost| Attempt { key: Key(job.key as u64), attempt: job.attempt, publish_no: job.publish_no };
        publish_jobs(world, jobs.into_iter().map(|job| (&slot, attempt(job))));
    }
    world.metrics.republished(count);
    tracing::info!(job_type, jobs = count, "lost jobs were published again");
    Ok(unanswered.len())
}
