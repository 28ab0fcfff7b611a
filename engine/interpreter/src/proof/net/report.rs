//! From trouble in the net to what a person reads: which element, and by which way through the picture.

use super::explore::{Step, Trouble, TroubleKind};
use super::{Join, Net};
use crate::ElementIndex;
use crate::proof::picture::{Picture, at};
use crate::proof::{Finding, choices, way};
use std::cmp::Reverse;
use std::collections::{BTreeMap, HashSet};

pub(super) fn findings(picture: &Picture<'_>, net: &Net, troubles: Vec<Trouble>) -> Vec<Finding> {
    let mut said = HashSet::new();
    let mut found = Vec::new();
    for trouble in troubles {
        let story = Story { picture, net, tokens: Token::all(&trouble.steps), steps: &trouble.steps };
        let finding = match &trouble.kind {
            TroubleKind::Waiting { tokens, missing } => story.deadlock(tokens, missing),
            TroubleKind::Twice { edge } => story.lack_of_synchronisation(*edge),
        };
        found.extend(finding.filter(|finding| said.insert((finding.code, finding.at))));
    }
    found
}

/// A token that was sent: in which step, and along which edge.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Token {
    step: usize,
    edge: usize,
}

impl Token {
    /// All that were sent, by step.
    fn all(steps: &[Step]) -> Vec<Token> {
        let mut tokens = Vec::new();
        for (at, step) in steps.iter().enumerate() {
            tokens.extend(step.sent.iter().map(|edge| Token { step: at, edge: *edge }));
        }
        tokens
    }
}

struct Story<'s> {
    picture: &'s Picture<'s>,
    net: &'s Net,
    steps: &'s [Step],
    tokens: Vec<Token>,
}

