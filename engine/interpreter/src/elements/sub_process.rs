//! Sub-process: a scope of its own that starts with the token and is left when nothing in it is alive (BPMN 2.0, 13.3.4).
//!
//! A **transaction** can be canceled by a cancel end event inside (10.3.5). An **event sub-process** starts when its start
//! event has happened, and with it everything in it that no flow leads to; when it does is the business of the scope
//! around it (see [`crate::run`]).

use super::{Acted, Behavior, Next};
use crate::compile::Compiler;
use crate::process::Starts;
use crate::run::{Here, Run};
use model::SubProcessKind;

#[derive(Debug)]
pub(crate) struct SubProcess {
    pub starts: Starts,
    pub is_transaction: bool,
    pub is_event_sub_process: bool,
}

pub(crate) fn compile(compiler: &Compiler, sub_process: &model::SubProcess) -> SubProcess {
    let is_event_sub_process = sub_process.kind == SubProcessKind::Event;
    let mut starts = compiler.starts(&sub_process.elements);
    if is_event_sub_process {
        let start = sub_process.elements.iter().filter(|element| is_start(element));
        starts.none = start.filter_map(|element| compiler.index_of(&element.id)).collect();
    }
    SubProcess { starts, is_transaction: sub_process.kind == SubProcessKind::Transaction, is_event_sub_process }
}

fn is_start(element: &model::Element) -> bool {
    matches!(element.kind, model::ElementKind::StartEvent { .. })
}

impl Behavior for SubProcess {
    fn enter<'r>(&'r self, run: &mut Run<'r>, here: Here<'r>) -> Acted {
        run.start_scope(here.key, here.element, &self.starts)?;
        Ok(Next::Wait)
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::*;
    use model::Trigger;
    use serde_json::json;

    #[test]
    fn it_is_left_when_nothing_in_it_is_alive() {
        let inside = sub_process("sub", vec![start("s2"), service("a"), service("b")], &["s2 -> a", "s2 -> b"]);
        let mut hand = Hand::started(vec![start("s"), inside, end("e")], &["s -> sub -> e"], json!({}));
        assert_eq!(hand.waiting(), ["sub", "a", "b"]);
        hand.completes("a", json!({}));
        assert_eq!(hand.waiting(), ["sub", "b"]);
        hand.completes("b", json!({}));
        assert!(hand.is_completed());
    }

    #[test]
    fn interrupting_it_ends_everything_in_it() {
        let inside = sub_process("sub", vec![start("s2"), service("a"), service("b")], &["s2 -> a", "s2 -> b"]);
        let elements = vec![start("s"), inside, boundary("late", "sub", true, after("PT1M")), end("e")];
        let mut hand = Hand::started(elements, &["s -> sub", "late -> e"], json!({}));
        hand.fires("sub", "late");
        assert_eq!(hand.entered(), ["s", "sub", "s2", "a", "b", "late", "e"]);
        assert!(hand.is_completed());
    }

    #[test]
    fn an_error_end_event_is_caught_at_its_border() {
        let inside = sub_process("sub", vec![start("s2"), end_by("fail", error("E"))], &["s2 -> fail"]);
        let elements =
            vec![start("s"), inside, boundary("caught", "sub", true, Trigger::Error { code: None }), end("e")];
        let hand = Hand::started(elements, &["s -> sub", "caught -> e"], json!({}));
        assert_eq!(hand.entered(), ["s", "sub", "s2", "fail", "caught", "e"]);
        assert!(hand.is_completed());
    }

    #[test]
    fn a_terminate_end_event_ends_its_scope_and_no_more() {
        let inside = sub_process(
            "sub",
            vec![start("s2"), service("a"), end_by("stop", Trigger::Terminate)],
            &["s2 -> a", "s2 -> stop"],
        );
        let hand = Hand::started(vec![start("s"), inside, service("next")], &["s -> sub -> next"], json!({}));
        assert_eq!(hand.waiting(), ["next"]);
    }
}
