//! The life of an element instance: activated, left or terminated; and of the instance itself.

use super::{Here, Run};
use crate::elements::{Acted, Fault, Next};
use crate::limits::ELEMENTS_PER_INSTANCE;
use crate::variables::HIDDEN;
use crate::{Effect, ElementIndex, EventKind, FlowIndex, InstanceState, Key, Variables};
use serde_json::Value;

impl<'r> Run<'r> {
    pub fn activate(&mut self, element: ElementIndex, scope: Key, flow: Option<FlowIndex>) {
        if let Some(here) = self.begin(element, scope, flow) {
            self.enter(here);
        }
    }

    /// An element instance that has not begun to work; none when nothing begins in `scope` any more, or when there are too
    /// many already.
    pub fn begin(&mut self, element: ElementIndex, scope: Key, flow: Option<FlowIndex>) -> Option<Here<'r>> {
        if !self.is_open(scope) {
            return None;
        }
        let key = self.fresh_key();
        self.emit(EventKind::ElementActivated { key, element, scope, flow });
        let here = Here { key, scope, element: self.process.element(element) };
        if self.instance.activated > ELEMENTS_PER_INSTANCE {
            let message = format!(
                "the instance has activated more than {ELEMENTS_PER_INSTANCE} elements; a loop in the process may not end{}",
                self.loop_in_words(element)
            );
            self.raise_incident(key, "ELEMENT_LIMIT_EXCEEDED", message);
            return None;
        }
        Some(here)
    }

    /// Whether things can still begin in `scope`.
    fn is_open(&self, scope: Key) -> bool {
        self.instance.state == InstanceState::Active
            && (scope == Key::ROOT || self.instance.elements.contains_key(&scope))
    }

    /// Starts the work of an element instance: its input, what may interrupt it, and then itself.
    pub fn enter(&mut self, here: Here<'r>) {
        if let Some(repetition) = here.element.repetition.as_ref().filter(|_| !self.is_repeated(here.key)) {
            let started = self.arm_boundary(here).and_then(|()| match self.instance.elements.contains_key(&here.key) {
                true => self.start_repetition(here, repetition),
                false => Ok(Next::Wait),
            });
            return self.act(here, started);
        }
        let entered = self.map_input(here).and_then(|()| self.arm_boundary(here));
        // A condition may have ended it before it began.
        let entered = match entered {
            Ok(()) if self.instance.elements.contains_key(&here.key) => here.element.kind.behavior().enter(self, here),
            other => other.map(|()| Next::Wait),
        };
        self.act(here, entered);
    }

    /// Does what an element wants.
    pub fn act(&mut self, here: Here<'r>, acted: Acted) {
        if !self.instance.elements.contains_key(&here.key) {
            return;
        }
        match acted {
            Ok(Next::Wait) => {}
            Ok(Next::Leave(outcome)) => self.leave(here, outcome),
            Ok(Next::Take(flows, outcome)) => self.complete(here, &flows, outcome),
            Ok(Next::LeaveAndThrow(thrown)) => {
                self.announce(here.key, &thrown);
                self.leave(here, None);
                self.spread(here.scope, thrown);
            }
            Ok(Next::Jump(target)) => self.jump(here, target),
            Ok(Next::EndScope) => self.end_scope(here),
            Ok(Next::Compensate(activity, is_waiting)) => self.compensate(here, activity, is_waiting),
            Ok(Next::CancelTransaction) => self.cancel_transaction(here),
            Err(Fault::Incident { code, message }) => self.raise_incident(here.key, &code, message),
            Err(Fault::Error { code, message }) => self.throw(here, code, message),
        }
    }

    /// Its work is done: output mappings, then the flows whose conditions hold.
    pub fn leave(&mut self, here: Here<'r>, outcome: Option<Value>) {
        let leaving = match self.is_repeating(here.key) {
            // Its instances have mapped theirs.
            true => self.flows_taken(here),
            false => self.map_output(here).and_then(|()| match self.is_repeated(here.key) {
                true => self.collect_output(here).map(|()| Vec::new()),
                false => self.flows_taken(here),
            }),
        };
        match leaving {
            Ok(flows) => self.complete(here, &flows, outcome),
            Err(Fault::Incident { code, message }) => {
                if !self.instance.element(here.key).is_some_and(|element| element.completing) {
                    self.emit(EventKind::ElementCompleting { key: here.key, outcome });
                }
                self.raise_incident(here.key, &code, message);
            }
            Err(Fault::Error { code, message }) => self.throw(here, code, message),
        }
    }

    fn complete(&mut self, here: Here<'r>, flows: &[FlowIndex], outcome: Option<Value>) {
        let Here { key, scope, .. } = here;
        let (compensates_for, is_repeated) = (self.compensates_for(key), self.is_repeated(key));
        self.cancel_waits(key);
        self.remember(here);
        self.emit(EventKind::ElementCompleted { key });
        self.stir(scope);
        self.take(here, flows, outcome);
        self.goes_on_compensating(compensates_for);
        if is_repeated {
            self.throw_for_instance(scope);
        }
        let asks = self.here(scope).is_some_and(|around| around.element.kind.behavior().asks_after_each());
        if flows.is_empty() || asks {
            self.unsettle(scope);
        }
    }

    pub fn take(&mut self, here: Here<'r>, flows: &[FlowIndex], outcome: Option<Value>) {
        let scope = here.scope;
        for flow in flows {
            let outcome = outcome.clone().filter(|_| self.process.flow(*flow).carries_outcome);
            for _ in 0..here.element.completion_quantity {
                self.emit(EventKind::FlowTaken { flow: *flow, scope, outcome: outcome.clone() });
            }
        }
    }

    /// A link: the token goes on at `target`, without a flow (BPMN 2.0, 10.5.5).
    fn jump(&mut self, here: Here<'r>, target: ElementIndex) {
        self.emit(EventKind::ElementCompleted { key: here.key });
        self.stir(here.scope);
        self.activate(target, here.scope, None);
    }

    /// The event that an event-based gateway waited for: the gateway is left by the flow to it, and it is left too. Unless
    /// it `is_done`, the gateway stays, for the others.
    pub fn pass_on(&mut self, gateway: Here<'r>, event: ElementIndex, left: Variables, is_done: bool) {
        if is_done {
            self.cancel_waits(gateway.key);
            self.emit(EventKind::ElementCompleted { key: gateway.key });
        }
        self.stir(gateway.scope);
        let flow = gateway.element.outgoing.iter().copied().find(|flow| self.process.flow(*flow).to == event);
        if let Some(flow) = flow {
            self.emit(EventKind::FlowTaken { flow, scope: gateway.scope, outcome: None });
        }
        if let Some(caught) = self.begin(event, gateway.scope, flow) {
            self.leave_behind(caught, left);
            self.leave(caught, None);
        }
    }

    /// A terminate end event: everything in its scope ends, and the scope with it (BPMN 2.0, 13.5.6).
    fn end_scope(&mut self, here: Here<'r>) {
        self.emit(EventKind::ElementCompleted { key: here.key });
        self.interrupt(here.scope);
        match self.here(here.scope) {
            Some(scope) if self.is_reopened(scope.key) => self.close_again(scope),
            Some(scope) => self.leave(scope, None),
            None => {
                self.end_instance(EventKind::InstanceTerminated);
                self.complete_parent();
            }
        }
    }

    /// Ends an element instance and everything in it without completing it.
    pub fn terminate(&mut self, key: Key) {
        let Some(here) = self.here(key) else { return };
        self.terminate_children(key);
        self.cancel_work(key);
        self.cancel_waits(key);
        self.close_incident(key);
        if !self.instance.is_remembered(key, here.scope) {
            self.discard_compensations(key);
        }
        self.emit(EventKind::ElementTerminated { key });
        self.stir(here.scope);
        self.unsettle(here.scope);
    }

    pub fn terminate_children(&mut self, scope: Key) {
        let mut children: Vec<Key> = self.instance.elements.in_scope(scope).collect();
        children.sort_unstable();
        for child in children.into_iter().rev() {
            self.terminate(child);
        }
    }

    pub(super) fn complete_instance(&mut self) {
        self.end_instance(EventKind::InstanceCompleted);
        self.complete_parent();
    }

    /// The last event of the instance; nothing is waited for after it.
    pub fn end_instance(&mut self, end: EventKind) {
        self.cancel_waits(Key::ROOT);
        self.close_root_incidents();
        self.discard_compensations(Key::ROOT);
        self.emit(end);
    }

    fn complete_parent(&mut self) {
        if let Some(parent) = self.instance.parent {
            let root = self.instance.variables.get(&Key::ROOT).cloned().unwrap_or_default();
            let variables = root.into_iter().filter(|(name, _)| !name.starts_with(HIDDEN)).collect();
            self.effect(Effect::CompleteParent { parent, variables });
        }
    }
}
