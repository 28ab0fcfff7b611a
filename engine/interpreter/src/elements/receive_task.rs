//! Receive task: waits for a message (BPMN 2.0, 13.3.3).
//!
//! The message's variables go to `resultVariable`, as one object, else each to its own name. A `timeout` ends the wait as a
//! BPMN error `TIMEOUT` where a boundary event catches it, else as an incident `RECEIVE_TIMEOUT`.

use super::{Acted, Behavior, Fault, Next, catch};
use crate::Variables;
use crate::compile::Compiler;
use crate::process::{Message, Timer};
use crate::run::{Here, Run};
use serde_json::Value;

#[derive(Debug)]
pub(crate) struct ReceiveTask {
    pub message: Message,
    timeout: Option<Timer>,
}

pub(crate) fn compile(
    compiler: &mut Compiler,
    element: &model::Element,
    activity: &model::Activity,
    task: &model::ReceiveTask,
) -> Option<ReceiveTask> {
    if task.instantiate {
        return compiler.not_yet(element, "receive tasks that start an instance are");
    }
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
        run.subscribe(here, here.element.index, &self.message)?;
        if let Some(timeout) = &self.timeout {
            run.schedule(here, here.element.index, timeout)?;
        }
        Ok(Next::Wait)
    }

    fn message_received<'r>(&'r self, run: &mut Run<'r>, here: Here<'r>, variables: Variables) -> Acted {
        run.leave_behind(here, content(&self.message, variables));
        Ok(Next::Leave(None))
    }

    fn timer_fired<'r>(&'r self, run: &mut Run<'r>, here: Here<'r>) -> Acted {
        let message = format!("no message `{}` came in time", self.message.name);
        match run.find_catcher(here.key, "TIMEOUT") {
            Some(_) => Err(Fault::Error { code: "TIMEOUT".to_owned(), message }),
            None => {
                // Nobody waits any more until the incident is resolved, which subscribes anew.
                run.unsubscribe(here.key, here.element.index);
                Err(Fault::incident("RECEIVE_TIMEOUT", message))
            }
        }
    }
}

/// What a message leaves behind.
pub(crate) fn content(message: &Message, variables: Variables) -> Variables {
    match &message.result_variable {
        Some(name) => Variables::from_iter([(name.clone(), Value::Object(variables))]),
        None => variables,
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
        assert!(hand.instance.elements[&hand.key("r")].subscriptions.is_empty());
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
