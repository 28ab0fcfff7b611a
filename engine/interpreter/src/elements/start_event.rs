//! Start event: where a scope begins (BPMN 2.0, 13.5.1).
//!
//! A process starts at its none start event, or at the one that was asked for. What starts it from outside, a message or a
//! timer, is the engine's to watch (see [`Starts`](crate::process::Starts)); here it has happened already.

use super::{Acted, Behavior, Catch, Next, catch};
use crate::compile::Compiler;
use crate::run::{Here, Run};
use model::Trigger;

#[derive(Debug)]
pub(crate) struct StartEvent {
    /// None for a none start event.
    pub catch: Option<Catch>,
}

pub(crate) fn compile(compiler: &mut Compiler, element: &model::Element, trigger: &Trigger) -> Option<StartEvent> {
    match trigger {
        Trigger::None => Some(StartEvent { catch: None }),
        Trigger::Message(_) | Trigger::Timer(_) => {
            catch::compile(compiler, element, trigger).map(|catch| StartEvent { catch: Some(catch) })
        }
        other => compiler.not_yet(element, &format!("{} start events are", catch::describe(other))),
    }
}

impl Behavior for StartEvent {
    fn enter<'r>(&'r self, _run: &mut Run<'r>, _here: Here<'r>) -> Acted {
        Ok(Next::Leave(None))
    }

    fn is_instant(&self) -> bool {
        true
    }
}
