//! What has to be looked after now and then: orders that were left over, messages and ids whose time is over, partitions
//! of history, the clock, and whether the servers answer.

use crate::{
    request::{Addressed, Order},
    seeded::{Bug, is_sown},
    world::World,
};
use interpreter::InstanceId;
use std::time::{Duration, Instant};
use store::{Store, command, command_id, history, message, message_start_lock};

const PAUSE: Duration = Duration::from_secs(1);
/// Postgres is taken for unwell when it keeps us waiting for so long.
const WORRIED: Duration = Duration::from_secs(3);
const DAILY: Duration = Duration::from_secs(3600);
const CLAIM: i64 = 500;
/// How long an id is remembered.
const REMEMBER: jiff::SignedDuration = jiff::SignedDuration::from_hours(24);

pub async fn run(world: World) {
    let mut cleaned: Option<Instant> = None;
    loop {
        world.health.set("nats", world.bus.is_connected() && world.admission.is_nats_well());
        world.metrics.backlog.set(world.lanes.backlog() as i64);
        world.admission.sweep_begins();
        let swept = watched(&world, sweep(&world)).await;
        world.admission.sweep_ends();
        world.health.set("postgres", swept.is_ok() && world.admission.is_postgres_well());
        if let Err(error) = swept {
            tracing::debug!(%error, "nothing can be swept");
        } else if cleaned.is_none_or(|at| at.elapsed() > DAILY) {
            cleaned = Some(Instant::now());
            if let Err(error) = clean(&world.store, &world).await {
                tracing::warn!(%error, "cleaning up failed; it is tried again in an hour");
            }
        }
        tokio::time::sleep(PAUSE).await;
    }
}

/// Says that Postgres is not well as soon as it has kept us waiting, and goes on waiting.
async fn watched<T>(world: &World, work: impl Future<Output = T>) -> T {
    let mut work = std::pin::pin!(work);
    match tokio::time::timeout(WORRIED, &mut work).await {
        Ok(done) => done,
        Err(_) => {
            world.health.set("postgres", false);
            work.await
        }
    }
}

async fn sweep(world: &World) -> Result<(), store::Error> {
    let session = world.store.session().await?;
    world.clock.measure(&session).await?;
    world.suspensions.refresh(&session).await?;
    world.epoch.refresh(&session).await?;
    let left_over = if is_sown(Bug::NoOutboxSweep) { Vec::new() } else { command::claim(&session, CLAIM).await? };
    for row in left_over {
        match serde_json::from_slice::<Order>(&row.payload) {
            Ok(order) => {
                let order = Addressed { id: row.id, tenant: row.tenant, instance: InstanceId(row.instance), order };
                world.lanes.deliver(world, order);
            }
            // a newer replica wrote it, and will claim it in its turn
            Err(error) => tracing::warn!(%error, id = %row.id, "an order is not readable"),
        }
    }
    message::expire(&session).await?;
    Ok(())
}

async fn clean(store: &Store, world: &World) -> Result<(), store::Error> {
    let mut session = store.session().await?;
    let now = session.clock().await?;
    history::ensure_partitions(&session).await?;
    if let Some(days) = world.config.history_days {
        let (dropped, left) =
            history::drop_before(&mut session, now - jiff::SignedDuration::from_hours(24 * i64::from(days))).await?;
        if dropped + left > 0 {
            tracing::info!(
                weeks = dropped,
                left,
                "old history was dropped; what is being read is left for the next hour"
            );
        }
    }
    message_start_lock::purge(&session).await?;
    while command_id::purge(&session, now - REMEMBER).await? > 0 {}
    Ok(())
}
