//! Throughput, durations, failures and backlog of one tenant, in numbers that can be drawn.

use super::Failure;
use crate::world::World;
use proto::{GetStatisticsReply, GetStatisticsRequest};
use serde_json::{Value, json};
use store::{Time, statistics};

/// As many as can be told apart in a plot.
const MAX_SLOTS: i64 = 500;

pub async fn get(world: &World, request: GetStatisticsRequest) -> Result<GetStatisticsReply, Failure> {
    let tenant = super::tenant(&request.tenant)?;
    let since = Time::from_millisecond(request.since).map_err(|_| Failure::invalid("`since` is no time"))?;
    let slot_seconds = i64::from(request.slot_seconds.max(1));
    let passed = (world.clock.now().0 - request.since) / 1000;
    if passed / slot_seconds > MAX_SLOTS {
        return Err(Failure::invalid(format!("these are more than {MAX_SLOTS} slots: make them longer")));
    }
    let process = request.process_id.as_deref().filter(|id| !id.is_empty());
    let session = world.store.session().await?;
    let slots = statistics::instances(&session, tenant, since, process, slot_seconds as f64).await?;
    let jobs = statistics::jobs(&session, tenant).await?;
    let all = slots.iter().find(|slot| slot.slot.is_none()).map_or(Value::Null, figures);
    let timed = slots.iter().filter(|slot| slot.slot.is_some()).map(figures);
    let jobs =
        jobs.iter().map(|waiting| json!({"jobType": waiting.job_type, "open": waiting.open, "oldest": waiting.oldest}));
    let told = json!({"all": all, "slots": timed.collect::<Vec<_>>(), "jobs": jobs.collect::<Vec<_>>()});
    Ok(GetStatisticsReply { statistics: told.to_string().into() })
}

fn figures(slot: &statistics::Slot) -> Value {
    json!({
        "slot": slot.slot, "started": slot.started, "ended": slot.ended, "failed": slot.failed, "p50": slot.half, "p95": slot.most,
    })
}
