//! Parallel gateway: waits for one token on each incoming flow, then sends one along each outgoing flow; conditions are not
//! asked (BPMN 2.0, 13.4.1).

use super::{Acted, Behavior, Join, Next};
use crate::run::{Here, Run};

#[derive(Debug)]
pub(crate) struct ParallelGateway;

impl Behavior for ParallelGateway {
    fn enter<'r>(&'r self, _run: &mut Run<'r>, here: Here<'r>) -> Acted {
        Ok(Next::Take(here.element.outgoing.clone(), None))
    }

    fn join(&self) -> Join {
        Join::All
    }

    fn is_instant(&self) -> bool {
        true
    }
}
