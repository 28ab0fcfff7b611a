//! End event: where a token ends (BPMN 2.0, 13.5.6).
//!
//! A none end event consumes it; a message end event publishes first; an error end event throws, and whoever catches the
//! error goes on; a terminate end event ends its whole scope.

use super::{Acted, Behavior, Fault, Next, catch, intermediate_throw_event::publish};
use crate::compile::Compiler;
use crate::process::Message;
use crate::run::{Here, Run};
use model::Trigger;

#[derive(Debug)]
pub(crate) enum EndEvent {
    None,
    Message(Message),
    Error { code: String },
    Terminate,
}

pub(crate) fn compile(compiler: &mut Compiler, element: &model::Element, trigger: &Trigger) -> Option<EndEvent> {
    match trigger {
        Trigger::None => Some(EndEvent::None),
        Trigger::Message(message) => catch::compile_message(compiler, element, message).map(EndEvent::Message),
        Trigger::Error { code } => Some(EndEvent::Error { code: code.clone().unwrap_or_default() }),
        Trigger::Terminate => Some(EndEvent::Terminate),
        other => compiler.not_yet(element, &format!("{} end events are", catch::describe(other))),
    }
}

impl Behavior for EndEvent {
    fn enter<'r>(&'r self, run: &mut Run<'r>, here: Here<'r>) -> Acted {
        match self {
            EndEvent::None => Ok(Next::Leave(None)),
            EndEvent::Message(message) => {
                publish(run, here, message)?;
                Ok(Next::Leave(None))
            }
            EndEvent::Error { code } => Err(Fault::Error { code: code.clone(), message: String::new() }),
            EndEvent::Terminate => Ok(Next::EndScope),
        }
    }

    fn is_instant(&self) -> bool {
        true
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::*;
    use crate::{Effect, InstanceState};
    use model::Trigger;
    use serde_json::json;

    #[test]
    fn a_terminate_end_event_ends_the_instance() {
        let elements = vec![start("s"), service("a"), end_by("stop", Trigger::Terminate)];
        let hand = Hand::started(elements, &["s -> a", "s -> stop"], json!({}));
        assert_eq!(hand.instance.state, InstanceState::Terminated);
        assert!(hand.waiting().is_empty());
    }

    #[test]
    fn an_error_that_nothing_catches_stops_a_root_instance_at_its_end_event() {
        let hand = Hand::started(vec![start("s"), end_by("fail", error("E"))], &["s -> fail"], json!({}));
        assert_eq!(hand.incident(), Some("UNCAUGHT_ERROR"));
        assert_eq!(hand.waiting(), ["fail"]);
    }

    #[test]
    fn a_message_end_event_publishes_what_its_mappings_say() {
        let mut done = end_by("done", message("finished"));
        done.input_mappings.push(mapping("x * 2", "y"));
        let hand = Hand::started(vec![start("s"), done], &["s -> done"], json!({"x": 4}));
        let published = Effect::PublishMessage {
            message_name: "finished".into(),
            correlation_key: String::new(),
            variables: variables(json!({"y": 8})),
        };
        assert_eq!(hand.effects, [published]);
        assert!(hand.is_completed());
    }
}
