//! Compares what happened with what was expected.

use super::file::{Deployment, Expect};
use super::world::{Run, World};
use super::{Mismatch, Verdict};
use crate::{ElementIndex, EventKind, Instance, InstanceState, Key, Variables, expression};
use model::Diagnostic;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Display;

type Counts = BTreeMap<String, usize>;

pub(super) fn check(world: &World<'_>, expect: &Expect) -> Vec<Mismatch> {
    let mut found = check_all(world, expect);
    if expect.incident_or_error && !has_incident_or_error(world) {
        found.push(mismatch("incidentOrError", "an incident or an uncaught error", "neither"));
    }
    found
}

fn check_all(world: &World<'_>, expect: &Expect) -> Vec<Mismatch> {
    let mut found = Vec::new();
    if let Some(state) = &expect.state {
        found.extend(check_state(world, state));
    }
    if let Some(entered) = &expect.entered {
        found.extend(check_entered(world, entered, expect.exactly));
    }
    if let Some(completed) = &expect.completed {
        found.extend(check_counts("completed", completed, &ended(world, true)));
    }
    if let Some(canceled) = &expect.canceled {
        found.extend(check_counts("canceled", canceled, &ended(world, false)));
    }
    if let Some(jobs) = &expect.jobs {
        found.extend(check_jobs(world, jobs, &expect.ignore_jobs));
    }
    if let Some(order) = &expect.order {
        found.extend(check_order(world, order));
    }
    if let Some(waiting) = &expect.waiting {
        found.extend(check_counts("waiting", waiting, &waiting_now(world)));
    }
    if let Some(variables) = &expect.variables {
        found.extend(check_variables(world, variables));
    }
    if let Some(incidents) = &expect.incidents {
        found.extend(check_incidents(world, incidents));
    }
    found
}

/// When an incident or an error is expected, a refused deployment is one; all else must hold of a world in which nothing ran.
pub(super) fn check_refused(world: &World<'_>, expect: &Expect) -> Vec<Mismatch> {
    check_all(world, expect)
}

/// Judges a deployment that was expected to be refused.
pub(super) fn rejection(expected: &Deployment, diagnostics: &[Diagnostic]) -> Verdict {
    let happened: Vec<&str> = diagnostics.iter().map(|diagnostic| diagnostic.code.as_str()).collect();
    let codes: &[String] = match expected {
        Deployment::Word(word) if word == "rejected" => &[],
        Deployment::Word(word) => return Verdict::Malformed(format!("deployment is `rejected`, not `{word}`")),
        Deployment::Codes { rejected } => rejected,
    };
    let missing: Vec<Mismatch> = codes
        .iter()
        .filter(|code| !happened.contains(&code.as_str()))
        .map(|code| mismatch("deployment", format!("rejected with {code}"), format!("{happened:?}")))
        .collect();
    if happened.is_empty() {
        return Verdict::Failed(vec![mismatch("deployment", "rejected", "accepted")]);
    }
    if missing.is_empty() { Verdict::Passed } else { Verdict::Failed(missing) }
}

fn mismatch(what: impl Into<String>, expected: impl Display, happened: impl Display) -> Mismatch {
    Mismatch { what: what.into(), expected: expected.to_string(), happened: happened.to_string() }
}

fn check_state(world: &World<'_>, expected: &str) -> Vec<Mismatch> {
    let roots: Vec<&Run> = world.runs.iter().filter(|run| run.is_root).collect();
    if roots.is_empty() {
        return vec![mismatch("state", expected, "no instance was started")];
    }
    let states = roots.into_iter().map(|run| state(&run.instance));
    states.filter(|state| *state != expected).map(|state| mismatch("state", expected, state)).collect()
}

fn state(instance: &Instance) -> &'static str {
    match instance.state {
        InstanceState::Active if instance.incidents.is_empty() => "active",
        InstanceState::Active => "incident",
        InstanceState::Completed => "completed",
        InstanceState::Terminated => "terminated",
        InstanceState::Canceled => "canceled",
        InstanceState::Failed => "failed",
    }
}

fn check_entered(world: &World<'_>, expected: &Counts, exactly: bool) -> Vec<Mismatch> {
    let happened = entered(world);
    let mut found = check_counts("entered", expected, &happened);
    if exactly {
        let unnamed = happened.iter().filter(|(id, _)| !expected.contains_key(*id));
        found.extend(unnamed.map(|(id, count)| mismatch(format!("entered.{id}"), "0 (exactly)", count)));
    }
    found
}

fn check_counts(what: &str, expected: &Counts, happened: &Counts) -> Vec<Mismatch> {
    let count = |id: &String| happened.get(id).copied().unwrap_or(0);
    let wrong = expected.iter().filter(|(id, wanted)| count(id) != **wanted);
    wrong.map(|(id, wanted)| mismatch(format!("{what}.{id}"), wanted, count(id))).collect()
}

/// How often each element was entered. At a join every arriving token counts, and its firing does not.
fn entered(world: &World<'_>) -> Counts {
    let (mut arrived, mut activated) = (Counts::new(), Counts::new());
    let repetitions = repetitions(world);
    for (run, event) in &world.log {
        match &event.kind {
            EventKind::TokenArrived { element, .. } => count(&mut arrived, world.element_id(*run, *element)),
            EventKind::ElementActivated { key, element, .. } if !repetitions.contains(&(*run, *key)) => {
                count(&mut activated, world.element_id(*run, *element));
            }
            _ => {}
        }
    }
    activated.extend(arrived);
    activated
}