impl Story<'_> {
    fn deadlock(&self, waiting: &[usize], missing: &[usize]) -> Option<Finding> {
        let end = |edge: usize| self.net.edges[edge].last.1;
        let join = self.incomplete(waiting, missing).or(self.net.nodes[self.net.edges[missing[0]].to].place)?;
        let comes = |edge: &&usize| self.joins_from(end(**edge)).any(|place| place == join);
        let token = self.latest(*waiting.iter().find(comes).unwrap_or(&waiting[0]), self.steps.len())?;
        let way = self.way_to(token, join);
        let others = self.tokens.iter().filter(|other| self.is_left(**other)).map(|other| self.way_of(*other));
        let ways: Vec<_> = others.map(|stops| way::through(self.picture, &stops)).chain([way.clone()]).collect();
        if !choices::fit_together(self.picture, &ways) {
            return None;
        }
        let missed = missing.iter().find(comes).unwrap_or(&missing[0]);
        let inner = self.joins_from(end(*missed)).take_while(|place| *place != join).last();
        let source = inner.unwrap_or(self.net.edges[*missed].last.0);
        Some(Finding {
            code: "DEADLOCK",
            at: join,
            message: format!(
                "`{}` may wait for ever: a token that comes by {} waits for one from `{}`, where none may be left",
                self.picture.id(join),
                way::written(self.picture, &way),
                self.picture.id(source)
            ),
            hint: "merge alternatives with an exclusive gateway, and end a branch early only before the split or with a terminate end event",
        })
    }

    /// Joins that follow one another are one in the net: the innermost of them that has got some, not all.
    fn incomplete(&self, waiting: &[usize], missing: &[usize]) -> Option<ElementIndex> {
        let depth = |join: &ElementIndex| self.joins_from(*join).count();
        // By join: whether something of it has come, and whether something is missing; the innermost first.
        let mut joins: BTreeMap<(Reverse<usize>, ElementIndex), (bool, bool)> = BTreeMap::new();
        for (edge, has_come) in waiting.iter().map(|edge| (edge, true)).chain(missing.iter().map(|edge| (edge, false)))
        {
            let join = self.net.edges[*edge].last.1;
            let (some, lacks) = joins.entry((Reverse(depth(&join)), join)).or_default();
            *some |= has_come;
            *lacks |= !has_come;
        }
        while let Some(((_, join), (some, lacks))) = joins.pop_first() {
            if some && lacks {
                return Some(join);
            }
            if let Some(outer) = self.net.joined.get(&join) {
                let (outer_some, outer_lacks) = joins.entry((Reverse(depth(outer)), *outer)).or_default();
                *outer_some |= some;
                *outer_lacks |= lacks;
            }
        }
        None
    }

    /// A join, the one that it has become part of, and so on.
    fn joins_from(&self, join: ElementIndex) -> impl Iterator<Item = ElementIndex> + '_ {
        let outer = |join: &ElementIndex| self.net.joined.get(join).copied();
        std::iter::successors(Some(join), outer).take(self.net.nodes.len())
    }

    /// Two tokens on one edge: where they first came together without waiting for each other.
    fn lack_of_synchronisation(&self, edge: usize) -> Option<Finding> {
        let second = Token { step: self.steps.len() - 1, edge };
        let first = self.latest(edge, second.step)?;
        let (one, other) = (self.line_of(first), self.line_of(second));
        let parted = one.iter().zip(&other).position(|(one, other)| one.edge != other.edge)?;
        let node = self.net.edges[one[parted].edge].to;
        let (merged, merged_again) = (one.get(parted.checked_sub(1)?)?.step, other.get(parted - 1)?.step);
        let is_one_after_another = self.comes_from(merged_again, merged) || self.comes_from(merged, merged_again);
        if self.net.nodes[node].join != Join::Any || is_one_after_another {
            return None;
        }
        let [a, b] = [one[parted].edge, other[parted].edge].map(|edge| self.net.edges[edge].last.1);
        let merge = if a == b { a } else { self.net.nodes[node].place? };
        let ways = [one[parted], other[parted]].map(|token| self.way_to(token, merge));
        if ways[0] == ways[1] || !choices::fit_together(self.picture, &ways) {
            return None;
        }
        let again = self.what_runs_again(merge)?;
        Some(Finding {
            code: "LACK_OF_SYNCHRONISATION",
            at: merge,
            message: format!(
                "`{}` does not wait: tokens come by {} and by {} in the same run, so `{}` runs once for each",
                self.picture.id(merge),
                way::written(self.picture, &ways[0]),
                way::written(self.picture, &ways[1]),
                self.picture.id(again)
            ),
            hint: "join branches that run beside each other with a parallel gateway, or an inclusive one when not all of them always run",
        })
    }

    /// Whether nothing has taken it.
    fn is_left(&self, token: Token) -> bool {
        let mut later = self.steps.iter().skip(token.step + 1);
        !later.any(|step| step.taken.contains(&token.edge))
    }

    fn way_to(&self, token: Token, place: ElementIndex) -> Vec<ElementIndex> {
        let mut stops = self.way_of(token);
        stops.push(place);
        way::through(self.picture, &stops)
    }

    /// The latest token that was sent along `edge` before a step.
    fn latest(&self, edge: usize, before: usize) -> Option<Token> {
        self.tokens.iter().rev().find(|token| token.edge == edge && token.step < before).copied()
    }

    /// The token, the one it came from, and so on.
    fn line_of(&self, token: Token) -> Vec<Token> {
        let mut line = vec![token];
        let mut token = token;
        while let Some(taken) = self.steps[token.step].taken.first() {
            let Some(before) = self.latest(*taken, token.step) else { break };
            line.push(before);
            token = before;
        }
        line
    }

    /// Whether a step could not have been without another before it.
    fn comes_from(&self, step: usize, earlier: usize) -> bool {
        let mut open = vec![step];
        let mut is_seen = vec![false; self.steps.len()];
        while let Some(place) = open.pop() {
            if place == earlier {
                return true;
            }
            if !std::mem::replace(&mut is_seen[place], true) {
                let taken = self.steps[place].taken.iter();
                open.extend(taken.filter_map(|edge| self.latest(*edge, place)).map(|token| token.step));
            }
        }
        false
    }

    /// The elements that a token has certainly come by.
    fn way_of(&self, token: Token) -> Vec<ElementIndex> {
        let mut line = self.line_of(token);
        line.reverse();
        let edges = line.iter().map(|token| &self.net.edges[token.edge]);
        let mut stops: Vec<ElementIndex> =
            edges.flat_map(|edge| [edge.first.0, edge.first.1, edge.last.0, edge.last.1]).collect();
        stops.dedup();
        stops
    }

    /// The first thing after a merge that makes a difference when it happens twice.
    fn what_runs_again(&self, merge: ElementIndex) -> Option<ElementIndex> {
        let mut open = std::collections::VecDeque::from([merge]);
        let mut is_seen = vec![false; self.picture.process.elements.len()];
        while let Some(place) = open.pop_front() {
            if std::mem::replace(&mut is_seen[at(place)], true) {
                continue;
            }
            let is_gateway = matches!(self.picture.element(place).kind, model::ElementKind::Gateway(_));
            if !is_gateway && self.picture.makes_a_difference(place) {
                return Some(place);
            }
            open.extend(self.picture.follows(place));
        }
        None
    }
}
