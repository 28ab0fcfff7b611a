//! From the picture of a scope to its net.
//!
//! An activity with boundary events becomes several nodes: the non-interrupting ones may get a token beside it, and then either
//! it is left or one of the interrupting ones is. Everything that flows leave without a gateway splits as the engine does it.

use super::{END, Join, NOWHERE, Net, Role, START, STOP, Split};
use crate::elements::Kind;
use crate::expression::{Expression, Scope};
use crate::process::{Choice, Element};
use crate::proof::picture::{Picture, at};
use crate::{ElementIndex, Timestamp};
use serde_json::Value;
use std::borrow::Cow;

/// None where tokens are counted in ways that the proof does not know, or the scope does not start by itself.
pub(super) fn net(picture: &Picture<'_>, scope: Option<ElementIndex>) -> Option<Net> {
    let inside = picture.inside(scope);
    let counts = |index: &ElementIndex| {
        let element = picture.process.element(*index);
        element.start_quantity != 1 || element.completion_quantity != 1
    };
    let starts = picture.starts(scope);
    if starts.is_empty() || inside.iter().any(counts) {
        return None;
    }
    let mut builder = Builder { picture, net: Net::new(), entries: vec![usize::MAX; picture.process.elements.len()] };
    for index in inside {
        let join = join(&picture.process.element(*index).kind);
        let node = builder.net.node(Role::Inner, join, Split::One);
        builder.net.nodes[node].place = Some(*index);
        builder.entries[at(*index)] = node;
    }
    builder.begin(&starts);
    inside.iter().for_each(|index| builder.element(*index));
    prune(&mut builder.net);
    Some(builder.net)
}

fn join(kind: &Kind) -> Join {
    match kind.behavior().join() {
        crate::elements::Join::None => Join::Any,
        crate::elements::Join::All => Join::All,
        crate::elements::Join::Reachable | crate::elements::Join::Activated => Join::Reachable,
    }
}

struct Builder<'p> {
    picture: &'p Picture<'p>,
    net: Net,
    /// The node where each element begins.
    entries: Vec<usize>,
}

impl Builder<'_> {
    fn begin(&mut self, starts: &[Vec<ElementIndex>]) {
        for together in starts {
            let way = together[0];
            let start = self.net.node(Role::Inner, Join::Any, Split::All);
            self.net.edge(START, start, (way, way), false);
            for element in together {
                self.net.edge(start, self.entries[at(*element)], (*element, *element), false);
            }
        }
    }

    fn element(&mut self, index: ElementIndex) {
        let (beside, instead): (Vec<_>, Vec<_>) =
            self.picture.exits(index).partition(|event| !self.picture.is_interrupting(*event));
        let mut node = self.entries[at(index)];
        for (events, split) in [(beside, Split::Some), (instead, Split::One)] {
            if events.is_empty() {
                continue;
            }
            self.net.nodes[node].split = split;
            for event in events {
                self.net.edge(node, self.entries[at(event)], (index, event), false);
            }
            let rest = self.net.node(Role::Inner, Join::Any, Split::One);
            self.net.edge(node, rest, (index, index), true);
            node = rest;
        }
        self.leave(index, node);
    }

    fn leave(&mut self, index: ElementIndex, node: usize) {
        let element = self.picture.process.element(index);
        if let Some(target) = element.kind.behavior().jumps_to() {
            return self.net.edge(node, self.entries[at(target)], (index, target), true);
        }
        if element.outgoing.is_empty() {
            let end = if self.picture.ends_scope(index) { STOP } else { END };
            return self.net.edge(node, end, (index, index), true);
        }
        self.net.nodes[node].split = split(element, self.picture);
        let is_choosing = self.net.nodes[node].split == Split::One;
        let mut is_decided = false;
        for flow in element.outgoing.iter().map(|flow| self.picture.process.flow(*flow)) {
            let (may_be, is_always) = match fixed(&flow.choice) {
                Some(holds) => (holds, holds),
                None => (true, matches!(flow.choice, Choice::Always)),
            };
            let is_taken_by_condition = matches!(flow.choice, Choice::When(_));
            let may_be = may_be && !(is_choosing && is_decided);
            // What is never taken still leads to a join that waits for it.
            let from = if may_be { node } else { NOWHERE };
            self.net.edge(from, self.entries[at(flow.to)], (index, flow.to), is_always);
            is_decided |= is_taken_by_condition && is_always;
        }
    }
}

fn split(element: &Element, picture: &Picture<'_>) -> Split {
    match &element.kind {
        Kind::ExclusiveGateway(_) => Split::One,
        Kind::ParallelGateway(_) => Split::All,
        Kind::InclusiveGateway(_) | Kind::ComplexGateway(_) => Split::Some,
        Kind::EventBasedGateway(gateway) if gateway.is_parallel => Split::All,
        Kind::EventBasedGateway(_) => Split::One,
        _ => {
            let mut choices = element.outgoing.iter().map(|flow| &picture.process.flow(*flow).choice);
            let is_free = choices.all(|choice| matches!(choice, Choice::Always | Choice::Label(_)));
            if is_free { Split::All } else { Split::Some }
        }
    }
}

/// Whether a condition holds whatever the data: it asks for none.
fn fixed(choice: &Choice) -> Option<bool> {
    let Choice::When(condition) = choice else { return None };
    let asks_the_time = ["now", "today"].iter().any(|word| condition.source().contains(word));
    let is_fixed = condition.variables().next().is_none() && !asks_the_time;
    constant(condition).filter(|_| is_fixed)
}

fn constant(condition: &Expression) -> Option<bool> {
    condition.is_true(&Nothing).ok()
}

struct Nothing;

impl Scope for Nothing {
    fn variable(&self, _name: &str) -> Option<Cow<'_, Value>> {
        None
    }

    fn now(&self) -> Timestamp {
        Timestamp(0)
    }
}

/// Cuts away where no token ever comes; only what waits for all still waits for it.
fn prune(net: &mut Net) {
    let mut is_alive = vec![false; net.nodes.len()];
    let mut open = vec![START];
    while let Some(node) = open.pop() {
        if !std::mem::replace(&mut is_alive[node], true) {
            open.extend(net.nodes[node].outs.iter().map(|edge| net.edges[*edge].to));
        }
    }
    for edge in 0..net.edges.len() {
        let (from, to) = (net.edges[edge].from, net.edges[edge].to);
        if is_alive[from] {
            continue;
        }
        let is_missed = is_alive[to] && net.nodes[to].join == Join::All;
        if !is_missed {
            net.edges[edge].is_gone = true;
        } else if from != NOWHERE {
            net.edges[edge].from = NOWHERE;
            net.nodes[NOWHERE].outs.push(edge);
        }
    }
    for node in 0..net.nodes.len() {
        let Net { nodes, edges, .. } = net;
        nodes[node].ins.retain(|edge| !edges[*edge].is_gone);
        nodes[node].outs.retain(|edge| !edges[*edge].is_gone && edges[*edge].from == node);
    }
}
