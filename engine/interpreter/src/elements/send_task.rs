//! Send task: an email or a webhook is a job of that type; a message goes to who is subscribed to it, and the task does not
//! wait for anybody (BPMN 2.0, 13.3.3).

use super::{Acted, Behavior, JobSpec, Next, catch, intermediate_throw_event::publish, job};
use crate::Variables;
use crate::compile::Compiler;
use crate::process::Message;
use crate::run::{Here, Run};
use model::{Activity, MessageType};

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
        MessageType::Email => How::Job(Box::new(job::compile(compiler, element, activity, "email", &templates)?)),
        MessageType::Webhook => How::Job(Box::new(job::compile(compiler, element, activity, "webhook", &templates)?)),
        MessageType::Message => How::Message(catch::compile_message(compiler, element, &task.message)?),
    };
    Some(SendTask { how, result_variable: activity.result_variable.clone() })
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
