//! What holds for the tables, and for the end of each instance.

use super::{Facts, Instance, ends::End, fold::Folded};
use crate::{
    load::Ledger,
    process::{COUNTED, Expected},
};
use serde_json::Value;
use std::collections::BTreeMap;

/// Of the whole.
pub fn check(facts: &Facts, ledger: &Ledger) -> Vec<String> {
    let mut wrong = Vec::new();
    for table in facts.left_over.iter().filter(|table| table.rows > 0) {
        let invariant = if table.name == "command" { "I12" } else { "I10" };
        wrong.push(format!("{invariant}: {} rows are left in {}", table.rows, table.name));
    }
    if facts.messages > 0 {
        wrong.push(format!("I12: {} messages are left in the stream of jobs", facts.messages));
    }
    if facts.foreign > 0 {
        wrong.push(format!("I17: {} instances are of another tenant", facts.foreign));
    }
    wrong.extend(ledger.leaks.iter().map(|leak| format!("I17: another tenant was shown {leak}")));
    if facts.forged[1] > 0 {
        wrong.push(format!("I9: {} results of attempts that were over were taken", facts.forged[1]));
    }
    wrong
}

/// The rows of an instance, what the API says of it, and its history.
pub fn agrees(instance: &Instance, folded: &Folded, (state, name, end): End, wrong: &mut Vec<String>) {
    let mut must = |holds: bool, what: String| {
        if !holds {
            wrong.push(format!("{what} (instance {})", instance.id));
        }
    };
    must(instance.state == state, format!("I2: it is in state {}, not {state}", instance.state));
    must(instance.api_state == name, format!("I3: the API calls it `{}`, not `{name}`", instance.api_state));
    must(folded.end.as_deref() == Some(end), format!("I6: its history ends with {:?}, not {end}", folded.end));
    let mut next = 1;
    for super::Batch { first, last, .. } in &instance.batches {
        must(*first == next, format!("I4: history goes on with {first} after {}", next - 1));
        next = last + 1;
    }
    must(instance.version == next - 1, format!("I5: its version is {} after {} events", instance.version, next - 1));
    let told = instance.events.len() as i64;
    must(told == instance.version, format!("I4: the API tells {told} events of {}", instance.version));
    must(folded.variables == instance.variables, "I6: its variables are not those of its history".to_owned());
    let of_api: BTreeMap<String, Value> = match &instance.api_variables {
        Value::Object(variables) => variables.iter().map(|(name, value)| (name.clone(), value.clone())).collect(),
        _ => BTreeMap::new(),
    };
    must(of_api == instance.variables, "I3: the API shows other variables than there are".to_owned());
}

/// What its seed foretells. `calls`: how many instances are there that it has called.
pub fn as_expected(instance: &Instance, (folded, calls): (&Folded, u32), expected: &Expected, wrong: &mut Vec<String>) {
    let counted = folded.happened.iter().filter(|((kind, _), _)| COUNTED.contains(&kind.as_str()));
    let happened: BTreeMap<(&str, &str), u32> =
        counted.map(|((kind, element), count)| ((kind.as_str(), element.as_str()), *count)).collect();
    let foretold: BTreeMap<(&str, &str), u32> =
        expected.happens.iter().map(|((kind, element), count)| ((*kind, element.as_str()), *count)).collect();
    // who is canceled does not come to the end
    let is_canceled = folded.end.as_deref() == Some("instanceCanceled");
    let is_part = happened.iter().all(|(what, count)| foretold.get(what).is_some_and(|foretold| count <= foretold));
    if happened != foretold && !(is_canceled && is_part) {
        let only = |a: &BTreeMap<(&str, &str), u32>, b: &BTreeMap<(&str, &str), u32>| {
            let differing = a.iter().filter(|(what, count)| b.get(*what) != Some(count));
            differing.map(|((kind, element), count)| format!("{count} × {kind} {element}")).collect::<Vec<_>>()
        };
        let (more, less) = (only(&happened, &foretold), only(&foretold, &happened));
        wrong.push(format!("I3: {more:?} happened where {less:?} should have (instance {})", instance.id));
    }
    for (element, attempts) in &folded.attempts {
        let Some(last) = expected.attempts.get(element).copied() else { continue };
        if attempts.iter().any(|attempt| *attempt != last) {
            let text = format!("I3: {element} was completed by attempts {attempts:?}, not {last}");
            wrong.push(format!("{text} (instance {})", instance.id));
        }
    }
    for (name, value) in expected.variables.iter().filter(|_| !is_canceled) {
        let found = instance.variables.get(name);
        if found != Some(value) {
            wrong.push(format!("I3: {name} is {found:?}, not {value} (instance {})", instance.id));
        }
    }
    if calls != expected.calls && !(is_canceled && calls < expected.calls) {
        wrong.push(format!("I3: it has called {calls} instances, not {} (instance {})", expected.calls, instance.id));
    }
}
