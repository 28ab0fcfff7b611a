//! Inclusive gateway: waits for every token that can still come, then sends one along each outgoing flow whose condition
//! holds or whose label matches, else along the default (BPMN 2.0, 13.4.3).
//!
//! When a join may fire is decided in [`crate::run`], from what [`mod@crate::compile`] worked out about who can reach it.

use super::{Acted, Behavior, Fault, Join, Next, label};
use crate::process::Choice;
use crate::run::{Here, Run};

#[derive(Debug)]
pub(crate) struct InclusiveGateway;

impl Behavior for InclusiveGateway {
    fn enter<'r>(&'r self, run: &mut Run<'r>, here: Here<'r>) -> Acted {
        let outcome = run.instance.element(here.key).and_then(|element| element.outcome.clone());
        let (mut taken, mut default) = (Vec::new(), None);
        for flow in &here.element.outgoing {
            let is_taken = match &run.process.flow(*flow).choice {
                Choice::When(condition) => run.is_true(here.scope, condition)?,
                Choice::Label(text) => label::matches(text, outcome.as_ref(), &run.view(here.scope)),
                Choice::Always => true,
                Choice::Default => {
                    default = Some(*flow);
                    false
                }
            };
            taken.extend(is_taken.then_some(*flow));
        }
        if taken.is_empty() {
            taken.extend(default);
        }
        if taken.is_empty() && !here.element.outgoing.is_empty() {
            return Err(Fault::incident("NO_FLOW_MATCHES", "no outgoing flow matches, and none is the default"));
        }
        Ok(Next::Take(taken, outcome))
    }

    fn join(&self) -> Join {
        Join::Reachable
    }

    fn is_instant(&self) -> bool {
        true
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::*;
    use model::Gateway;
    use serde_json::{Value, json};

    fn fork_and_join(with: Value) -> Hand {
        let elements = vec![
            start("s"),
            gateway("fork", Gateway::Inclusive),
            service("a"),
            service("b"),
            gateway("join", Gateway::Inclusive),
            end("e"),
        ];
        let connections = [
            "s -> fork",
            "fork -> a ? ${a}",
            "fork -> b ? ${b}",
            "fork -> join ? default",
            "a -> join",
            "b -> join -> e",
        ];
        Hand::started(elements, &connections, with)
    }

    #[test]
    fn every_flow_that_holds_is_taken_and_joined() {
        let mut hand = fork_and_join(json!({"a": true, "b": true}));
        hand.completes("b", json!({}));
        assert_eq!(hand.waiting(), ["a"]);
        hand.completes("a", json!({}));
        assert_eq!(hand.entered(), ["s", "fork", "a", "b", "join", "e"]);
        assert!(hand.is_completed());
    }

    #[test]
    fn the_join_does_not_wait_for_who_cannot_come() {
        let mut hand = fork_and_join(json!({"a": true}));
        hand.completes("a", json!({}));
        assert!(hand.is_completed());
        assert!(fork_and_join(json!({})).is_completed());
    }

    #[test]
    fn the_join_is_asked_again_when_a_token_dies() {
        let elements = vec![
            start("s"),
            service("a"),
            service("b"),
            boundary("late", "b", true, after("PT1M")),
            gateway("join", Gateway::Inclusive),
            end("e"),
            end("gave_up"),
        ];
        let connections = ["s -> a -> join -> e", "s -> b -> join", "late -> gave_up"];
        let mut hand = Hand::started(elements, &connections, json!({}));
        hand.completes("a", json!({}));
        assert!(!hand.entered().contains(&"join"));
        hand.fires("b", "late");
        assert!(hand.entered().contains(&"join"));
        assert!(hand.is_completed());
    }
}
