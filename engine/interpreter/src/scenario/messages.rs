//! Messages: who is subscribed, what waits for a subscriber, which processes they start.
//!
//! A message goes to the oldest open subscription of each process that has its name and key, or starts the process; to
//! none more than once. While it lives (`ttl`), it waits for subscriptions yet to come, and for the end of the instance that
//! a message of the same name and key has started.

use super::world::World;
use crate::command::Start;
use crate::start_together::{Occurrence, content, message_part, signal_part};
use crate::{CommandKind, ElementIndex, InstanceState, Key, Timestamp, Variables};

#[derive(Debug, Clone, PartialEq)]
pub(super) struct Open {
    pub run: usize,
    pub key: Key,
    pub target: ElementIndex,
    pub message_name: String,
    pub correlation_key: String,
}

/// A message as it is published.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Publication {
    pub name: String,
    pub correlation_key: String,
    /// Of the instances that it starts.
    pub business_key: Option<String>,
    pub variables: Variables,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) struct Buffered {
    message: Publication,
    expires: Timestamp,
    /// Processes that have got it.
    taken_by: Vec<usize>,
}

/// What has come for a start event that waits for more.
#[derive(Debug)]
pub(super) struct Came {
    process: usize,
    start: ElementIndex,
    occurrences: Vec<Occurrence>,
}

impl Came {
    fn is_of(&self, process: usize, start: ElementIndex) -> bool {
        (self.process, self.start) == (process, start)
    }
}

