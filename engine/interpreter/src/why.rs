//! Why an instance waits: for each place where it stands, a sentence that a person understands.
//!
//! Worked out from the state when somebody asks; nothing of it is kept. For a join the sentence names the flows that have not
//! come, and who can still send a token there; a join that nobody can reach any more says so.

use crate::elements::Join;
use crate::instance::{ElementInstance, Job, Repetition};
use crate::process::{Element, Process};
use crate::{ElementIndex, FlowIndex, Instance, Key, time};
use std::collections::{BTreeMap, BTreeSet};

/// Tokens that wait at a join for others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WaitingJoin {
    pub element: ElementIndex,
    pub scope: Key,
    pub why: String,
}

/// Why this element instance is not over yet; none when there is nothing to wait for.
pub fn of_element(process: &Process, instance: &Instance, key: Key) -> Option<String> {
    let here = instance.element(key)?;
    if let Some(incident) = here.incident.and_then(|key| instance.incidents.get(&key)) {
        return Some(format!("stopped by the incident {}: {}", incident.code, incident.message));
    }
    let own = own_reasons(process, here);
    let mut sentence = match own.as_slice() {
        [] => return Some(inside(here)?.to_owned()),
        reasons => format!("waits for {}", reasons.join(" or ")),
    };
    for interruption in interruptions(process, here) {
        sentence.push_str(&interruption);
    }
    Some(sentence)
}

/// The joins where tokens wait for others.
pub fn of_joins(process: &Process, instance: &Instance) -> Vec<WaitingJoin> {
    let mut arrived: BTreeMap<(Key, ElementIndex), BTreeSet<FlowIndex>> = BTreeMap::new();
    for (scope, element, flow) in instance.waiting_tokens.keys() {
        arrived.entry((*scope, *element)).or_default().insert(*flow);
    }
    let join = |((scope, element), arrived): ((Key, ElementIndex), BTreeSet<FlowIndex>)| {
        let why = join(process, instance, scope, process.element(element), &arrived);
        WaitingJoin { element, scope, why }
    };
    arrived.into_iter().map(join).collect()
}

fn own_reasons(process: &Process, here: &ElementInstance) -> Vec<String> {
    let is_own = |target: &ElementIndex| !is_boundary(process, here, *target);
    let mut reasons = Vec::new();
    if let Some(question) = here.job.as_ref().and_then(|job| job.question.as_ref()) {
        let limit = here.waits.timers.get(&here.element).map(|timer| format!(" until {}", time::iso(timer.due)));
        return vec![format!("a person's answer to “{}”{}", question.title, limit.unwrap_or_default())];
    }
    if let Some(job) = &here.job {
        reasons.push(describe_job(job));
    }
    if here.user_task {
        reasons.push("a person".to_owned());
    }
    if let Some(child) = here.child {
        reasons.push(format!("the called instance {}", child.0));
    }
    if let Some(decision) = &here.decision {
        reasons.push(format!("the decision `{decision}`"));
    }
    if let Some(repetition) = &here.repetition {
        reasons.push(describe_repetition(repetition));
    }
    let waits = &here.waits;
    for (_, subscription) in waits.subscriptions.iter().filter(|(target, _)| is_own(target)) {
        reasons.push(message(&subscription.message_name, &subscription.correlation_key));
    }
    for (_, signal) in waits.signals.iter().filter(|(target, _)| is_own(target)) {
        reasons.push(format!("the signal `{signal}`"));
    }
    for (target, _) in waits.conditions.iter().filter(|(target, _)| is_own(target)) {
        reasons.push(format!("the condition of {} to become true", name(process, *target)));
    }
    for (_, timer) in waits.timers.iter().filter(|(target, _)| is_own(target)) {
        reasons.push(format!("{} to come", time::iso(timer.due)));
    }
    reasons
}

/// What may happen to it meanwhile: the timers of its boundary events.
fn interruptions<'a>(process: &'a Process, here: &'a ElementInstance) -> impl Iterator<Item = String> + 'a {
    let timers = here.waits.timers.iter().filter(|(target, _)| is_boundary(process, here, **target));
    timers.map(|(target, timer)| format!("; {} at {}", name(process, *target), time::iso(timer.due)))
}

/// Timers and subscriptions of boundary events are kept with the activity that they stand on.
fn is_boundary(process: &Process, here: &ElementInstance, target: ElementIndex) -> bool {
    let owner = process.owner(target).index;
    process.element(here.element).boundary.contains(&owner)
}

fn inside(here: &ElementInstance) -> Option<&'static str> {
    (here.children > 0).then_some("waits for what goes on in it")
}

fn describe_job(job: &Job) -> String {
    match job.retry_at {
        Some(at) => format!("attempt {} of its job `{}`, at {}", job.attempt + 1, job.job_type, time::iso(at)),
        None => format!("a worker of type `{}` (attempt {})", job.job_type, job.attempt),
    }
}

fn describe_repetition(repetition: &Repetition) -> String {
    match repetition.planned {
        Some(planned) => format!("its repetitions: {} of {planned} are done", repetition.completed),
        None => format!("its repetitions: {} are done", repetition.completed),
    }
}

fn message(message_name: &str, correlation_key: &str) -> String {
    match correlation_key {
        "" => format!("the message `{message_name}`"),
        key => format!("the message `{message_name}` with the correlation key `{key}`"),
    }
}

