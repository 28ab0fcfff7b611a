//! Receive task: waits for a message (BPMN 2.0, 13.3.3).
//!
//! The message's variables go to `resultVariable`, as one object, else each to its own name. A `timeout` ends the wait as a
//! BPMN error `TIMEOUT` where a boundary event catches it, else as an incident `RECEIVE_TIMEOUT`.
//!
//! One that instantiates, and that no flow leads to, begins a process: the message has come already when it is entered.

use super::{Acted, Behavior, Fault, Next, Trigger, catch};
use crate::ElementIndex;
use crate::compile::Compiler;
use crate::process::{Message, Timer};
use crate::run::{Here, Raised, Run};

#[derive(Debug)]
pub(crate) struct ReceiveTask {
    pub message: Message,
    pub timeout: Option<Timer>,
}

pub(crate) fn compile(
    compiler: &mut Compiler,
    element: &model::Element,
    activity: &model::Activity,
    task: &model::ReceiveTask,
) -> Option<ReceiveTask> {
    let mut message = catch::compile_message(compiler, element, &task.message)?;
    message.result_variable = message.result_variable.or_else(|| activity.result_variable.clone());
    let timeout = match &task.timeout {
        Some(text) => Some(Timer::Duration(compiler.template(element, text)?)),
        None => None,
    };
    Some(ReceiveTask { message, timeout })
}

impl Behavior for ReceiveTask {
    fn enter<'r>(&'r self, run: &mut Run<'r>, here: Here<'r>) -> Acted {
        run.subscribe(here.key, here.element.index, &self.message)?;
        if let Some(timeout) = &self.timeout {
            run.schedule(here.key, here.element.index, timeout)?;
        }
        Ok(Next::Wait)
    }

    fn caught<'r>(&'r self, run: &mut Run<'r>, here: Here<'r>, target: ElementIndex, by: Trigger) -> Acted {
        if matches!(by, Trigger::Timer(_)) {
            return self.timed_out(run, here);
        }
        run.stop_waiting_for(here.key, target);
        run.leave_behind(here, self.message.content(by.variables()));
        Ok(Next::Leave(None))
    }
}

impl ReceiveTask {
    fn timed_out<'r>(&'r self, run: &mut Run<'r>, here: Here<'r>) -> Acted {
        let message = format!("no message `{}` came in time", self.message.name);
        match run.find_catcher(here.key, &Raised::Error("TIMEOUT")) {
            Some(_) => Err(Fault::Error { code: "TIMEOUT".to_owned(), message }),
            None => {
                // Nobody waits any more until the incident is resolved, which subscribes anew.
                run.stop_waiting_for(here.key, here.element.index);
                Err(Fault::incident("RECEIVE_TIMEOUT", message))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::*;
    use model::{ActivityKind, MessageTrigger, ReceiveTask};
    use serde_json::json;

    fn receive(id: &str) -> model::Element {
        let message = MessageTrigger { message_ref: Some("paid".into()), ..Default::default() };
        activity(
            id,
            ActivityKind::ReceiveTask(ReceiveTask { message, timeout: Some(text("PT5M")), instantiate: false }),
        )
    }

    #[test]
    fn it_waits_for_its_message() {
        let mut hand = Hand::started(vec![start("s"), receive("r"), end("e")], &["s -> r -> e"], json!({}));
        hand.receives("r", "r", json!({"amount": 3}));
        assert_eq!(hand.variable("amount"), json!(3));
        assert!(hand.is_completed());
    }

    #[test]
    fn a_timeout_is_an_incident_and_resolving_it_waits_anew() {
        let mut hand = Hand::started(vec![start("s"), receive("r"), end("e")], &["s -> r -> e"], json!({}));
        hand.fires("r", "r");
        assert_eq!(hand.incident(), Some("RECEIVE_TIMEOUT"));
        assert!(hand.instance.elements[&hand.key("r")].waits.subscriptions.is_empty());
        hand.resolves("r", 0);
        hand.receives("r", "r", json!({}));
        assert!(hand.is_completed());
    }

    #[test]
    fn a_timeout_can_be_caught_as_an_error() {
        let elements = vec![start("s"), receive("r"), boundary("late", "r", true, error("TIMEOUT")), end("e")];
        let mut hand = Hand::started(elements, &["s -> r", "late -> e"], json!({}));
        hand.fires("r", "r");
        assert_eq!(hand.entered(), ["s", "r", "late", "e"]);
        assert!(hand.is_completed());
    }
}
