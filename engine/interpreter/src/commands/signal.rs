//! A signal has come from another instance or from outside; or somebody says that what an event waits for has come.

use super::{check_size, message, not_awaited, reject, timer, waits};
use crate::elements::Trigger;
use crate::run::Run;
use crate::{ElementIndex, EventKind, Key, Rejection, RejectionCode, Variables};

pub(super) fn receive(run: &mut Run<'_>, signal_name: &str, variables: &Variables) -> Result<(), Rejection> {
    if !run.instance.awaits_signal(signal_name) {
        return Err(reject(RejectionCode::NotFound, format!("nothing listens to the signal `{signal_name}`")));
    }
    check_size(run, variables)?;
    run.receive_signal(signal_name, variables);
    Ok(())
}

pub(super) fn trigger(run: &mut Run<'_>, key: Key, target: ElementIndex) -> Result<(), Rejection> {
    let waits = waits(run, key)?.clone();
    let message = waits.subscriptions.get(&target).map(|open| open.message_name.clone());
    let signal = waits.signals.get(&target).cloned();
    if waits.timers.contains_key(&target) {
        return timer::fire(run, key, target);
    }
    if let Some(message_name) = message {
        return message::deliver(run, key, target, message_name, Variables::new());
    }
    if let Some(signal_name) = signal {
        run.emit(EventKind::SignalReceived { key, target, signal_name });
        run.occur(key, target, Trigger::Signal(Variables::new()));
        return Ok(());
    }
    if waits.conditions.contains_key(&target) {
        run.emit(EventKind::ConditionChanged { key, target, is_true: true });
        run.occur(key, target, Trigger::Condition);
        return Ok(());
    }
    Err(not_awaited(run, target, "event"))
}
