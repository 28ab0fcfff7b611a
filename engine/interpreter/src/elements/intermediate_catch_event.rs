//! Intermediate catch event: a token waits here for a message or a timer (BPMN 2.0, 13.5.2).

use super::{Acted, Behavior, Catch, Next, catch, receive_task};
use crate::Variables;
use crate::compile::Compiler;
use crate::run::{Here, Run};
use model::Trigger;

#[derive(Debug)]
pub(crate) struct IntermediateCatchEvent {
    catch: Catch,
}

pub(crate) fn compile(
    compiler: &mut Compiler,
    element: &model::Element,
    trigger: &Trigger,
) -> Option<IntermediateCatchEvent> {
    match trigger {
        Trigger::Message(_) | Trigger::Timer(_) => {
            catch::compile(compiler, element, trigger).map(|catch| IntermediateCatchEvent { catch })
        }
        other => compiler.not_yet(element, &format!("{} catch events are", catch::describe(other))),
    }
}

impl Behavior for IntermediateCatchEvent {
    fn enter<'r>(&'r self, run: &mut Run<'r>, here: Here<'r>) -> Acted {
        run.wait_for(here, here.element.index, &self.catch)?;
        Ok(Next::Wait)
    }

    fn message_received<'r>(&'r self, run: &mut Run<'r>, here: Here<'r>, variables: Variables) -> Acted {
        if let Catch::Message(message) = &self.catch {
            run.leave_behind(here, receive_task::content(message, variables));
        }
        Ok(Next::Leave(None))
    }
}
