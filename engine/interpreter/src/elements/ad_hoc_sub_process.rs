//! Ad-hoc sub-process: activities without a fixed order (BPMN 2.0, 10.3.5 and 13.3.5).
//!
//! What no flow leads to is enabled from the start, and each is done once: all at once, or, sequentially, one after the
//! other in the order of the file. Whenever something in it has completed, the completion condition is asked. When it holds,
//! nothing more begins, and what is still running is canceled, or with `cancelRemainingInstances: false` finished. Without a
//! condition it is done when everything is.

use super::{Acted, Behavior, Fault, Next};
use crate::compile::Compiler;
use crate::expression::Expression;
use crate::process::Starts;
use crate::run::{Here, Run};
use crate::variables::HIDDEN;
use model::{Located, SubProcess};
use serde_json::Value;

#[derive(Debug)]
pub(crate) struct AdHocSubProcess {
    pub starts: Starts,
    is_sequential: bool,
    completion_condition: Option<Expression>,
    cancel_remaining: bool,
}

/// What the file says beside its elements.
pub(crate) struct Rules<'m> {
    pub is_sequential: bool,
    pub completion_condition: &'m Option<Located<String>>,
    pub cancel_remaining: bool,
}

pub(crate) fn compile(
    compiler: &mut Compiler,
    element: &model::Element,
    sub_process: &SubProcess,
    rules: Rules<'_>,
) -> Option<AdHocSubProcess> {
    Some(AdHocSubProcess {
        starts: compiler.starts(&sub_process.elements),
        is_sequential: rules.is_sequential,
        completion_condition: compiler.optional_expression(element, rules.completion_condition)?,
        cancel_remaining: rules.cancel_remaining,
    })
}

impl Behavior for AdHocSubProcess {
    fn enter<'r>(&'r self, run: &mut Run<'r>, here: Here<'r>) -> Acted {
        run.arm_event_sub_processes(here.key, &here.element.event_sub_processes)?;
        let at_once = if self.is_sequential { 1 } else { self.starts.implicit.len() };
        let is_empty = !self.begin_next(run, here, at_once);
        Ok(if is_empty { Next::Leave(None) } else { Next::Wait })
    }

    fn asks_after_each(&self) -> bool {
        true
    }

    fn something_completed<'r>(&'r self, run: &mut Run<'r>, here: Here<'r>) -> Acted {
        if self.has_enough(run, here)? {
            if self.cancel_remaining {
                run.interrupt(here.key);
                return Ok(Next::Leave(None));
            }
            run.set(here.key, is_enough(), Value::Bool(true));
        }
        Ok(Next::Wait)
    }

    fn scope_emptied<'r>(&'r self, run: &mut Run<'r>, here: Here<'r>) -> Acted {
        let is_over = run.instance.variables.get(&here.key).is_some_and(|own| own.contains_key(&is_enough()));
        let has_begun = !is_over && self.begin_next(run, here, 1);
        Ok(if has_begun { Next::Wait } else { Next::Leave(None) })
    }
}

impl AdHocSubProcess {
    fn has_enough<'r>(&'r self, run: &Run<'r>, here: Here<'r>) -> Result<bool, Fault> {
        match &self.completion_condition {
            Some(condition) => run.is_true(here.key, condition),
            None => Ok(false),
        }
    }

    /// Begins with up to `count` of those that have not begun; whether there was one.
    fn begin_next<'r>(&'r self, run: &mut Run<'r>, here: Here<'r>, count: usize) -> bool {
        let own = run.instance.variables.get(&here.key);
        let begun = own.and_then(|own| own.get(&begun())).and_then(Value::as_u64).unwrap_or_default() as usize;
        let next = self.starts.implicit.iter().skip(begun).take(count);
        let next: Vec<_> = next.copied().collect();
        if next.is_empty() {
            return false;
        }
        run.set(here.key, self::begun(), Value::from(begun + next.len()));
        for element in next {
            if !run.is_interrupted(here.key) {
                run.activate(element, here.key, None);
            }
        }
        true
    }
}

/// How many have begun.
fn begun() -> String {
    format!("{HIDDEN}begun")
}

/// Its condition has held.
fn is_enough() -> String {
    format!("{HIDDEN}isEnough")
}

#[cfg(test)]
mod tests {
    use crate::testing::*;
    use model::{ActivityKind, SubProcess, SubProcessKind};
    use serde_json::json;

    fn ad_hoc(is_sequential: bool, condition: Option<&str>, cancel_remaining_instances: bool) -> model::Element {
        let completion_condition = condition.map(text);
        let kind = SubProcessKind::AdHoc { is_sequential, completion_condition, cancel_remaining_instances };
        let elements = vec![service("a"), service("b")];
        activity("any", ActivityKind::SubProcess(SubProcess { kind, elements, flows: Vec::new() }))
    }

    fn started(element: model::Element) -> Hand {
        Hand::started(vec![start("s"), element, end("e")], &["s -> any -> e"], json!({"enough": false}))
    }

    #[test]
    fn everything_is_done_once_in_parallel() {
        let mut hand = started(ad_hoc(false, None, true));
        assert_eq!(hand.waiting(), ["any", "a", "b"]);
        hand.completes("b", json!({}));
        hand.completes("a", json!({}));
        assert_eq!(hand.entered(), ["s", "any", "a", "b", "e"]);
        assert!(hand.is_completed());
    }

    #[test]
    fn or_one_after_the_other() {
        let mut hand = started(ad_hoc(true, None, true));
        assert_eq!(hand.waiting(), ["any", "a"]);
        hand.completes("a", json!({}));
        assert_eq!(hand.waiting(), ["any", "b"]);
        hand.completes("b", json!({}));
        assert!(hand.is_completed());
    }

    #[test]
    fn when_its_condition_holds_the_rest_is_canceled() {
        let mut hand = started(ad_hoc(false, Some("${enough}"), true));
        hand.completes("a", json!({"enough": true}));
        assert!(hand.is_completed());
        let mut hand = started(ad_hoc(true, Some("${enough}"), true));
        hand.completes("a", json!({"enough": true}));
        assert_eq!(hand.entered(), ["s", "any", "a", "e"]);
    }

    #[test]
    fn or_finished_when_it_says_so() {
        let mut hand = started(ad_hoc(false, Some("${enough}"), false));
        hand.completes("a", json!({"enough": true}));
        assert_eq!(hand.waiting(), ["any", "b"]);
        hand.completes("b", json!({}));
        assert!(hand.is_completed());
    }
}
