//! Parallel gateway: waits for one token on each incoming flow, then sends one along each outgoing flow; conditions are not
//! asked (BPMN 2.0, 13.4.1). Where it only splits, each of those comes from the activity that the one came from; of a join
//! nobody could say so.

use super::{Acted, Behavior, Join, Next};
use crate::run::{Here, Run};

#[derive(Debug)]
pub(crate) struct ParallelGateway;

impl Behavior for ParallelGateway {
    fn enter<'r>(&'r self, run: &mut Run<'r>, here: Here<'r>) -> Acted {
        let outcome = run.instance.element(here.key).and_then(|element| element.outcome.clone());
        Ok(Next::Take(here.element.outgoing.clone(), outcome))
    }

    fn join(&self) -> Join {
        Join::All
    }

    fn is_instant(&self) -> bool {
        true
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::*;
    use model::Gateway;
    use serde_json::json;

    #[test]
    fn join_waits_for_every_incoming_flow() {
        let elements = vec![
            start("s"),
            gateway("fork", Gateway::Parallel),
            service("a"),
            service("b"),
            gateway("join", Gateway::Parallel),
            end("e"),
        ];
        let connections = ["s -> fork", "fork -> a -> join", "fork -> b -> join", "join -> e"];
        let mut hand = Hand::started(elements, &connections, json!({}));
        assert_eq!(hand.waiting(), ["a", "b"]);
        hand.completes("a", json!({}));
        assert_eq!(hand.instance.waiting_tokens.len(), 1);
        hand.completes("b", json!({}));
        assert_eq!(hand.entered(), ["s", "fork", "a", "b", "join", "e"]);
        assert!(hand.is_completed());
    }

    #[test]
    fn labels_follow_the_outcome_of_the_activity_also_through_a_fork() {
        let elements = vec![
            start("s"),
            user("ask"),
            gateway("fork", Gateway::Parallel),
            gateway("x", Gateway::Exclusive),
            service("beside"),
            end("granted"),
            end("refused"),
        ];
        let connections =
            ["s -> ask -> fork -> x", "fork -> beside", "x -> granted : Approved", "x -> refused : Rejected"];
        let mut hand = Hand::started(elements, &connections, json!({}));
        hand.completes("ask", json!({"decision": "rejected"}));
        assert_eq!(hand.entered(), ["s", "ask", "fork", "x", "beside", "refused"]);
    }

    #[test]
    fn a_token_too_many_on_one_flow_does_not_stand_in_for_another() {
        let elements = vec![start("s"), task("twice"), service("a"), gateway("join", Gateway::Parallel), end("e")];
        let connections = ["s -> twice", "s -> twice", "s -> a", "twice -> join", "a -> join", "join -> e"];
        let mut hand = Hand::started(elements, &connections, json!({}));
        assert!(!hand.entered().contains(&"join"));
        hand.completes("a", json!({}));
        assert_eq!(hand.entered().iter().filter(|id| **id == "join").count(), 1);
        assert!(!hand.is_completed());
    }
}
