//! Tokens: each scope as a net of nodes and edges, in which tokens meet at joins or fail to.
//!
//! A sub-process is one node of the net around it and has a net of its own. The net is first reduced: what surely passes on
//! each token once, and leaves none behind, collapses to an edge. Most processes vanish in this; what is left is small, and all
//! that can happen in it is played through, up to a bound.

mod build;
mod explore;
mod reduce;
mod report;

use super::picture::Picture;
use super::{Finding, MOST_OF_A_KIND};
use crate::ElementIndex;
use std::collections::HashMap;

/// Steps of work for all scopes of a process together: some ten milliseconds. What is not done then stays unsaid.
const WORK: usize = 4_000_000;

/// Deadlocks, and tokens that are merged without waiting.
pub(super) fn tokens(picture: &Picture<'_>) -> Vec<Finding> {
    let (mut found, mut work) = (Vec::new(), Work { left: WORK });
    for scope in picture.scopes().filter(|scope| !picture.is_ad_hoc(*scope)) {
        let Some(mut net) = build::net(picture, scope) else { continue };
        reduce::reduce(&mut net, &mut work);
        let troubles = explore::explore(&net, &mut work);
        found.extend(report::findings(picture, &net, troubles));
    }
    found.truncate(2 * MOST_OF_A_KIND);
    found
}

/// What may still be done.
pub(super) struct Work {
    left: usize,
}

impl Work {
    /// False when there is not so much left.
    pub fn spend(&mut self, steps: usize) -> bool {
        let is_enough = self.left >= steps;
        self.left = self.left.saturating_sub(steps);
        is_enough
    }

    pub fn is_over(&self) -> bool {
        self.left == 0
    }
}

/// How many of the incoming tokens a node needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Join {
    Any,
    All,
    /// All that can still come.
    Reachable,
}

/// On which of the outgoing edges it sends one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Split {
    One,
    All,
    /// On those that always get one, and any of the others; on one at least.
    Some,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    Inner,
    /// From where no token ever comes: edges of dead elements.
    Nowhere,
    /// Where the scope begins, once.
    Start,
    /// Tokens end here, and stay.
    End,
    /// A token here ends all others.
    Stop,
}

#[derive(Debug)]
pub(super) struct Node {
    pub role: Role,
    /// The element that tokens come to here, if it is one.
    pub place: Option<ElementIndex>,
    pub join: Join,
    pub split: Split,
    pub ins: Vec<usize>,
    pub outs: Vec<usize>,
}

#[derive(Debug)]
pub(super) struct Edge {
    pub from: usize,
    pub to: usize,
    /// Of a node that sends on some of its edges: on this one, always.
    pub is_always: bool,
    pub is_gone: bool,
    /// Its beginning and its end in the picture; between them it may have swallowed more.
    pub first: (ElementIndex, ElementIndex),
    pub last: (ElementIndex, ElementIndex),
}

pub(super) const NOWHERE: usize = 0;
pub(super) const START: usize = 1;
pub(super) const END: usize = 2;
pub(super) const STOP: usize = 3;

#[derive(Debug)]
pub(super) struct Net {
    pub nodes: Vec<Node>,
    pub edges: Vec<Edge>,
    /// The join that each has become part of.
    pub joined: HashMap<ElementIndex, ElementIndex>,
}

impl Net {
    fn new() -> Net {
        let mut net = Net { nodes: Vec::new(), edges: Vec::new(), joined: HashMap::new() };
        // In the order of the constants.
        for role in [Role::Nowhere, Role::Start, Role::End, Role::Stop] {
            net.node(role, Join::Any, Split::One);
        }
        net
    }

    fn node(&mut self, role: Role, join: Join, split: Split) -> usize {
        self.nodes.push(Node { role, place: None, join, split, ins: Vec::new(), outs: Vec::new() });
        self.nodes.len() - 1
    }

    fn edge(&mut self, from: usize, to: usize, way: (ElementIndex, ElementIndex), is_always: bool) {
        let edge = self.edges.len();
        self.edges.push(Edge { from, to, is_always, is_gone: false, first: way, last: way });
        self.nodes[from].outs.push(edge);
        self.nodes[to].ins.push(edge);
    }

    /// Takes an edge away.
    fn cut(&mut self, edge: usize) {
        let (from, to) = (self.edges[edge].from, self.edges[edge].to);
        self.nodes[from].outs.retain(|other| *other != edge);
        self.nodes[to].ins.retain(|other| *other != edge);
        self.edges[edge].is_gone = true;
    }
}
