//! The engine itself, and what workers need of it.

use super::Failure;
use crate::{results, streams::ACK_WAIT, world::World};
use proto::*;
use store::{job, timer};

pub async fn status(world: &World, _: StatusRequest) -> Result<StatusReply, Failure> {
    let counted = async {
        let session = world.store.session().await?;
        Ok::<_, store::Error>((job::estimate(&session).await?, timer::next(&session).await?.1))
    };
    let counted = counted.await;
    let (open_jobs, due_timers) = counted.as_ref().copied().unwrap_or_default();
    Ok(StatusReply {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        postgres_ok: counted.is_ok(),
        nats_ok: world.bus.is_connected(),
        open_jobs: open_jobs as u64,
        due_timers: due_timers as u64,
    })
}

pub async fn register_worker(world: &World, request: RegisterWorkerRequest) -> Result<RegisterWorkerReply, Failure> {
    if request.job_type.is_empty() {
        return Err(Failure::invalid("`job_type` is missing"));
    }
    if !(OLDEST_WIRE_VERSION..).contains(&request.wire_version) {
        let (theirs, ours) = (request.wire_version, OLDEST_WIRE_VERSION);
        return Err(Failure::WorkerTooOld(format!(
            "the worker speaks version {theirs} of the wire, this engine {ours} to {WIRE_VERSION}: update the worker's SDK"
        )));
    }
    let made = world.bus.streams.ensure_consumer(&request.job_type).await;
    made.map_err(|error| {
        tracing::warn!(%error, job_type = request.job_type, "the consumer cannot be made");
        Failure::Unavailable
    })?;
    Ok(RegisterWorkerReply {
        stream: subject::JOBS_STREAM.to_owned(),
        consumer: subject::consumer(&request.job_type),
        ack_wait_ms: ACK_WAIT.as_millis() as u64,
        wire_version: WIRE_VERSION,
    })
}

pub async fn heartbeat(world: &World, heartbeat: Heartbeat) -> Result<HeartbeatReply, Failure> {
    Ok(results::heartbeat(world, heartbeat).await?)
}
