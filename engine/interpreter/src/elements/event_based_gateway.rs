//! Event-based gateway: waits for what the catching events and receive tasks behind it wait for (BPMN 2.0, 13.4.4).
//!
//! An exclusive one takes the flow of the event that comes first; the others are no longer waited for. A parallel one takes
//! the flow of each, and is done when all have come. The event is activated as caught, by the flow that leads to it, and
//! is left at once.
//!
//! One that instantiates begins a process: the instance is started by one of its events, which has come already (see
//! [`Starts`](crate::process::Starts)); a parallel one then waits for the others.

use super::{Acted, Behavior, Kind, Next, Trigger};
use crate::run::{Here, Run};
use crate::{ElementIndex, Variables};

#[derive(Debug)]
pub(crate) struct EventBasedGateway {
    pub is_parallel: bool,
}

impl Behavior for EventBasedGateway {
    fn enter<'r>(&'r self, run: &mut Run<'r>, here: Here<'r>) -> Acted {
        for flow in &here.element.outgoing {
            let target = run.process.element(run.process.flow(*flow).to);
            match &target.kind {
                Kind::ReceiveTask(task) => run.subscribe(here.key, target.index, &task.message)?,
                kind => {
                    if let Some(event) = kind.behavior().catches() {
                        run.wait_for(here.key, event)?;
                    }
                }
            }
        }
        Ok(Next::Wait)
    }

    /// What one of the events behind it waits for has come.
    fn caught<'r>(&'r self, run: &mut Run<'r>, gateway: Here<'r>, target: ElementIndex, by: Trigger) -> Acted {
        let event = run.process.owner(target);
        let left = match &event.kind {
            Kind::ReceiveTask(task) => task.message.content(by.variables()),
            kind => by.content(kind.behavior().catches(), target),
        };
        if !run.take_part(gateway.key, event.kind.behavior().catches(), target) {
            run.leave_behind(gateway, left);
            return Ok(Next::Wait);
        }
        self.happened(run, gateway, event.index, left);
        Ok(Next::Wait)
    }
}

impl EventBasedGateway {
    /// Goes on at `event`; and is done, unless it waits for others.
    pub fn happened<'r>(&'r self, run: &mut Run<'r>, gateway: Here<'r>, event: ElementIndex, left: Variables) {
        run.stop_waiting_for_event(gateway.key, event);
        let is_waiting = run.instance.waits(gateway.key).is_some_and(|waits| !waits.is_empty());
        run.pass_on(gateway, event, left, !(self.is_parallel && is_waiting));
    }
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
