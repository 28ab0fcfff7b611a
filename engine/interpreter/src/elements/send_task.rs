//! Send task: an email or a webhook is a job of that type; a message goes to who is subscribed to it, and the task does not
//! wait for anybody (BPMN 2.0, 13.3.3).

use super::{Acted, Behavior, JobSpec, Next, catch, job, throw::publish};
use crate::Variables;
use crate::compile::Compiler;
use crate::process::Message;
use crate::run::{Here, Run};
use model::{Activity, MessageTrigger, MessageType};

#[derive(Debug)]
pub(crate) struct SendTask {
    how: How,
    result_variable: Option<String>,
}

#[derive(Debug)]
enum How {
    Job(Box<JobSpec>),
    Message(Message),
}

pub(crate) fn compile(
    compiler: &mut Compiler,
    element: &model::Element,
    activity: &Activity,
    task: &model::SendTask,
) -> Option<SendTask> {
    let templates = ["to", "subject", "messageBody", "body", "cc", "bcc", "from"];
    let how = match task.message_type {
        // Only one that says nothing of a mail has a message flow that carries something.
        _ if compiler.wire(element).is_some() => {
            How::Message(catch::compile_message(compiler, element, &task.message)?)
        }
        MessageType::Email => How::Job(Box::new(job::compile(compiler, element, activity, "email", &templates)?)),
        MessageType::Webhook => How::Job(Box::new(job::compile(compiler, element, activity, "webhook", &templates)?)),
        MessageType::Message => How::Message(catch::compile_message(compiler, element, &task.message)?),
    };
    Some(SendTask { how, result_variable: activity.result_variable.clone() })
}

/// A none task that a message flow leads from.
pub(crate) fn compile_sending(compiler: &mut Compiler, element: &model::Element) -> Option<SendTask> {
    let message = catch::compile_message(compiler, element, &MessageTrigger::default())?;
    Some(SendTask { how: How::Message(message), result_variable: None })
}

impl Behavior for SendTask {
    fn enter<'r>(&'r self, run: &mut Run<'r>, here: Here<'r>) -> Acted {
        match &self.how {
            How::Job(spec) => job::enter(run, here, spec),
            How::Message(message) => {
                publish(run, here, message)?;
                Ok(Next::Leave(None))
            }
        }
    }

    fn is_instant(&self) -> bool {
        matches!(self.how, How::Message(_))
    }

    fn job(&self) -> Option<&JobSpec> {
        match &self.how {
            How::Job(spec) => Some(spec),
            How::Message(_) => None,
        }
    }

    fn job_completed<'r>(&'r self, run: &mut Run<'r>, here: Here<'r>, returned: Variables) -> Acted {
        Ok(Next::Leave(job::leave_result(run, here, returned, self.result_variable.as_deref())))
    }
}

#[cfg(test)]
mod tests {
    use crate::Effect;
    use crate::testing::*;
    use model::{ActivityKind, MessageType, SendTask};
    use serde_json::json;

    fn send(message_type: MessageType) -> model::Element {
        let mut send = activity("send", ActivityKind::SendTask(SendTask { message_type, ..Default::default() }));
        send.properties.insert("to".into(), json!("${mail}"));
        send
    }

    #[test]
    fn an_email_is_a_job_with_its_texts_rendered() {
        let elements = vec![start("s"), send(MessageType::Email), end("e")];
        let mut hand = Hand::started(elements, &["s -> send -> e"], json!({"mail": "a@example.com"}));
        let payload = hand.payload("send");
        assert_eq!((payload.job_type.as_str(), &payload.task["to"]), ("email", &json!("a@example.com")));
        hand.completes("send", json!({}));
        assert!(hand.is_completed());
    }

    #[test]
    fn a_message_is_published_and_nobody_is_waited_for() {
        let elements = vec![start("s"), send(MessageType::Message), end("e")];
        let hand = Hand::started(elements, &["s -> send -> e"], json!({}));
        assert!(matches!(&hand.effects[..], [Effect::PublishMessage { message_name, .. }] if message_name == "send"));
        assert!(hand.is_completed());
    }
}
