//! What becomes of the events that are waited for. An event is kept, renewed or ended as a whole, with all its definitions.

use super::{Migration, keys};
use crate::elements::{Catch, Fault, Kind, Next};
use crate::process::{Element, Message, Timer};
use crate::run::Run;
use crate::{ElementIndex, Instance, Key};
use std::collections::BTreeSet;

/// An event that `key` waits for, in the old version.
pub(super) struct Awaited {
    pub key: Key,
    pub event: ElementIndex,
    pub fate: Fate,
}

pub(super) enum Fate {
    /// Its targets, old and new.
    Kept(Vec<(ElementIndex, ElementIndex)>),
    /// The event of the new version.
    Renewed(ElementIndex),
    Ended,
}

/// An event of the new version that `key` is to wait for, and that the old one does not have there.
pub(super) struct Added {
    pub key: Key,
    pub event: ElementIndex,
}

impl<'p> Migration<'p> {
    pub(super) fn awaited(&self, instance: &Instance) -> Vec<Awaited> {
        let mut all = Vec::new();
        for key in keys(instance) {
            let targets = instance.waits(key).map(|waits| waits.targets()).unwrap_or_default();
            let events: BTreeSet<ElementIndex> = targets.iter().map(|target| self.old.owner(*target).index).collect();
            let of = |event| Awaited { key, event, fate: self.fate(instance, key, event) };
            all.extend(events.into_iter().map(of));
        }
        all
    }

    fn fate(&self, instance: &Instance, key: Key, event: ElementIndex) -> Fate {
        let Some(new) = self.element(event).filter(|new| self.is_there(instance, key, new)) else { return Fate::Ended };
        let was = self.old.element(event);
        if text(was) != text(new) {
            return Fate::Renewed(new.index);
        }
        let targets = |element: &Element| match element.kind.behavior().catches() {
            Some(event) => event.definitions.iter().map(|definition| definition.target).collect(),
            None => vec![element.index],
        };
        Fate::Kept(targets(was).into_iter().zip(targets(new)).collect())
    }

    /// The element of the new version that an element instance goes to; none: the process.
    fn waiting(&self, instance: &Instance, key: Key) -> Option<&'p Element> {
        instance.element(key).and_then(|element| self.element(element.element))
    }

    /// Whether `key` is who waits for `event` in the new version too.
    fn is_there(&self, instance: &Instance, key: Key, event: &Element) -> bool {
        let starts = |all: &[crate::process::EventSubProcess]| all.iter().any(|it| it.start == event.index);
        let Some(waiting) = self.waiting(instance, key) else { return starts(&self.new.event_sub_processes) };
        waiting.index == event.index
            || waiting.boundary.contains(&event.index)
            || starts(&waiting.event_sub_processes)
            || (matches!(waiting.kind, Kind::EventBasedGateway(_))
                && waiting.outgoing.iter().any(|flow| self.new.flow(*flow).to == event.index))
    }

    pub(super) fn added(&self, instance: &Instance) -> Vec<Added> {
        let mut all = Vec::new();
        for key in keys(instance) {
            let known = self.known(instance, key);
            let candidates = self.candidates(instance, key).into_iter();
            all.extend(candidates.filter(|event| !known.contains(event)).map(|event| Added { key, event }));
        }
        all
    }

    /// Events that `key` would wait for, had it begun in the new version. What an event-based gateway waits for, it
    /// waits for together, so its new ones count too.
    fn candidates(&self, instance: &Instance, key: Key) -> Vec<ElementIndex> {
        let starts = |all: &[crate::process::EventSubProcess]| all.iter().map(|it| it.start).collect::<Vec<_>>();
        let Some(new) = self.waiting(instance, key) else { return starts(&self.new.event_sub_processes) };
        let Some(element) = instance.element(key) else { return Vec::new() };
        let is_instant = new.kind.behavior().is_instant() && new.repetition.is_none();
        if element.completing || element.is_reopened || element.compensating.is_some() {
            return Vec::new();
        }
        let mut events = Vec::new();
        if !is_instant && element.loop_counter.is_none() {
            events.extend(&new.boundary);
        }
        if element.repetition.is_none() {
            events.extend(starts(&new.event_sub_processes));
        }
        if matches!(new.kind, Kind::EventBasedGateway(_)) {
            events.extend(new.outgoing.iter().map(|flow| self.new.flow(*flow).to));
        }
        events
    }

    /// The counterparts of what it could wait for in the old version, whether it does or has had it already.
    fn known(&self, instance: &Instance, key: Key) -> Vec<ElementIndex> {
        let starts = |all: &[crate::process::EventSubProcess]| all.iter().map(|it| it.start).collect::<Vec<_>>();
        let old = match instance.element(key).map(|element| self.old.element(element.element)) {
            None => starts(&self.old.event_sub_processes),
            Some(old) => {
                let behind = old.outgoing.iter().map(|flow| self.old.flow(*flow).to);
                old.boundary.iter().copied().chain(starts(&old.event_sub_processes)).chain(behind).collect()
            }
        };
        old.into_iter().filter_map(|event| self.element(event)).map(|element| element.index).collect()
    }
}

