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
    message: Message,
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
