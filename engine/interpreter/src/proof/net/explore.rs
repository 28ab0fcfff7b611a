//! Play: everything that can happen in what the reduction has left, step by step, up to a bound.
//!
//! A state is the set of edges with a token. A step after which an edge would carry two is noted and not gone on from; so is a
//! state in which nothing can happen any more while a token waits at a parallel join.

use super::{END, Join, NOWHERE, Net, START, STOP, Split, Work, reduce};
use std::collections::HashMap;

/// States of one scope.
const STATES: usize = 20_000;
/// Runs with the same trouble that are told, in case that some cannot happen.
const TRIED: usize = 6;
/// Edges with a free choice of all their combinations; of more, each alone, and all.
const COMBINED: usize = 4;

/// What went wrong, with the steps that lead there, the first first.
pub(super) struct Trouble {
    pub steps: Vec<Step>,
    pub kind: TroubleKind,
}

pub(super) enum TroubleKind {
    /// Tokens wait on these edges, and none can come on the other ones to the same join.
    Waiting { tokens: Vec<usize>, missing: Vec<usize> },
    /// The last step sends a second token along this edge.
    Twice { edge: usize },
}

/// A node takes tokens and sends others.
#[derive(Debug, Clone)]
pub(super) struct Step {
    pub taken: Vec<usize>,
    pub sent: Vec<usize>,
}

pub(super) fn explore(net: &Net, work: &mut Work) -> Vec<Trouble> {
    if reduce::is_empty(net) || work.is_over() {
        return Vec::new();
    }
    let mut play = Play::new(net);
    let begin = play.sent_by(START).into_iter().map(|sent| Step { taken: Vec::new(), sent });
    let empty = Marking(vec![0; net.edges.len().div_ceil(64)]);
    begin.for_each(|step| play.note(None, &empty, step));
    let mut next = 0;
    while next < play.states.len() && play.states.len() < STATES {
        let marking = play.states[next].marking.clone();
        let steps = play.steps(&marking);
        let cost = marking.0.len() * (steps.len() + 1) + net.nodes.len() / 16;
        if !work.spend(cost * 8) {
            break;
        }
        if steps.is_empty() {
            play.rest(next, &marking);
        }
        steps.into_iter().for_each(|step| play.note(Some(next), &marking, step));
        next += 1;
    }
    play.troubles
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Marking(Vec<u64>);

impl Marking {
    fn has(&self, edge: usize) -> bool {
        self.0[edge / 64] & (1 << (edge % 64)) != 0
    }

    fn put(&mut self, edge: usize) {
        self.0[edge / 64] |= 1 << (edge % 64);
    }

    fn take(&mut self, edge: usize) {
        self.0[edge / 64] &= !(1 << (edge % 64));
    }

    fn edges(&self) -> impl Iterator<Item = usize> + '_ {
        let bits = |word: u64| (0..64).filter(move |bit| word & (1 << bit) != 0);
        self.0
            .iter()
            .enumerate()
            .filter(|(_, word)| **word != 0)
            .flat_map(move |(at, word)| bits(*word).map(move |bit| at * 64 + bit))
    }
}

struct State {
    marking: Marking,
    /// The state before, and what was done in it.
    before: Option<usize>,
    step: Step,
}

struct Play<'n> {
    net: &'n Net,
    states: Vec<State>,
    known: HashMap<Marking, usize>,
    /// Of each node that waits for what can still come: by incoming edge, the nodes from which that edge can be reached.
    reach: HashMap<usize, Vec<(usize, Vec<bool>)>>,
    troubles: Vec<Trouble>,
    /// How often there has been trouble with each edge.
    noted: Vec<usize>,
}

