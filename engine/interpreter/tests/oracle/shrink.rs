//! From a model that shows a difference to a small one that does.
//!
//! Elements keep their numbers, so what happens to them stays as pure; but later moments move, so each smaller tree is
//! tried with a few seeds.

use crate::block::*;
use crate::evaluate_scope::NO_START;
use crate::generate::Model;

/// The smallest model found that still `fails`.
pub fn shrink(model: &Model, fails: &dyn Fn(&Model) -> bool) -> Model {
    let mut smallest = model.clone();
    'smaller: loop {
        for candidate in smaller_models(&smallest) {
            for seed in std::iter::once(smallest.seed).chain(1..=6) {
                let candidate = Model { seed, ..candidate.clone() };
                if is_whole(&candidate) && fails(&candidate) {
                    smallest = candidate;
                    continue 'smaller;
                }
            }
        }
        return smallest;
    }
}

fn smaller_models(model: &Model) -> Vec<Model> {
    let mut all: Vec<Model> =
        without_each(&model.events).into_iter().map(|events| Model { events, ..model.clone() }).collect();
    all.extend(smaller(&model.body).into_iter().map(|body| Model { body, ..model.clone() }));
    for number in 0..model.events.len() {
        all.extend(smaller(&model.events[number].body).into_iter().map(|body| {
            let mut changed = model.clone();
            changed.events[number].body = body;
            changed
        }));
    }
    all
}

/// Whether every cancel end event stands in a transaction, and the process has its beginning, which cuts may take away.
fn is_whole(model: &Model) -> bool {
    if (model.start == NO_START) != model.body.first_event().is_some() {
        return false;
    }
    let mut model = model.clone();
    let outside = |block: &mut Block| !cancels(block, false);
    outside(&mut model.body) && model.events.iter_mut().all(|event| outside(&mut event.body))
}

/// Whether something in `block` cancels a transaction that is not there, or that has no cancel event.
fn cancels(block: &mut Block, is_inside: bool) -> bool {
    let is_transaction = |it: &Activity| match &it.kind {
        Kind::Sub { is_transaction, .. } => *is_transaction,
        _ => false,
    };
    match block {
        Block::End { kind: EndKind::Cancel, .. } => !is_inside,
        Block::Do(host) => host.inside_mut().into_iter().any(|child| cancels(child, false)),
        Block::Guarded { host, guards } => {
            let is_left = is_transaction(host) && guards.iter().any(|guard| guard.trigger == Trigger::Cancel);
            guards.iter_mut().any(|guard| cancels(&mut guard.then, is_inside))
                || host.inside_mut().into_iter().any(|child| cancels(child, is_left))
        }
        _ => block.children_mut().into_iter().any(|child| cancels(child, is_inside)),
    }
}

/// Everything that is one cut smaller; the largest cuts first.
fn smaller(block: &Block) -> Vec<Block> {
    let mut all = Vec::new();
    let mut whole = block.clone();
    all.extend(whole.children_mut().into_iter().map(|child| child.clone()));
    all.extend(without_part(block));
    let children = whole.children_mut().len();
    for number in 0..children {
        let mut changed = block.clone();
        let Some(child) = changed.children_mut().into_iter().nth(number).map(|child| child.clone()) else { continue };
        for smaller_child in smaller(&child) {
            if let Some(place) = changed.children_mut().into_iter().nth(number) {
                *place = smaller_child;
            }
            all.push(changed.clone());
        }
    }
    // A loop whose body cannot be left, or a sub-process without anything, is no model.
    all.retain(is_sound);
    all
}

fn is_sound(block: &Block) -> bool {
    match block {
        Block::Loop { body, .. } => body.can_exit(),
        Block::Xor { branches, has_default, .. } => branches.len() > usize::from(*has_default),
        Block::Or { branches, has_default, .. } => branches.len() > usize::from(*has_default),
        _ => true,
    }
}

