//! What an event waits for, and how that is compiled; shared by all positions that events have.
//!
//! An event has one definition or several. Of several, any one lets the event happen; of a parallel multiple event, all of
//! them together do (BPMN 2.0, 10.5.5). Each definition is waited for under a target of its own: the only one under the
//! event's index, each of several under a further one (see [`Process::owner`](crate::Process::owner)).

use crate::compile::Compiler;
use crate::expression::Expression;
use crate::process::{Message, Timer};
use crate::template::Template;
use crate::{ElementIndex, Variables};
use model::Trigger;
use serde_json::Value;

#[derive(Debug)]
pub(crate) struct CatchEvent {
    pub definitions: Vec<Definition>,
    pub is_parallel: bool,
}

#[derive(Debug)]
pub(crate) struct Definition {
    pub target: ElementIndex,
    pub catch: Catch,
}

#[derive(Debug)]
pub(crate) enum Catch {
    Timer(Timer),
    Message(Message),
    Signal {
        name: Template,
    },
    Conditional(Expression),
    /// No code catches every error.
    Error {
        code: Option<String>,
    },
    /// No code catches every escalation.
    Escalation {
        code: Option<String>,
    },
    /// Waits for nothing: it says how its activity is compensated.
    Compensation,
    /// Of transactions.
    Cancel,
}

impl CatchEvent {
    pub fn definition(&self, target: ElementIndex) -> Option<&Definition> {
        self.definitions.iter().find(|definition| definition.target == target)
    }
}

impl Catch {
    /// What a message or a signal leaves behind.
    pub fn content(&self, variables: Variables) -> Variables {
        match self {
            Catch::Message(message) => message.content(variables),
            _ => variables,
        }
    }
}

impl Message {
    /// What the message leaves behind: its variables, as one object under the name of the result variable if there is one.
    pub fn content(&self, variables: Variables) -> Variables {
        match &self.result_variable {
            Some(name) => Variables::from_iter([(name.clone(), Value::Object(variables))]),
            None => variables,
        }
    }
}

/// All definitions of an event.
pub(crate) fn compile(compiler: &mut Compiler, element: &model::Element, trigger: &Trigger) -> Option<CatchEvent> {
    if let Trigger::Multiple { triggers, parallel } = trigger {
        let mut definitions = Vec::new();
        for trigger in triggers {
            let target = compiler.further_target(element);
            definitions.push(Definition { target, catch: compile_one(compiler, element, trigger)? });
        }
        return Some(CatchEvent { definitions, is_parallel: *parallel });
    }
    let target = compiler.index_of(&element.id)?;
    let definitions = vec![Definition { target, catch: compile_one(compiler, element, trigger)? }];
    Some(CatchEvent { definitions, is_parallel: false })
}

fn compile_one(compiler: &mut Compiler, element: &model::Element, trigger: &Trigger) -> Option<Catch> {
    let code = |code: &Option<String>| code.clone().filter(|code| !code.is_empty());
    match trigger {
        Trigger::Timer(timer) => compile_timer(compiler, element, timer).map(Catch::Timer),
        Trigger::Message(message) => compile_message(compiler, element, message).map(Catch::Message),
        Trigger::Signal { signal_ref } => compiler.template(element, signal_ref).map(|name| Catch::Signal { name }),
        Trigger::Conditional { condition } => compiler.expression(element, condition).map(Catch::Conditional),
        Trigger::Error { code: it } => Some(Catch::Error { code: code(it) }),
        Trigger::Escalation { code: it } => Some(Catch::Escalation { code: code(it) }),
        Trigger::Compensation { .. } => Some(Catch::Compensation),
        Trigger::Cancel => Some(Catch::Cancel),
        Trigger::None | Trigger::Link { .. } | Trigger::Terminate | Trigger::Multiple { .. } => {
            let message = format!("`{}` cannot wait for a {} event", element.id, trigger.name());
            compiler.reject(element, "TRIGGER_NOT_ALLOWED", message)
        }
    }
}

pub(crate) fn compile_timer(compiler: &mut Compiler, element: &model::Element, timer: &model::Timer) -> Option<Timer> {
    match timer {
        model::Timer::Duration(text) => compiler.template(element, text).map(Timer::Duration),
        model::Timer::Date(text) => compiler.template(element, text).map(Timer::Date),
        model::Timer::Cycle(text) => compiler.template(element, text).map(Timer::Cycle),
    }
}

pub(crate) fn compile_message(
    compiler: &mut Compiler,
    element: &model::Element,
    message: &model::MessageTrigger,
) -> Option<Message> {
    let wire = compiler.wire(element).cloned();
    let of_the_flow = wire.as_ref().and_then(|wire| wire.correlation_key.as_ref());
    let correlation_key = match message.correlation_key.as_ref().or(of_the_flow) {
        Some(text) => Some(compiler.template(element, text)?),
        None => None,
    };
    Some(Message {
        name: compiler.message_name(element, message),
        correlation_key,
        is_in_conversation: wire.is_some_and(|wire| wire.is_in_conversation),
        result_variable: message.result_variable.clone(),
    })
}
