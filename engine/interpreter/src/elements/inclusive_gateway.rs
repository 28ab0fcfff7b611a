//! Inclusive gateway: waits for every token that can still come, then sends one along each outgoing flow whose condition
//! holds or whose label matches, else along the default (BPMN 2.0, 13.4.3).
//!
//! When a join may fire is decided in [`crate::run`], from what [`crate::compile`] worked out about who can reach it.

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
