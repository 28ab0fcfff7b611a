//! None task: done as soon as it is entered (BPMN 2.0, 13.3.3).

use super::{Acted, Behavior, Next};
use crate::run::{Here, Run};

#[derive(Debug)]
pub(crate) struct Task;

impl Behavior for Task {
    fn enter<'r>(&'r self, _run: &mut Run<'r>, _here: Here<'r>) -> Acted {
        Ok(Next::Leave(None))
    }

    fn is_instant(&self) -> bool {
        true
    }
}
