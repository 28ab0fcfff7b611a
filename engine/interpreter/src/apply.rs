//! `Instance::apply`: what each event does to the state. The only writer of it.
//!
//! Nothing is decided here and nothing of the process is known here, so folding the history of an instance from nothing
//! gives its state, whatever has become of the rules since.

use crate::instance::{Deferred, Incident, Job, Repetition, Subscription, TimerState};
use crate::variables::size_of;
use crate::{ElementIndex, ElementInstance, Event, EventKind, FlowIndex, Instance, InstanceState, Key};
use serde_json::Value;

impl Instance {
    pub fn apply(&mut self, event: &Event) {
        self.version += 1;
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
            | EventKind::JobCanceled { .. } => self.apply_job(&event.kind),
            EventKind::TimerScheduled { key, target, due, repetitions_left } => self.change(*key, |element| {
                element.timers.insert(*target, TimerState { due: *due, repetitions_left: *repetitions_left });
            }),
            EventKind::TimerFired { key, target } | EventKind::TimerCanceled { key, target } => {
                self.change(*key, |element| {
                    element.timers.remove(target);
                });
            }
            EventKind::SubscriptionOpened { key, target, message_name, correlation_key } => {
                let subscription =
                    Subscription { message_name: message_name.clone(), correlation_key: correlation_key.clone() };
                self.change(*key, |element| {
                    element.subscriptions.insert(*target, subscription);
                });
            }
            EventKind::SubscriptionClosed { key, target } => {
                self.change(*key, |element| {
                    element.subscriptions.remove(target);
                });
            }
            EventKind::UserTaskCreated { key, .. } => self.change(*key, |element| element.user_task = true),
            EventKind::UserTaskCompleted { key, .. } | EventKind::UserTaskCanceled { key } => {
                self.change(*key, |element| element.user_task = false);
            }
            EventKind::MessageReceived { .. } | EventKind::ErrorThrown { .. } | EventKind::WorkDeferred => {}
            EventKind::IncidentRaised { incident, element_instance, code, message } => {
                self.next_key = self.next_key.max(incident.0 + 1);
                let raised =
                    Incident { element_instance: *element_instance, code: code.clone(), message: message.clone() };
                self.incidents.insert(*incident, raised);
                self.change(*element_instance, |element| element.incident = Some(*incident));
            }
            EventKind::IncidentResolved { incident } => {
                if let Some(resolved) = self.incidents.remove(incident) {
                    self.change(resolved.element_instance, |element| element.incident = None);
                }
            }
            EventKind::ChildStarted { key, child, .. } => self.change(*key, |element| element.child = Some(*child)),
            EventKind::ChildEnded { key, .. } => self.change(*key, |element| element.child = None),
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
                element.job = Some(Job { job_type, attempt: 1, retries_left: *retries, retry_at: None });
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
                self.change(*key, |element| element.job = None);
            }
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
        let born = ElementInstance {
            element,
            scope,
            arrived_by: flow,
            outcome,
            completing: false,
            children: 0,
            repetition: None,
            loop_counter,
            job: None,
            child: None,
            user_task: false,
            timers: Default::default(),
            subscriptions: Default::default(),
            incident: None,
        };
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
        if let Some(gone) = self.variables.remove(&key) {
            let bytes: u64 = gone.iter().map(|(name, value)| size_of(name, value)).sum();
            self.variable_bytes = self.variable_bytes.saturating_sub(bytes);
        }
        // Its children have gone before it: what it still counts is tokens.
        if element.children > 0 {
            self.deferred.retain(|token| token.scope != key);
            self.drop_waiting(key);
        }
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

    fn change_job(&mut self, key: Key, change: impl FnOnce(&mut Job)) {
        self.change(key, |element| {
            if let Some(job) = &mut element.job {
                change(job);
            }
        });
    }
}
