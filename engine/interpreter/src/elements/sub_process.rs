//! Embedded sub-process: a scope of its own that starts with the token and is left when nothing in it is alive (BPMN 2.0,
//! 13.3.4).

use super::{Acted, Behavior, Next};
use crate::compile::Compiler;
use crate::process::Starts;
use crate::run::{Here, Run};
use model::SubProcessKind;

#[derive(Debug)]
pub(crate) struct SubProcess {
    pub starts: Starts,
}

pub(crate) fn compile(
    compiler: &mut Compiler,
    element: &model::Element,
    sub_process: &model::SubProcess,
) -> Option<SubProcess> {
    match sub_process.kind {
        SubProcessKind::Embedded => Some(SubProcess { starts: compiler.starts(&sub_process.elements) }),
        SubProcessKind::Event => compiler.not_yet(element, "event sub-processes are"),
        SubProcessKind::Transaction => compiler.not_yet(element, "transactions are"),
        SubProcessKind::AdHoc { .. } => compiler.not_yet(element, "ad-hoc sub-processes are"),
    }
}

impl Behavior for SubProcess {
    fn enter<'r>(&'r self, run: &mut Run<'r>, here: Here<'r>) -> Acted {
        run.start_scope(here.key, &self.starts);
        Ok(Next::Wait)
    }

    fn is_replaced_on_retry(&self) -> bool {
        true
    }
}
