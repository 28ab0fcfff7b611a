//! Drives repeated activities: which instance starts when, and when all is done. The rules are in
//! [`crate::elements::Repetition`].
//!
//! The list of items and what the instances leave are kept as hidden variables of the repetition, one each, so that
//! starting or ending one instance costs the same however many there are.

use super::{Here, Run};
use crate::elements::{Acted, CompletionEvents, Fault, MultiInstance, Next, Repetition, StandardLoop, Trigger};
use crate::expression::Expression;
use crate::instance;
use crate::limits::ELEMENTS_PER_INSTANCE;
use crate::variables::{HIDDEN, check_size};
use crate::{ElementIndex, EventKind, Key, Variables};
use serde_json::Value;

const ITEMS: &str = "#items";

impl<'r> Run<'r> {
    /// Whether `key` is one of the instances of a repetition.
    pub fn is_repeated(&self, key: Key) -> bool {
        self.instance.element(key).is_some_and(|element| element.loop_counter.is_some())
    }

    /// Whether `key` is a repetition.
    pub fn is_repeating(&self, key: Key) -> bool {
        self.instance.element(key).is_some_and(|element| element.repetition.is_some())
    }

    /// Whether what `here` leaves behind is collected.
    pub fn is_collected(&self, here: Here<'r>) -> bool {
        output_of(here).is_some() && self.is_repeated(here.key)
    }

    pub fn start_repetition(&mut self, here: Here<'r>, repetition: &'r Repetition) -> Acted {
        let key = here.key;
        match repetition {
            Repetition::Loop(_) => self.emit(EventKind::LoopStarted { key, planned: None, at_once: false }),
            Repetition::Instances(instances) => {
                let planned = Some(self.plan(here, instances)?);
                self.emit(EventKind::LoopStarted { key, planned, at_once: !instances.is_sequential });
            }
        }
        self.unsettle(key);
        Ok(Next::Wait)
    }

    /// How many instances there will be; keeps the items.
    fn plan(&mut self, here: Here<'r>, instances: &'r MultiInstance) -> Result<u32, Fault> {
        if let Some(collection) = &instances.input_collection {
            let Value::Array(items) = self.evaluate(here.key, collection)? else {
                return Err(invalid(format!("`{}` is not a list", collection.source())));
            };
            let planned = bounded(here, instances, items.len() as u64)?;
            self.set(here.key, ITEMS.to_owned(), Value::Array(items));
            return Ok(planned);
        }
        let Some(cardinality) = &instances.cardinality else { return Ok(0) };
        let count = self.evaluate(here.key, cardinality)?;
        let whole =
            count.as_u64().or_else(|| count.as_f64().filter(|n| *n >= 0.0 && n.fract() == 0.0).map(|n| n as u64));
        let count = whole.ok_or_else(|| {
            invalid(format!("`{}` is {count}, not a whole number of instances", cardinality.source()))
        })?;
        bounded(here, instances, count)
    }