/// Waits for an event of the new version, with all its definitions.
pub(super) fn wait_anew(run: &mut Run<'_>, key: Key, event: ElementIndex) {
    // What interrupts, has.
    let is_start = matches!(run.process.element(event).kind, Kind::StartEvent(_));
    if is_start && run.is_interrupted(key) {
        return;
    }
    if let Err(fault) = wait_for(run, key, event) {
        match run.here(key) {
            Some(here) => run.act(here, Err::<Next, Fault>(fault)),
            None => run.fault(key, event, fault),
        }
    }
}

fn wait_for(run: &mut Run<'_>, key: Key, event: ElementIndex) -> Result<(), Fault> {
    let process = run.process;
    let element = process.element(event);
    match (&element.kind, element.kind.behavior().catches()) {
        (Kind::ReceiveTask(task), _) => {
            run.subscribe(key, event, &task.message)?;
            let is_itself = run.instance.element(key).is_some_and(|waiting| waiting.element == event);
            match task.timeout.as_ref().filter(|_| is_itself) {
                Some(timeout) => run.schedule(key, event, timeout),
                None => Ok(()),
            }
        }
        (_, Some(event)) => run.wait_for(key, event),
        (_, None) => Ok(()),
    }
}

/// What an event waits for, as text: two that have the same are defined alike.
fn text(element: &Element) -> String {
    if let Kind::ReceiveTask(task) = &element.kind {
        return format!("{} {:?}", of_message(&task.message), task.timeout.as_ref().map(of_timer));
    }
    let Some(event) = element.kind.behavior().catches() else { return String::new() };
    let definitions = event.definitions.iter().map(|definition| of_catch(&definition.catch));
    format!("{} {:?}", event.is_parallel, definitions.collect::<Vec<_>>())
}

fn of_catch(catch: &Catch) -> String {
    match catch {
        Catch::Timer(timer) => of_timer(timer),
        Catch::Message(message) => of_message(message),
        Catch::Signal { name } => format!("signal {}", name.source()),
        Catch::Conditional(condition) => format!("condition {}", condition.source()),
        Catch::Error { .. } | Catch::Escalation { .. } | Catch::Compensation | Catch::Cancel => String::new(),
    }
}

fn of_timer(timer: &Timer) -> String {
    let kind = match timer {
        Timer::Duration(_) => "duration",
        Timer::Date(_) => "date",
        Timer::Cycle(_) => "cycle",
    };
    format!("{kind} {}", timer.template().source())
}

fn of_message(message: &Message) -> String {
    let key = message.correlation_key.as_ref().map(|key| key.source());
    format!("message {} {key:?} {}", message.name, message.is_in_conversation)
}
