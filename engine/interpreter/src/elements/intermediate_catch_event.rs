//! Intermediate catch event: a token waits here for a message or a timer (BPMN 2.0, 13.5.2).

use super::{Acted, Behavior, Catch, Next, catch, receive_task};
use crate::Variables;
use crate::compile::Compiler;
use crate::run::{Here, Run};
use model::Trigger;

#[derive(Debug)]
pub(crate) struct IntermediateCatchEvent {
    pub catch: Catch,
}

pub(crate) fn compile(
    compiler: &mut Compiler,
    element: &model::Element,
    trigger: &Trigger,
) -> Option<IntermediateCatchEvent> {
    match trigger {
        Trigger::Message(_) | Trigger::Timer(_) => {
            catch::compile(compiler, element, trigger).map(|catch| IntermediateCatchEvent { catch })
        }
        other => compiler.not_yet(element, &format!("{} catch events are", catch::describe(other))),
    }
}

impl Behavior for IntermediateCatchEvent {
    fn enter<'r>(&'r self, run: &mut Run<'r>, here: Here<'r>) -> Acted {
        run.wait_for(here, here.element.index, &self.catch)?;
        Ok(Next::Wait)
    }

    fn message_received<'r>(&'r self, run: &mut Run<'r>, here: Here<'r>, variables: Variables) -> Acted {
        if let Catch::Message(message) = &self.catch {
            run.leave_behind(here, receive_task::content(message, variables));
        }
        Ok(Next::Leave(None))
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
        let subscription = hand.instance.elements[&hand.key("m")].subscriptions[&hand.index("m")].clone();
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
