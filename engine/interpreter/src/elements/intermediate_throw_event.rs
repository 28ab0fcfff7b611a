//! Intermediate throw event: does something in passing (BPMN 2.0, 13.5.4).
//!
//! A none event only passes; a message event publishes a message with what its input mappings say (nothing without them).

use super::{Acted, Behavior, Fault, Next, catch};
use crate::Effect;
use crate::compile::Compiler;
use crate::process::Message;
use crate::run::{Here, Run};
use model::Trigger;

#[derive(Debug)]
pub(crate) enum IntermediateThrowEvent {
    None,
    Message(Message),
}

pub(crate) fn compile(
    compiler: &mut Compiler,
    element: &model::Element,
    trigger: &Trigger,
) -> Option<IntermediateThrowEvent> {
    match trigger {
        Trigger::None => Some(IntermediateThrowEvent::None),
        Trigger::Message(message) => {
            catch::compile_message(compiler, element, message).map(IntermediateThrowEvent::Message)
        }
        other => compiler.not_yet(element, &format!("{} throw events are", catch::describe(other))),
    }
}

impl Behavior for IntermediateThrowEvent {
    fn enter<'r>(&'r self, run: &mut Run<'r>, here: Here<'r>) -> Acted {
        match self {
            IntermediateThrowEvent::None => {}
            IntermediateThrowEvent::Message(message) => publish(run, here, message)?,
        }
        Ok(Next::Leave(None))
    }

    fn is_instant(&self) -> bool {
        true
    }
}

/// Publishes a message; its variables are the element's own, those that input mappings made.
pub(crate) fn publish<'r>(run: &mut Run<'r>, here: Here<'r>, message: &Message) -> Result<(), Fault> {
    let correlation_key = run.render_optional(here.key, &message.correlation_key)?.unwrap_or_default();
    let variables = run.instance.variables.get(&here.key).cloned().unwrap_or_default();
    run.effect(Effect::PublishMessage { message_name: message.name.clone(), correlation_key, variables });
    Ok(())
}
