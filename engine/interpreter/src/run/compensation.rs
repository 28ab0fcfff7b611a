//! Compensation: undoing what has been completed (BPMN 2.0, 10.7 and 13.5.5), and canceling transactions (10.3.5).
//!
//! An activity that can be compensated is remembered when it completes: because a handler is attached to it, because its own
//! event sub-process compensates it, or because something in it can be compensated. Of a repetition, each instance is
//! remembered. What is remembered of a sub-process has its variables as they were at its end.
//!
//! Whoever compensates (a throwing event, a transaction, a reopened scope) works through its list one by one, the last
//! completed first, and each once at most. A handler runs in the scope of its activity. A sub-process without a handler is
//! reopened: its event sub-process for compensation runs in it; without one, everything in it is compensated.

use super::{Here, Run};
use crate::elements::{Catch, Kind};
use crate::instance::{Compensable, CompensationId};
use crate::process::EventSubProcess;
use crate::{ElementIndex, EventKind, Key};

impl<'r> Run<'r> {
    /// Remembers, just before it completes, an activity that can be compensated.
    pub(super) fn remember(&mut self, here: Here<'r>) {
        let is_compensation = self.instance.element(here.key).is_none_or(|element| element.compensates_for.is_some());
        if is_compensation || !self.is_compensable(here) {
            return;
        }
        self.emit(EventKind::CompensationAvailable { key: here.key, in_parts: self.is_repeating(here.key) });
    }

    /// Ends everything in a scope, and keeps what can be compensated in scopes that did not come to their end.
    fn end_and_remember(&mut self, scope: Key) {
        let mut children: Vec<Key> = self.instance.elements.in_scope(scope).collect();
        children.sort_unstable();
        for child in children.into_iter().rev() {
            self.end_and_remember(child);
            if self.instance.compensable_in(child).next().is_some() && !self.is_reopened(child) {
                self.emit(EventKind::CompensationAvailable { key: child, in_parts: true });
            }
            self.terminate(child);
        }
    }

    fn is_compensable(&self, here: Here<'r>) -> bool {
        let has_own =
            here.element.compensation_handler.is_some() || self.own_compensation(here.element.index).is_some();
        (has_own && !self.is_repeating(here.key)) || self.instance.compensable_in(here.key).next().is_some()
    }

    /// The event sub-process that compensates the sub-process it is in.
    fn own_compensation(&self, element: ElementIndex) -> Option<EventSubProcess> {
        let all = &self.process.element(element).event_sub_processes;
        let compensates = |it: &&EventSubProcess| {
            let event = self.process.element(it.start).kind.behavior().catches();
            event.is_some_and(|event| event.definitions.iter().any(|it| matches!(it.catch, Catch::Compensation)))
        };
        all.iter().find(compensates).copied()
    }

    /// A throwing event compensates one activity, or everything in the scope that it stands in. An event sub-process stands for
    /// the scope that it is in.
    pub(super) fn compensate(&mut self, here: Here<'r>, activity: Option<ElementIndex>, is_waiting: bool) {
        let compensations = match activity {
            Some(activity) => self.compensable_activity(here.scope, activity),
            None => self.compensable_scope(here.scope),
        };
        if compensations.is_empty() {
            return self.leave(here, None);
        }
        self.emit(EventKind::CompensationTriggered { key: here.key, compensations });
        self.to_compensate.push_back(here.key);
        if !is_waiting {
            match self.flows_taken(here) {
                Ok(flows) => self.take(here, &flows, None),
                Err(fault) => self.fault(here.key, here.element.index, fault),
            }
        }
    }

    /// In the nearest scope that has something of it.
    fn compensable_activity(&self, scope: Key, activity: ElementIndex) -> Vec<CompensationId> {
        let of = |scope: Key| -> Vec<CompensationId> {
            let all = self.instance.compensable_in(scope).filter(|(_, it)| it.element == activity);
            all.map(|(id, _)| id).collect()
        };
        self.instance.scopes_of(scope).map(of).find(|found| !found.is_empty()).unwrap_or_default()
    }

    fn compensable_scope(&self, scope: Key) -> Vec<CompensationId> {
        let mut all: Vec<CompensationId> = Vec::new();
        let served = self.scope_served(scope);
        for scope in self.instance.scopes_of(scope) {
            all.extend(self.instance.compensable_in(scope).map(|(id, _)| id));
            if scope == served {
                break;
            }
        }
        all.sort_unstable_by_key(|id| id.order);
        all
    }

