//! The simulated outside of the instances: what the engine, its workers, its clock and its broker are in earnest.

use super::Options;
use super::file::Answer;
use super::messages::{Buffered, Came, Open};
use super::workers::{Job, UserTask};
use crate::command::Start;
use crate::{
    Command, CommandKind, DefinitionKey, ElementIndex, Event, EventKind, Instance, InstanceId, InstanceState, Key,
    Outcome, Process, Rejection, Timestamp, Variables,
};
use indexmap::IndexMap;
use serde_json::Value;
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use uuid::Uuid;

/// After this much a scenario that does not come to rest is given up. A command on a small instance costs a hundred, one
/// on a large instance more, and so do the values that it writes: so time and memory are bounded, and the same everywhere.
const MOST_WORK: usize = 5_000_000;
const WORK_PER_COMMAND: usize = 100;
const BYTES_COPIED_PER_WORK: usize = 400;
const BYTES_KEPT_PER_WORK: usize = 10;
/// Instances of one scenario, called ones included.
const MOST_INSTANCES: usize = 20_000;

pub(super) struct World<'s> {
    pub processes: Vec<Process>,
    /// Of each file; none knows a version, as nothing else here does.
    pub decisions: Vec<Arc<decision::Compiled>>,
    pub workers: &'s IndexMap<String, Answer>,
    pub options: Options,
    pub now: Timestamp,
    pub start_of_run: Timestamp,
    pub runs: Vec<Run>,
    pub jobs: Vec<Job>,
    pub user_tasks: Vec<UserTask>,
    pub subscriptions: Vec<Open>,
    pub messages: Vec<Buffered>,
    /// For start events that wait for more.
    pub came: Vec<Came>,
    /// What will happen, by time; of one time, the older first.
    pub agenda: BTreeMap<(Timestamp, u64), (usize, Due)>,
    pub queue: VecDeque<(usize, CommandKind)>,
    /// Every event of every instance, in the order of the run.
    pub log: Vec<(usize, Event)>,
    /// Breaches of the core's promises.
    pub faults: Vec<String>,
    /// What the scenario gave the instance that it started last.
    pub last_start: Variables,
    commands: usize,
    work: usize,
    pub(super) tickets: u64,
}

