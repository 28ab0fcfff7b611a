//! Boundary event: catches for the activity it is attached to (BPMN 2.0, 13.5.3).
//!
//! While the activity is active its boundary events wait with it. An interrupting one ends the activity and takes over its
//! token; a non-interrupting one adds a token, as often as it is triggered. Errors and cancels always interrupt. A
//! compensation boundary event waits for nothing: it leads to what compensates the activity.

use super::{Acted, Behavior, Catch, CatchEvent, Next, Trigger, catch};
use crate::ElementIndex;
use crate::compile::Compiler;
use crate::run::{Here, Run};

#[derive(Debug)]
pub(crate) struct BoundaryEvent {
    pub event: CatchEvent,
    pub is_interrupting: bool,
}

pub(crate) fn compile(
    compiler: &mut Compiler,
    element: &model::Element,
    trigger: &model::Trigger,
    cancel_activity: bool,
) -> Option<BoundaryEvent> {
    let event = catch::compile(compiler, element, trigger)?;
    let always = |definition: &catch::Definition| matches!(definition.catch, Catch::Error { .. } | Catch::Cancel);
    let is_interrupting = cancel_activity || event.definitions.iter().any(always);
    Some(BoundaryEvent { event, is_interrupting })
}

impl Behavior for BoundaryEvent {
    /// It is activated when it has been triggered.
    fn enter<'r>(&'r self, _run: &mut Run<'r>, _here: Here<'r>) -> Acted {
        Ok(Next::Leave(None))
    }

    fn is_instant(&self) -> bool {
        true
    }

    fn catches(&self) -> Option<&CatchEvent> {
        Some(&self.event)
    }

    fn caught<'r>(&'r self, run: &mut Run<'r>, activity: Here<'r>, target: ElementIndex, by: Trigger) -> Acted {
        if !run.take_part(activity.key, Some(&self.event), target) {
            run.merge(activity.scope, by.content(Some(&self.event), target));
            return Ok(Next::Wait);
        }
        let compensates_for = run.compensates_for(activity.key);
        if self.is_interrupting {
            run.terminate(activity.key);
        }
        run.merge(activity.scope, by.content(Some(&self.event), target));
        run.activate(run.process.owner(target).index, activity.scope, None);
        if self.is_interrupting {
            run.goes_on_compensating(compensates_for);
        } else {
            run.wait_again_for(activity.key, &self.event, target, by)?;
        }
        Ok(Next::Wait)
    }
}

#[cfg(test)]
mod tests {
    use crate::Effect;
    use crate::testing::*;
    use serde_json::json;

    fn with_boundary(boundary_event: model::Element) -> Hand {
        let elements = vec![start("s"), service("work"), boundary_event, end("e"), end("other")];
        Hand::started(elements, &["s -> work -> e", "b -> other"], json!({}))
    }

    #[test]
    fn an_interrupting_timer_ends_the_activity_and_calls_its_job_off() {
        let mut hand = with_boundary(boundary("b", "work", true, after("PT3S")));
        let key = hand.key("work");
        hand.fires("work", "b");
        assert_eq!(hand.entered(), ["s", "work", "b", "other"]);
        assert!(hand.effects.contains(&Effect::RemoveJob { key, attempt: 1, tell_worker: true }));
        assert!(hand.is_completed());
    }

    #[test]
    fn a_timer_is_canceled_when_the_activity_completes() {
        let mut hand = with_boundary(boundary("b", "work", true, after("PT3S")));
        let (key, target) = (hand.key("work"), hand.index("b"));
        hand.completes("work", json!({}));
        assert!(hand.effects.contains(&Effect::CancelTimer { key, target }));
        assert!(hand.is_completed());
    }

    #[test]
    fn a_non_interrupting_cycle_fires_as_often_as_it_says() {
        let cycle = model::Trigger::Timer(model::Timer::Cycle(text("R2/PT1M")));
        let mut hand = with_boundary(boundary("b", "work", false, cycle));
        hand.fires("work", "b");
        hand.fires("work", "b");
        let key = hand.key("work");
        assert!(hand.instance.elements[&key].waits.timers.is_empty());
        assert_eq!(hand.entered(), ["s", "work", "b", "other", "b", "other"]);
        hand.completes("work", json!({}));
        assert!(hand.is_completed());
    }

    #[test]
    fn a_non_interrupting_message_event_is_triggered_by_every_message() {
        let mut hand = with_boundary(boundary("b", "work", false, message("news")));
        hand.receives("work", "b", json!({"n": 1}));
        hand.receives("work", "b", json!({"n": 2}));
        assert_eq!((hand.waiting(), hand.variable("n")), (vec!["work"], json!(2)));
    }

    #[test]
    fn an_error_is_caught_by_its_code() {
        let mut hand = with_boundary(boundary("b", "work", true, error("Payment")));
        hand.throws("work", "Payment");
        assert_eq!(hand.entered(), ["s", "work", "b", "other"]);
        assert!(hand.is_completed());
    }

    #[test]
    fn a_last_failure_whose_message_begins_with_the_code_is_caught_too() {
        let mut hand = with_boundary(boundary("b", "work", true, error("PaymentError")));
        hand.fails("work", "Exception: PaymentError: Insufficient funds", false);
        assert!(hand.is_completed());
        let mut hand = with_boundary(boundary("b", "work", true, error("PaymentError")));
        hand.fails("work", "Timeout: PaymentErrors", false);
        assert_eq!(hand.incident(), Some("JOB_FAILED"));
    }

    #[test]
    fn an_error_that_nothing_catches_is_an_incident() {
        let mut hand = with_boundary(boundary("b", "work", true, error("Payment")));
        hand.throws("work", "Stock");
        assert_eq!(hand.incident(), Some("UNCAUGHT_ERROR"));
        hand.resolves("work", 0);
        hand.completes("work", json!({}));
        assert!(hand.is_completed());
    }
}
