//! A drawing by the compiled process's numbers: what each element is, and who can send a token where.

use crate::drawing::{Node, Scope};
use interpreter::{ElementIndex, FlowIndex, Process};
use std::collections::{BTreeMap, BTreeSet};

pub struct Shape {
    nodes: Vec<Node>,
    /// The boundary events of an activity.
    attached: BTreeMap<ElementIndex, Vec<ElementIndex>>,
    /// Where a link goes on.
    links: BTreeMap<ElementIndex, ElementIndex>,
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
        let links = links(&by_index);
        Shape { nodes: by_index.into_values().collect(), attached, links }
    }

    pub fn node(&self, index: ElementIndex) -> &Node {
        &self.nodes[index.0 as usize]
    }

    pub fn is_boundary(&self, index: ElementIndex) -> bool {
        self.node(index).attached_to.is_some()
    }

    /// Whether it waits beside something else: at an activity, or for an event sub-process.
    pub fn interrupts(&self, index: ElementIndex) -> bool {
        self.is_boundary(index) || self.node(index).type_name.ends_with("StartEvent")
    }

    pub fn hosts(&self, host: ElementIndex, boundary: ElementIndex) -> bool {
        self.attached.get(&host).is_some_and(|events| events.contains(&boundary))
    }

    /// Whether tokens wait for each other before it: at a parallel or inclusive gateway that several flows lead to, or at an
    /// activity that takes several.
    pub fn joins(&self, process: &Process, index: ElementIndex) -> bool {
        let joining = ["parallelGateway", "inclusiveGateway", "complexGateway"];
        let is_joining = joining.contains(&self.node(index).type_name);
        is_joining && process.element(index).incoming.len() > 1 || process.element(index).start_quantity > 1
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
            open.extend(self.links.get(&place));
            if by_boundary {
                open.extend(self.attached.get(&place).into_iter().flatten());
            }
        }
        flows
    }
}

fn links(nodes: &BTreeMap<ElementIndex, Node>) -> BTreeMap<ElementIndex, ElementIndex> {
    let of = |type_name: &'static str| nodes.iter().filter(move |(_, node)| node.type_name == type_name);
    let name = |node: &Node| node.properties.get("linkName").cloned();
    let catches = |thrown: &Node| {
        let mut all = of("linkIntermediateCatchEvent").filter(|(_, node)| name(node) == name(thrown));
        all.next().map(|(index, _)| *index)
    };
    of("linkIntermediateThrowEvent").filter_map(|(index, node)| Some((*index, catches(node)?))).collect()
}