/// One instance and its whole history.
pub(super) struct Run {
    pub process: usize,
    pub instance: Instance,
    pub history: Vec<Event>,
    /// Started by the scenario or a message, not by a call activity.
    pub is_root: bool,
    /// The name and the key of the message that no other instance of the process is started by meanwhile.
    pub lock: Option<(String, String)>,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Due {
    Timer { key: Key, target: ElementIndex },
    Retry { key: Key },
    Answer { key: Key, attempt: u32 },
}

impl<'s> World<'s> {
    pub fn new(processes: Vec<Process>, workers: &'s IndexMap<String, Answer>, options: Options) -> World<'s> {
        // Some Friday; nothing hangs on it, but every run of a scenario must have the same times.
        let start = Timestamp(1_767_344_400_000);
        World {
            processes,
            decisions: Vec::new(),
            workers,
            options,
            now: start,
            start_of_run: start,
            runs: Vec::new(),
            jobs: Vec::new(),
            user_tasks: Vec::new(),
            subscriptions: Vec::new(),
            messages: Vec::new(),
            came: Vec::new(),
            agenda: BTreeMap::new(),
            queue: VecDeque::new(),
            log: Vec::new(),
            faults: Vec::new(),
            last_start: Variables::new(),
            commands: 0,
            work: 0,
            tickets: 0,
        }
    }

    /// Puts a new instance into the world and its start into the queue.
    pub fn start(&mut self, process: usize, id: Option<InstanceId>, start: Start) {
        let number = self.runs.len();
        let id = id.unwrap_or_else(|| InstanceId(Uuid::from_u128(number as u128 + 1)));
        let instance = Instance::new(id, definition_key(process));
        let is_root = start.parent.is_none();
        self.runs.push(Run { process, instance, history: Vec::new(), is_root, lock: None });
        self.queue.push_back((number, CommandKind::Start(start)));
    }

    /// Carries out what is in the queue, and what follows from it, until nothing does.
    pub fn settle(&mut self) -> Result<(), String> {
        while let Some((run, kind)) = self.queue.pop_front() {
            if self.runs.get(run).is_some_and(|run| run.instance.state != InstanceState::Active) {
                continue;
            }
            self.check_bounds()?;
            let is_answer = matches!(
                kind,
                CommandKind::Cancel { .. }
                    | CommandKind::RetryJob { .. }
                    | CommandKind::ReceiveSignal { .. }
                    | CommandKind::CompleteChild { .. }
                    | CommandKind::FailChild { .. }
                    | CommandKind::EscalateChild { .. }
                    | CommandKind::CompleteDecision { .. }
                    | CommandKind::RefuseDecision { .. }
            );
            match self.execute(run, kind.clone()) {
                Ok(()) => {}
                Err(rejection) if is_answer => drop(rejection),
                Err(rejection) => return Err(format!("the command {kind:?} was rejected: {rejection}")),
            }
        }
        Ok(())
    }

    /// An endless loop, endless calls, or simply too much for a test.
    fn check_bounds(&mut self) -> Result<(), String> {
        if self.work <= MOST_WORK && self.runs.len() <= MOST_INSTANCES {
            return Ok(());
        }
        self.queue.clear();
        let (commands, instances) = (self.commands, self.runs.len());
        Err(format!(
            "given up: not at rest after {commands} commands and {instances} instances; does a loop, a timer cycle or a \
             call go on without end?"
        ))
    }

    fn execute(&mut self, number: usize, kind: CommandKind) -> Result<(), Rejection> {
        self.commands += 1;
        let Some(run) = self.runs.get_mut(number) else { return Ok(()) };
        let process = &self.processes[run.process];
        let before = run.instance.clone();
        let command = Command { now: self.now, kind };
        let Outcome { instance, events, effects } = crate::step(process, before.clone(), command)?;
        self.faults.extend(check_step(&before, &instance, &events, self.options));
        self.work += cost(&instance, &events);
        run.instance = instance;
        run.history.extend(events.iter().cloned());
        self.log.extend(events.into_iter().map(|event| (number, event)));
        for effect in effects {
            self.act(number, effect);
        }
        self.release(number);
        Ok(())
    }

    /// Puts something on the agenda.
    pub fn plan(&mut self, run: usize, at: Timestamp, due: Due) {
        self.tickets += 1;
        self.agenda.insert((at.max(self.now), self.tickets), (run, due));
    }

    pub fn unplan(&mut self, run: usize, wanted: &Due) {
        self.agenda.retain(|_, (other, due)| (*other, &*due) != (run, wanted));
    }

    pub fn run_of(&self, id: InstanceId) -> Option<usize> {
        self.runs.iter().position(|run| run.instance.id == id)
    }

    pub fn process_named(&self, id: &str) -> Option<usize> {
        self.processes.iter().position(|process| process.id == id)
    }

    pub fn element_id(&self, run: usize, element: ElementIndex) -> &str {
        let process = self.runs.get(run).and_then(|run| self.processes.get(run.process));
        process.map_or("?", |process| process.owner(element).id.as_str())
    }

    /// The element id of an active element instance.
    pub fn id_of(&self, run: usize, key: Key) -> &str {
        match self.runs.get(run).and_then(|run| run.instance.element(key)) {
            Some(element) => self.element_id(run, element.element),
            None => "?",
        }
    }

    /// The whole history of every instance must give its state.
    pub fn check_histories(&mut self) {
        for run in &self.runs {
            let mut folded = Instance::new(run.instance.id, run.instance.definition);
            run.history.iter().for_each(|event| folded.apply(event));
            if folded != run.instance {
                self.faults
                    .push(format!("folding the history of instance {} does not give its state", run.instance.id));
            }
        }
    }
}

pub(super) fn definition_key(process: usize) -> DefinitionKey {
    DefinitionKey(Uuid::from_u128((1 << 64) + process as u128))
}

fn cost(instance: &Instance, events: &[Event]) -> usize {
    let copied = instance.elements.len() + instance.variable_bytes as usize / BYTES_COPIED_PER_WORK;
    let written = events.iter().map(|event| match &event.kind {
        EventKind::VariableSet { value, .. } => rough_size(value),
        _ => 0,
    });
    WORK_PER_COMMAND + copied + written.sum::<usize>() / BYTES_KEPT_PER_WORK
}

fn rough_size(value: &Value) -> usize {
    match value {
        Value::String(text) => text.len(),
        Value::Array(items) => items.iter().map(rough_size).sum::<usize>() + 16 * items.len(),
        Value::Object(fields) => fields.iter().map(|(name, value)| name.len() + rough_size(value) + 32).sum(),
        Value::Null | Value::Bool(_) | Value::Number(_) => 16,
    }
}

/// What every step must keep: its events explain its state, and the state survives being written and read.
fn check_step(before: &Instance, after: &Instance, events: &[Event], options: Options) -> Vec<String> {
    let mut faults = Vec::new();
    let mut folded = before.clone();
    events.iter().for_each(|event| folded.apply(event));
    if folded != *after {
        faults.push(format!("the events {events:?} do not lead to the state of the step"));
    }
    if options.restart_every_step {
        let written = serde_json::to_string(after).map_err(|error| error.to_string());
        let read = written.and_then(|text| serde_json::from_str::<Instance>(&text).map_err(|error| error.to_string()));
        match read {
            Ok(read) if read == *after => {}
            Ok(_) => faults.push("the state is another after writing and reading it".to_owned()),
            Err(error) => faults.push(format!("the state cannot be written and read: {error}")),
        }
    }
    faults
}
