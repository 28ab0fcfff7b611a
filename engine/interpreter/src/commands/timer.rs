//! A timer is due.

use super::{not_awaited, question, waits};
use crate::elements::Trigger;
use crate::instance::TimerState;
use crate::run::Run;
use crate::time::Schedule;
use crate::{ElementIndex, EventKind, Key, Rejection};

pub(super) fn fire(run: &mut Run<'_>, key: Key, target: ElementIndex) -> Result<(), Rejection> {
    let Some(TimerState { due, repetitions_left }) = waits(run, key)?.timers.get(&target).copied() else {
        return Err(not_awaited(run, target, "timer"));
    };
    if question::is_expiry(run, key, target) {
        return question::expire(run, key, target);
    }
    run.emit(EventKind::TimerFired { key, target });
    run.occur(key, target, Trigger::Timer(Schedule { due, repetitions_left }));
    Ok(())
}
