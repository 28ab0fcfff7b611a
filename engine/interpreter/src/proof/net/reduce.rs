//! Reduction: what surely hands on each token, once, collapses. Each rule keeps whether something can wait for ever and whether
//! two tokens can come to one edge; none is tried where it would not.

use super::{END, Join, NOWHERE, Net, Role, START, STOP, Split, Work};
use std::collections::{HashMap, VecDeque};

pub(super) fn reduce(net: &mut Net, work: &mut Work) {
    let mut reduction = Reduction { open: (0..net.nodes.len()).collect(), is_open: vec![true; net.nodes.len()], net };
    while let Some(node) = reduction.open.pop_front() {
        reduction.is_open[node] = false;
        let degree = reduction.net.nodes[node].ins.len() + reduction.net.nodes[node].outs.len();
        if !work.spend(degree + 1) {
            return;
        }
        reduction.unify_edges(node);
        reduction.drop_tokens_that_end(node);
        reduction.drop_loop(node);
        if !reduction.join_the_one_before(node) {
            reduction.join_the_one_after(node);
        }
    }
}

struct Reduction<'n> {
    net: &'n mut Net,
    /// Nodes that may have become reducible.
    open: VecDeque<usize>,
    is_open: Vec<bool>,
}

impl Reduction<'_> {
    fn touch(&mut self, node: usize) {
        if !std::mem::replace(&mut self.is_open[node], true) {
            self.open.push_back(node);
        }
    }

    fn cut(&mut self, edge: usize) {
        let (from, to) = (self.net.edges[edge].from, self.net.edges[edge].to);
        self.net.cut(edge);
        self.touch(from);
        self.touch(to);
    }

    /// Several edges from one node to another are one, when their tokens are one there.
    fn unify_edges(&mut self, node: usize) {
        if self.net.nodes[node].outs.len() < 2 || node == NOWHERE {
            return;
        }
        let mut kept: HashMap<usize, usize> = HashMap::new();
        for edge in self.net.nodes[node].outs.clone() {
            let to = self.net.edges[edge].to;
            match kept.get(&to).copied() {
                Some(same) if self.is_one(node, to) => {
                    self.net.edges[same].is_always |= self.net.edges[edge].is_always;
                    self.cut(edge);
                }
                Some(_) => {}
                None => drop(kept.insert(to, edge)),
            }
        }
    }

    fn is_one(&self, from: usize, to: usize) -> bool {
        let join = self.net.nodes[to].join;
        if to == END || to == STOP || join == Join::Reachable {
            return true;
        }
        match self.net.nodes[from].split {
            Split::One => join == Join::Any,
            Split::All => join == Join::All,
            Split::Some => false,
        }
    }

    /// A token that ends at once beside others need not set out.
    fn drop_tokens_that_end(&mut self, node: usize) {
        if self.net.nodes[node].outs.len() < 2 || node == NOWHERE {
            return;
        }
        let outs = self.net.nodes[node].outs.clone();
        let ends = outs.iter().copied().find(|edge| self.net.edges[*edge].to == END);
        let goes_on_always =
            |edge: &usize| Some(*edge) != ends && self.net.edges[*edge].is_always && self.net.edges[*edge].to != STOP;
        let is_dropped = match self.net.nodes[node].split {
            Split::All => outs.iter().any(|edge| Some(*edge) != ends && self.net.edges[*edge].to != STOP),
            Split::Some => outs.iter().any(goes_on_always),
            Split::One => false,
        };
        if let Some(edge) = ends.filter(|_| is_dropped) {
            self.cut(edge);
        }
        self.plainer_split(node, ends.is_some() && !is_dropped);
    }

    fn plainer_split(&mut self, node: usize, has_end: bool) {
        let Net { nodes, edges, .. } = &mut *self.net;
        let outs = &nodes[node].outs;
        if nodes[node].split != Split::Some {
            return;
        }
        if outs.iter().all(|edge| edges[*edge].is_always) {
            nodes[node].split = Split::All;
            self.touch(node);
        } else if has_end && outs.len() == 2 && outs.iter().all(|edge| !edges[*edge].is_always) {
            nodes[node].split = Split::One;
            self.touch(node);
        }
    }

    /// Alternatives may be chosen again and again, as long as there is another.
    fn drop_loop(&mut self, node: usize) {
        let it = &self.net.nodes[node];
        if it.join != Join::Any || it.split != Split::One || it.role != Role::Inner {
            return;
        }
        let is_loop = |edge: &usize| self.net.edges[*edge].to == node;
        let loops: Vec<usize> = it.outs.iter().copied().filter(is_loop).collect();
        if loops.len() < it.outs.len() {
            loops.into_iter().for_each(|edge| self.cut(edge));
        }
    }

    /// A node that only one edge leads to becomes part of the node before it, when both send alike, or one of them on one edge
    /// only.
    fn join_the_one_before(&mut self, node: usize) -> bool {
        let it = &self.net.nodes[node];
        let ([edge], Role::Inner) = (it.ins.as_slice(), it.role) else { return false };
        let (edge, before) = (*edge, self.net.edges[*edge].from);
        if before == node || before == NOWHERE || it.outs.is_empty() {
            return false;
        }
        let is_only_way = self.net.nodes[before].outs.len() == 1;
        let is_alike = it.split == self.net.nodes[before].split && it.split != Split::Some;
        if !is_only_way && !is_alike && it.outs.len() != 1 {
            return false;
        }
        if is_only_way {
            self.net.nodes[before].split = it.split;
        }
        let outs = std::mem::take(&mut self.net.nodes[node].outs);
        let is_always = self.net.edges[edge].is_always;
        let first = self.net.edges[edge].first;
        for out in &outs {
            let it = &mut self.net.edges[*out];
            it.from = before;
            it.first = first;
            if !is_only_way {
                it.is_always = is_always;
            }
            let to = it.to;
            self.touch(to);
        }
        self.cut(edge);
        self.net.nodes[before].outs.extend(outs);
        true
    }

    /// A node with only one edge out becomes part of the node after it, when both wait alike.
    fn join_the_one_after(&mut self, node: usize) {
        let it = &self.net.nodes[node];
        let ([edge], Role::Inner) = (it.outs.as_slice(), it.role) else { return };
        let (edge, after) = (*edge, self.net.edges[*edge].to);
        let is_alike = it.join == self.net.nodes[after].join && it.join != Join::Reachable;
        if after == node || self.net.nodes[after].role != Role::Inner || !is_alike || it.ins.is_empty() {
            return;
        }
        if let Some(inner) = it.place {
            self.net.joined.insert(inner, self.net.edges[edge].last.1);
        }
        let ins = std::mem::take(&mut self.net.nodes[node].ins);
        for incoming in &ins {
            self.net.edges[*incoming].to = after;
            let from = self.net.edges[*incoming].from;
            self.touch(from);
        }
        self.cut(edge);
        self.net.nodes[after].ins.extend(ins);
    }
}

/// What the reduction has left, beside where tokens begin and end.
pub(super) fn is_empty(net: &Net) -> bool {
    let is_left = |node: &super::Node| node.role == Role::Inner && !node.ins.is_empty();
    !net.nodes.iter().any(is_left) && net.nodes[START].outs.iter().all(|edge| net.edges[*edge].to != START)
}
