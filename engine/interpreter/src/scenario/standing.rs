//! How everything stands in the simulated world: what a person sees who plays a process by hand.

use super::facts::{Counts, Facts, Happening, add};
use super::file::State;
use super::witness::state;
use super::world::{Run, World};
use crate::{ElementInstance, Key, Variables, why};
use serde::Serialize;
use std::collections::BTreeMap;

#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Standing {
    /// Milliseconds since the start.
    pub passed: i64,
    /// Milliseconds until the clock makes something happen; none: it never does.
    pub next_due: Option<i64>,
    /// Of every instance that no other called.
    pub states: Vec<State>,
    /// By element id, those that were entered.
    pub elements: BTreeMap<String, Count>,
    /// How often, by flow id.
    pub flows: Counts,
    /// What could be answered now.
    pub open: Vec<Open>,
    /// Element id and code of what is open.
    pub incidents: Vec<(String, String)>,
    /// The root scope of the newest instance.
    pub variables: Variables,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Count {
    pub entered: usize,
    pub active: usize,
    pub completed: usize,
    pub canceled: usize,
}

/// An element instance that waits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Open {
    pub element: String,
    /// Which one of several, as steps name it.
    pub instance: usize,
    /// `incident`, `person`, `job` or `event`.
    pub kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub job_type: Option<String>,
    /// For people.
    pub why: String,
}

impl Standing {
    pub(super) fn of(world: &World<'_>) -> Standing {
        let facts = world.facts();
        let next = world.agenda.keys().next().map(|(due, _)| due.0 - world.now.0);
        Standing {
            passed: world.now.0 - world.start_of_run.0,
            next_due: next,
            states: world.runs.iter().filter(|run| run.is_root).map(|run| state(&run.instance)).collect(),
            flows: flows(world),
            open: open(world),
            variables: facts.variables.clone().unwrap_or_default(),
            incidents: facts.incidents.clone(),
            elements: elements(facts),
        }
    }
}

fn elements(facts: Facts) -> BTreeMap<String, Count> {
    let mut elements: BTreeMap<String, Count> = BTreeMap::new();
    type Field = fn(&mut Count) -> &mut usize;
    let counted: [(Counts, Field); 4] = [
        (facts.entered, |count| &mut count.entered),
        (facts.waiting, |count| &mut count.active),
        (facts.completed, |count| &mut count.completed),
        (facts.canceled, |count| &mut count.canceled),
    ];
    for (counts, field) in counted {
        for (id, number) in counts {
            *field(elements.entry(id).or_default()) = number;
        }
    }
    elements
}

fn flows(world: &World<'_>) -> Counts {
    let mut flows = Counts::new();
    for (_, happening) in world.happenings() {
        if let Happening::FlowTaken { flow } = happening {
            add(&mut flows, flow);
        }
    }
    flows
}

/// In the order that steps count in.
fn open(world: &World<'_>) -> Vec<Open> {
    let (mut open, mut seen) = (Vec::new(), Counts::new());
    for (number, run) in world.runs.iter().enumerate() {
        for (key, here) in run.instance.elements.iter().filter(|(_, here)| here.repetition.is_none()) {
            let element = world.element_id(number, here.element).to_owned();
            let instance = seen.get(&element).copied().unwrap_or(0);
            add(&mut seen, &element);
            if let Some((kind, why)) = asks(world, run, *key, here) {
                let job_type = here.job.as_ref().map(|job| job.job_type.clone());
                open.push(Open { element, instance, kind, job_type, why });
            }
        }
    }
    open
}

/// None for what only waits for what is in it.
fn asks(world: &World<'_>, run: &Run, key: Key, here: &ElementInstance) -> Option<(&'static str, String)> {
    let waits = &here.waits;
    let own = |targets: bool| targets.then_some("event");
    let kind = if here.incident.is_some() {
        "incident"
    } else if here.user_task {
        "person"
    } else if here.job.is_some() {
        "job"
    } else {
        own(here.child.is_none()
            && !(waits.timers.is_empty()
                && waits.subscriptions.is_empty()
                && waits.signals.is_empty()
                && waits.conditions.is_empty()))?
    };
    let process = world.processes.get(run.process)?;
    Some((kind, why::of_element(process, &run.instance, key).unwrap_or_default()))
}

#[cfg(test)]
mod tests {
    use super::super::Plan;

    const SCENARIO: &str = "
definitions:
- process:
    id: p
    elements:
    - {id: start, type: startEvent}
    - {id: charge, type: serviceTask, properties: {topic: payments}}
    - {id: approve, type: userTask}
    - {id: end, type: endEvent}
    connections:
    - {id: a, from: start, to: charge}
    - {id: b, from: charge, to: approve}
    - {id: c, from: approve, to: end}
start: {variables: {total: 3}}
workers: {charge: hold}
";

    fn open_after(steps: &str) -> Vec<(String, &'static str)> {
        let nothing = |_: &str| Err("no file".to_owned());
        let plan = Plan::read("s", &format!("{SCENARIO}{steps}"), &nothing).expect("a scenario");
        let (_, standing) = plan.simulate();
        let standing = standing.expect("it ran");
        assert_eq!(standing.variables["total"], 3);
        assert_eq!(standing.flows.get("a"), Some(&1));
        standing.open.into_iter().map(|open| (open.element, open.kind)).collect()
    }

    #[test]
    fn what_is_open_is_told_after_every_step() {
        assert_eq!(open_after("steps: []"), [("charge".to_owned(), "job")]);
        assert_eq!(open_after("steps: [{complete: {element: charge}}]"), [("approve".to_owned(), "person")]);
        assert_eq!(open_after("steps: [{complete: {element: charge}}, {complete: {element: approve}}]"), []);
    }
}