impl World<'_> {
    pub(super) fn publish(&mut self, message: Publication, expires: Timestamp) {
        let mut message = Buffered { message, expires, taken_by: Vec::new() };
        for open in std::mem::take(&mut self.subscriptions) {
            if !self.deliver(&mut message, &open) {
                self.subscriptions.push(open);
            }
        }
        self.start_by(&mut message);
        if message.expires > self.now {
            self.messages.push(message);
        }
    }

    pub(super) fn publish_from_process(&mut self, message: Publication) {
        let expires = Timestamp(self.now.0 + crate::limits::THROWN_MESSAGE_LIFE_MS);
        self.publish(message, expires);
    }

    pub(super) fn subscribe(
        &mut self,
        run: usize,
        key: Key,
        target: ElementIndex,
        message_name: String,
        correlation_key: String,
    ) {
        let open = Open { run, key, target, message_name, correlation_key };
        self.messages.retain(|message| message.expires > self.now);
        let mut messages = std::mem::take(&mut self.messages);
        let taken = messages.iter_mut().any(|message| self.deliver(message, &open));
        self.messages = messages;
        if !taken {
            self.subscriptions.push(open);
        }
    }

    /// A signal reaches every instance that listens, and starts every process that has a start event for it.
    pub(super) fn broadcast(&mut self, name: &str, variables: &Variables, from: Option<usize>) {
        for (index, run) in self.runs.iter().enumerate() {
            if Some(index) != from && run.instance.awaits_signal(name) {
                let (signal_name, variables) = (name.to_owned(), variables.clone());
                self.queue.push_back((index, CommandKind::ReceiveSignal { signal_name, variables }));
            }
        }
        let started: Vec<(usize, ElementIndex, String)> = self
            .processes
            .iter()
            .enumerate()
            .flat_map(|(index, process)| {
                let starts = process.starts.signals.iter().filter(|(_, signal)| signal == name);
                starts.map(move |(element, _)| (index, *element, process.element(*element).id.clone()))
            })
            .collect();
        for (process, start, element) in started {
            let (part, variables) = (signal_part(name), variables.clone());
            let came = Occurrence { part, correlation_key: None, variables };
            let Some(variables) = self.come(process, start, came) else { continue };
            self.start(process, None, Start { element_id: Some(element), variables, ..Start::default() });
        }
    }

    fn deliver(&mut self, buffered: &mut Buffered, open: &Open) -> bool {
        let Some(process) = self.runs.get(open.run).map(|run| run.process) else { return false };
        let message = &buffered.message;
        let fits = message.name == open.message_name && message.correlation_key == open.correlation_key;
        if !fits || buffered.taken_by.contains(&process) {
            return false;
        }
        buffered.taken_by.push(process);
        let (message_name, variables) = (message.name.clone(), message.variables.clone());
        let command = CommandKind::DeliverMessage { key: open.key, target: open.target, message_name, variables };
        self.queue.push_back((open.run, command));
        true
    }

    /// Starts an instance of each process that has not got it and that no message of its key has locked.
    fn start_by(&mut self, buffered: &mut Buffered) {
        for process in 0..self.processes.len() {
            let is_locked = buffered.lock().is_some_and(|lock| self.is_locked(process, &lock));
            if !is_locked && !buffered.taken_by.contains(&process) {
                self.start_one(process, buffered);
            }
        }
    }

    fn start_one(&mut self, process: usize, buffered: &mut Buffered) {
        let Buffered { message, taken_by, .. } = buffered;
        let Some(compiled) = self.processes.get(process) else { return };
        let found = compiled.starts.messages.iter().find(|(_, name)| *name == message.name);
        let Some((start, element)) = found.map(|(start, _)| (*start, compiled.element(*start).id.clone())) else {
            return;
        };
        let (is_alone, business_key) = (compiled.together(&element).is_none(), message.business_key.clone());
        taken_by.push(process);
        let (part, correlation_key) = (message_part(&message.name), Some(message.correlation_key.clone()));
        let came = Occurrence { part, correlation_key, variables: message.variables.clone() };
        let Some(variables) = self.come(process, start, came) else { return };
        self.start(process, None, Start { element_id: Some(element), variables, business_key, ..Start::default() });
        if let Some(run) = self.runs.last_mut().filter(|_| is_alone) {
            run.lock = buffered.lock();
        }
    }

    /// Something that a start event waits for has come: what an instance begins with, unless other things have to come first.
    fn come(&mut self, process: usize, start: ElementIndex, occurrence: Occurrence) -> Option<Variables> {
        let together = self.processes.get(process)?.starts.together.iter().find(|event| event.element == start);
        let Some(together) = together else { return Some(occurrence.variables) };
        let place = self.came.iter().position(|came| came.is_of(process, start));
        let place = place.unwrap_or_else(|| {
            self.came.push(Came { process, start, occurrences: Vec::new() });
            self.came.len() - 1
        });
        let waiting = &mut self.came.get_mut(place)?.occurrences;
        // A signal has come or has not; what it brought last counts.
        waiting.retain(|other| occurrence.correlation_key.is_some() || other.part != occurrence.part);
        waiting.push(occurrence);
        let places = together.complete(waiting)?;
        let begun = content(waiting, &places);
        places.into_iter().rev().for_each(|place| drop(waiting.remove(place)));
        Some(begun)
    }

    /// One instance of a process at a time is started by messages of one name and key.
    fn is_locked(&self, process: usize, lock: &(String, String)) -> bool {
        self.runs.iter().any(|run| run.process == process && run.lock.as_ref() == Some(lock))
    }

    /// An instance that has ended unlocks its key, and the oldest message that waits starts the next.
    pub(super) fn release(&mut self, run: usize) {
        let ended = self.runs.get_mut(run).filter(|run| run.instance.state != InstanceState::Active);
        let Some((process, lock)) = ended.and_then(|run| Some((run.process, run.lock.take()?))) else { return };
        self.messages.retain(|message| message.expires > self.now);
        let mut messages = std::mem::take(&mut self.messages);
        let fits =
            |message: &&mut Buffered| message.lock().as_ref() == Some(&lock) && !message.taken_by.contains(&process);
        if let Some(next) = messages.iter_mut().find(fits) {
            self.start_one(process, next);
        }
        self.messages = messages;
    }
}

impl Buffered {
    /// Name and key; a message without a key locks nothing, nor does one of a conversation, whose key only says who talks.
    fn lock(&self) -> Option<(String, String)> {
        let Publication { name, correlation_key, business_key, .. } = &self.message;
        let locks = !correlation_key.is_empty() && business_key.is_none();
        locks.then(|| (name.clone(), correlation_key.clone()))
    }
}
