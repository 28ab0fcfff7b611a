//! Exclusive gateway: each token passes on its own, along the first outgoing flow, in the order of the file, whose condition
//! holds or whose label matches; else along the default (BPMN 2.0, 13.4.2).
//!
//! A flow with neither condition nor label counts as the default. Without a match and a default it is an incident: a guess
//! would take a token where nobody sent it.

use super::{Acted, Behavior, Fault, Next, label};
use crate::process::Choice;
use crate::run::{Here, Run};

#[derive(Debug)]
pub(crate) struct ExclusiveGateway;

impl Behavior for ExclusiveGateway {
    fn enter<'r>(&'r self, run: &mut Run<'r>, here: Here<'r>) -> Acted {
        let outcome = run.instance.element(here.key).and_then(|element| element.outcome.clone());
        let mut default = None;
        for flow in &here.element.outgoing {
            let is_taken = match &run.process.flow(*flow).choice {
                Choice::When(condition) => run.is_true(here.scope, condition)?,
                Choice::Label(text) => label::matches(text, outcome.as_ref(), &run.view(here.scope)),
                Choice::Default | Choice::Always => {
                    default = default.or(Some(*flow));
                    false
                }
            };
            if is_taken {
                return Ok(Next::Take(vec![*flow], outcome));
            }
        }
        match default {
            Some(flow) => Ok(Next::Take(vec![flow], outcome)),
            None if here.element.outgoing.is_empty() => Ok(Next::Take(Vec::new(), None)),
            None => Err(Fault::incident(
                "NO_FLOW_MATCHES",
                "no outgoing flow matches, and none is the default; mark one with `isDefault: true`, or set the variables that the conditions ask for",
            )),
        }
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

    fn decide(with: Value) -> Hand {
        let elements = vec![start("s"), service("a"), gateway("x", Gateway::Exclusive), end("big"), end("small")];
        let connections = ["s -> a -> x", "x -> big ? ${n > 10}", "x -> small ? default"];
        let mut hand = Hand::started(elements, &connections, json!({}));
        hand.completes("a", with);
        hand
    }

    #[test]
    fn the_first_flow_whose_condition_holds_is_taken() {
        let hand = decide(json!({"n": 11}));
        assert_eq!(hand.entered(), ["s", "a", "x", "big"]);
        assert!(hand.is_completed());
    }

    #[test]
    fn the_default_is_taken_when_no_condition_holds() {
        assert_eq!(decide(json!({"n": 3})).entered(), ["s", "a", "x", "small"]);
        assert_eq!(decide(json!({})).entered(), ["s", "a", "x", "small"]);
    }

    #[test]
    fn without_a_match_and_a_default_it_waits_for_a_person() {
        let elements = vec![start("s"), gateway("x", Gateway::Exclusive), end("a"), end("b")];
        let mut hand = Hand::started(elements, &["s -> x", "x -> a ? ${n == 1}", "x -> b ? ${n == 2}"], json!({}));
        assert_eq!(hand.incident(), Some("NO_FLOW_MATCHES"));
        hand.does(crate::CommandKind::SetVariables { scope: crate::Key::ROOT, variables: variables(json!({"n": 2})) });
        hand.resolves("x", 0);
        assert_eq!(hand.entered(), ["s", "x", "b"]);
        assert!(hand.is_completed());
    }

    #[test]
    fn labels_follow_the_outcome_of_the_activity_also_through_a_merge() {
        let elements = vec![
            start("s"),
            user("ask"),
            gateway("merge", Gateway::Exclusive),
            gateway("x", Gateway::Exclusive),
            end("granted"),
            end("refused"),
        ];
        let connections = ["s -> ask -> merge -> x", "x -> granted : Approved", "x -> refused : No - not this time"];
        let mut hand = Hand::started(elements, &connections, json!({}));
        hand.completes("ask", json!({"decision": "rejected", "comments": "later"}));
        assert_eq!(hand.entered(), ["s", "ask", "merge", "x", "refused"]);
        assert_eq!(hand.variable("ask_decision"), json!("rejected"));
        assert_eq!(hand.variable("ask_comments"), json!("later"));
    }
}
