//! Variables that are read on a way where nothing has written them yet.
//!
//! What an instance is started with is unknown, so only variables are looked at that the process itself writes somewhere. Of
//! these it is silent about one that may well have a value or need none: an element that writes it asks for it first; an
//! expression says what holds without it; it is written beside the reader, by an event sub-process or a compensation handler; a
//! loop brings the writer before the reader; only a form writes it, and only later; or two choices on the way depend on one
//! variable, so that the way may not exist.

mod facts;
mod script;
#[cfg(test)]
mod tests;
mod walk;

use super::picture::{Picture, at};
use super::{Finding, MOST_OF_A_KIND, choices, reach, way};
use crate::ElementIndex;
use facts::{Beside, Facts, Sort};
use std::collections::{HashMap, HashSet};
use walk::Walk;

/// Elements looked at, for all variables together.
const WORK: usize = 400_000;
/// Readers of one variable that are tried.
const READERS: usize = 8;

pub(super) fn read_before_written(picture: &Picture<'_>) -> Vec<Finding> {
    let known = Known::of(picture);
    let names = known.worth_looking_at();
    let affordable = WORK / picture.process.elements.len().max(1);
    let found = names.into_iter().take(affordable).filter_map(|name| known.finding(name));
    found.take(MOST_OF_A_KIND).collect()
}

/// Everything that is known about the variables of a process.
struct Known<'p> {
    picture: &'p Picture<'p>,
    facts: Vec<Facts>,
    writers: HashMap<String, Vec<(ElementIndex, Sort)>>,
    /// On the flows that a start leads to, not started by events, to compensate, or in no order.
    is_in_order: Vec<bool>,
}

impl<'p> Known<'p> {
    fn of(picture: &'p Picture<'p>) -> Known<'p> {
        let facts: Vec<Facts> = picture.all().map(|index| facts::of(picture, index)).collect();
        let mut writers: HashMap<String, Vec<(ElementIndex, Sort)>> = HashMap::new();
        let is_alive = reach::alive(picture);
        for index in picture.all().filter(|index| is_alive[at(*index)]) {
            for (name, sort) in &facts[at(index)].writes {
                writers.entry(name.clone()).or_default().push((index, *sort));
            }
        }
        let mut known = Known { picture, facts, writers, is_in_order: Vec::new() };
        known.is_in_order = walk::in_order(picture);
        known
    }

    /// Variables that somebody writes and somebody else asks for, in the order of their names.
    fn worth_looking_at(&self) -> Vec<&str> {
        let (mut asked, mut spared) = (HashSet::new(), HashSet::new());
        for facts in &self.facts {
            asked.extend(facts.reads.iter().map(String::as_str));
            spared.extend(facts.guards.iter().chain(&facts.own).map(String::as_str));
        }
        for flow in &self.picture.process.flows {
            match facts::asked_by(self.picture, flow.index) {
                Ok(names) => asked.extend(names),
                Err(names) => spared.extend(names),
            }
        }
        asked.retain(|name| !spared.contains(name) && !crate::variables::BUILT_IN.contains(name));
        let mut names: Vec<&str> = asked.into_iter().filter(|name| self.is_plainly_written(name)).collect();
        names.sort_unstable();
        names
    }

    fn is_plainly_written(&self, name: &str) -> bool {
        let Some(writers) = self.writers.get(name) else { return false };
        writers.iter().all(|(writer, _)| {
            let facts = &self.facts[at(*writer)];
            self.is_in_order[at(*writer)] && !facts.reads.contains(name) && !facts.uses.contains(name)
        })
    }

    fn finding(&self, name: &str) -> Option<Finding> {
        let writers = &self.writers[name];
        let is_result = writers.iter().all(|(_, sort)| *sort == Sort::Result);
        let enough = if is_result { Beside::Anything } else { Beside::Something };
        let mut may_write: Vec<bool> = self.facts.iter().map(|facts| facts.beside >= enough).collect();
        writers.iter().for_each(|(writer, _)| may_write[at(*writer)] = true);
        let walk = Walk::without(self.picture, &may_write);
        let readers = walk.reached().filter(|reader| self.is_read(name, *reader, &walk)).take(READERS);
        readers.into_iter().find_map(|reader| self.said_of(name, reader, &walk, &may_write))
    }

    fn is_read(&self, name: &str, reader: ElementIndex, walk: &Walk<'_>) -> bool {
        let mut outgoing = self.picture.process.element(reader).outgoing.iter();
        self.facts[at(reader)].reads.contains(name)
            || (walk.is_left(reader)
                && outgoing.any(|flow| facts::asked_by(self.picture, *flow).is_ok_and(|names| names.contains(&name))))
    }

    fn said_of(&self, name: &str, reader: ElementIndex, walk: &Walk<'_>, may_write: &[bool]) -> Option<Finding> {
        let way = walk.way_to(reader);
        let writers = &self.writers[name];
        let after = walk::after(self.picture, reader);
        let comes_before = |writer: &ElementIndex| walk::after(self.picture, *writer)[at(reader)];
        let before: Vec<ElementIndex> = writers.iter().map(|(writer, _)| *writer).filter(comes_before).collect();
        let is_field = writers.iter().any(|(_, sort)| *sort == Sort::Field);
        if before.iter().any(|writer| after[at(*writer)])
            || (before.is_empty() && is_field)
            || walk::is_beside(self.picture, &way, may_write)
            || !choices::fit_together(self.picture, std::slice::from_ref(&way))
            || choices::depend_on_each_other(self.picture, &way)
        {
            return None;
        }
        let writer = before.first().copied().unwrap_or(writers[0].0);
        Some(Finding {
            code: "READ_BEFORE_WRITTEN",
            at: reader,
            message: format!(
                "`{}` reads `{name}`, which nothing has written on the way {}; `{}` writes it",
                self.picture.id(reader),
                way::written(self.picture, &way),
                self.picture.id(writer)
            ),
            hint: "write it on every way that leads there, start the process with it, or say what holds without it: `default(name, value)`",
        })
    }
}
