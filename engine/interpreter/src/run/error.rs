//! BPMN errors: from where they are thrown, outwards, to the boundary event that catches them (BPMN 2.0, 10.5.5).

use super::{Here, Run};
use crate::elements::{BoundaryEvent, Catch, Kind};
use crate::{Effect, ElementIndex, EventKind, Key};

impl<'r> Run<'r> {
    /// Interrupts the nearest activity around `here` that catches `code`. Without one, a called instance fails and its
    /// caller goes on with the error; a root instance stops where it is, with an incident.
    pub fn throw(&mut self, here: Here<'r>, code: String, message: String) {
        self.emit(EventKind::ErrorThrown { key: here.key, code: code.clone(), message: message.clone() });
        match self.find_catcher(here.key, &code) {
            Some((activity, boundary)) => self.catch(activity, boundary),
            None => match self.instance.parent {
                Some(parent) => {
                    self.terminate_children(Key::ROOT);
                    self.emit(EventKind::InstanceFailed { code: code.clone(), message: message.clone() });
                    self.effect(Effect::FailParent { parent, code: Some(code), message });
                }
                None => self.raise_incident(here.key, "UNCAUGHT_ERROR", describe(&code, &message)),
            },
        }
    }

    fn catch(&mut self, activity: Key, boundary: ElementIndex) {
        let Some(scope) = self.here(activity).map(|here| here.scope) else { return };
        self.terminate(activity);
        self.activate(boundary, scope, None);
    }

    /// The activity, `key` or around it, with an error boundary event for `code`; one for this very code comes before one
    /// for all.
    pub fn find_catcher(&self, key: Key, code: &str) -> Option<(Key, ElementIndex)> {
        self.instance.scopes_of(key).find_map(|key| {
            // The boundary events are those of the whole repetition.
            let here = self.here(key).filter(|here| !self.is_repeated(here.key))?;
            let catches = |wanted: Option<&str>| {
                here.element.boundary.iter().copied().find(|boundary| self.caught_by(*boundary) == Some(wanted))
            };
            Some((key, catches(Some(code)).or_else(|| catches(None))?))
        })
    }

    /// The code that an error boundary event catches: `Some(None)` is all of them.
    pub fn caught_by(&self, boundary: ElementIndex) -> Option<Option<&'r str>> {
        match &self.process.element(boundary).kind {
            Kind::BoundaryEvent(BoundaryEvent { catch: Catch::Error { code }, .. }) => Some(code.as_deref()),
            _ => None,
        }
    }
}

fn describe(code: &str, message: &str) -> String {
    match (code, message) {
        ("", "") => "an error without a code was thrown and nothing catches it".to_owned(),
        (code, "") => format!("the error `{code}` was thrown and nothing catches it"),
        (code, message) => format!("the error `{code}` was thrown and nothing catches it: {message}"),
    }
}
