//! Ways through the picture: the shortest between two elements of a scope, and how a way is written.

use super::picture::{Picture, at};
use crate::ElementIndex;
use std::collections::hash_map::Entry;
use std::collections::{HashMap, VecDeque};

/// The elements from `from` to `to`, both included; along flows, links and boundary events.
pub(super) fn between(picture: &Picture<'_>, from: ElementIndex, to: ElementIndex) -> Option<Vec<ElementIndex>> {
    shortest(picture, [from], |place| place == to)
}

/// The way from a start of `scope` to the nearest goal.
pub(super) fn from_start(
    picture: &Picture<'_>,
    scope: Option<ElementIndex>,
    is_goal: impl Fn(ElementIndex) -> bool,
) -> Option<Vec<ElementIndex>> {
    shortest(picture, picture.starts(scope).into_iter().flatten(), is_goal)
}

fn shortest(
    picture: &Picture<'_>,
    from: impl IntoIterator<Item = ElementIndex>,
    is_goal: impl Fn(ElementIndex) -> bool,
) -> Option<Vec<ElementIndex>> {
    let mut open: VecDeque<ElementIndex> = from.into_iter().collect();
    let mut came_from: HashMap<ElementIndex, Option<ElementIndex>> = open.iter().map(|start| (*start, None)).collect();
    while let Some(place) = open.pop_front() {
        if is_goal(place) {
            return Some(back(&came_from, place));
        }
        for next in picture.next(place) {
            if let Entry::Vacant(entry) = came_from.entry(next) {
                entry.insert(Some(place));
                open.push_back(next);
            }
        }
    }
    None
}

/// The way to `place`, by where each place was reached from.
pub(super) fn back(came_from: &HashMap<ElementIndex, Option<ElementIndex>>, place: ElementIndex) -> Vec<ElementIndex> {
    let mut way = vec![place];
    let mut place = place;
    while let Some(Some(before)) = came_from.get(&place) {
        way.push(*before);
        place = *before;
    }
    way.reverse();
    way
}

/// The way by all of these in their order, gaps filled.
pub(super) fn through(picture: &Picture<'_>, stops: &[ElementIndex]) -> Vec<ElementIndex> {
    let mut way: Vec<ElementIndex> = stops.first().copied().into_iter().collect();
    for pair in stops.windows(2).filter(|pair| pair[0] != pair[1]) {
        match between(picture, pair[0], pair[1]) {
            Some(part) => way.extend(&part[1..]),
            // Something that starts beside what was before: the way begins there.
            None => way = vec![pair[1]],
        }
    }
    way
}

/// Goes on from `from` as long as `may_go` allows, until it comes back to where it has been.
pub(super) fn around(
    picture: &Picture<'_>,
    from: ElementIndex,
    may_go: impl Fn(ElementIndex) -> bool,
) -> Vec<ElementIndex> {
    let mut way = vec![from];
    let mut has_been = vec![false; picture.process.elements.len()];
    let mut place = from;
    while !std::mem::replace(&mut has_been[at(place)], true) {
        match picture.follows(place).find(|next| may_go(*next)) {
            Some(next) => place = next,
            None => break,
        }
        way.push(place);
    }
    way
}

/// Longer ways are cut in their middle.
const SHOWN: usize = 14;

/// `` `a → b → c` ``
pub(super) fn written(picture: &Picture<'_>, way: &[ElementIndex]) -> String {
    let ids: Vec<&str> = way.iter().map(|index| picture.id(*index)).collect();
    if ids.len() <= SHOWN {
        return format!("`{}`", ids.join(" → "));
    }
    let (head, tail) = (&ids[..SHOWN / 2], &ids[ids.len() - SHOWN / 2..]);
    format!("`{} → … → {}`", head.join(" → "), tail.join(" → "))
}
