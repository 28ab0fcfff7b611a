//! What was applied against what the workers did.

use super::{Facts, Instance};
use crate::process::is_of_stock;
use serde_json::Value;
use std::collections::HashSet;

/// Every result that was applied is the effect of an execution of that job, in that attempt.
pub fn check(instance: &Instance, facts: &Facts, wrong: &mut Vec<String>) {
    let of_stock =
        |event: &&super::Event| event.kind == "jobCreated" && event.fields.get("jobType").is_some_and(is_of_stock);
    let stock: HashSet<u64> = instance.events.iter().filter(of_stock).map(|event| event.key).collect();
    for (place, event) in instance.events.iter().enumerate().filter(|(_, event)| event.kind == "jobCompleted") {
        if stock.contains(&event.key) {
            continue; // done by a worker without a ledger: what it comes to is foretold (I3)
        }
        let variable = format!("e_{}", event.element);
        let later = instance.events[place..].iter();
        let mut set = later.filter(|event| event.kind == "variableSet");
        let value = set.find(|event| event.fields.get("name").and_then(Value::as_str) == Some(&variable));
        let run = value.and_then(|event| event.fields.get("value")).and_then(Value::as_str).unwrap_or_default();
        let job = format!("{}:{}", instance.id, event.key);
        let attempt = event.number("attempt");
        match facts.effects.get(run) {
            None => wrong.push(format!("I8: the result `{run}` of {job} is no worker's")),
            Some(line) if line.job != job => {
                wrong.push(format!("I8: the result of {job} is `{run}`, which was done for {}", line.job));
            }
            Some(line) if u64::from(line.attempt) != attempt => {
                wrong.push(format!("I9: attempt {attempt} of {job} has the result of attempt {}", line.attempt));
            }
            Some(_) => {}
        }
    }
}
