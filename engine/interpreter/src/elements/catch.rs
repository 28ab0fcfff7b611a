//! What an event waits for, and how that is compiled; shared by all positions that events have.

use crate::compile::Compiler;
use crate::process::{Message, Timer};
use model::Trigger;

#[derive(Debug)]
pub(crate) enum Catch {
    Timer(Timer),
    Message(Message),
    /// Of boundary events. No code catches every error.
    Error {
        code: Option<String>,
    },
}

pub(crate) fn compile(compiler: &mut Compiler, element: &model::Element, trigger: &Trigger) -> Option<Catch> {
    match trigger {
        Trigger::Timer(timer) => compile_timer(compiler, element, timer).map(Catch::Timer),
        Trigger::Message(message) => Some(Catch::Message(compile_message(compiler, element, message)?)),
        Trigger::Error { code } => Some(Catch::Error { code: code.clone().filter(|code| !code.is_empty()) }),
        other => compiler.not_yet(element, &format!("{} events are", describe(other))),
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
    let correlation_key = match &message.correlation_key {
        Some(text) => Some(compiler.template(element, text)?),
        None => None,
    };
    let name = message.message_ref.clone().filter(|name| !name.is_empty()).unwrap_or_else(|| element.id.clone());
    Some(Message { name, correlation_key, result_variable: message.result_variable.clone() })
}

/// The word for a trigger, for diagnostics.
pub(crate) fn describe(trigger: &Trigger) -> &'static str {
    match trigger {
        Trigger::None => "none",
        Trigger::Message(_) => "message",
        Trigger::Timer(_) => "timer",
        Trigger::Signal { .. } => "signal",
        Trigger::Error { .. } => "error",
        Trigger::Escalation { .. } => "escalation",
        Trigger::Compensation { .. } => "compensation",
        Trigger::Conditional { .. } => "conditional",
        Trigger::Link { .. } => "link",
        Trigger::Cancel => "cancel",
        Trigger::Terminate => "terminate",
        Trigger::Multiple { .. } => "multiple",
    }
}
