//! A timer is due: of a catching element itself, or of a boundary event of an activity.

use super::{act, find, reject};
use crate::elements::Trigger;
use crate::run::Run;
use crate::time::Schedule;
use crate::{ElementIndex, EventKind, Key, Rejection, RejectionCode};

pub(super) fn fire(run: &mut Run<'_>, key: Key, target: ElementIndex) -> Result<(), Rejection> {
    let here = find(run, key)?;
    let Some(timer) = run.instance.element(key).and_then(|element| element.timers.get(&target)).copied() else {
        return Err(reject(RejectionCode::NotFound, format!("{} does not wait for this timer", here.element.id)));
    };
    run.emit(EventKind::TimerFired { key, target });
    let fired = Schedule { due: timer.due, repetitions_left: timer.repetitions_left };
    if target == here.element.index {
        act(run, here, |element, run| element.timer_fired(run, here));
    } else {
        let boundary = run.behavior(target);
        let acted = boundary.triggered(run, here, target, Trigger::Timer(fired));
        run.act(here, acted);
    }
    Ok(())
}
