//! Errors and escalations: from where they are thrown, outwards, to the event that catches them (BPMN 2.0, 10.5.5 and 10.5.7).
//!
//! On the way out each scope is asked for its event sub-processes, then each activity for its boundary events; an event for
//! the very code comes before one for all. An event sub-process does not catch what is thrown in it: that goes on from the
//! scope around.

use super::{Here, Run};
use crate::elements::{Catch, CatchEvent, Kind, Trigger};
use crate::process::EventSubProcess;
use crate::{Effect, ElementIndex, EventKind, Key};

/// What is on its way outwards.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Raised<'a> {
    Error(&'a str),
    Escalation(&'a str),
}

/// Who catches it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Catcher {
    /// The activity of the boundary event, or the scope of the event sub-process.
    pub key: Key,
    pub target: ElementIndex,
    /// It asks for this very code.
    pub is_specific: bool,
}

impl<'r> Run<'r> {
    /// A BPMN error. Without a catcher, a called instance fails and its caller goes on with the error; a root instance stops
    /// where it is, with an incident.
    pub fn throw(&mut self, here: Here<'r>, code: String, message: String) {
        self.emit(EventKind::ErrorThrown { key: here.key, code: code.clone(), message: message.clone() });
        if let Some(catcher) = self.find_catcher(here.key, &Raised::Error(&code)) {
            return self.occur(catcher.key, catcher.target, Trigger::Error);
        }
        match self.instance.parent {
            Some(parent) => {
                self.terminate_children(Key::ROOT);
                self.end_instance(EventKind::InstanceFailed { code: code.clone(), message: message.clone() });
                self.effect(Effect::FailParent { parent, code: Some(code), message });
            }
            None => self.raise_incident(here.key, "UNCAUGHT_ERROR", describe(&code, &message)),
        }
    }

    /// An escalation that was thrown at `key`, an element or the scope that one has left. Without a catcher it goes on from the
    /// call, or is over.
    pub fn escalate(&mut self, key: Key, code: String) {
        match (self.find_catcher(key, &Raised::Escalation(&code)), self.instance.parent) {
            (Some(catcher), _) => self.occur(catcher.key, catcher.target, Trigger::Escalation),
            (None, Some(parent)) => self.effect(Effect::EscalateParent { parent, code }),
            (None, None) => {}
        }
    }

    pub fn find_catcher(&self, key: Key, raised: &Raised<'_>) -> Option<Catcher> {
        let mut left = None;
        self.instance.scopes_of(key).find_map(|key| {
            let inside = left.replace(key);
            self.catcher_in(key, inside, raised).or_else(|| self.catcher_at(key, raised))
        })
    }

    /// Among the event sub-processes of a scope that it comes out of at `inside`.
    fn catcher_in(&self, scope: Key, inside: Option<Key>, raised: &Raised<'_>) -> Option<Catcher> {
        let from = inside.and_then(|inside| self.here(inside)).map(|here| here.element.index);
        if self.is_interrupted(scope) {
            return None;
        }
        let others = self.event_sub_processes(scope).iter().filter(|it| Some(it.index) != from);
        self.best(scope, others.map(|it: &EventSubProcess| it.start), raised)
    }

    /// Among the boundary events of an activity; those of a repetition are the whole repetition's, and one that has completed
    /// catches nothing any more.
    fn catcher_at(&self, key: Key, raised: &Raised<'_>) -> Option<Catcher> {
        let here = self.here(key).filter(|here| !self.is_repeated(here.key) && !self.is_reopened(here.key))?;
        self.best(key, here.element.boundary.iter().copied(), raised)
    }

    fn best(&self, key: Key, events: impl Iterator<Item = ElementIndex>, raised: &Raised<'_>) -> Option<Catcher> {
        let caught = events.filter_map(|event| self.process.element(event).kind.behavior().catches());
        let catchers: Vec<Catcher> = caught.filter_map(|event| raised.caught_by(key, event)).collect();
        catchers.iter().find(|catcher| catcher.is_specific).or_else(|| catchers.first()).copied()
    }

    /// A transaction's cancel event.
    pub(super) fn cancel_event(&self, here: Here<'r>) -> Option<ElementIndex> {
        let cancels = |event: &&ElementIndex| match &self.process.element(**event).kind {
            Kind::BoundaryEvent(boundary) => {
                boundary.event.definitions.iter().any(|definition| matches!(definition.catch, Catch::Cancel))
            }
            _ => false,
        };
        here.element.boundary.iter().find(cancels).copied()
    }
}

impl Raised<'_> {
    fn caught_by(&self, key: Key, event: &CatchEvent) -> Option<Catcher> {
        event.definitions.iter().find_map(|definition| {
            let (wanted, code) = match (self, &definition.catch) {
                (Raised::Error(code), Catch::Error { code: wanted }) => (wanted, code),
                (Raised::Escalation(code), Catch::Escalation { code: wanted }) => (wanted, code),
                _ => return None,
            };
            let is_caught = wanted.as_deref().is_none_or(|wanted| wanted == *code);
            is_caught.then_some(Catcher { key, target: definition.target, is_specific: wanted.is_some() })
        })
    }
}

fn describe(code: &str, message: &str) -> String {
    match (code, message) {
        ("", "") => "an error without a code was thrown and nothing catches it".to_owned(),
        (code, "") => format!("the error `{code}` was thrown and nothing catches it"),
        (code, message) => format!("the error `{code}` was thrown and nothing catches it: {message}"),
    }
}
