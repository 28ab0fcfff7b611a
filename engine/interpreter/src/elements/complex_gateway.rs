//! Complex gateway: goes on as soon as its activation condition holds, and swallows what comes later (BPMN 2.0, 13.4.5).
//!
//! Each arriving token lets it ask the condition, which sees as `activationCount` on how many incoming flows a token waits;
//! without a condition, it needs one on each. When it holds, the gateway takes one token of each of these flows, and is left
//! by every outgoing flow without a condition or whose condition holds, else by the default; `waitingForStart` is true then.
//!
//! It then waits for its reset: until a token waits on every other incoming flow, or none can come there any more. It takes
//! these tokens too, and asks the conditions of its outgoing flows again, with `waitingForStart` false. A flow without a
//! condition, and the default, are left to the first time: else every one of its activations would count twice.

use super::{Acted, Behavior, Fault, Join, Next};
use crate::compile::Compiler;
use crate::expression::Expression;
use crate::process::Choice;
use crate::run::{Here, Run};
use crate::variables::HIDDEN;
use crate::{ElementIndex, FlowIndex, Key};
use model::Located;
use serde_json::Value;

#[derive(Debug)]
pub(crate) struct ComplexGateway {
    activation_condition: Option<Expression>,
}

pub(crate) fn compile(
    compiler: &mut Compiler,
    element: &model::Element,
    activation_condition: &Option<Located<String>>,
) -> Option<ComplexGateway> {
    let activation_condition = compiler.optional_expression(element, activation_condition)?;
    Some(ComplexGateway { activation_condition })
}

impl Behavior for ComplexGateway {
    fn enter<'r>(&'r self, run: &mut Run<'r>, here: Here<'r>) -> Acted {
        if run.instance.variables.get(&here.key).is_some_and(|own| own.contains_key(&has_gone_on())) {
            // Its reset has failed, and is tried again.
            return Ok(Next::Take(self.flows(run, here, false)?, None));
        }
        let flows = self.flows(run, here, true)?;
        if here.element.incoming.len() < 2 {
            return Ok(Next::Take(flows, None));
        }
        run.set(here.key, has_gone_on(), Value::Bool(true));
        run.take(here, &flows, None);
        run.stir(here.scope);
        Ok(Next::Wait)
    }

    fn join(&self) -> Join {
        Join::Activated
    }
}

impl ComplexGateway {
    /// Whether tokens on that many of its incoming flows activate it.
    pub fn is_activated(&self, run: &Run<'_>, scope: Key, gateway: ElementIndex, count: usize) -> Result<bool, Fault> {
        match &self.activation_condition {
            Some(condition) => run.is_true_with(scope, condition, "activationCount", Value::from(count)),
            None => Ok(count == run.process.element(gateway).incoming.len()),
        }
    }

    /// All that it waited for has come, or cannot come any more.
    pub fn reset<'r>(&'r self, run: &mut Run<'r>, here: Here<'r>) {
        let left = self.flows(run, here, false).map(|flows| Next::Take(flows, None));
        run.act(here, left);
    }

    fn flows<'r>(&'r self, run: &Run<'r>, here: Here<'r>, is_first: bool) -> Result<Vec<FlowIndex>, Fault> {
        let (mut taken, mut default) = (Vec::new(), None);
        for flow in &here.element.outgoing {
            let is_taken = match &run.process.flow(*flow).choice {
                Choice::When(condition) => {
                    run.is_true_with(here.scope, condition, "waitingForStart", Value::Bool(is_first))?
                }
                Choice::Always | Choice::Label(_) => is_first,
                Choice::Default => {
                    default = default.or(Some(*flow));
                    false
                }
            };
            taken.extend(is_taken.then_some(*flow));
        }
        if taken.is_empty() && is_first {
            taken.extend(default);
        }
        if taken.is_empty() && is_first && !here.element.outgoing.is_empty() {
            return Err(Fault::incident("NO_FLOW_MATCHES", "no outgoing flow matches, and none is the default"));
        }
        Ok(taken)
    }
}

/// It was left for the first time, and waits for its reset.
fn has_gone_on() -> String {
    format!("{HIDDEN}hasGoneOn")
}

