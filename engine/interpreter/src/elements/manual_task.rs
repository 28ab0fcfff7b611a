//! Manual task: work outside any system; a person says when it is done (BPMN 2.0, 13.3.3).

use super::{Acted, Behavior, Next};
use crate::effect;
use crate::run::{Here, Run};

#[derive(Debug)]
pub(crate) struct ManualTask;

impl Behavior for ManualTask {
    fn enter<'r>(&'r self, run: &mut Run<'r>, here: Here<'r>) -> Acted {
        let name = here.element.title().to_owned();
        let task = effect::UserTask { element: Some(here.element.index), name, is_manual: true, ..Default::default() };
        run.open_user_task(here, task);
        Ok(Next::Wait)
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::*;
    use model::ActivityKind;
    use serde_json::json;

    #[test]
    fn it_waits_until_a_person_says_that_it_is_done() {
        let elements = vec![start("s"), activity("pack", ActivityKind::ManualTask), end("e")];
        let mut hand = Hand::started(elements, &["s -> pack -> e"], json!({}));
        assert_eq!(hand.waiting(), ["pack"]);
        hand.completes("pack", json!({}));
        assert!(hand.is_completed());
    }
}