    /// The next of what `by` compensates, or its end.
    pub(super) fn compensate_next(&mut self, by: Key) {
        let pending = self.instance.element(by).and_then(|element| element.compensating.as_ref());
        let Some(pending) = pending else { return };
        let next = pending.iter().rev().find_map(|id| Some((*id, self.instance.compensable.get(id)?.clone())));
        match next {
            Some((id, found)) => self.begin_to_compensate(by, id, &found),
            None => self.has_compensated(by),
        }
    }

    fn begin_to_compensate(&mut self, by: Key, id: CompensationId, found: &Compensable) {
        let element = self.process.element(found.element);
        let handler = element.compensation_handler.filter(|_| !found.in_parts);
        let reopens = handler.is_none();
        self.emit(EventKind::CompensationStarted { key: by, compensation: id, reopens });
        if let Some(handler) = handler {
            if let Some(handler) = self.begin(handler, id.scope, None) {
                self.emit(EventKind::CompensationHandlerStarted { key: handler.key, compensates_for: by });
                self.enter(handler);
            }
            return;
        }
        match self.own_compensation(found.element).filter(|_| !found.in_parts) {
            Some(own) => self.activate(own.index, found.key, None),
            None => {
                let compensations = self.instance.compensable_in(found.key).map(|(id, _)| id).collect();
                self.emit(EventKind::CompensationTriggered { key: found.key, compensations });
                self.to_compensate.push_back(found.key);
            }
        }
    }

    /// Nothing is left to compensate.
    fn has_compensated(&mut self, by: Key) {
        let Some(here) = self.here(by) else { return };
        if self.is_reopened(by) {
            self.close_again(here);
        } else if matches!(&here.element.kind, Kind::SubProcess(_)) {
            self.leave_canceled(here);
        } else {
            let acted = here.element.kind.behavior().compensated(self, here);
            self.act(here, acted);
        }
    }

    /// Whether a completed scope was reopened to be compensated.
    pub(super) fn is_reopened(&self, key: Key) -> bool {
        self.instance.element(key).is_some_and(|element| element.is_reopened)
    }

    /// A reopened scope has been compensated.
    pub(super) fn close_again(&mut self, here: Here<'r>) {
        let by = self.compensates_for(here.key);
        self.emit(EventKind::CompensationCompleted { key: here.key });
        self.goes_on_compensating(by);
    }

    /// Who waits for `key` to have compensated something.
    pub fn compensates_for(&self, key: Key) -> Option<Key> {
        self.instance.element(key)?.compensates_for
    }

    pub fn goes_on_compensating(&mut self, by: Option<Key>) {
        self.to_compensate.extend(by);
    }

    /// What was completed in a scope that is gone cannot be compensated any more.
    pub(super) fn discard_compensations(&mut self, scope: Key) {
        let inside: Vec<(CompensationId, Key)> =
            self.instance.compensable_in(scope).map(|(id, found)| (id, found.key)).collect();
        for (compensation, key) in inside {
            self.discard_compensations(key);
            // What has no variables of its own goes without a word.
            if self.instance.variables.contains_key(&key) {
                self.emit(EventKind::CompensationDiscarded { key, compensation });
            }
        }
    }

    /// A cancel end event: ends everything in the transaction around it, and compensates what was completed in it.
    pub(super) fn cancel_transaction(&mut self, here: Here<'r>) {
        let is_transaction = |key: &Key| match self.here(*key).map(|here| &here.element.kind) {
            Some(Kind::SubProcess(inner)) => inner.is_transaction && !self.is_repeating(*key),
            _ => false,
        };
        let transaction = self.instance.scopes_of(here.key).find(is_transaction);
        let Some(transaction) = transaction.and_then(|key| self.here(key)) else { return self.leave(here, None) };
        self.emit(EventKind::ElementCompleted { key: here.key });
        self.end_and_remember(transaction.key);
        self.interrupt(transaction.key);
        let compensations = self.instance.compensable_in(transaction.key).map(|(id, _)| id).collect();
        self.emit(EventKind::CompensationTriggered { key: transaction.key, compensations });
        self.to_compensate.push_back(transaction.key);
    }

    /// A canceled transaction is left by its cancel event; without one, nothing goes on.
    fn leave_canceled(&mut self, transaction: Here<'r>) {
        let whole = match self.is_repeated(transaction.key) {
            true => self.here(transaction.scope).unwrap_or(transaction),
            false => transaction,
        };
        let event = self.cancel_event(whole);
        self.terminate(whole.key);
        if let Some(event) = event {
            self.activate(event, whole.scope, None);
        }
    }

    /// Whether the scope is busy with compensation and cannot be left.
    pub(super) fn is_compensating(&self, key: Key) -> bool {
        self.instance.element(key).is_some_and(|element| element.compensating.is_some())
    }
}