    /// The oldest repetition that has something to start or to decide and does not wait for a person.
    pub(super) fn next_repeating(&self) -> Option<Here<'r>> {
        let mut repeating = self.instance.elements.repeating();
        let is_free = |key: &Key| self.instance.element(*key).is_some_and(|element| element.incident.is_none());
        repeating.find(is_free).and_then(|key| self.here(key))
    }

    pub(super) fn repeat(&mut self, here: Here<'r>) {
        let Some(repetition) = &here.element.repetition else { return };
        match repetition {
            Repetition::Loop(it) => match self.goes_on(here, it) {
                Ok(true) => self.start_instance(here, None),
                Ok(false) => self.finish_repetition(here),
                Err(fault) => self.act(here, Err(fault)),
            },
            Repetition::Instances(it) => self.start_instance(here, it.input_element.as_deref()),
        }
    }

    fn goes_on(&self, here: Here<'r>, it: &StandardLoop) -> Result<bool, Fault> {
        let started = self.progress(here.key).map_or(0, |progress| progress.started);
        if it.maximum.is_some_and(|maximum| u64::from(started) >= maximum) {
            return Ok(false);
        }
        match &it.condition {
            Some(condition) if it.test_before || started > 0 => self.is_true(here.key, condition),
            // Without a condition it runs as often as its maximum says, or once.
            None if it.maximum.is_none() => Ok(started == 0),
            Some(_) | None => Ok(true),
        }
    }

    fn start_instance(&mut self, here: Here<'r>, input_element: Option<&str>) {
        let number = self.progress(here.key).map_or(0, |progress| progress.started);
        let Some(instance) = self.begin(here.element.index, here.key, None) else { return };
        self.activations += 1;
        if let Some(name) = input_element {
            let items = self.instance.variables.get(&here.key).and_then(|variables| variables.get(ITEMS));
            let item = items.and_then(|items| items.get(number as usize)).cloned().unwrap_or_default();
            self.set(instance.key, name.to_owned(), item);
        }
        self.enter(instance);
    }

    /// Keeps what one instance leaves for the collection.
    pub(super) fn collect_output(&mut self, here: Here<'r>) -> Result<(), Fault> {
        let Some((_, element)) = output_of(here) else { return Ok(()) };
        let Some(number) = self.instance.element(here.key).and_then(|element| element.loop_counter) else {
            return Ok(());
        };
        let (name, value) = (slot(number), self.evaluate(here.key, element)?);
        check_size(self.instance, [(&name, &value)])
            .map_err(|message| Fault::incident("VARIABLES_TOO_LARGE", message))?;
        self.set(here.scope, name, value);
        Ok(())
    }

    /// One of its instances is gone, or it has just begun.
    pub(super) fn settle_repetition(&mut self, here: Here<'r>) {
        let Some(element) = self.instance.element(here.key).filter(|element| element.incident.is_none()) else {
            return;
        };
        let (Some(progress), children) = (element.repetition, element.children) else { return };
        let Some(Repetition::Instances(it)) = &here.element.repetition else { return };
        let is_enough = match &it.completion_condition {
            Some(condition) if progress.completed > 0 => self.is_true(here.key, condition),
            _ => Ok(false),
        };
        match is_enough {
            Ok(is_enough) if is_enough || (children == 0 && progress.planned == Some(progress.started)) => {
                self.finish_repetition(here);
            }
            Ok(_) => {}
            Err(fault) => self.act(here, Err(fault)),
        }
    }

    /// An instance of `repetition` has completed: what the activity throws then.
    pub(super) fn throw_for_instance(&mut self, repetition: Key) {
        let Some(here) = self.here(repetition) else { return };
        let Some(Repetition::Instances(it)) = &here.element.repetition else { return };
        let completed = self.progress(repetition).map_or(0, |progress| progress.completed);
        match &it.events {
            CompletionEvents::Never => {}
            CompletionEvents::WithEach(event) => self.throw_at_boundary(here, event.as_deref()),
            CompletionEvents::WithTheFirst(event) if completed == 1 => self.throw_at_boundary(here, event.as_deref()),
            CompletionEvents::WithTheFirst(_) => {}
            CompletionEvents::When(entries) => {
                for (condition, event) in entries {
                    match self.is_true(repetition, condition) {
                        Ok(true) => self.throw_at_boundary(here, event.as_deref()),
                        Ok(false) => {}
                        Err(fault) => self.act(here, Err(fault)),
                    }
                }
            }
        }
    }

    /// To the boundary events that listen to it, or to all that listen to anything when none does.
    fn throw_at_boundary(&mut self, here: Here<'r>, event: Option<&str>) {
        let Some(waits) = self.instance.waits(here.key) else { return };
        let listening: Vec<(ElementIndex, String)> =
            waits.signals.iter().map(|(target, name)| (*target, name.clone())).collect();
        let is_named = listening.iter().any(|(_, name)| Some(name.as_str()) == event);
        for (target, signal_name) in listening {
            let is_meant = !is_named || Some(signal_name.as_str()) == event;
            let is_open = self.instance.waits(here.key).is_some_and(|waits| waits.signals.contains_key(&target));
            if is_meant && is_open {
                self.emit(EventKind::SignalReceived { key: here.key, target, signal_name });
                self.occur(here.key, target, Trigger::Signal(Variables::new()));
            }
        }
    }

    fn finish_repetition(&mut self, here: Here<'r>) {
        self.terminate_children(here.key);
        let written = self.write_collection(here).map(|()| Next::Leave(None));
        self.act(here, written);
    }

    fn write_collection(&mut self, here: Here<'r>) -> Result<(), Fault> {
        let Some((name, _)) = output_of(here) else { return Ok(()) };
        let planned = self.progress(here.key).and_then(|progress| progress.planned).unwrap_or_default();
        let kept = self.instance.variables.get(&here.key);
        let of = |number| kept.and_then(|kept| kept.get(&slot(number))).cloned().unwrap_or_default();
        let collection = Value::Array((0..planned).map(of).collect());
        let scope = self.instance.declaring_scope(here.scope, name);
        self.set(scope, name.clone(), collection);
        Ok(())
    }

    fn progress(&self, key: Key) -> Option<instance::Repetition> {
        self.instance.element(key)?.repetition
    }
}

/// The name of the collection, and what of an instance goes into it.
fn output_of<'r>(here: Here<'r>) -> Option<&'r (String, Expression)> {
    match here.element.repetition.as_ref()? {
        Repetition::Instances(it) => it.output.as_ref(),
        Repetition::Loop(_) => None,
    }
}

/// More than an instance can ever activate are not begun with, unless a condition may end them before.
fn bounded(here: Here<'_>, instances: &MultiInstance, count: u64) -> Result<u32, Fault> {
    let may_end_before = instances.is_sequential && instances.completion_condition.is_some();
    match u32::try_from(count) {
        Ok(planned) if may_end_before || count <= ELEMENTS_PER_INSTANCE => Ok(planned),
        _ => {
            let id = &here.element.id;
            let message = format!(
                "would run {count} times (`{id} → {id}`); an instance may activate {ELEMENTS_PER_INSTANCE} elements"
            );
            Err(Fault::incident("ELEMENT_LIMIT_EXCEEDED", message))
        }
    }
}

fn slot(number: u32) -> String {
    format!("{HIDDEN}{number}")
}

fn invalid(message: String) -> Fault {
    Fault::incident("LOOP_INVALID", message)
}
