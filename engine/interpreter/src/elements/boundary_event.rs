//! Boundary event: catches for the activity it is attached to (BPMN 2.0, 13.5.3).
//!
//! While the activity is active its boundary events wait with it. An interrupting one ends the activity and takes over its
//! token; a non-interrupting one adds a token, as often as it is triggered. An error always interrupts.

use super::{Acted, Behavior, Catch, Next, Trigger, catch, receive_task};
use crate::ElementIndex;
use crate::compile::Compiler;
use crate::run::{Here, Run};

#[derive(Debug)]
pub(crate) struct BoundaryEvent {
    pub catch: Catch,
    pub is_interrupting: bool,
}

pub(crate) fn compile(
    compiler: &mut Compiler,
    element: &model::Element,
    trigger: &model::Trigger,
    cancel_activity: bool,
) -> Option<BoundaryEvent> {
    let catch = catch::compile(compiler, element, trigger)?;
    let is_interrupting = cancel_activity || matches!(catch, Catch::Error { .. });
    Some(BoundaryEvent { catch, is_interrupting })
}

impl Behavior for BoundaryEvent {
    /// It is activated when it has been triggered.
    fn enter<'r>(&'r self, _run: &mut Run<'r>, _here: Here<'r>) -> Acted {
        Ok(Next::Leave(None))
    }

    fn is_instant(&self) -> bool {
        true
    }

    fn triggered<'r>(&'r self, run: &mut Run<'r>, activity: Here<'r>, target: ElementIndex, by: Trigger) -> Acted {
        if self.is_interrupting {
            run.terminate(activity.key);
        }
        match (by, &self.catch) {
            (Trigger::Timer(fired), Catch::Timer(timer)) if !self.is_interrupting => {
                run.schedule_next(activity, target, timer, fired)?;
            }
            (Trigger::Message(variables), Catch::Message(message)) => {
                run.merge(activity.scope, receive_task::content(message, variables));
            }
            (Trigger::Timer(_) | Trigger::Message(_), _) => {}
        }
        run.activate(target, activity.scope, None);
        Ok(Next::Wait)
    }
}
