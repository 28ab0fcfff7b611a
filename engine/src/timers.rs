//! Timers and backoffs: claimed when due, by any replica, and fired by the lane of their instance, which deletes the row in
//! the transaction of the step.

use crate::{
    request::{Claim, Request},
    timer_starts,
    world::World,
};
use interpreter::{CommandKind, ElementIndex, InstanceId, Key};
use std::time::Duration;
use store::timer;

/// Claimed at once; the lanes take other work in between.
const CLAIM: i64 = 100;
/// Another replica, or this one's lanes, may set a timer that is due sooner than what we sleep for.
const LONGEST_SLEEP: Duration = Duration::from_secs(1);

pub async fn run(world: World) {
    loop {
        match timer_starts::start_due(&world).await {
            Ok(true) => continue,
            Ok(false) => {}
            Err(error) => tracing::debug!(%error, "timer start events cannot be looked at"),
        }
        let pause = match fire_due(&world).await {
            Ok(pause) => pause,
            Err(error) => {
                tracing::debug!(%error, "timers cannot be read");
                LONGEST_SLEEP
            }
        };
        tokio::time::sleep(pause).await;
    }
}

/// Fires what is due; how long there is nothing to do.
async fn fire_due(world: &World) -> Result<Duration, store::Error> {
    let session = world.store.session().await?;
    let due = timer::claim(&session, CLAIM).await?;
    let is_all = (due.len() as i64) < CLAIM;
    for timer in due {
        if !fire(world, &timer) {
            return Ok(Duration::from_millis(100)); // lanes are full: the claim runs out and it comes again
        }
    }
    if !is_all {
        return Ok(Duration::ZERO);
    }
    let (wait, late) = timer::next(&session).await?;
    world.metrics.late_timers.set(late);
    let wait = wait.map_or(LONGEST_SLEEP, |wait| Duration::from_millis(wait.clamp(0, 1_000) as u64));
    Ok(wait.max(Duration::from_millis(2)))
}

fn fire(world: &World, timer: &timer::Timer) -> bool {
    let key = Key(timer.key as u64);
    let kind = match u32::try_from(timer.target) {
        Ok(target) => CommandKind::FireTimer { key, target: ElementIndex(target) },
        Err(_) => CommandKind::RetryJob { key }, // timer::JOB_RETRY
    };
    let claim = Claim::Timer { key, target: timer.target };
    world.lanes.send(Request::internal(InstanceId(timer.instance), kind, claim)).is_ok()
}
