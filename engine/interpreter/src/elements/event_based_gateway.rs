//! Event-based gateway: waits for what the catching events and receive tasks behind it wait for, and takes the flow of the
//! one that comes first; the others are no longer waited for (BPMN 2.0, 13.4.4).
//!
//! The winner is activated as caught, by the flow that leads to it, and is left at once.

use super::{Acted, Behavior, Catch, Kind, Next, Trigger, receive_task};
use crate::compile::Compiler;
use crate::run::{Here, Run};
use crate::{ElementIndex, Variables};

#[derive(Debug)]
pub(crate) struct EventBasedGateway;

pub(crate) fn compile(
    compiler: &mut Compiler,
    element: &model::Element,
    instantiate: bool,
    parallel: bool,
) -> Option<EventBasedGateway> {
    match instantiate || parallel {
        true => compiler.not_yet(element, "event-based gateways that start an instance are"),
        false => Some(EventBasedGateway),
    }
}

impl Behavior for EventBasedGateway {
    fn enter<'r>(&'r self, run: &mut Run<'r>, here: Here<'r>) -> Acted {
        for flow in &here.element.outgoing {
            let target = run.process.element(run.process.flow(*flow).to);
            match &target.kind {
                Kind::IntermediateCatchEvent(event) => run.wait_for(here, target.index, &event.catch)?,
                Kind::ReceiveTask(task) => run.subscribe(here, target.index, &task.message)?,
                // Nothing else may follow (the reader says so), and nothing else could win.
                _ => {}
            }
        }
        Ok(Next::Wait)
    }
}

/// What `target` waits for has come to the gateway before it.
pub(crate) fn won<'r>(run: &mut Run<'r>, gateway: Here<'r>, target: ElementIndex, by: Trigger) -> Acted {
    let left = match (by, &run.process.element(target).kind) {
        (Trigger::Message(variables), Kind::IntermediateCatchEvent(event)) => match &event.catch {
            Catch::Message(message) => receive_task::content(message, variables),
            Catch::Timer(_) | Catch::Error { .. } => Variables::new(),
        },
        (Trigger::Message(variables), Kind::ReceiveTask(task)) => receive_task::content(&task.message, variables),
        (Trigger::Message(_) | Trigger::Timer(_), _) => Variables::new(),
    };
    run.pass_on(gateway, target, left);
    Ok(Next::Wait)
}

#[cfg(test)]
mod tests {
    use crate::Effect;
    use crate::testing::*;
    use model::Gateway;
    use serde_json::json;

    fn race() -> Hand {
        let elements = vec![
            start("s"),
            gateway("x", Gateway::EventBased { instantiate: false, parallel: false }),
            catch("paid", message("paid")),
            catch("late", after("PT1M")),
            end("good"),
            end("bad"),
        ];
        Hand::started(elements, &["s -> x", "x -> paid -> good", "x -> late -> bad"], json!({}))
    }

    #[test]
    fn the_first_event_wins_and_the_others_are_called_off() {
        let mut hand = race();
        let (key, target) = (hand.key("x"), hand.index("late"));
        hand.receives("x", "paid", json!({"amount": 1}));
        assert_eq!(hand.entered(), ["s", "x", "paid", "good"]);
        assert!(hand.effects.contains(&Effect::CancelTimer { key, target }));
        assert_eq!(hand.variable("amount"), json!(1));
        assert!(hand.is_completed());
    }

    #[test]
    fn a_timer_can_win_too() {
        let mut hand = race();
        hand.fires("x", "late");
        assert_eq!(hand.entered(), ["s", "x", "late", "bad"]);
        assert!(hand.is_completed());
    }
}
