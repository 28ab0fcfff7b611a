//! `Instance::apply`: what each event does to the state. The only writer of it.
//!
//! Nothing is decided here and nothing of the process is known here, so folding the history of an instance from nothing
//! gives its state, whatever has become of the rules since.

mod migrated;
mod question;

use crate::instance::{
    Compensable, CompensationId, Deferred, Incident, Job, Repetition, Subscription, TimerState, Waits,
};
use crate::variables::size_of;
use crate::{ElementIndex, ElementInstance, Event, EventKind, FlowIndex, Instance, InstanceState, Key};
use serde_json::Value;

impl Instance {
    pub fn apply(&mut self, event: &Event) {
        self.version += 1;
        if comes_from_outside(&event.kind) {
            self.deferrals = 0;
        }
        match &event.kind {
            EventKind::InstanceCreated { id, definition, business_key, parent } => {
                self.id = *id;
                self.definition = *definition;
                self.business_key = business_key.clone();
                self.parent = *parent;
            }
            EventKind::VariableSet { scope, name, value } => self.set_variable(*scope, name, value),
            EventKind::ElementActivated { key, element, scope, flow } => self.activate(*key, *element, *scope, *flow),
            EventKind::FlowTaken { flow, scope, outcome } => {
                self.count(*scope, 1);
                self.deferred.push_back(Deferred { scope: *scope, flow: *flow, outcome: outcome.clone() });
            }
            EventKind::TokenArrived { element, flow, scope } => {
                self.land(*scope, *flow);
                *self.waiting_tokens.entry((*scope, *element, *flow)).or_default() += 1;
            }
            EventKind::TokensConsumed { element, flows, scope } => self.consume(*scope, *element, flows),
            EventKind::ElementCompleting { key, outcome } => self.change(*key, |element| {
                element.completing = true;
                element.outcome = outcome.clone();
            }),
            EventKind::ElementCompleted { key } => {
                self.count_repetition(*key);
                self.remove(*key);
            }
            EventKind::ElementTerminated { key } => self.remove(*key),
            EventKind::LoopStarted { key, planned, at_once } => {
                let repetition = Repetition { planned: *planned, at_once: *at_once, started: 0, completed: 0 };
                self.change(*key, |element| element.repetition = Some(repetition));
                self.elements.note_repetition(*key);
            }
            EventKind::JobCreated { .. }
            | EventKind::JobCompleted { .. }
            | EventKind::JobFailed { .. }
            | EventKind::JobRetried { .. }
            | EventKind::JobAsked { .. }
            | EventKind::JobAnswered { .. }
            | EventKind::JobCanceled { .. } => self.apply_job(&event.kind),
            EventKind::TimerScheduled { .. }
            | EventKind::TimerFired { .. }
            | EventKind::TimerCanceled { .. }
            | EventKind::SubscriptionOpened { .. }
            | EventKind::SignalSubscriptionOpened { .. }
            | EventKind::ConditionAwaited { .. }
            | EventKind::ConditionChanged { .. }
            | EventKind::SubscriptionClosed { .. } => self.apply_wait(&event.kind),
            EventKind::ScopeInterrupted { scope } => self.drop_tokens(*scope),
            EventKind::CompensationAvailable { .. }
            | EventKind::CompensationTriggered { .. }
            | EventKind::CompensationStarted { .. }
            | EventKind::CompensationHandlerStarted { .. }
            | EventKind::CompensationCompleted { .. }
            | EventKind::CompensationDiscarded { .. } => self.apply_compensation(&event.kind),
            EventKind::UserTaskCreated { key, task } => match &task.question {
                Some(asked) => question::describe(self, asked.element_instance, task),
                None => self.change(*key, |element| element.user_task = true),
            },
            EventKind::UserTaskCompleted { key, .. } | EventKind::UserTaskCanceled { key } => {
                self.change(*key, |element| element.user_task = false);
            }
            EventKind::MessageReceived { .. }
            | EventKind::SignalReceived { .. }
            | EventKind::SignalThrown { .. }
            | EventKind::ErrorThrown { .. }
            | EventKind::EscalationThrown { .. } => {}
            EventKind::WorkDeferred => self.deferrals += 1,
            EventKind::InstanceSuspended => self.suspended_at = Some(event.at),
            EventKind::InstanceResumed => self.suspended_at = None,
            EventKind::CommandHeld { command } => self.held.push_back(command.as_ref().clone()),
            EventKind::CommandReleased => drop(self.held.pop_front()),
            EventKind::InstanceMigrated { definition, elements, flows } => {
                self.definition = *definition;
                migrated::remap(self, elements, flows);
            }
            EventKind::IncidentRaised { incident, element_instance, code, message } => {
                self.next_key = self.next_key.max(incident.0 + 1);
                let raised =
                    Incident { element_instance: *element_instance, code: code.clone(), message: message.clone() };
                self.incidents.insert(*incident, raised);
                self.elements.note_change(*incident);
                self.change(*element_instance, |element| element.incident = Some(*incident));
            }
            EventKind::IncidentResolved { incident } => {
                self.elements.note_change(*incident);
                if let Some(resolved) = self.incidents.remove(incident) {
                    self.change(resolved.element_instance, |element| element.incident = None);
                }
            }
            EventKind::ChildStarted { key, child, .. } => self.change(*key, |element| element.child = Some(*child)),
            EventKind::ChildEnded { key, .. } => self.change(*key, |element| element.child = None),
            EventKind::DecisionRequested { key, decision_id } => {
                self.change(*key, |element| element.decision = Some(decision_id.clone()));
            }
            EventKind::DecisionMade { key, .. } | EventKind::DecisionWithdrawn { key } => {
                self.change(*key, |element| element.decision = None);
            }
            EventKind::InstanceCompleted => self.end(InstanceState::Completed),
            EventKind::InstanceTerminated => self.end(InstanceState::Terminated),
            EventKind::InstanceCanceled { .. } => self.end(InstanceState::Canceled),
            EventKind::InstanceFailed { .. } => self.end(InstanceState::Failed),
        }
    }

