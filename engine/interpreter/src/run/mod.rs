//! The driver: makes the transitions that elements ask for, so that none can be forgotten.
//!
//! One [`Run`] is one step. Tokens on flows are part of the state; the driver takes the oldest, lets it arrive, and goes
//! on until none is left, or until the step has done its share of work. Before a token moves, scopes that have become
//! empty are completed; after the last one has moved, inclusive joins are asked.

mod activation;
mod activity;
mod compensation;
mod error;
mod event_sub_process;
mod incident;
mod join;
mod lifecycle;
mod repetition;
mod restless;
mod signal;
mod values;
mod waits;

pub(crate) use error::Raised;

use crate::elements::{Fault, Join};
use crate::instance::Deferred;
use crate::limits::ACTIVATIONS_PER_STEP;
use crate::process::{Element, Process};
use crate::variables::HIDDEN;
use crate::{Effect, ElementInstance, Event, EventKind, Instance, InstanceState, Key, Timestamp};
use std::collections::{BTreeSet, VecDeque};

/// How many tokens are looked at for the next, and how often the oldest waits for others: enough for those that set out
/// together.
const MOST_PASSED_OVER: usize = 64;

pub(crate) struct Run<'r> {
    pub process: &'r Process,
    pub instance: &'r mut Instance,
    pub now: Timestamp,
    pub events: Vec<Event>,
    pub effects: Vec<Effect>,
    /// Scopes that something has gone from: they may be empty now.
    to_settle: VecDeque<Key>,
    /// Scopes in which a token moved or died: their inclusive joins may fire now.
    stirred: BTreeSet<Key>,
    /// Who has something left to compensate, or has ended it.
    to_compensate: VecDeque<Key>,
    /// Who has begun to wait for a condition that nobody has looked at.
    unseen_conditions: BTreeSet<Key>,
    /// Scopes with variables that have changed since conditions were looked at.
    changed_scopes: BTreeSet<Key>,
    activations: u32,
    /// How often in a row conditions were looked at, and nothing else moved.
    rounds_of_conditions: u32,
    /// How often in a row the oldest token was left for later.
    passed_over: usize,
}

/// One element instance, and what it is an instance of.
#[derive(Clone, Copy)]
pub(crate) struct Here<'r> {
    pub key: Key,
    pub scope: Key,
    pub element: &'r Element,
}

impl<'r> Run<'r> {
    pub fn new(process: &'r Process, instance: &'r mut Instance, now: Timestamp) -> Self {
        Run {
            process,
            instance,
            now,
            events: Vec::new(),
            effects: Vec::new(),
            to_settle: VecDeque::new(),
            stirred: BTreeSet::new(),
            to_compensate: VecDeque::new(),
            unseen_conditions: BTreeSet::new(),
            changed_scopes: BTreeSet::new(),
            activations: 0,
            rounds_of_conditions: 0,
            passed_over: 0,
        }
    }

    /// Records what happened, and makes it so.
    pub fn emit(&mut self, kind: EventKind) {
        if let EventKind::VariableSet { scope, name, .. } = &kind
            && !name.starts_with(HIDDEN)
        {
            self.changed_scopes.insert(*scope);
        }
        let event = Event { at: self.now, kind };
        self.instance.apply(&event);
        self.events.push(event);
    }

    pub fn effect(&mut self, effect: Effect) {
        self.effects.push(effect);
    }

