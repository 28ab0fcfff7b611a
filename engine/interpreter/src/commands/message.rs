//! A message has been correlated to a subscription.

use super::{check_size, not_awaited, waits};
use crate::elements::Trigger;
use crate::run::Run;
use crate::{ElementIndex, EventKind, Key, Rejection, Variables};

pub(super) fn deliver(
    run: &mut Run<'_>,
    key: Key,
    target: ElementIndex,
    message_name: String,
    variables: Variables,
) -> Result<(), Rejection> {
    if !waits(run, key)?.subscriptions.contains_key(&target) {
        return Err(not_awaited(run, target, "message"));
    }
    check_size(run, &variables)?;
    run.emit(EventKind::MessageReceived { key, target, message_name });
    run.occur(key, target, Trigger::Message(variables));
    Ok(())
}
