//! Who can reach whom: worked out once, so that running never searches.

use crate::elements::{Join, Kind};
use crate::process::{Choice, Element, InclusiveJoin, Process, Reach};
use crate::{ElementIndex, FlowIndex};

/// Flows into inclusive joins, times the elements of the process: more are not looked at. Each costs two bytes and two looks.
const MOST_TO_LOOK_AT: usize = 4_000_000;

/// For every inclusive gateway with several incoming flows: from where a token can come out at each of them. The join at
/// which it becomes too much, if it does.
pub(super) fn inclusive_joins(process: &Process) -> Result<Vec<InclusiveJoin>, (ElementIndex, String)> {
    let back = Back::of(process);
    let mut looked_at = 0;
    let joins = process.elements.iter().filter(|element| element.incoming.len() > 1 && asks_who_can_come(element));
    joins
        .map(|join| {
            looked_at += join.incoming.len() * process.elements.len();
            if looked_at > MOST_TO_LOOK_AT {
                let elements = process.elements.len();
                let message =
                    format!("the inclusive and complex gateways up to this one are too many for {elements} elements");
                return Err((join.index, message));
            }
            let reach = |flow: &FlowIndex| Reach {
                flow: *flow,
                from: back.reaching(process, *flow, join.index, true),
                along_flows_from: back.reaching(process, *flow, join.index, false),
            };
            Ok(InclusiveJoin { element: join.index, incoming: join.incoming.iter().map(reach).collect() })
        })
        .collect()
}

fn asks_who_can_come(element: &Element) -> bool {
    matches!(element.kind.behavior().join(), Join::Reachable | Join::Activated)
}

/// The ways back that are no flows, by where they lead to: links, and the activities of boundary events.
struct Back {
    links: Vec<Vec<ElementIndex>>,
    hosts: Vec<Option<ElementIndex>>,
}

impl Back {
    fn of(process: &Process) -> Back {
        let count = process.elements.len();
        let mut back = Back { links: vec![Vec::new(); count], hosts: vec![None; count] };
        for element in &process.elements {
            if let Some(target) = element.kind.behavior().jumps_to() {
                back.links[target.0 as usize].push(element.index);
            }
            for boundary in &element.boundary {
                back.hosts[boundary.0 as usize] = Some(element.index);
            }
        }
        back
    }

    /// Walks backwards from `flow`, never through `join`.
    fn reaching(&self, process: &Process, flow: FlowIndex, join: ElementIndex, with_boundary: bool) -> Vec<bool> {
        let mut is_reaching = vec![false; process.elements.len()];
        let mut open = vec![process.flow(flow).from];
        while let Some(place) = open.pop() {
            let at = place.0 as usize;
            if place == join || is_reaching[at] {
                continue;
            }
            is_reaching[at] = true;
            open.extend(process.element(place).incoming.iter().map(|flow| process.flow(*flow).from));
            open.extend(&self.links[at]);
            open.extend(self.hosts[at].filter(|_| with_boundary));
        }
        is_reaching
    }
}

/// Marks the flows that lead, directly or through gateways, to a gateway with labels.
pub(super) fn mark_carried_outcomes(process: &mut Process) {
    let has_label = |flow: &&crate::process::Flow| matches!(flow.choice, Choice::Label(_));
    let mut open: Vec<ElementIndex> = process.flows.iter().filter(has_label).map(|flow| flow.from).collect();
    while let Some(gateway) = open.pop() {
        for flow in process.elements[gateway.0 as usize].incoming.clone() {
            let flow = &mut process.flows[flow.0 as usize];
            let source = &process.elements[flow.from.0 as usize];
            let passes_on = match source.kind {
                Kind::ExclusiveGateway(_) | Kind::InclusiveGateway(_) => true,
                Kind::ParallelGateway(_) => source.incoming.len() == 1,
                _ => false,
            };
            if !flow.carries_outcome && passes_on {
                open.push(flow.from);
            }
            flow.carries_outcome = true;
        }
    }
}