#[cfg(test)]
mod tests {
    use crate::testing::*;
    use model::Gateway;
    use serde_json::json;

    fn two_of_three() -> Hand {
        let gate = Gateway::Complex { activation_condition: Some(text("${activationCount >= 2}")) };
        let fork = gateway("fork", Gateway::Parallel);
        let elements = vec![start("s"), fork, user("a"), user("b"), user("c"), gateway("gate", gate), user("next")];
        let flows = ["s -> fork -> a -> gate", "fork -> b -> gate", "fork -> c -> gate", "gate -> next"];
        Hand::started(elements, &flows, json!({}))
    }

    #[test]
    fn it_goes_on_when_its_condition_holds_and_swallows_the_rest() {
        let mut hand = two_of_three();
        hand.completes("c", json!({}));
        assert!(!hand.waiting().contains(&"next"));
        hand.completes("a", json!({}));
        assert_eq!(hand.waiting(), ["b", "gate", "next"]);
        hand.completes("b", json!({}));
        assert_eq!(hand.waiting(), ["next"]);
        hand.completes("next", json!({}));
        assert!(hand.is_completed());
    }

    #[test]
    fn it_is_reset_when_nothing_can_come_any_more() {
        let gate = Gateway::Complex { activation_condition: Some(text("${activationCount >= 1}")) };
        let late = boundary("late", "b", true, after("PT1H"));
        let fork = gateway("fork", Gateway::Parallel);
        let elements = vec![start("s"), fork, task("a"), user("b"), late, gateway("gate", gate), end("e"), end("x")];
        let flows = ["s -> fork -> a -> gate", "fork -> b -> gate", "gate -> e", "late -> x"];
        let mut hand = Hand::started(elements, &flows, json!({}));
        assert_eq!(hand.waiting(), ["b", "gate"]);
        hand.fires("b", "late");
        assert_eq!(hand.entered().iter().filter(|id| **id == "e").count(), 1);
        assert!(hand.is_completed());
    }

    #[test]
    fn a_reset_that_failed_is_tried_again_and_does_not_go_on_twice() {
        let gate = Gateway::Complex { activation_condition: Some(text("${activationCount >= 1}")) };
        let fork = gateway("fork", Gateway::Parallel);
        let elements = vec![start("s"), fork, task("a"), user("b"), gateway("gate", gate), end("first"), end("rest")];
        let flows = [
            "s -> fork -> a -> gate",
            "fork -> b -> gate",
            "gate -> first",
            "gate -> rest ? ${not waitingForStart and len(word) > 1}",
        ];
        let mut hand = Hand::started(elements, &flows, json!({"word": "go"}));
        hand.does(crate::CommandKind::SetVariables {
            scope: crate::Key::ROOT,
            variables: variables(json!({"word": 5})),
        });
        hand.completes("b", json!({}));
        assert!(hand.incident().is_some());
        hand.does(crate::CommandKind::SetVariables {
            scope: crate::Key::ROOT,
            variables: variables(json!({"word": "go"})),
        });
        hand.resolves("gate", 0);
        let count = |id: &str| hand.entered().iter().filter(|entered| **entered == id).count();
        assert_eq!((count("first"), count("rest")), (1, 1));
        assert!(hand.is_completed());
    }

    #[test]
    fn conditions_may_ask_whether_it_is_the_first_time() {
        let gate = Gateway::Complex { activation_condition: Some(text("${activationCount >= 1}")) };
        let fork = gateway("fork", Gateway::Parallel);
        let elements = vec![start("s"), fork, task("a"), user("b"), gateway("gate", gate), end("first"), end("rest")];
        let flows = [
            "s -> fork -> a -> gate",
            "fork -> b -> gate",
            "gate -> first ? ${waitingForStart}",
            "gate -> rest ? ${not waitingForStart}",
        ];
        let mut hand = Hand::started(elements, &flows, json!({}));
        assert!(hand.entered().contains(&"first") && !hand.entered().contains(&"rest"));
        hand.completes("b", json!({}));
        assert!(hand.entered().contains(&"rest"));
        assert!(hand.is_completed());
    }
}
