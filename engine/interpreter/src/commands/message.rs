//! A message has been correlated to a subscription.

use super::{check_size, not_awaited, waits};
use crate::elements::Trigger;
use crate::instance::Subscription;
use crate::run::Run;
use crate::{ElementIndex, EventKind, Key, Rejection, Variables};

pub(super) fn deliver(
    run: &mut Run<'_>,
    key: Key,
    target: ElementIndex,
    message_name: String,
    variables: Variables,
) -> Result<(), Rejection> {
    let subscriptions = &waits(run, key)?.subscriptions;
    // It was on its way when the instance migrated, and its event has another number now.
    let named = |(at, open): (&ElementIndex, &Subscription)| (open.message_name == message_name).then_some(*at);
    let is_open = subscriptions.get(&target).is_some_and(|open| open.message_name == message_name);
    let target = match is_open {
        true => target,
        false => subscriptions.iter().find_map(named).unwrap_or(target),
    };
    if !subscriptions.contains_key(&target) {
        return Err(not_awaited(run, target, "message"));
    }
    check_size(run, &variables)?;
    run.emit(EventKind::MessageReceived { key, target, message_name });
    run.occur(key, target, Trigger::Message(variables));
    Ok(())
}
