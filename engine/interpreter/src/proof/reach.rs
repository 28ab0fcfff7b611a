//! Dead elements, and elements without a way to an end.

use super::picture::{Picture, at};
use super::{Finding, MOST_OF_A_KIND, way};
use crate::ElementIndex;
use crate::elements::Kind;
use model::{ElementKind, Gateway};
use std::collections::HashSet;

/// What no start leads to, by flows, links, boundary events, compensation or event sub-processes. What stands in something
/// dead is not listed again.
pub(super) fn dead_elements(picture: &Picture<'_>) -> Vec<Finding> {
    let is_alive = alive(picture);
    let is_dead = |index: &ElementIndex| {
        let parent = picture.process.element(*index).parent;
        !is_alive[at(*index)] && parent.is_none_or(|parent| is_alive[at(parent)])
    };
    let dead: Vec<ElementIndex> = picture.all().filter(is_dead).collect();
    let groups = groups(picture, &dead);
    groups.iter().take(MOST_OF_A_KIND).map(|group| dead_group(picture, group)).collect()
}

fn dead_group(picture: &Picture<'_>, group: &[ElementIndex]) -> Finding {
    let is_first = |index: &&ElementIndex| before(picture, **index).next().is_none();
    let first = group.iter().find(is_first).copied().unwrap_or(group[0]);
    let way = way::around(picture, first, |next| group.binary_search(&next).is_ok());
    let is_shown: HashSet<&ElementIndex> = way.iter().collect();
    let others = group.len() - is_shown.len();
    let others = if others > 0 { format!(" and {others} more around it") } else { String::new() };
    Finding {
        code: "DEAD_ELEMENT",
        at: first,
        message: format!(
            "`{}` is never reached: nothing leads from a start to {}{others}",
            picture.id(first),
            way::written(picture, &way)
        ),
        hint: "connect it by a sequence flow, or remove it",
    }
}

/// What can be reached, as far as the picture tells.
pub(super) fn alive(picture: &Picture<'_>) -> Vec<bool> {
    let mut is_alive = vec![false; picture.process.elements.len()];
    let mut open = Vec::new();
    begin(picture, None, &mut open);
    open.extend(picture.all().filter(|index| begins_by_itself(picture, *index)));
    while let Some(place) = open.pop() {
        if std::mem::replace(&mut is_alive[at(place)], true) {
            continue;
        }
        open.extend(picture.next(place));
        open.extend(picture.process.element(place).boundary.iter());
        open.extend(picture.process.element(place).compensation_handler);
        begin(picture, Some(place), &mut open);
    }
    is_alive
}

fn begin(picture: &Picture<'_>, scope: Option<ElementIndex>, open: &mut Vec<ElementIndex>) {
    open.extend(picture.starts(scope).into_iter().flatten());
    open.extend(picture.process.event_sub_processes_of(scope).iter().map(|it| it.index));
}

fn begins_by_itself(picture: &Picture<'_>, index: ElementIndex) -> bool {
    matches!(picture.element(index).kind, ElementKind::Gateway(Gateway::EventBased { instantiate: true, .. }))
}

/// What is connected by flows belongs together.
fn groups(picture: &Picture<'_>, members: &[ElementIndex]) -> Vec<Vec<ElementIndex>> {
    let mut is_open = vec![false; picture.process.elements.len()];
    members.iter().for_each(|index| is_open[at(*index)] = true);
    let mut groups = Vec::new();
    for first in members {
        let (mut group, mut open) = (Vec::new(), vec![*first]);
        while let Some(place) = open.pop() {
            if !std::mem::replace(&mut is_open[at(place)], false) {
                continue;
            }
            group.push(place);
            open.extend(picture.next(place));
            open.extend(before(picture, place));
        }
        group.sort();
        groups.extend((!group.is_empty()).then_some(group));
    }
    groups
}

fn before<'p>(picture: &'p Picture<'_>, index: ElementIndex) -> impl Iterator<Item = ElementIndex> + 'p {
    let sources = picture.process.element(index).incoming.iter().map(|flow| picture.process.flow(*flow).from);
    sources.chain(picture.host(index))
}

/// From where no end can be reached. Silent where something else may end the scope: a terminate or error end event, an
/// interrupting event sub-process, an interrupting boundary event of a sub-process around.
pub(super) fn no_way_to_end(picture: &Picture<'_>) -> Vec<Finding> {
    let is_alive = alive(picture);
    let is_ending = ending(picture);
    let mut found = Vec::new();
    for scope in
        picture.scopes().filter(|scope| !picture.is_ad_hoc(*scope) && !can_be_ended(picture, *scope, &is_alive))
    {
        let is_trapped = |index: &ElementIndex| is_alive[at(*index)] && !is_ending[at(*index)];
        let trapped: Vec<ElementIndex> = picture.inside(scope).iter().copied().filter(is_trapped).collect();
        for group in groups(picture, &trapped) {
            found.push(trapped_group(picture, scope, &group));
        }
    }
    found.truncate(MOST_OF_A_KIND);
    found
}

fn trapped_group(picture: &Picture<'_>, scope: Option<ElementIndex>, group: &[ElementIndex]) -> Finding {
    let is_trapped = |place: ElementIndex| group.binary_search(&place).is_ok();
    let entry = way::from_start(picture, scope, is_trapped).and_then(|way| way.last().copied()).unwrap_or(group[0]);
    // It goes round from where it comes to a second time.
    let first = way::around(picture, entry, is_trapped).last().copied().unwrap_or(entry);
    let around = way::around(picture, first, is_trapped);
    let way = way::from_start(picture, scope, |place| place == first).unwrap_or_default();
    Finding {
        code: "NO_WAY_TO_END",
        at: first,
        message: format!(
            "from `{}` no end can be reached: after {} it goes on for ever along {}",
            picture.id(first),
            way::written(picture, &way),
            way::written(picture, &around)
        ),
        hint: "give the loop a way out that leads to an end event",
    }
}

/// From where an end can be reached: backwards from the ends, without those that run beside.
fn ending(picture: &Picture<'_>) -> Vec<bool> {
    let mut before: Vec<Vec<ElementIndex>> = vec![Vec::new(); picture.process.elements.len()];
    for index in picture.all() {
        let exits = picture.exits(index).filter(|event| picture.is_interrupting(*event));
        picture.follows(index).chain(exits).for_each(|next| before[at(next)].push(index));
    }
    let mut is_ending = vec![false; before.len()];
    let mut open: Vec<ElementIndex> = picture.all().filter(|index| picture.is_end(*index)).collect();
    while let Some(place) = open.pop() {
        if !std::mem::replace(&mut is_ending[at(place)], true) {
            open.extend(&before[at(place)]);
        }
    }
    is_ending
}

fn can_be_ended(picture: &Picture<'_>, scope: Option<ElementIndex>, is_alive: &[bool]) -> bool {
    let mut scope = scope;
    loop {
        let is_ended = |index: &ElementIndex| is_alive[at(*index)] && picture.ends_scope(*index);
        if picture.process.event_sub_processes_of(scope).iter().any(|it| it.is_interrupting)
            || picture.inside(scope).iter().any(is_ended)
        {
            return true;
        }
        let Some(around) = scope else { return false };
        let is_event_sub_process =
            matches!(&picture.process.element(around).kind, Kind::SubProcess(it) if it.is_event_sub_process);
        if !is_event_sub_process && picture.exits(around).any(|event| picture.is_interrupting(event)) {
            return true;
        }
        scope = picture.process.element(around).parent;
    }
}
