//! A message has been correlated to a subscription: of a catching element itself, or of a boundary event of an activity.

use super::{act, check_size, find, reject};
use crate::elements::Trigger;
use crate::run::Run;
use crate::{ElementIndex, EventKind, Key, Rejection, RejectionCode, Variables};

pub(super) fn deliver(
    run: &mut Run<'_>,
    key: Key,
    target: ElementIndex,
    message_name: String,
    variables: Variables,
) -> Result<(), Rejection> {
    let here = find(run, key)?;
    let is_awaited = run.instance.element(key).is_some_and(|element| element.subscriptions.contains_key(&target));
    if !is_awaited {
        return Err(reject(RejectionCode::NotFound, format!("{} does not wait for this message", here.element.id)));
    }
    check_size(run, &variables)?;
    run.emit(EventKind::MessageReceived { key, target, message_name });
    if target == here.element.index {
        run.unsubscribe(key, target);
        act(run, here, |element, run| element.message_received(run, here, variables));
    } else {
        let boundary = run.behavior(target);
        let acted = boundary.triggered(run, here, target, Trigger::Message(variables));
        run.act(here, acted);
    }
    Ok(())
}