    fn apply_job(&mut self, kind: &EventKind) {
        match kind {
            EventKind::JobCreated { key, job_type, retries } => self.change(*key, |element| {
                let job_type = job_type.clone();
                element.job = Some(Job::new(job_type, *retries));
            }),
            EventKind::JobFailed { key, retries_left, retry_at, .. } => self.change_job(*key, |job| {
                job.retries_left = *retries_left;
                job.retry_at = *retry_at;
            }),
            EventKind::JobRetried { key, attempt, retries_left } => self.change_job(*key, |job| {
                job.attempt = *attempt;
                job.retries_left = *retries_left;
                job.retry_at = None;
            }),
            EventKind::JobCompleted { key, .. } | EventKind::JobCanceled { key } => {
                self.close_question(*key);
                self.change(*key, |element| element.job = None);
            }
            _ => question::apply(self, kind),
        }
    }

    fn apply_wait(&mut self, kind: &EventKind) {
        match kind {
            EventKind::TimerScheduled { key, target, due, repetitions_left } => self.change_waits(*key, |waits| {
                waits.timers.insert(*target, TimerState { due: *due, repetitions_left: *repetitions_left });
            }),
            EventKind::TimerFired { key, target } | EventKind::TimerCanceled { key, target } => {
                self.change_waits(*key, |waits| {
                    waits.timers.remove(target);
                });
            }
            EventKind::SubscriptionOpened { key, target, message_name, correlation_key } => {
                let subscription =
                    Subscription { message_name: message_name.clone(), correlation_key: correlation_key.clone() };
                self.change_waits(*key, |waits| {
                    waits.subscriptions.insert(*target, subscription);
                });
            }
            EventKind::SignalSubscriptionOpened { key, target, signal_name } => {
                self.change_waits(*key, |waits| {
                    waits.signals.insert(*target, signal_name.clone());
                });
            }
            EventKind::ConditionAwaited { key, target } => {
                self.change_waits(*key, |waits| {
                    waits.conditions.insert(*target, false);
                });
            }
            EventKind::ConditionChanged { key, target, is_true } => {
                self.change_waits(*key, |waits| {
                    waits.conditions.insert(*target, *is_true);
                });
            }
            EventKind::SubscriptionClosed { key, target } => self.change_waits(*key, |waits| {
                waits.subscriptions.remove(target);
                waits.signals.remove(target);
                waits.conditions.remove(target);
            }),
            _ => {}
        }
    }

