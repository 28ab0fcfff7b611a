//! What operators and people have asked for, against the audit log and the variables.

use super::{Facts, Instance};
use crate::{
    load::Ledger,
    operator::{Said, What},
};
use std::collections::HashMap;

/// I16: as many rows as were answered with yes, and for each without an answer one or none.
pub fn check(facts: &Facts, ledger: &Ledger) -> Vec<String> {
    let mut wrong = Vec::new();
    let mut rows: HashMap<(&str, &str), usize> = HashMap::new();
    for row in &facts.audit {
        *rows.entry((&row.instance, &row.operation)).or_default() += 1;
    }
    let mut asked: HashMap<(&str, &str), [usize; 2]> = HashMap::new();
    for operation in ledger.operations.iter().filter(|operation| operation.said != Said::No) {
        let counts = asked.entry((&operation.instance, operation.what.name())).or_default();
        counts[usize::from(operation.said == Said::Unknown)] += 1;
    }
    for (what, [yes, unknown]) in &asked {
        let count = rows.get(what).copied().unwrap_or_default();
        if count < *yes || count > yes + unknown {
            wrong.push(format!(
                "I16: {what:?} was answered {yes} times, {unknown} times not, and is noted {count} times"
            ));
        }
    }
    let is_ours = |operation: &str| What::ALL.iter().any(|what| what.name() == operation);
    for what in rows.keys().filter(|what| is_ours(what.1) && !asked.contains_key(*what)) {
        wrong.push(format!("I16: {what:?} is noted, and nobody has asked for it"));
    }
    completions(facts, ledger, &mut wrong);
    wrong
}

/// I14 and I16: each user task that somebody was told to have completed is noted once, with him.
fn completions(facts: &Facts, ledger: &Ledger, wrong: &mut Vec<String>) {
    let mut noted: HashMap<(&str, String), usize> = HashMap::new();
    for row in facts.audit.iter().filter(|row| row.operation == "completeUserTask") {
        let arguments: serde_json::Value = serde_json::from_str(&row.arguments).unwrap_or_default();
        *noted.entry((&row.instance, arguments["task"].to_string())).or_default() += 1;
    }
    for (task, people) in ledger.completions.iter().filter(|(_, people)| !people.is_empty()) {
        let (instance, key) = task.split_once(':').unwrap_or_default();
        let count = noted.get(&(instance, key.to_owned())).copied().unwrap_or_default();
        if count != 1 {
            wrong.push(format!("I16: the completion of {task} is noted {count} times"));
        }
        let Some(events) = facts.instances.get(instance).map(|instance| &instance.events) else { continue };
        let done = events.iter().find(|event| event.kind == "userTaskCompleted" && event.key.to_string() == key);
        let by = done.and_then(|event| event.fields.get("by")).and_then(serde_json::Value::as_str);
        if by != people.first().map(String::as_str) {
            wrong.push(format!("I14: {people:?} completed {task}, and history says {by:?}"));
        }
    }
}

/// I3: what an operator has set is there.
pub fn variables(instance: &Instance, ledger: &Ledger, wrong: &mut Vec<String>) {
    for operation in ledger.operations.iter().filter(|operation| operation.instance == instance.id) {
        let What::SetVariable(number) = operation.what else { continue };
        let found = instance.variables.get(&crate::operator::variable(number));
        let is_there = found.is_some_and(|value| *value == number);
        let may_be = match operation.said {
            Said::Yes => is_there,
            Said::No => found.is_none(),
            Said::Unknown => is_there || found.is_none(),
        };
        if !may_be {
            let said = operation.said;
            wrong.push(format!(
                "I3: setting {number} was answered {said:?}, and is {found:?} (instance {})",
                instance.id
            ));
        }
    }
}
