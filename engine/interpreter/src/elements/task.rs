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

#[cfg(test)]
mod tests {
    use crate::testing::*;
    use serde_json::json;

    #[test]
    fn a_none_task_passes_the_token_on() {
        let hand = Hand::started(vec![start("s"), task("t"), end("e")], &["s -> t -> e"], json!({}));
        assert_eq!(hand.entered(), ["s", "t", "e"]);
        assert!(hand.is_completed());
    }

    #[test]
    fn the_default_stands_in_for_the_conditions_not_for_the_unconditional() {
        let elements = vec![start("s"), task("t"), end("when"), end("default"), end("always")];
        let connections = ["s -> t", "t -> default ? default", "t -> when ? ${x}", "t -> always"];
        let hand = Hand::started(elements.clone(), &connections, json!({"x": false}));
        assert_eq!(hand.entered(), ["s", "t", "always", "default"]);
        let hand = Hand::started(elements, &connections, json!({"x": true}));
        assert_eq!(hand.entered(), ["s", "t", "when", "always"]);
    }

    #[test]
    fn an_activity_splits_its_token_and_does_not_join() {
        let hand = Hand::started(vec![start("s"), task("t"), end("e")], &["s -> t", "s -> t", "t -> e"], json!({}));
        assert_eq!(hand.entered(), ["s", "t", "t", "e", "e"]);
        assert!(hand.is_completed());
    }
}
