//! Intermediate throw event: does something in passing (BPMN 2.0, 13.5.4). A none event only passes; what the others do is
//! said in [`throw`].

use super::{Acted, Behavior, Next, throw, throw::Throw};
use crate::ElementIndex;
use crate::compile::Compiler;
use crate::run::{Here, Run};
use model::Trigger;

#[derive(Debug)]
pub(crate) struct IntermediateThrowEvent {
    throws: Vec<Throw>,
}

pub(crate) fn compile(
    compiler: &mut Compiler,
    element: &model::Element,
    trigger: &Trigger,
) -> Option<IntermediateThrowEvent> {
    throw::compile(compiler, element, trigger).map(|throws| IntermediateThrowEvent { throws })
}

impl Behavior for IntermediateThrowEvent {
    fn enter<'r>(&'r self, run: &mut Run<'r>, here: Here<'r>) -> Acted {
        throw::perform(&self.throws, run, here)
    }

    fn is_instant(&self) -> bool {
        true
    }

    fn is_far_reaching(&self) -> bool {
        throw::is_far_reaching(&self.throws)
    }

    fn jumps_to(&self) -> Option<ElementIndex> {
        throw::link(&self.throws)
    }

    fn compensated<'r>(&'r self, _run: &mut Run<'r>, _here: Here<'r>) -> Acted {
        match throw::is_waiting(&self.throws) {
            true => Ok(Next::Leave(None)),
            // Its token has left long ago.
            false => Ok(Next::Take(Vec::new(), None)),
        }
    }
}