impl<'n> Play<'n> {
    fn new(net: &'n Net) -> Play<'n> {
        let waits = |node: &usize| net.nodes[*node].join == Join::Reachable && net.nodes[*node].ins.len() > 1;
        let reach = |node: usize| net.nodes[node].ins.iter().map(|edge| (*edge, reaching(net, *edge, node))).collect();
        let reach = (0..net.nodes.len()).filter(waits).map(|node| (node, reach(node))).collect();
        let noted = vec![0; net.edges.len()];
        Play { net, states: Vec::new(), known: HashMap::new(), reach, troubles: Vec::new(), noted }
    }

    fn note(&mut self, before: Option<usize>, marking: &Marking, step: Step) {
        let mut marking = marking.clone();
        step.taken.iter().for_each(|edge| marking.take(*edge));
        if let Some(edge) = step.sent.iter().copied().find(|edge| marking.has(*edge)) {
            if self.is_news(edge) {
                let steps = self.history(before, step);
                self.troubles.push(Trouble { steps, kind: TroubleKind::Twice { edge } });
            }
            return;
        }
        step.sent.iter().for_each(|edge| marking.put(*edge));
        if !self.known.contains_key(&marking) {
            self.known.insert(marking.clone(), self.states.len());
            self.states.push(State { marking, before, step });
        }
    }

    fn is_news(&mut self, edge: usize) -> bool {
        self.noted[edge] += 1;
        self.noted[edge] <= TRIED
    }

    fn history(&self, state: Option<usize>, last: Step) -> Vec<Step> {
        let mut steps = vec![last];
        let mut place = state;
        while let Some(state) = place.map(|place| &self.states[place]) {
            steps.push(state.step.clone());
            place = state.before;
        }
        steps.reverse();
        steps
    }

    /// What can be done next.
    fn steps(&self, marking: &Marking) -> Vec<Step> {
        let mut steps = Vec::new();
        for edge in marking.edges() {
            let node = self.net.edges[edge].to;
            let Some(taken) = self.taken_by(node, edge, marking) else { continue };
            if node == STOP {
                return steps;
            }
            let ways = self.sent_by(node).into_iter();
            steps.extend(ways.map(|sent| Step { taken: taken.clone(), sent }));
        }
        steps
    }

    /// The tokens that `node` takes when it takes the one on `edge`; each set is said for its first edge only.
    fn taken_by(&self, node: usize, edge: usize, marking: &Marking) -> Option<Vec<usize>> {
        let ins = &self.net.nodes[node].ins;
        match self.net.nodes[node].join {
            _ if node == END => None,
            Join::Any => Some(vec![edge]),
            _ if ins.len() == 1 => Some(vec![edge]),
            Join::All => (ins[0] == edge && ins.iter().all(|edge| marking.has(*edge))).then(|| ins.clone()),
            Join::Reachable => {
                let taken: Vec<usize> = ins.iter().copied().filter(|edge| marking.has(*edge)).collect();
                (taken[0] == edge && !self.is_awaited(node, marking)).then_some(taken)
            }
        }
    }

    /// Whether some token can still come on an edge without one, and not on an edge that has one already.
    fn is_awaited(&self, node: usize, marking: &Marking) -> bool {
        let Some(reach) = self.reach.get(&node) else { return false };
        let can_come = |place: usize| {
            let mut without = reach.iter().filter(|(edge, _)| !marking.has(*edge));
            let mut with = reach.iter().filter(|(edge, _)| marking.has(*edge));
            without.any(|(_, from)| from[place]) && !with.any(|(_, from)| from[place])
        };
        marking.edges().map(|edge| self.net.edges[edge].to).any(|place| place != node && can_come(place))
    }

    /// The sets of edges that a node may send on.
    fn sent_by(&self, node: usize) -> Vec<Vec<usize>> {
        let it = &self.net.nodes[node];
        match it.split {
            Split::One => it.outs.iter().map(|edge| vec![*edge]).collect(),
            Split::All => vec![it.outs.clone()],
            Split::Some => self.some_of(&it.outs),
        }
    }

    fn some_of(&self, outs: &[usize]) -> Vec<Vec<usize>> {
        let (always, free): (Vec<usize>, Vec<usize>) = outs.iter().partition(|edge| self.net.edges[**edge].is_always);
        let with = |chosen: Vec<usize>| always.iter().copied().chain(chosen).collect::<Vec<usize>>();
        let mut sets: Vec<Vec<usize>> = if free.len() <= COMBINED {
            let set = |bits: usize| (0..free.len()).filter(|at| bits & (1 << at) != 0).map(|at| free[at]).collect();
            (0..1 << free.len()).map(|bits| with(set(bits))).collect()
        } else {
            let single = free.iter().map(|edge| with(vec![*edge]));
            single.chain([with(Vec::new()), with(free.clone())]).collect()
        };
        sets.retain(|set| !set.is_empty());
        sets
    }

    /// Nothing can happen any more: tokens at parallel joins wait in vain.
    fn rest(&mut self, state: usize, marking: &Marking) {
        if marking.edges().any(|edge| self.net.edges[edge].to == STOP) {
            return;
        }
        let mut joins: Vec<usize> = marking.edges().map(|edge| self.net.edges[edge].to).collect();
        joins.sort_unstable();
        joins.dedup();
        for join in joins.into_iter().filter(|join| *join > STOP && self.net.nodes[*join].join == Join::All) {
            let (tokens, missing): (Vec<usize>, Vec<usize>) =
                self.net.nodes[join].ins.iter().partition(|edge| marking.has(**edge));
            if missing.is_empty() || !self.is_news(tokens[0]) {
                continue;
            }
            let steps = self.history(self.states[state].before, self.states[state].step.clone());
            self.troubles.push(Trouble { steps, kind: TroubleKind::Waiting { tokens, missing } });
        }
    }
}

/// The nodes from which a token can come out at `edge` without passing `join`.
fn reaching(net: &Net, edge: usize, join: usize) -> Vec<bool> {
    let mut is_reaching = vec![false; net.nodes.len()];
    let mut open = vec![net.edges[edge].from];
    while let Some(node) = open.pop() {
        if node == join || node == NOWHERE || std::mem::replace(&mut is_reaching[node], true) {
            continue;
        }
        open.extend(net.nodes[node].ins.iter().map(|edge| net.edges[*edge].from));
    }
    is_reaching
}
