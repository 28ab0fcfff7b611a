//! Incidents: the model's or the data's fault. The element waits until a person resolves it.

use super::{Here, Run};
use crate::elements::Next;
use crate::instance::TimerState;
use crate::time::Schedule;
use crate::{Effect, ElementIndex, EventKind, Key};

impl<'r> Run<'r> {
    pub fn raise_incident(&mut self, key: Key, code: &str, message: String) {
        let Some(here) = self.here(key) else { return };
        // One at a time: resolving the first shows whether there is a second.
        if self.instance.element(key).is_some_and(|element| element.incident.is_some()) {
            return;
        }
        let incident = self.fresh_key();
        let (code, message) = (code.to_owned(), format!("{}: {message}", here.element.id));
        self.emit(EventKind::IncidentRaised {
            incident,
            element_instance: key,
            code: code.clone(),
            message: message.clone(),
        });
        self.effect(Effect::RaiseIncident {
            incident,
            element_instance: key,
            element: here.element.index,
            code,
            message,
        });
    }

    /// Something is wrong with an event that the root scope waits for.
    pub fn raise_root_incident(&mut self, event: ElementIndex, code: &str, message: String) {
        let incident = self.fresh_key();
        let (code, message) = (code.to_owned(), format!("{}: {message}", self.process.element(event).id));
        let root = Key::ROOT;
        self.emit(EventKind::IncidentRaised {
            incident,
            element_instance: root,
            code: code.clone(),
            message: message.clone(),
        });
        self.effect(Effect::RaiseIncident { incident, element_instance: root, element: event, code, message });
    }

    pub fn close_root_incidents(&mut self) {
        let of_root = self.instance.incidents.iter().filter(|(_, it)| it.element_instance == Key::ROOT);
        let of_root: Vec<Key> = of_root.map(|(incident, _)| *incident).collect();
        for incident in of_root {
            self.emit(EventKind::IncidentResolved { incident });
            self.effect(Effect::CloseIncident { incident });
        }
    }

    /// Closes the incident of an element instance, if it has one.
    pub fn close_incident(&mut self, key: Key) {
        if let Some(incident) = self.instance.element(key).and_then(|element| element.incident) {
            self.emit(EventKind::IncidentResolved { incident });
            self.effect(Effect::CloseIncident { incident });
        }
    }

    /// Tries an element instance again from where it failed.
    pub fn try_again(&mut self, here: Here<'r>, retries: u32) {
        let Some(element) = self.instance.element(here.key) else { return };
        let is_at_work = element.children > 0
            || element.child.is_some()
            || element.decision.is_some()
            || element.user_task
            || element.job.as_ref().is_some_and(|job| job.is_open() || job.question.is_some());
        if element.completing {
            let outcome = element.outcome.clone();
            self.leave(here, outcome);
        } else if element.repetition.is_some() || is_at_work {
            self.wait_again(here);
        } else if element.job.is_some() {
            self.retry_job(here, retries);
        } else {
            self.cancel_work(here.key);
            self.cancel_waits(here.key);
            self.enter(here);
        }
    }

    /// What failed is beside its work, which goes on: its boundary events and its event sub-processes wait anew, or its
    /// repetition is decided anew.
    fn wait_again(&mut self, here: Here<'r>) {
        let own = self.instance.waits(here.key).and_then(|waits| waits.timers.get(&here.element.index)).copied();
        self.cancel_waits(here.key);
        // Until when a person may answer has nothing to do with what failed.
        if let Some(TimerState { due, repetitions_left }) = own {
            self.set_timer(here.key, here.element.index, Schedule { due, repetitions_left });
        }
        let inside = if self.is_interrupted(here.key) { &[] } else { self.event_sub_processes(here.key) };
        let armed = self.arm_boundary(here).and_then(|()| self.arm_event_sub_processes(here.key, inside));
        let armed = armed.map(|()| Next::Wait);
        self.act(here, armed);
        self.unsettle(here.key);
    }
}
