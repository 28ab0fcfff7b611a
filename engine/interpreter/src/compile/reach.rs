//! Who can reach whom: worked out once, so that running never searches.

use crate::elements::{Join, Kind};
use crate::process::{Choice, Element, InclusiveJoin, Process, Reach};
use crate::{ElementIndex, FlowIndex};

/// For every inclusive gateway with several incoming flows: from where a token can come out at each of them.
pub(super) fn inclusive_joins(process: &Process) -> Vec<InclusiveJoin> {
    let joins = process.elements.iter().filter(|element| element.incoming.len() > 1 && asks_who_can_come(element));
    joins
        .map(|join| {
            let reach = |flow: &FlowIndex| Reach {
                flow: *flow,
                from: reaching(process, *flow, join.index, true),
                along_flows_from: reaching(process, *flow, join.index, false),
            };
            InclusiveJoin { element: join.index, incoming: join.incoming.iter().map(reach).collect() }
        })
        .collect()
}

fn asks_who_can_come(element: &Element) -> bool {
    matches!(element.kind.behavior().join(), Join::Reachable | Join::Activated)
}

/// Walks backwards from `flow`, never through `join`.
fn reaching(process: &Process, flow: FlowIndex, join: ElementIndex, with_boundary: bool) -> Vec<bool> {
    let mut is_reaching = vec![false; process.elements.len()];
    let mut open = vec![process.flow(flow).from];
    while let Some(place) = open.pop() {
        if place == join || is_reaching[place.0 as usize] {
            continue;
        }
        is_reaching[place.0 as usize] = true;
        let element = process.element(place);
        open.extend(element.incoming.iter().map(|flow| process.flow(*flow).from));
        let leads_here = |other: &&crate::process::Element| other.kind.behavior().jumps_to() == Some(place);
        open.extend(process.elements.iter().filter(leads_here).map(|link| link.index));
        if with_boundary && matches!(element.kind, Kind::BoundaryEvent(_)) {
            open.extend(process.elements.iter().filter(|host| host.boundary.contains(&place)).map(|host| host.index));
        }
    }
    is_reaching
}

/// Marks the flows that lead, directly or through gateways, to a gateway with labels.
pub(super) fn mark_carried_outcomes(process: &mut Process) {
    let has_label = |flow: &&crate::process::Flow| matches!(flow.choice, Choice::Label(_));
    let mut open: Vec<ElementIndex> = process.flows.iter().filter(has_label).map(|flow| flow.from).collect();
    while let Some(gateway) = open.pop() {
        for flow in process.elements[gateway.0 as usize].incoming.clone() {
            let flow = &mut process.flows[flow.0 as usize];
            let source = &process.elements[flow.from.0 as usize];
            let passes_on = matches!(source.kind, Kind::ExclusiveGateway(_) | Kind::InclusiveGateway(_));
            if !flow.carries_outcome && passes_on {
                open.push(flow.from);
            }
            flow.carries_outcome = true;
        }
    }
}
