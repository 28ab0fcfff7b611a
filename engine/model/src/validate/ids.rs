//! Ids: what has one has its own, and pools and lanes that are named exist.

use crate::near_miss::did_you_mean;
use crate::{ActivityKind, Definitions, Diagnostic, Element, ElementKind, Flow, Location, ProcessDefinition};
use std::collections::HashMap;

pub(super) fn processes(definitions: &Definitions, problems: &mut Vec<Diagnostic>) {
    let mut seen = HashMap::new();
    for process in definitions.processes.iter().filter(|process| !process.id.is_empty()) {
        taken("process", &process.id, process.location, &mut seen, problems);
    }
}

/// Elements and connections of one process share one set of ids.
pub(super) fn unique(process: &ProcessDefinition, problems: &mut Vec<Diagnostic>) {
    scope(&process.elements, &process.flows, &mut HashMap::new(), problems);
}

fn scope<'a>(
    elements: &'a [Element],
    flows: &'a [Flow],
    seen: &mut HashMap<&'a str, Location>,
    problems: &mut Vec<Diagnostic>,
) {
    for element in elements.iter().filter(|element| !element.id.is_empty()) {
        taken("element", &element.id, element.location, seen, problems);
    }
    for flow in flows.iter().filter(|flow| !flow.id.is_empty()) {
        taken("connection", &flow.id, flow.location, seen, problems);
    }
    for element in elements {
        if let ElementKind::Activity(activity) = &element.kind
            && let ActivityKind::SubProcess(sub_process) = &activity.kind
        {
            scope(&sub_process.elements, &sub_process.flows, seen, problems);
        }
    }
}

fn taken<'a>(
    what: &str,
    id: &'a str,
    location: Location,
    seen: &mut HashMap<&'a str, Location>,
    problems: &mut Vec<Diagnostic>,
) {
    match seen.get(id) {
        Some(first) => {
            let message = format!("the id `{id}` of this {what} is taken already, on line {}", first.line);
            problems.push(Diagnostic::error("DUPLICATE_ID", location, message).on(id));
        }
        None => {
            seen.insert(id, location);
        }
    }
}

/// Pools and lanes are for drawing and roles, so a wrong name is a warning.
pub(super) fn pools(process: &ProcessDefinition, problems: &mut Vec<Diagnostic>) {
    let pools: Vec<&str> = process.pools.iter().map(|pool| pool.id.as_str()).collect();
    let lanes: Vec<&str> = process.pools.iter().flat_map(|pool| &pool.lanes).map(|lane| lane.id.as_str()).collect();
    for element in &process.elements {
        for (what, reference, known) in [("pool", &element.pool_id, &pools), ("lane", &element.lane_id, &lanes)] {
            let Some(id) = reference.as_deref().filter(|id| !known.contains(id)) else { continue };
            let message = format!("`{id}` is not a {what}");
            let mut problem = super::warning("UNKNOWN_POOL", element, message);
            problem.hint = did_you_mean(id, known.iter().copied());
            problems.push(problem);
        }
    }
}
