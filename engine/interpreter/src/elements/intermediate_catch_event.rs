//! Intermediate catch event: a token waits here for a message, a timer, a signal, a condition, for any of several of them, or
//! for all (BPMN 2.0, 13.5.2). A link event is where the throwing one of its name goes on; it waits for nothing.

use super::{Acted, Behavior, CatchEvent, Next, Trigger, catch};
use crate::ElementIndex;
use crate::compile::Compiler;
use crate::run::{Here, Run};

#[derive(Debug)]
pub(crate) struct IntermediateCatchEvent {
    /// None: a link.
    pub event: Option<CatchEvent>,
}

pub(crate) fn compile(
    compiler: &mut Compiler,
    element: &model::Element,
    trigger: &model::Trigger,
) -> Option<IntermediateCatchEvent> {
    let event = match trigger {
        model::Trigger::Link { .. } => None,
        trigger => Some(catch::compile(compiler, element, trigger)?),
    };
    Some(IntermediateCatchEvent { event })
}

impl Behavior for IntermediateCatchEvent {
    fn enter<'r>(&'r self, run: &mut Run<'r>, here: Here<'r>) -> Acted {
        let Some(event) = &self.event else { return Ok(Next::Leave(None)) };
        run.wait_for(here.key, event)?;
        Ok(Next::Wait)
    }

    fn catches(&self) -> Option<&CatchEvent> {
        self.event.as_ref()
    }

    fn caught<'r>(&'r self, run: &mut Run<'r>, here: Here<'r>, target: ElementIndex, by: Trigger) -> Acted {
        let is_complete = run.take_part(here.key, self.event.as_ref(), target);
        run.leave_behind(here, by.content(self.event.as_ref(), target));
        Ok(if is_complete { Next::Leave(None) } else { Next::Wait })
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::*;
    use crate::{CommandKind, Effect, RejectionCode, Timestamp};
    use model::{MessageTrigger, Trigger};
    use serde_json::json;

    #[test]
    fn a_timer_lets_the_token_go_when_it_is_due() {
        let mut hand =
            Hand::started(vec![start("s"), catch("t", after("PT5S")), end("e")], &["s -> t -> e"], json!({}));
        let (key, target, due) = (hand.key("t"), hand.index("t"), Timestamp(hand.now.0 + 5_000));
        assert_eq!(hand.effects, [Effect::ScheduleTimer { key, target, due }]);
        hand.fires("t", "t");
        assert!(hand.is_completed());
        let again = hand.tries(CommandKind::FireTimer { key, target });
        assert_eq!(again.unwrap_err().code, RejectionCode::InstanceEnded);
    }

    #[test]
    fn a_message_is_awaited_by_name_and_key() {
        let awaited = MessageTrigger {
            message_ref: Some("paid".into()),
            correlation_key: Some(text("${order.id}")),
            result_variable: Some("payment".into()),
        };
        let elements = vec![start("s"), catch("m", Trigger::Message(awaited)), end("e")];
        let mut hand = Hand::started(elements, &["s -> m -> e"], json!({"order": {"id": 42}}));
        let subscription = hand.instance.elements[&hand.key("m")].waits.subscriptions[&hand.index("m")].clone();
        assert_eq!((subscription.message_name.as_str(), subscription.correlation_key.as_str()), ("paid", "42"));
        hand.receives("m", "m", json!({"amount": 3}));
        assert_eq!(hand.variable("payment"), json!({"amount": 3}));
        assert!(hand.is_completed());
    }

    #[test]
    fn a_timer_that_cannot_be_read_is_an_incident_until_it_can() {
        let elements = vec![start("s"), catch("t", after("${wait}")), end("e")];
        let mut hand = Hand::started(elements, &["s -> t -> e"], json!({"wait": "a while"}));
        assert_eq!(hand.incident(), Some("TIMER_INVALID"));
        let variables = variables(json!({"wait": "PT1S"}));
        hand.does(CommandKind::SetVariables { scope: crate::Key::ROOT, variables });
        hand.resolves("t", 0);
        hand.fires("t", "t");
        assert!(hand.is_completed());
    }
}
