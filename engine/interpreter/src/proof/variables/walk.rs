//! Walks through the whole process, into sub-processes and out of them.

use crate::ElementIndex;
use crate::elements::Kind;
use crate::proof::picture::{Picture, at};
use std::collections::VecDeque;

/// Everywhere that can be come to without passing an element that may write. A parallel join is passed when it can be come to on
/// all of its flows.
pub(super) struct Walk<'w> {
    picture: &'w Picture<'w>,
    may_write: &'w [bool],
    entered: Vec<Option<Option<ElementIndex>>>,
    left: Vec<bool>,
    arrived: Vec<usize>,
    order: Vec<ElementIndex>,
}

impl<'w> Walk<'w> {
    pub fn without(picture: &'w Picture<'w>, may_write: &'w [bool]) -> Walk<'w> {
        let count = may_write.len();
        let (entered, left, arrived) = (vec![None; count], vec![false; count], vec![0; count]);
        let mut walk = Walk { picture, may_write, entered, left, arrived, order: Vec::new() };
        let mut open = VecDeque::new();
        picture.starts(None).into_iter().flatten().for_each(|start| walk.enter(start, None, &mut open));
        while let Some(place) = open.pop_front() {
            walk.go_on(place, &mut open);
        }
        walk
    }

    /// In the order in which they are come to.
    pub fn reached(&self) -> impl Iterator<Item = ElementIndex> + '_ {
        self.order.iter().copied()
    }

    pub fn is_left(&self, index: ElementIndex) -> bool {
        self.left[at(index)]
    }

    pub fn way_to(&self, index: ElementIndex) -> Vec<ElementIndex> {
        let mut way = vec![index];
        let mut place = index;
        while let Some(before) = self.entered[at(place)].flatten() {
            way.push(before);
            place = before;
        }
        way.reverse();
        way
    }

    fn enter(&mut self, index: ElementIndex, from: Option<ElementIndex>, open: &mut VecDeque<ElementIndex>) {
        if self.entered[at(index)].is_none() {
            self.entered[at(index)] = Some(from);
            self.order.push(index);
            open.push_back(index);
        }
    }

    fn go_on(&mut self, place: ElementIndex, open: &mut VecDeque<ElementIndex>) {
        let is_scope = !self.picture.inside(Some(place)).is_empty();
        if !is_scope || !self.is_written_in(place) {
            self.picture
                .exits(place)
                .collect::<Vec<_>>()
                .into_iter()
                .for_each(|event| self.enter(event, Some(place), open));
        }
        let starts = self.picture.starts(Some(place));
        if is_scope && !starts.is_empty() && !self.picture.is_ad_hoc(Some(place)) {
            starts.into_iter().flatten().for_each(|start| self.enter(start, Some(place), open));
        } else {
            self.leave(place, place, open);
        }
    }

    /// Leaves a place, which was come to by `last`; and the sub-processes that end with it.
    fn leave(&mut self, place: ElementIndex, last: ElementIndex, open: &mut VecDeque<ElementIndex>) {
        let mut place = place;
        while !self.may_write[at(place)] && !std::mem::replace(&mut self.left[at(place)], true) {
            if !self.picture.is_end(place) {
                let next: Vec<ElementIndex> = self.picture.follows(place).collect();
                return next.into_iter().for_each(|next| self.arrive(next, last, open));
            }
            match self.picture.process.element(place).parent {
                // An error leaves the sub-process another way.
                Some(parent) if !self.picture.ends_scope(place) => place = parent,
                _ => return,
            }
        }
    }

    fn arrive(&mut self, index: ElementIndex, from: ElementIndex, open: &mut VecDeque<ElementIndex>) {
        let element = self.picture.process.element(index);
        self.arrived[at(index)] += 1;
        if !matches!(element.kind, Kind::ParallelGateway(_)) || self.arrived[at(index)] >= element.incoming.len() {
            self.enter(index, Some(from), open);
        }
    }

    fn is_written_in(&self, scope: ElementIndex) -> bool {
        let mut open = vec![scope];
        while let Some(place) = open.pop() {
            if self.may_write[at(place)] {
                return true;
            }
            open.extend(self.picture.inside(Some(place)));
        }
        false
    }
}

/// What flows lead to from the start of the process, also in sub-processes, but for ad-hoc ones.
pub(super) fn in_order(picture: &Picture<'_>) -> Vec<bool> {
    closure(picture, picture.starts(None).into_iter().flatten().collect())
}

/// Everything that may run after this has begun.
pub(super) fn after(picture: &Picture<'_>, place: ElementIndex) -> Vec<bool> {
    let mut next = Vec::new();
    step(picture, place, &mut next);
    closure(picture, next)
}

fn closure(picture: &Picture<'_>, mut open: Vec<ElementIndex>) -> Vec<bool> {
    let mut is_reached = vec![false; picture.process.elements.len()];
    while let Some(place) = open.pop() {
        if !std::mem::replace(&mut is_reached[at(place)], true) {
            step(picture, place, &mut open);
        }
    }
    is_reached
}

fn step(picture: &Picture<'_>, place: ElementIndex, open: &mut Vec<ElementIndex>) {
    open.extend(picture.next(place));
    if !picture.is_ad_hoc(Some(place)) {
        open.extend(picture.starts(Some(place)).into_iter().flatten());
    }
    let mut place = place;
    while let Some(parent) = picture.process.element(place).parent.filter(|_| picture.is_end(place)) {
        open.extend(picture.next(parent));
        place = parent;
    }
}

/// Whether something that may write runs beside the way: behind another flow of something that goes on along several.
pub(super) fn is_beside(picture: &Picture<'_>, way: &[ElementIndex], may_write: &[bool]) -> bool {
    let mut is_closed = vec![false; may_write.len()];
    way.iter().for_each(|place| is_closed[at(*place)] = true);
    let mut open: Vec<ElementIndex> = Vec::new();
    for place in way.iter().copied().filter(|place| goes_several_ways(picture, *place)) {
        open.extend(picture.next(place));
    }
    while let Some(place) = open.pop() {
        if std::mem::replace(&mut is_closed[at(place)], true) {
            continue;
        }
        if may_write[at(place)] {
            return true;
        }
        step(picture, place, &mut open);
    }
    false
}

fn goes_several_ways(picture: &Picture<'_>, place: ElementIndex) -> bool {
    let element = picture.process.element(place);
    let is_exclusive = match &element.kind {
        Kind::ExclusiveGateway(_) => true,
        Kind::EventBasedGateway(gateway) => !gateway.is_parallel,
        _ => false,
    };
    (!is_exclusive && element.outgoing.len() > 1) || picture.exits(place).any(|event| !picture.is_interrupting(event))
}