    pub fn here(&self, key: Key) -> Option<Here<'r>> {
        let ElementInstance { element, scope, .. } = self.instance.element(key)?;
        Some(Here { key, scope: *scope, element: self.process.element(*element) })
    }

    pub fn fresh_key(&self) -> Key {
        Key(self.instance.next_key)
    }

    /// Moves tokens until nothing moves.
    pub fn run_to_rest(&mut self) {
        while self.instance.state == InstanceState::Active {
            let has_done_its_share = self.activations >= ACTIVATIONS_PER_STEP;
            if self.has_conditions_to_look_at() {
                if !self.stop_conditions() {
                    self.look_at_all_conditions();
                }
                continue;
            }
            self.rounds_of_conditions = 0;
            if let Some(by) = self.to_compensate.pop_front() {
                self.compensate_next(by);
            } else if let Some(scope) = self.to_settle.pop_front() {
                self.settle(scope);
            } else if let Some(token) = self.next_token() {
                if has_done_its_share && !(self.has_not_rested() && self.stop_loops()) {
                    return self.put_off();
                }
                if !has_done_its_share {
                    self.arrive(token);
                }
            } else if let Some(repeating) = self.next_repeating() {
                if has_done_its_share && !(self.has_not_rested() && self.stop_repetition(repeating)) {
                    return self.put_off();
                }
                if !has_done_its_share {
                    self.repeat(repeating);
                }
            } else if !self.fire_inclusive_joins() {
                return;
            }
        }
    }

    /// The oldest token; but first those that do not go to an event that reaches others, so that who sets out together with
    /// it is there to be reached. None is passed over for ever.
    fn next_token(&mut self) -> Option<Deferred> {
        let is_near = |token: &Deferred| {
            let target = self.process.flow(token.flow).to;
            !self.process.element(target).kind.behavior().is_far_reaching()
        };
        let tokens = &self.instance.deferred;
        let near = tokens.iter().take(MOST_PASSED_OVER).position(is_near);
        let next = near.filter(|_| self.passed_over < MOST_PASSED_OVER).unwrap_or(0);
        self.passed_over = if next == 0 { 0 } else { self.passed_over + 1 };
        tokens.get(next).cloned()
    }

    fn put_off(&mut self) {
        self.emit(EventKind::WorkDeferred);
        self.effect(Effect::Continue);
    }

    fn arrive(&mut self, token: Deferred) {
        let Deferred { scope, flow, .. } = token;
        let target = self.process.element(self.process.flow(flow).to);
        self.activations += 1;
        if target.start_quantity > 1 {
            return self.wait_for_quantity(target, scope, flow);
        }
        match target.kind.behavior().join() {
            Join::All if target.incoming.len() > 1 => self.wait_for_all(target, scope, flow),
            Join::Reachable if target.incoming.len() > 1 => self.wait_at_inclusive_join(target, scope, flow),
            Join::Activated if target.incoming.len() > 1 => self.wait_for_activation(target, scope, flow),
            Join::All | Join::Reachable | Join::Activated | Join::None => {
                self.activate(target.index, scope, Some(flow))
            }
        }
    }

    /// Something in `scope` is gone and nothing came of it: the scope may be done.
    pub fn unsettle(&mut self, scope: Key) {
        self.to_settle.push_back(scope);
    }

    fn settle(&mut self, scope: Key) {
        if scope == Key::ROOT {
            if self.instance.children == 0 {
                self.complete_instance();
            }
            return;
        }
        let Some(here) = self.here(scope) else { return };
        if self.is_compensating(scope) {
            return;
        }
        if self.is_repeating(scope) {
            return self.settle_repetition(here);
        }
        if self.is_reopened(scope) {
            if self.is_done(scope) {
                self.close_again(here);
            }
            return;
        }
        if here.element.kind.behavior().asks_after_each() && !self.has_incident(scope) {
            let acted = here.element.kind.behavior().something_completed(self, here);
            self.act(here, acted);
        }
        if self.is_done(scope) {
            let acted = here.element.kind.behavior().scope_emptied(self, here);
            self.act(here, acted);
        }
    }

    /// Whether nothing is alive in an active scope, and it does not wait for a person.
    fn is_done(&self, scope: Key) -> bool {
        self.instance.element(scope).is_some_and(|element| element.children == 0 && element.incident.is_none())
    }

    fn has_incident(&self, key: Key) -> bool {
        self.instance.element(key).is_some_and(|element| element.incident.is_some())
    }

    pub fn stir(&mut self, scope: Key) {
        if !self.process.inclusive_joins.is_empty() {
            self.stirred.insert(scope);
        }
    }
}

impl Fault {
    pub fn incident(code: &str, message: impl Into<String>) -> Fault {
        Fault::Incident { code: code.to_owned(), message: message.into() }
    }
}
