//! Events that have come: to whom they go; and event sub-processes, which their scope starts (BPMN 2.0, 10.3.5 and 13.5.4).
//!
//! While a scope is active it waits for the start events of its event sub-processes. An interrupting one ends everything
//! else in the scope, which then goes on with it alone; a non-interrupting one runs beside the rest, as often as its event
//! happens.

use super::{Here, Run};
use crate::elements::{Acted, Behavior, Fault, Kind, StartEvent, Trigger};
use crate::process::{Element, EventSubProcess, Starts};
use crate::{ElementIndex, EventKind, Key};

impl<'r> Run<'r> {
    /// Something that is waited for has come.
    pub fn occur(&mut self, key: Key, target: ElementIndex, by: Trigger) {
        let event = self.process.owner(target);
        if let Kind::StartEvent(start) = &event.kind {
            return self.occur_in_scope(key, start, target, by);
        }
        let Some(here) = self.here(key) else { return };
        let acted = match &event.kind {
            Kind::BoundaryEvent(boundary) => boundary.caught(self, here, target, by),
            _ => here.element.kind.behavior().caught(self, here, target, by),
        };
        self.act(here, acted);
    }

    fn occur_in_scope(&mut self, scope: Key, start: &'r StartEvent, target: ElementIndex, by: Trigger) {
        let place = self.process.owner(target).index;
        let started = self.event_sub_processes(scope).iter().find(|it| it.start == place);
        let Some(event_sub_process) = started else { return };
        if let Err(fault) = self.start_event_sub_process(scope, *event_sub_process, start, target, by) {
            self.fault(scope, place, fault);
        }
    }

    fn start_event_sub_process(
        &mut self,
        scope: Key,
        it: EventSubProcess,
        start: &'r StartEvent,
        target: ElementIndex,
        by: Trigger,
    ) -> Result<(), Fault> {
        let left = by.content(start.event.as_ref(), target);
        let has_happened = self.take_part(scope, start.event.as_ref(), target);
        if has_happened && it.is_interrupting {
            self.interrupt(scope);
        }
        self.merge(scope, left);
        if !has_happened {
            return Ok(());
        }
        self.activate(it.index, scope, None);
        match &start.event {
            Some(event) if !it.is_interrupting => self.wait_again_for(scope, event, target, by),
            _ => Ok(()),
        }
    }

    /// Ends everything in a scope but the scope itself; what it has completed can still be compensated.
    pub fn interrupt(&mut self, scope: Key) {
        for it in self.event_sub_processes(scope) {
            self.stop_waiting_for_event(scope, it.start);
        }
        self.terminate_children(scope);
        self.emit(EventKind::ScopeInterrupted { scope });
        self.stir(scope);
    }

    /// Everything that starts with a scope, and what it waits for as long as it is active.
    pub fn start_scope(&mut self, scope: Key, element: &'r Element, starts: &'r Starts) -> Result<(), Fault> {
        self.arm_event_sub_processes(scope, &element.event_sub_processes)?;
        self.start_inside(scope, starts);
        Ok(())
    }

    pub fn arm_event_sub_processes(&mut self, scope: Key, all: &'r [EventSubProcess]) -> Result<(), Fault> {
        for it in all {
            if let Some(event) = self.process.element(it.start).kind.behavior().catches() {
                self.wait_for(scope, event)?;
            }
        }
        self.look_at_conditions(scope);
        Ok(())
    }

    pub fn start_inside(&mut self, scope: Key, starts: &Starts) {
        for element in starts.none.iter().chain(&starts.implicit) {
            if !self.is_interrupted(scope) {
                self.activate(*element, scope, None);
            }
        }
        self.unsettle(scope);
    }

    /// The event sub-processes of an active scope: of one that is undone, none are active any more (BPMN 2.0, 13.5.4), so what
    /// goes wrong in a canceled transaction leaves it (10.3.5, on hazards).
    pub fn event_sub_processes(&self, scope: Key) -> &'r [EventSubProcess] {
        match scope {
            Key::ROOT => &self.process.event_sub_processes,
            scope if self.is_repeating(scope) || self.is_reopened(scope) || self.is_compensating(scope) => &[],
            scope => self.here(scope).map_or(&[], |here| &here.element.event_sub_processes),
        }
    }

    /// Whether an event sub-process has interrupted the scope and is still running.
    pub fn is_interrupted(&self, scope: Key) -> bool {
        let mut interrupting = self.event_sub_processes(scope).iter().filter(|it| it.is_interrupting);
        interrupting.any(|it| self.instance.elements.at(scope, it.index).is_some())
    }

    /// What went wrong with an event that `key` waits for.
    pub fn fault(&mut self, key: Key, event: ElementIndex, fault: Fault) {
        match (self.here(key), fault) {
            (Some(here), fault) => self.act(here, Acted::Err(fault)),
            (None, Fault::Incident { code, message }) => self.raise_root_incident(event, &code, message),
            (None, Fault::Error { .. }) => {}
        }
    }

    /// A person has looked at what went wrong in the root scope: what it does not wait for, it waits for anew.
    pub fn arm_root_again(&mut self) {
        if self.is_interrupted(Key::ROOT) {
            return;
        }
        for it in &self.process.event_sub_processes {
            let Some(event) = self.process.element(it.start).kind.behavior().catches() else { continue };
            if event.definitions.iter().any(|definition| self.instance.waits.has(definition.target)) {
                continue;
            }
            if let Err(fault) = self.wait_for(Key::ROOT, event) {
                self.fault(Key::ROOT, it.start, fault);
            }
        }
    }

    /// The scope that an event sub-process around `scope` is for; `scope` itself when it is none.
    pub fn scope_served(&self, scope: Key) -> Key {
        match self.here(scope) {
            Some(Here { scope: around, element, .. }) if is_event_sub_process(element) => self.scope_served(around),
            _ => scope,
        }
    }
}

pub(super) fn is_event_sub_process(element: &Element) -> bool {
    matches!(&element.kind, Kind::SubProcess(inner) if inner.is_event_sub_process)
}
