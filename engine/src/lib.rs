//! The engine service: advances instances, hands out their jobs, answers its API.
//!
//! Everything that happens to an instance is a [`request`] that reaches the [`lane`] of that instance and is applied there by
//! [`advance`]: one transaction for all that has arrived, then [`dispatch`] tells the world. The other modules bring
//! requests ([`results`], [`timers`], [`sweep`], [`messages`], [`api`]) or look after what the world may have lost
//! ([`reconcile`]). When a server is slow or full, [`admission`] keeps new instances out, so that those that run can go on. The rules of BPMN are not here but in the interpreter; SQL is not here but in the store.
//!
//! Nothing in a process's memory is needed: any replica may die at any time, and another goes on from the database.

mod admission;
mod advance;
mod api;
mod audit;
pub mod audit_chain;
mod backoff;
mod batch;
mod batches;
mod bus;
mod cache;
mod clock;
mod config;
mod convert;
mod core;
mod decisions;
mod definitions;
mod describe;
mod dispatch;
mod epoch;
mod lane;
mod lanes;
mod latest;
mod messages;
mod metrics;
mod operation;
mod order_id;
mod persist;
mod queue;
mod reconcile;
mod replica;
mod request;
mod results;
mod seeded;
mod signals;
#[cfg(test)]
mod simulation;
mod slot;
mod start_together;
mod streams;
mod survey;
mod suspensions;
mod sweep;
mod timer_starts;
mod timers;
mod trace;
mod verify;
mod world;
mod writes;

pub use api::lint;
pub use config::Config;
pub use epoch::renew as renew_epoch;
pub use verify::{Verified, verify};

use crate::{
    clock::Clock,
    metrics::Metrics,
    replica::{Ground, Replica, done},
    streams::{Nats, StreamLimits},
};
use prometheus_client::registry::Registry;
use std::{sync::Arc, time::Duration};
use store::Store;
use telemetry::Health;
use tokio_util::sync::CancellationToken;

/// Two of these without an answer, and the connection to NATS is taken for lost.
const PING: Duration = Duration::from_secs(5);

/// Brings the schema of the database up to date.
pub async fn migrate(database_url: &str) -> anyhow::Result<()> {
    refuse_poolers(database_url).await?;
    Ok(store::migrate::migrate(database_url).await?)
}

/// Behind one that shares sessions, the lock of a migration would stay for ever. Whatever else is wrong with the connection is
/// seen by who uses it.
async fn refuse_poolers(database_url: &str) -> anyhow::Result<()> {
    match store::pooler::check(database_url).await {
        Err(error @ store::Error::Pooler(_)) => Err(error.into()),
        _ => Ok(()),
    }
}

/// Runs one replica until shutdown. Waits for Postgres and NATS as long as it takes.
pub async fn run(config: Config, shutdown: CancellationToken) -> anyhow::Result<()> {
    let health = Health::default();
    health.set("postgres", false);
    health.set("nats", false);
    let mut registry = Registry::default();
    let metrics = Arc::new(Metrics::new(&mut registry));
    let listener = telemetry::serve(config.http_addr, Arc::new(registry), health.clone(), shutdown.clone());
    let mut listener = tokio::spawn(listener);
    tokio::select! {
        served = serve(config, metrics, health) => served,
        heard = &mut listener => heard?,
        () = shutdown.cancelled() => Ok(()),
    }
}

async fn serve(config: Config, metrics: Arc<Metrics>, health: Health) -> anyhow::Result<()> {
    refuse_poolers(&config.database_url).await?;
    until_done("migrate the database", || migrate(&config.database_url)).await;
    let store = Store::new(&config.database_url, config.connections)?;
    let lane_store = Store::new(&config.database_url, config.lanes)?;
    let clock =
        until_done("read Postgres's clock", || async { Ok(Clock::measure_first(&store.session().await?).await?) })
            .await;
    let options = telemetry::nats::options().await?.retry_on_initial_connect().name("baton-engine").ping_interval(PING);
    let servers: Vec<&str> = config.nats_url.split(',').collect();
    let client = options.connect(servers).await?;
    let limits = StreamLimits {
        jobs_max_bytes: config.jobs_max_bytes,
        transcripts_max_age: Duration::from_secs(u64::from(config.transcript_days) * 86_400),
    };
    let nats = Nats::new(client, limits);
    // the reconciler makes them too, and again when they are lost; here it is for the first jobs not to wait for it
    if let Ok(Err(error)) = tokio::time::timeout(Duration::from_secs(2), nats.ensure_streams()).await {
        tracing::warn!(%error, "cannot make the streams yet");
    }
    let streams = Arc::new(nats.clone());
    let replica = Replica::new(Ground { config, store, lane_store, clock, streams, metrics, health }).await;
    let world = replica.world.clone();
    let (mut tasks, bus_queues) = replica.spawn();
    tasks.spawn(done(bus::run(world.bus.clone(), nats.clone(), world.store.clone(), bus_queues)));
    tasks.spawn(done(audit_chain::run(world.clone())));
    tasks.spawn(done(survey::run(world.clone())));
    tasks.spawn(results::run(world.clone(), nats.client.clone()));
    tasks.spawn(api::run(world, nats.client));
    // none of them ends by itself
    while let Some(ended) = tasks.join_next().await {
        ended??;
    }
    Ok(())
}

/// Tries until it works: a server that is not there yet is no reason to give up.
async fn until_done<T, F: Future<Output = anyhow::Result<T>>>(what: &str, mut action: impl FnMut() -> F) -> T {
    let mut attempt = 0;
    loop {
        match action().await {
            Ok(value) => return value,
            Err(error) => tracing::warn!(error = format!("{error:#}"), "cannot {what} yet"),
        }
        attempt += 1;
        tokio::time::sleep(backoff::delay(attempt).max(Duration::from_millis(100))).await;
    }
}
