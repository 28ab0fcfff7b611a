//! A drawing by the compiled process's numbers: what each element is, and who can send a token where.

use crate::drawing::{Node, Scope};
use interpreter::{ElementIndex, FlowIndex, Process};
use std::collections::{BTreeMap, BTreeSet};

pub struct Shape {
    nodes: Vec<Node>,
    /// The boundary events of an activity.
    attached: BTreeMap<ElementIndex, Vec<ElementIndex>>,
}

impl Shape {
    pub fn of(drawing: &Scope, process: &Process) -> Shape {
        let mut by_index: BTreeMap<ElementIndex, Node> = BTreeMap::new();
        let mut attached: BTreeMap<ElementIndex, Vec<ElementIndex>> = BTreeMap::new();
        for node in drawing.all_nodes() {
            let Some(index) = process.find(&node.id) else { continue };
            let alone = Node { inside: None, ..node.clone() };
            by_index.insert(index, alone);
            if let Some(host) = node.attached_to.as_ref().and_then(|host| process.find(host)) {
                attached.entry(host).or_default().push(index);
            }
        }
        Shape { nodes: by_index.into_values().collect(), attached }
    }

    pub fn node(&self, index: ElementIndex) -> &Node {
        &self.nodes[index.0 as usize]
    }

    pub fn is_boundary(&self, index: ElementIndex) -> bool {
        self.node(index).attached_to.is_some()
    }

    pub fn hosts(&self, host: ElementIndex, boundary: ElementIndex) -> bool {
        self.attached.get(&host).is_some_and(|events| events.contains(&boundary))
    }

    /// Whether tokens wait for each other before it: at a parallel or inclusive gateway that several flows lead to.
    pub fn joins(&self, process: &Process, index: ElementIndex) -> bool {
        let is_joining = matches!(self.node(index).type_name, "parallelGateway" | "inclusiveGateway");
        is_joining && process.element(index).incoming.len() > 1
    }

    /// The flows that a token at `from` can come along without passing `join`. Beside sequence flows there is the way from
    /// an activity to its boundary events.
    pub fn ahead(
        &self,
        process: &Process,
        from: ElementIndex,
        join: ElementIndex,
        by_boundary: bool,
    ) -> BTreeSet<FlowIndex> {
        let (mut flows, mut seen, mut open) = (BTreeSet::new(), BTreeSet::new(), vec![from]);
        while let Some(place) = open.pop() {
            if place == join || !seen.insert(place) {
                continue;
            }
            for flow in &process.element(place).outgoing {
                flows.insert(*flow);
                open.push(process.flow(*flow).to);
            }
            if by_boundary {
                open.extend(self.attached.get(&place).into_iter().flatten());
            }
        }
        flows
    }
}
