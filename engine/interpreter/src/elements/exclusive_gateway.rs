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
