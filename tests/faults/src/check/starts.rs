//! The client's ledger against what there is.

use super::Facts;
use crate::load::{Answer, Ledger};
use std::collections::HashMap;

pub fn check(facts: &Facts, ledger: &Ledger) -> Vec<String> {
    let mut wrong = Vec::new();
    let mut there: HashMap<&str, Vec<&str>> = HashMap::new();
    for instance in facts.instances.values().filter(|instance| instance.parent.is_none()) {
        match instance.order() {
            Some(key) if ledger.starts.contains_key(key) => there.entry(key).or_default().push(&instance.id),
            key => wrong.push(format!("I1: nobody has asked for instance {} ({key:?})", instance.id)),
        }
    }
    for (key, start) in &ledger.starts {
        let found = there.get(key.as_str()).map_or(&[][..], Vec::as_slice);
        match (&start.answer, found) {
            (Answer::Yes(id), [one]) if id == one => {}
            (Answer::Published, [_]) => {}
            (Answer::Unknown, [] | [_]) => {}
            (answer, found) => wrong.push(format!("I1: {key} was answered with {answer:?} and is {found:?}")),
        }
    }
    let canceled = |task: &str| {
        let instance = task.split_once(':').and_then(|(instance, _)| facts.instances.get(instance));
        instance.is_some_and(|instance| instance.state == 3)
    };
    for (task, people) in &ledger.completions {
        if people.len() > 1 || (people.is_empty() && !canceled(task)) {
            wrong.push(format!("I14: {people:?} were told that they have completed {task}"));
        }
    }
    wrong
}