    fn apply_compensation(&mut self, kind: &EventKind) {
        match kind {
            EventKind::CompensationAvailable { key, in_parts } => {
                let Some(element) = self.elements.get(key) else { return };
                let id = CompensationId { scope: element.scope, order: self.version };
                let found = Compensable { key: *key, element: element.element, in_parts: *in_parts };
                self.compensable.insert(id, found);
            }
            EventKind::CompensationTriggered { key, compensations } => {
                self.change(*key, |element| element.compensating = Some(compensations.clone()));
            }
            EventKind::CompensationStarted { key, compensation, reopens } => {
                self.change(*key, |element| drop_from(&mut element.compensating, compensation));
                let Some(found) = self.compensable.remove(compensation) else { return };
                if !*reopens {
                    // Its handler knows nothing of what was in it.
                    return self.forget(found.key);
                }
                self.count(compensation.scope, 1);
                let reopened = ElementInstance {
                    compensates_for: Some(*key),
                    is_reopened: true,
                    ..ElementInstance::born(found.element, compensation.scope)
                };
                self.elements.insert(found.key, reopened);
            }
            EventKind::CompensationHandlerStarted { key, compensates_for } => {
                self.change(*key, |element| element.compensates_for = Some(*compensates_for));
            }
            EventKind::CompensationCompleted { key } => self.remove(*key),
            EventKind::CompensationDiscarded { compensation, .. } => self.discard(*compensation),
            _ => {}
        }
    }

    fn activate(&mut self, key: Key, element: ElementIndex, scope: Key, flow: Option<FlowIndex>) {
        let outcome = match flow {
            // The token that was on its way now is the element instance: the scope has as much in it as before.
            Some(flow) => self.land(scope, flow),
            None => {
                self.count(scope, 1);
                None
            }
        };
        self.next_key = self.next_key.max(key.0 + 1);
        self.activated += 1;
        let loop_counter = self.next_of_repetition(scope, element);
        let born = ElementInstance { arrived_by: flow, outcome, loop_counter, ..ElementInstance::born(element, scope) };
        self.elements.insert(key, born);
    }

    /// When `scope` repeats `element`: which instance this one is.
    fn next_of_repetition(&mut self, scope: Key, element: ElementIndex) -> Option<u32> {
        let parent = self.elements.get_mut(scope).filter(|parent| parent.element == element)?;
        let repetition = parent.repetition.as_mut()?;
        let number = repetition.started;
        repetition.started += 1;
        self.elements.note_repetition(scope);
        Some(number)
    }

    fn count_repetition(&mut self, key: Key) {
        let Some(element) = self.elements.get(&key).filter(|element| element.loop_counter.is_some()) else { return };
        let scope = element.scope;
        let Some(repetition) = self.elements.get_mut(scope).and_then(|parent| parent.repetition.as_mut()) else {
            return;
        };
        repetition.completed += 1;
        self.elements.note_repetition(scope);
    }

    /// Takes the oldest token on `flow` off it; tokens move in the order they set out, so it is nearly always the first.
    fn land(&mut self, scope: Key, flow: FlowIndex) -> Option<Value> {
        let at = self.deferred.iter().position(|token| token.scope == scope && token.flow == flow)?;
        self.deferred.remove(at)?.outcome
    }

    fn consume(&mut self, scope: Key, element: ElementIndex, flows: &[FlowIndex]) {
        for flow in flows {
            let place = (scope, element, *flow);
            if let Some(waiting) = self.waiting_tokens.get_mut(&place) {
                *waiting -= 1;
                if *waiting == 0 {
                    self.waiting_tokens.remove(&place);
                }
                self.count(scope, -1);
            }
        }
    }

    fn remove(&mut self, key: Key) {
        let Some(element) = self.elements.remove(key) else { return };
        self.count(element.scope, -1);
        // Its children have gone before it: what it still counts is tokens.
        if element.children > 0 {
            self.deferred.retain(|token| token.scope != key);
            self.drop_waiting(key);
        }
        // What can be compensated is kept as it was, with everything in it.
        if !self.is_remembered(key, element.scope) {
            self.forget(key);
        }
    }

    /// The variables of a scope that is gone, and what could be compensated in it.
    fn forget(&mut self, key: Key) {
        if let Some(gone) = self.variables.remove(&key) {
            let bytes: u64 = gone.iter().map(|(name, value)| size_of(name, value)).sum();
            self.variable_bytes = self.variable_bytes.saturating_sub(bytes);
        }
        let inside: Vec<CompensationId> = self.compensable_in(key).map(|(id, _)| id).collect();
        for id in inside {
            self.discard(id);
        }
    }