fn without_part(block: &Block) -> Vec<Block> {
    match block {
        Block::Seq(blocks) => without_each(blocks).into_iter().map(Block::Seq).collect(),
        Block::Do(it) => simpler(it).into_iter().map(Block::Do).collect(),
        Block::And { split, join, branches } => without_each(branches)
            .into_iter()
            .filter(|branches| !branches.is_empty())
            .map(|branches| Block::And { split: *split, join: *join, branches })
            .collect(),
        Block::Xor { decide, branches, .. } if branches.len() > 1 => {
            let mut all = vec![Block::Do(decide.clone())];
            all.extend(without_each(branches).into_iter().map(|fewer| {
                let mut changed = block.clone();
                if let Block::Xor { branches, .. } = &mut changed {
                    *branches = fewer;
                }
                changed
            }));
            all
        }
        Block::Or { decide, branches, .. } if branches.len() > 1 => {
            let mut all = vec![Block::Do(decide.clone())];
            all.extend(without_each(branches).into_iter().map(|fewer| {
                let mut changed = block.clone();
                if let Block::Or { branches, .. } = &mut changed {
                    *branches = fewer;
                }
                changed
            }));
            all
        }
        Block::Race { gateway, join, arms, are_all_needed, begins_with } => without_each(arms)
            .into_iter()
            .filter(|arms| !arms.is_empty())
            .map(|arms| Block::Race {
                gateway: *gateway,
                join: *join,
                arms,
                are_all_needed: *are_all_needed,
                begins_with: *begins_with,
            })
            .collect(),
        Block::Guarded { host, guards } => {
            let mut all = vec![Block::Do(host.clone())];
            let fewer = without_each(guards).into_iter().filter(|guards| !guards.is_empty());
            all.extend(fewer.map(|guards| Block::Guarded { host: host.clone(), guards }));
            let hosts = simpler(host).into_iter().filter(|host| !host.is_instant());
            all.extend(hosts.map(|host| Block::Guarded { host, guards: guards.clone() }));
            all
        }
        Block::Compensate(_) => vec![Block::Seq(Vec::new())],
        Block::Throw { before, .. } => vec![Block::Do(before.clone())],
        Block::First { split, join, branches, wanted } => without_each(branches)
            .into_iter()
            .filter(|branches| !branches.is_empty())
            .map(|branches| Block::First { split: *split, join: *join, branches, wanted: *wanted })
            .collect(),
        Block::Xor { .. } | Block::Or { .. } | Block::Loop { .. } | Block::Link { .. } => Vec::new(),
        Block::End { kind: EndKind::None, .. } => Vec::new(),
        Block::End { id, .. } => vec![Block::End { before: None, id: *id, kind: EndKind::None }],
    }
}

fn simpler(it: &Activity) -> Vec<Activity> {
    let mut all = Vec::new();
    match &it.kind {
        Kind::Sub { start, body, end, events, is_transaction } => {
            all.push(Activity { kind: Kind::Job, ..it.clone() });
            all.extend(without_each(events).into_iter().map(|events| {
                let kind =
                    Kind::Sub { start: *start, body: body.clone(), end: *end, events, is_transaction: *is_transaction };
                Activity { kind, ..it.clone() }
            }));
        }
        Kind::AdHoc { items, is_sequential, enough, finishes } => {
            all.push(Activity { kind: Kind::Job, ..it.clone() });
            let (is_sequential, finishes) = (*is_sequential, *finishes);
            let kind = |items| Kind::AdHoc { items, is_sequential, enough: *enough, finishes };
            all.extend(without_each(items).into_iter().map(|items| Activity { kind: kind(items), ..it.clone() }));
        }
        _ => {}
    }
    if it.repeat.is_some() {
        all.push(Activity { repeat: None, ..it.clone() });
    }
    if it.takes > 1 || it.gives > 1 {
        all.push(Activity { takes: 1, gives: 1, ..it.clone() });
    }
    if it.undone_by.is_some() {
        all.push(Activity { undone_by: None, ..it.clone() });
    }
    if it.tallies {
        all.push(Activity { tallies: false, ..it.clone() });
    }
    if !matches!(it.kind, Kind::Job | Kind::Instant | Kind::Sub { .. } | Kind::AdHoc { .. }) {
        all.push(Activity { kind: Kind::Job, ..it.clone() });
    }
    all
}

fn without_each<T: Clone>(items: &[T]) -> Vec<Vec<T>> {
    let without = |left_out: usize| {
        let kept = items.iter().enumerate().filter(|(number, _)| *number != left_out);
        kept.map(|(_, item)| item.clone()).collect()
    };
    (0..items.len()).map(without).collect()
}
