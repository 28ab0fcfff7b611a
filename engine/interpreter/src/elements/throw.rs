//! What an event throws; shared by intermediate throw events and end events (BPMN 2.0, 13.5.4 and 13.5.6).
//!
//! - A **message** is published, with what the input mappings say (nothing without them); a none event does that too where a
//!   message flow leads from it to another process.
//! - A **signal** reaches everything that listens to its name, in this instance and in all others, and carries the same.
//! - An **escalation** goes outwards to the nearest event that catches it; without one, nothing happens.
//! - An **error** ends where it is thrown, and goes outwards to the nearest event that catches it.
//! - **Compensation** undoes what has been completed: one activity, or everything in the scope. By default the event waits
//!   until that is done.
//! - A **link** is left at the catching link event of its name.
//! - **Terminate** ends the scope with everything in it; **cancel** does the same to the transaction, compensates it, and
//!   leaves it by its cancel boundary event.
//!
//! Signals and escalations are thrown when the token has moved on, so that whoever they make wait for what comes next
//! finds it there.

use super::{Acted, Fault, Next, catch};
use crate::compile::Compiler;
use crate::process::Message;
use crate::run::{Here, Run};
use crate::template::Template;
use crate::{Effect, ElementIndex, Variables};
use model::{MessageTrigger, Trigger};

#[derive(Debug)]
pub(crate) enum Throw {
    Message(Message),
    Signal { name: Template },
    Escalation { code: String },
    Error { code: String },
    Compensation { activity: Option<ElementIndex>, is_waiting: bool },
    Link { target: ElementIndex },
    Terminate,
    Cancel,
}

/// What goes on its way when the token has moved on.
#[derive(Debug)]
pub(crate) enum Thrown {
    Signal { name: String, variables: Variables },
    Escalation { code: String },
}

pub(crate) fn compile(compiler: &mut Compiler, element: &model::Element, trigger: &Trigger) -> Option<Vec<Throw>> {
    match trigger {
        Trigger::None if compiler.wire(element).is_some() => {
            let message = catch::compile_message(compiler, element, &MessageTrigger::default())?;
            Some(vec![Throw::Message(message)])
        }
        Trigger::None => Some(Vec::new()),
        Trigger::Multiple { triggers, .. } => {
            triggers.iter().map(|trigger| compile_one(compiler, element, trigger)).collect()
        }
        trigger => compile_one(compiler, element, trigger).map(|throw| vec![throw]),
    }
}

fn compile_one(compiler: &mut Compiler, element: &model::Element, trigger: &Trigger) -> Option<Throw> {
    match trigger {
        Trigger::Message(message) => catch::compile_message(compiler, element, message).map(Throw::Message),
        Trigger::Signal { signal_ref } => compiler.template(element, signal_ref).map(|name| Throw::Signal { name }),
        Trigger::Escalation { code } => Some(Throw::Escalation { code: code.clone().unwrap_or_default() }),
        Trigger::Error { code } => Some(Throw::Error { code: code.clone().unwrap_or_default() }),
        Trigger::Compensation { activity_ref, wait_for_completion } => {
            let activity = activity_ref.as_ref().filter(|activity| !activity.value.is_empty());
            let activity = match activity {
                Some(activity) => Some(compensated(compiler, element, &activity.value)?),
                None => None,
            };
            Some(Throw::Compensation { activity, is_waiting: *wait_for_completion })
        }
        Trigger::Link { name } => compiler.link_target(element, &name.value).map(|target| Throw::Link { target }),
        Trigger::Terminate => Some(Throw::Terminate),
        Trigger::Cancel => Some(Throw::Cancel),
        Trigger::None | Trigger::Timer(_) | Trigger::Conditional { .. } | Trigger::Multiple { .. } => {
            let message = format!("`{}` cannot throw a {} event", element.id, trigger.name());
            compiler.reject(element, "TRIGGER_NOT_ALLOWED", message)
        }
    }
}

fn compensated(compiler: &mut Compiler, element: &model::Element, activity: &str) -> Option<ElementIndex> {
    let found = compiler.index_of(activity);
    let message = || format!("`{}` compensates `{activity}`, which is no element", element.id);
    found.or_else(|| compiler.reject(element, "UNKNOWN_REFERENCE", message()))
}

/// Throws all of them, and goes on as the last of them says that is not only thrown.
pub(crate) fn perform<'r>(throws: &'r [Throw], run: &mut Run<'r>, here: Here<'r>) -> Acted {
    let (mut thrown, mut next) = (Vec::new(), None);
    for throw in throws {
        match throw {
            Throw::Message(message) => publish(run, here, message)?,
            Throw::Signal { name } => {
                let variables = run.instance.variables.get(&here.key).cloned().unwrap_or_default();
                thrown.push(Thrown::Signal { name: run.render(here.key, name)?, variables });
            }
            Throw::Escalation { code } => thrown.push(Thrown::Escalation { code: code.clone() }),
            Throw::Error { code } => next = Some(Err(Fault::Error { code: code.clone(), message: String::new() })),
            Throw::Compensation { activity, is_waiting } => next = Some(Ok(Next::Compensate(*activity, *is_waiting))),
            Throw::Link { target } => next = Some(Ok(Next::Jump(*target))),
            Throw::Terminate => next = Some(Ok(Next::EndScope)),
            Throw::Cancel => next = Some(Ok(Next::CancelTransaction)),
        }
    }
    match next {
        None if thrown.is_empty() => Ok(Next::Leave(None)),
        None => Ok(Next::LeaveAndThrow(thrown)),
        Some(next) => {
            run.send_off(here, thrown);
            next
        }
    }
}

/// Whether others are concerned than those who wait in earnest already: whoever listens, or is ended.
pub(crate) fn is_far_reaching(throws: &[Throw]) -> bool {
    throws.iter().any(|throw| match throw {
        Throw::Signal { .. } | Throw::Escalation { .. } | Throw::Error { .. } | Throw::Terminate | Throw::Cancel => {
            true
        }
        Throw::Message(_) | Throw::Compensation { .. } | Throw::Link { .. } => false,
    })
}

/// Where it goes on, if it is a link.
pub(crate) fn link(throws: &[Throw]) -> Option<ElementIndex> {
    throws.iter().find_map(|throw| match throw {
        Throw::Link { target } => Some(*target),
        _ => None,
    })
}

/// Whether its token waits until the compensation is done.
pub(crate) fn is_waiting(throws: &[Throw]) -> bool {
    throws.iter().all(|throw| !matches!(throw, Throw::Compensation { is_waiting: false, .. }))
}

/// Publishes a message; its variables are the element's own, those that input mappings made.
pub(crate) fn publish<'r>(run: &mut Run<'r>, here: Here<'r>, message: &Message) -> Result<(), Fault> {
    let correlation_key = run.correlation_key(here.key, message)?;
    let business_key = message.is_in_conversation.then(|| correlation_key.clone());
    let variables = run.instance.variables.get(&here.key).cloned().unwrap_or_default();
    let message_name = message.name.clone();
    run.effect(Effect::PublishMessage { message_name, correlation_key, business_key, variables });
    Ok(())
}
