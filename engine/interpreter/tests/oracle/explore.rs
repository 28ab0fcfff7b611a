//! The token game of a flat graph of tasks and gateways, played in every order and with every choice, to its ends.
//!
//! A marking says how many tokens are on each flow. A task takes a token and sends one along each of its flows, some time.
//! Nothing here knows time or data; so every outcome of the engine must be among those found.

use crate::drawing::Scope;
use std::collections::{BTreeMap, BTreeSet};

/// How a game can end: by a terminate end event, or at rest with these tokens left, by flow. None left is completion.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Outcome {
    Terminated,
    Rests(Vec<(usize, u8)>),
}

/// More markings than this are not looked at, nor more tokens on one flow.
const MOST_MARKINGS: usize = 15_000;
const MOST_TOKENS: u8 = 5;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Task,
    Exclusive,
    Parallel,
    Inclusive,
    End,
    Terminate,
}

struct Node {
    kind: Kind,
    incoming: Vec<usize>,
    outgoing: Vec<usize>,
}

type Marking = Vec<u8>;

pub struct Game {
    nodes: Vec<Node>,
    /// Where each flow leads.
    to: Vec<usize>,
    /// By join and by flow: the incoming flows of the join that a token on the flow can come to.
    ahead: BTreeMap<(usize, usize), BTreeSet<usize>>,
}

impl Game {
    pub fn of(drawing: &Scope) -> Game {
        let place: BTreeMap<&str, usize> =
            drawing.nodes.iter().enumerate().map(|(at, node)| (node.id.as_str(), at)).collect();
        let flows = || drawing.edges.iter().enumerate();
        let nodes = drawing.nodes.iter().map(|node| Node {
            kind: match node.type_name {
                "exclusiveGateway" => Kind::Exclusive,
                "parallelGateway" => Kind::Parallel,
                "inclusiveGateway" => Kind::Inclusive,
                "endEvent" => Kind::End,
                "terminateEndEvent" => Kind::Terminate,
                _ => Kind::Task,
            },
            incoming: flows().filter(|(_, edge)| edge.to == node.id).map(|(flow, _)| flow).collect(),
            outgoing: flows().filter(|(_, edge)| edge.from == node.id).map(|(flow, _)| flow).collect(),
        });
        let to = drawing.edges.iter().map(|edge| place[edge.to.as_str()]).collect();
        let mut game = Game { nodes: nodes.collect(), to, ahead: BTreeMap::new() };
        let is_join = |at: &usize| game.waits(*at) && game.nodes[*at].kind == Kind::Inclusive;
        for join in (0..game.nodes.len()).filter(is_join).collect::<Vec<_>>() {
            for flow in 0..game.to.len() {
                let ahead = game.comes_to(flow, join);
                game.ahead.insert((join, flow), ahead);
            }
        }
        game
    }

    fn waits(&self, node: usize) -> bool {
        matches!(self.nodes[node].kind, Kind::Parallel | Kind::Inclusive) && self.nodes[node].incoming.len() > 1
    }

    /// The flows into `join` that a token on `flow` can come to without passing it.
    fn comes_to(&self, flow: usize, join: usize) -> BTreeSet<usize> {
        let (mut found, mut seen, mut open) = (BTreeSet::new(), BTreeSet::new(), vec![flow]);
        while let Some(flow) = open.pop() {
            if !seen.insert(flow) {
                continue;
            }
            if self.to[flow] == join {
                found.insert(flow);
            } else {
                open.extend(&self.nodes[self.to[flow]].outgoing);
            }
        }
        found
    }

    /// Every way the game can end; none when there are too many ways to look at.
    pub fn outcomes(&self, start: usize) -> Option<BTreeSet<Outcome>> {
        let mut first = vec![0; self.to.len()];
        self.nodes[start].outgoing.iter().for_each(|flow| first[*flow] += 1);
        let (mut outcomes, mut seen, mut open) = (BTreeSet::new(), BTreeSet::new(), vec![first]);
        while let Some(marking) = open.pop() {
            if !seen.insert(marking.clone()) {
                continue;
            }
            if seen.len() > MOST_MARKINGS || marking.iter().any(|tokens| *tokens > MOST_TOKENS) {
                return None;
            }
            let mut is_at_rest = true;
            for node in 0..self.nodes.len() {
                for next in self.moves(node, &marking) {
                    is_at_rest = false;
                    match next {
                        Some(next) => open.push(next),
                        None => drop(outcomes.insert(Outcome::Terminated)),
                    }
                }
            }
            if is_at_rest {
                let left = marking.iter().enumerate().filter(|(_, tokens)| **tokens > 0);
                outcomes.insert(Outcome::Rests(left.map(|(flow, tokens)| (flow, *tokens)).collect()));
            }
        }
        Some(outcomes)
    }

    /// What one node can make of a marking; none is the end of everything.
    fn moves(&self, at: usize, marking: &Marking) -> Vec<Option<Marking>> {
        let node = &self.nodes[at];
        let here: Vec<usize> = node.incoming.iter().copied().filter(|flow| marking[*flow] > 0).collect();
        if here.is_empty() {
            return Vec::new();
        }
        if self.waits(at) {
            let is_ready = match node.kind {
                Kind::Parallel => here.len() == node.incoming.len(),
                _ => !self.is_awaited(at, &here, marking),
            };
            return if is_ready { self.sent(node, &taken(marking, &here)) } else { Vec::new() };
        }
        here.iter().flat_map(|flow| self.sent(node, &taken(marking, &[*flow]))).collect()
    }

    fn is_awaited(&self, join: usize, here: &[usize], marking: &Marking) -> bool {
        let elsewhere = (0..marking.len()).filter(|flow| marking[*flow] > 0 && self.to[*flow] != join);
        elsewhere
            .map(|flow| &self.ahead[&(join, flow)])
            .any(|ahead| !ahead.is_empty() && ahead.iter().all(|flow| !here.contains(flow)))
    }

    /// The markings after a node has sent its tokens, one for each choice that it has.
    fn sent(&self, node: &Node, marking: &Marking) -> Vec<Option<Marking>> {
        let with = |flows: &[usize]| {
            let mut next = marking.clone();
            flows.iter().for_each(|flow| next[*flow] += 1);
            Some(next)
        };
        let out = &node.outgoing;
        match node.kind {
            Kind::Terminate => vec![None],
            _ if out.is_empty() => vec![with(&[])],
            Kind::Task | Kind::Parallel | Kind::End => vec![with(out)],
            Kind::Exclusive => out.iter().map(|flow| with(&[*flow])).collect(),
            Kind::Inclusive => (1..1_usize << out.len())
                .map(|choice| {
                    let chosen = out.iter().enumerate().filter(|(bit, _)| choice >> bit & 1 == 1);
                    with(&chosen.map(|(_, flow)| *flow).collect::<Vec<_>>())
                })
                .collect(),
        }
    }
}

fn taken(marking: &Marking, flows: &[usize]) -> Marking {
    let mut next = marking.clone();
    flows.iter().for_each(|flow| next[*flow] -= 1);
    next
}