fn join(process: &Process, instance: &Instance, scope: Key, join: &Element, arrived: &BTreeSet<FlowIndex>) -> String {
    let came = list(arrived.iter().map(|flow| name(process, process.flow(*flow).from)));
    if join.kind.behavior().join() == Join::None {
        return format!("has tokens from {came} and waits for {} in all", join.start_quantity);
    }
    let missing: Vec<FlowIndex> = join.incoming.iter().copied().filter(|flow| !arrived.contains(flow)).collect();
    let from = list(missing.iter().map(|flow| name(process, process.flow(*flow).from)));
    let coming = coming(process, instance, scope, join.index, &missing);
    let coming = match coming.is_empty() {
        true => "nothing that is under way can come there any more".to_owned(),
        false => format!("{} can still come there", list(coming.into_iter().map(|place| name(process, place)))),
    };
    format!("has come from {came} and waits for {from}; {coming}")
}

/// Where there are tokens of the scope from which one of these flows can be reached.
fn coming(
    process: &Process,
    instance: &Instance,
    scope: Key,
    join: ElementIndex,
    missing: &[FlowIndex],
) -> Vec<ElementIndex> {
    let is_reaching = places_that_reach(process, join, missing);
    let all = (scope, ElementIndex(0), FlowIndex(0))..=(scope, ElementIndex(u32::MAX), FlowIndex(u32::MAX));
    let at_joins = instance.waiting_tokens.range(all).map(|((_, element, _), _)| *element);
    let mut places: Vec<ElementIndex> = instance.elements.places(scope).chain(at_joins).collect();
    places.retain(|place| *place != join && is_reaching.contains(place));
    places.sort_unstable();
    places.dedup();
    places
}

/// Walks backwards from the flows, never through the join.
fn places_that_reach(process: &Process, join: ElementIndex, flows: &[FlowIndex]) -> BTreeSet<ElementIndex> {
    let mut reaching = BTreeSet::new();
    let mut open: Vec<ElementIndex> = flows.iter().map(|flow| process.flow(*flow).from).collect();
    while let Some(place) = open.pop() {
        if place == join || !reaching.insert(place) {
            continue;
        }
        open.extend(process.element(place).incoming.iter().map(|flow| process.flow(*flow).from));
        open.extend(process.elements.iter().filter(|host| host.boundary.contains(&place)).map(|host| host.index));
    }
    reaching
}

fn name(process: &Process, element: ElementIndex) -> String {
    let element = process.owner(element);
    match element.name.as_deref().filter(|name| !name.trim().is_empty()) {
        Some(name) => format!("“{name}”"),
        None => format!("`{}`", element.id),
    }
}

fn list(names: impl Iterator<Item = String>) -> String {
    let names: Vec<String> = names.collect();
    match names.as_slice() {
        [] => "nowhere".to_owned(),
        [head @ .., last] if !head.is_empty() => format!("{} and {last}", head.join(", ")),
        [only, ..] => only.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::*;
    use model::Gateway;
    use serde_json::json;

    fn why(hand: &Hand, id: &str) -> String {
        of_element(&hand.process, &hand.instance, hand.key(id)).unwrap_or_default()
    }

    #[test]
    fn a_job_says_who_is_to_do_it_and_what_may_interrupt_it() {
        let elements = vec![start("s"), service("work"), boundary("late", "work", true, after("PT1M")), end("e")];
        let hand = Hand::started(elements, &["s -> work", "work -> e", "late -> e"], json!({}));
        let sentence = why(&hand, "work");
        assert!(sentence.starts_with("waits for a worker of type `work` (attempt 1); `late` at "), "{sentence}");
    }

    #[test]
    fn an_incident_comes_before_everything_else() {
        let mut hand = Hand::started(vec![start("s"), service("work")], &["s -> work"], json!({}));
        hand.fails("work", "no network", false);
        assert!(why(&hand, "work").starts_with("stopped by the incident JOB_FAILED: "));
    }

    #[test]
    fn a_join_names_what_is_missing_and_who_can_still_come() {
        let elements = vec![
            start("s"),
            gateway("split", Gateway::Parallel),
            service("a"),
            user("b"),
            gateway("join", Gateway::Parallel),
        ];
        let flows = ["s -> split", "split -> a", "split -> b", "a -> join", "b -> join"];
        let mut hand = Hand::started(elements, &flows, json!({}));
        assert_eq!(why(&hand, "b"), "waits for a person");
        assert!(of_joins(&hand.process, &hand.instance).is_empty());
        hand.completes("a", json!({}));
        let [join] = &of_joins(&hand.process, &hand.instance)[..] else { panic!("one join waits") };
        assert_eq!(join.why, "has come from `a` and waits for `b`; `b` can still come there");
    }

    #[test]
    fn a_join_that_nobody_can_reach_says_so() {
        let elements = vec![
            start("s"),
            gateway("either", Gateway::Exclusive),
            task("a"),
            task("b"),
            gateway("join", Gateway::Parallel),
        ];
        let flows = ["s -> either", "either -> a", "either -> b", "a -> join", "b -> join"];
        let hand = Hand::started(elements, &flows, json!({}));
        let [join] = &of_joins(&hand.process, &hand.instance)[..] else { panic!("one join waits") };
        assert!(join.why.ends_with("nothing that is under way can come there any more"), "{}", join.why);
    }
}