    fn discard(&mut self, id: CompensationId) {
        if let Some(gone) = self.compensable.remove(&id) {
            self.forget(gone.key);
        }
    }

    /// Tokens on flows and at joins of a scope that goes on without them.
    fn drop_tokens(&mut self, scope: Key) {
        let before = self.deferred.len();
        self.deferred.retain(|token| token.scope != scope);
        let mut gone = before - self.deferred.len();
        let all = (scope, ElementIndex(0), FlowIndex(0))..=(scope, ElementIndex(u32::MAX), FlowIndex(u32::MAX));
        gone += self.waiting_tokens.range(all).map(|(_, count)| *count as usize).sum::<usize>();
        self.drop_waiting(scope);
        self.count(scope, -i32::try_from(gone).unwrap_or(i32::MAX));
    }

    fn drop_waiting(&mut self, scope: Key) {
        let all = (scope, ElementIndex(0), FlowIndex(0))..=(scope, ElementIndex(u32::MAX), FlowIndex(u32::MAX));
        let places: Vec<_> = self.waiting_tokens.range(all).map(|(place, _)| *place).collect();
        for place in places {
            self.waiting_tokens.remove(&place);
        }
    }

    fn set_variable(&mut self, scope: Key, name: &str, value: &Value) {
        self.variable_bytes += size_of(name, value);
        let variables = self.variables.entry(scope).or_default();
        let before = match variables.get_mut(name) {
            Some(slot) => Some(std::mem::replace(slot, value.clone())),
            None => variables.insert(name.to_owned(), value.clone()),
        };
        if let Some(before) = before {
            self.variable_bytes = self.variable_bytes.saturating_sub(size_of(name, &before));
        }
    }

    fn end(&mut self, state: InstanceState) {
        self.state = state;
        self.children = 0;
        self.deferred.clear();
        self.waiting_tokens.clear();
        self.compensable.clear();
        self.waits = Waits::default();
        self.suspended_at = None;
        self.held.clear();
    }

    fn count(&mut self, scope: Key, by: i32) {
        let counter = match self.elements.get_mut(scope) {
            Some(element) => &mut element.children,
            None => &mut self.children,
        };
        *counter = counter.saturating_add_signed(by);
    }

    fn change(&mut self, key: Key, change: impl FnOnce(&mut ElementInstance)) {
        if let Some(element) = self.elements.get_mut(key) {
            change(element);
        }
    }

    fn change_waits(&mut self, key: Key, change: impl FnOnce(&mut Waits)) {
        if key == Key::ROOT {
            return change(&mut self.waits);
        }
        self.change(key, |element| change(&mut element.waits));
        self.elements.note_listening(key);
    }

    fn change_job(&mut self, key: Key, change: impl FnOnce(&mut Job)) {
        self.change(key, |element| {
            if let Some(job) = &mut element.job {
                change(job);
            }
        });
    }
}

impl ElementInstance {
    /// An element instance as it begins.
    pub(crate) fn born(element: ElementIndex, scope: Key) -> ElementInstance {
        ElementInstance {
            element,
            scope,
            arrived_by: None,
            outcome: None,
            completing: false,
            children: 0,
            repetition: None,
            loop_counter: None,
            job: None,
            child: None,
            decision: None,
            user_task: false,
            waits: Waits::default(),
            incident: None,
            compensating: None,
            compensates_for: None,
            is_reopened: false,
        }
    }
}

/// The last is begun with; what comes after it in the list is not there any more.
fn drop_from(compensating: &mut Option<Vec<CompensationId>>, begun: &CompensationId) {
    if let Some(list) = compensating {
        let at = list.iter().rposition(|id| id == begun).unwrap_or(list.len());
        list.truncate(at);
    }
}

/// What an instance waits for at rest: it has rested before this.
fn comes_from_outside(kind: &EventKind) -> bool {
    matches!(
        kind,
        EventKind::JobCompleted { .. }
            | EventKind::JobFailed { .. }
            | EventKind::JobAnswered { .. }
            | EventKind::UserTaskCompleted { .. }
            | EventKind::TimerFired { .. }
            | EventKind::MessageReceived { .. }
            | EventKind::ChildEnded { .. }
            | EventKind::DecisionMade { .. }
            | EventKind::IncidentResolved { .. }
    )
}
