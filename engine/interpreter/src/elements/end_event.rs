//! End event: where a token ends (BPMN 2.0, 13.5.6). A none end event only consumes it; what the others throw first is said in
//! [`throw`].

use super::{Acted, Behavior, throw, throw::Throw};
use crate::compile::Compiler;
use crate::run::{Here, Run};
use model::Trigger;

#[derive(Debug)]
pub(crate) struct EndEvent {
    throws: Vec<Throw>,
}

pub(crate) fn compile(compiler: &mut Compiler, element: &model::Element, trigger: &Trigger) -> Option<EndEvent> {
    throw::compile(compiler, element, trigger).map(|throws| EndEvent { throws })
}

impl Behavior for EndEvent {
    fn enter<'r>(&'r self, run: &mut Run<'r>, here: Here<'r>) -> Acted {
        throw::perform(&self.throws, run, here)
    }

    fn is_instant(&self) -> bool {
        true
    }

    fn is_far_reaching(&self) -> bool {
        throw::is_far_reaching(&self.throws)
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
            business_key: None,
            variables: variables(json!({"y": 8})),
        };
        assert_eq!(hand.effects, [published]);
        assert!(hand.is_completed());
    }
}