/// Of an activity that repeats, its instances count, and not the whole of them.
fn repetitions(world: &World<'_>) -> BTreeSet<(usize, Key)> {
    let started = world.log.iter().filter_map(|(run, event)| match &event.kind {
        EventKind::LoopStarted { key, .. } => Some((*run, *key)),
        _ => None,
    });
    started.collect()
}

fn ended(world: &World<'_>, completed: bool) -> Counts {
    let repetitions = repetitions(world);
    let mut names: BTreeMap<(usize, Key), ElementIndex> = BTreeMap::new();
    let mut counts = Counts::new();
    for (run, event) in &world.log {
        let key = match &event.kind {
            EventKind::ElementActivated { key, element, .. } => {
                if !repetitions.contains(&(*run, *key)) {
                    names.insert((*run, *key), *element);
                }
                continue;
            }
            EventKind::ElementCompleted { key } if completed => key,
            EventKind::ElementTerminated { key } if !completed => key,
            _ => continue,
        };
        if let Some(element) = names.get(&(*run, *key)) {
            count(&mut counts, world.element_id(*run, *element));
        }
    }
    counts
}

fn count(counts: &mut Counts, id: &str) {
    *counts.entry(id.to_owned()).or_default() += 1;
}

fn check_jobs(world: &World<'_>, expected: &Counts, ignored: &[String]) -> Vec<Mismatch> {
    let mut happened = Counts::new();
    for (_, event) in &world.log {
        if let EventKind::JobCreated { job_type, .. } = &event.kind
            && !ignored.contains(job_type)
        {
            count(&mut happened, job_type);
        }
    }
    let wanted: Counts = expected.iter().filter(|(_, count)| **count > 0).map(|(id, n)| (id.clone(), *n)).collect();
    if wanted == happened {
        return Vec::new();
    }
    vec![mismatch("jobs", format!("{wanted:?}"), format!("{happened:?}"))]
}

fn check_order(world: &World<'_>, expected: &[String]) -> Vec<Mismatch> {
    let entered: Vec<&str> = world
        .log
        .iter()
        .filter_map(|(run, event)| match &event.kind {
            EventKind::ElementActivated { element, .. } => Some(world.element_id(*run, *element)),
            _ => None,
        })
        .collect();
    let mut rest = entered.iter();
    match expected.iter().find(|wanted| !rest.any(|id| id == &wanted.as_str())) {
        Some(missing) => vec![mismatch("order", format!("{missing} in {expected:?}"), format!("{entered:?}"))],
        None => Vec::new(),
    }
}

fn waiting_now(world: &World<'_>) -> Counts {
    let mut counts = Counts::new();
    for (run, state) in world.runs.iter().enumerate() {
        for element in state.instance.elements.values().filter(|element| element.repetition.is_none()) {
            count(&mut counts, world.element_id(run, element.element));
        }
        for ((_, element, _), tokens) in &state.instance.waiting_tokens {
            *counts.entry(world.element_id(run, *element).to_owned()).or_default() += *tokens as usize;
        }
    }
    counts
}

/// Of the root scope of the newest root instance. Null and missing are the same.
fn check_variables(world: &World<'_>, expected: &Variables) -> Vec<Mismatch> {
    let Some(run) = world.runs.iter().rfind(|run| run.is_root) else {
        return vec![mismatch("variables", "an instance", "no instance was started")];
    };
    let nothing = Value::Null;
    let happened = |name: &String| {
        let root = run.instance.variables.get(&Key::ROOT);
        root.and_then(|variables| variables.get(name)).unwrap_or(&nothing)
    };
    let wrong = expected.iter().filter(|(name, value)| !expression::equal(value, happened(name)));
    wrong.map(|(name, value)| mismatch(format!("variables.{name}"), value, happened(name))).collect()
}

/// The open incidents: each named one is there, and `{}` means none at all.
fn check_incidents(world: &World<'_>, expected: &BTreeMap<String, String>) -> Vec<Mismatch> {
    let mut open: Vec<(String, String)> = Vec::new();
    for (run, state) in world.runs.iter().enumerate() {
        let incidents = state.instance.incidents.values();
        open.extend(incidents.map(|it| (world.id_of(run, it.element_instance).to_owned(), it.code.clone())));
    }
    if expected.is_empty() && !open.is_empty() {
        return vec![mismatch("incidents", "none", format!("{open:?}"))];
    }
    let is_missing =
        |(id, code): &(&String, &String)| !open.iter().any(|(other, found)| (other, found) == (*id, *code));
    let missing = expected.iter().filter(is_missing);
    missing.map(|(id, code)| mismatch(format!("incidents.{id}"), code, format!("{open:?}"))).collect()
}

fn has_incident_or_error(world: &World<'_>) -> bool {
    world
        .log
        .iter()
        .any(|(_, event)| matches!(event.kind, EventKind::IncidentRaised { .. } | EventKind::InstanceFailed { .. }))
}
