//! Migration: a running instance goes on by another version of its process.
//!
//! Everything alive stands at an element of the old version and goes to the element of the new one with the same id, or the id
//! that the mapping says. It is planned first ([`plan`]); a plan with problems is refused whole. The rules:
//!
//! - kinds agree (a user task stays one, a sequence of instances stays one), and scopes nest alike;
//! - jobs, user tasks and called instances are untouched, and so is how far repetitions are;
//! - an event that is waited for is kept as it is (a timer with its time) when both versions define it alike; else it is waited
//!   for anew; one that the new version does not have is not waited for any more, and one that only it has is, from now on;
//! - tokens on flows and at joins go by the ids of their flows, or by their ends; a join that has all that it needs fires.

mod events;
mod places;
#[cfg(test)]
mod tests;

use crate::commands::check_active;
use crate::run::Run;
use crate::{Advance, DefinitionKey, Effect, EventKind, Instance, Key, Process, Rejection, RejectionCode, Timestamp};
use events::{Awaited, Fate};
use serde::Serialize;
use std::collections::BTreeMap;

/// From one version to another.
#[derive(Clone, Copy)]
pub struct Migration<'p> {
    pub old: &'p Process,
    pub new: &'p Process,
    pub definition: DefinitionKey,
    /// By ids of elements: old and new, where they differ.
    pub mapping: &'p BTreeMap<String, String>,
}

/// What a migration would do.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Plan {
    pub moves: Vec<Move>,
    /// Ids of events that are waited for as before.
    pub kept: Vec<String>,
    /// That are waited for anew, because their definition differs or because only the new version has them.
    pub renewed: Vec<String>,
    /// That are not waited for any more.
    pub ended: Vec<String>,
    /// Why it cannot be done.
    pub problems: Vec<Problem>,
}

/// How many element instances, and tokens at joins, go from one element to another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Move {
    pub from: String,
    pub to: String,
    pub count: u32,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Problem {
    /// Of the old version, or of the mapping.
    pub element_id: String,
    pub message: String,
}

/// Looks only.
pub fn plan(migration: &Migration<'_>, instance: &Instance) -> Plan {
    let mut plan = Plan::default();
    migration.check_mapping(&mut plan);
    migration.check_places(instance, &mut plan);
    if plan.problems.is_empty() {
        let awaited = migration.awaited(instance);
        for Awaited { event, fate, .. } in &awaited {
            let id = migration.old.element(*event).id.clone();
            match fate {
                Fate::Kept(_) => plan.kept.push(id),
                Fate::Renewed(new) => plan.renewed.push(migration.new.element(*new).id.clone()),
                Fate::Ended => plan.ended.push(id),
            }
        }
        let added = migration.added(instance);
        plan.renewed.extend(added.iter().map(|added| migration.new.element(added.event).id.clone()));
    }
    plan
}

/// Carries it out. Rejected with all problems of the plan.
pub fn migrate<'r>(
    migration: &Migration<'r>,
    instance: &'r mut Instance,
    now: Timestamp,
) -> Result<Advance, Rejection> {
    let plan = plan(migration, instance);
    let mut run = Run::new(migration.old, instance, now);
    check_active(&run)?;
    if !plan.problems.is_empty() {
        let told: Vec<String> = plan.problems.into_iter().map(|problem| problem.message).collect();
        return Err(Rejection { code: RejectionCode::Invalid, message: told.join("; ") });
    }
    let awaited = migration.awaited(run.instance);
    let added = migration.added(run.instance);
    for it in awaited.iter().filter(|it| !matches!(it.fate, Fate::Kept(_))) {
        run.stop_waiting_for_event(it.key, it.event);
    }
    let (elements, flows) = migration.maps();
    let again = take_over(&mut run, &awaited);
    run.emit(EventKind::InstanceMigrated { definition: migration.definition, elements, flows });
    run.process = migration.new;
    run.effects.extend(again);
    migration.remap_complex_gateways(&mut run);
    let begun = run.effects.len();
    for it in awaited {
        if let Fate::Renewed(event) = it.fate {
            events::wait_anew(&mut run, it.key, event);
        }
    }
    for it in added {
        events::wait_anew(&mut run, it.key, it.event);
    }
    match run.instance.suspended_at {
        Some(since) => stand_still(&mut run, begun, now.0 - since.0),
        None => {
            run.fire_complete_joins();
            run.look_at_everything_again();
            run.run_to_rest();
        }
    }
    Ok(Advance { events: run.events, effects: run.effects })
}

/// Timers and subscriptions that are kept are called off under their old target now, and set under the new one by what
/// comes back.
fn take_over(run: &mut Run<'_>, awaited: &[Awaited]) -> Vec<Effect> {
    let mut again = Vec::new();
    for it in awaited {
        let Fate::Kept(targets) = &it.fate else { continue };
        let Some(waits) = run.instance.waits(it.key).cloned() else { continue };
        let key = it.key;
        for (old, new) in targets.iter().filter(|(old, new)| old != new) {
            if let Some(timer) = waits.timers.get(old) {
                run.effect(Effect::CancelTimer { key, target: *old });
                again.push(Effect::ScheduleTimer { key, target: *new, due: timer.due });
            }
            if let Some(open) = waits.subscriptions.get(old).cloned() {
                run.effect(Effect::CloseSubscription { key, target: *old });
                let (message_name, correlation_key) = (open.message_name, open.correlation_key);
                again.push(Effect::OpenSubscription { key, target: *new, message_name, correlation_key });
            }
            if let Some(signal_name) = waits.signals.get(old).cloned() {
                run.effect(Effect::CloseSignalSubscription { key, target: *old });
                again.push(Effect::OpenSignalSubscription { key, target: *new, signal_name });
            }
        }
    }
    again
}

/// It is suspended: nobody outside is to wait for anything, and timers that began now count from when it was suspended.
fn stand_still(run: &mut Run<'_>, begun: usize, passed: i64) {
    let new = run.effects.split_off(begun);
    let is_waiting = |effect: &Effect| matches!(effect, Effect::ScheduleTimer { .. } | Effect::OpenSubscription { .. });
    run.effects.retain(|effect| !is_waiting(effect));
    for effect in new {
        match effect {
            Effect::ScheduleTimer { key, target, due } => {
                let due = Timestamp(due.0.saturating_sub(passed));
                let timer = run.instance.waits(key).and_then(|waits| waits.timers.get(&target));
                let repetitions_left = timer.and_then(|timer| timer.repetitions_left);
                run.emit(EventKind::TimerScheduled { key, target, due, repetitions_left });
            }
            Effect::OpenSubscription { .. } => {}
            other => run.effect(other),
        }
    }
}

/// Everything that waits, the root first.
fn keys(instance: &Instance) -> impl Iterator<Item = Key> + '_ {
    std::iter::once(Key::ROOT).chain(instance.elements.keys().copied())
}
