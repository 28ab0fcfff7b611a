//! The world around the engine: carries out its effects, answers as [`crate::plan`] says, and lets no command pass
//! unchecked.
//!
//! After every command the state is compared with the fold of the history, with what the effects have ordered and not
//! called off, and with the rules of the token game ([`crate::ledger`]).

use crate::block::Id;
use crate::define::define;
use crate::draw::outcome;
use crate::drawing::Scope;
use crate::ledger::Ledger;
use crate::outside::{Due, Outside};
use crate::plan::{
    Answer, Called, LONGEST_LIST, SIGNALS, Visit, broadcasts, flag_name, item, list_name, signal_name, turns,
};
use crate::random::mix;
use crate::shape::Shape;
use crate::trace::{Attempt, End, NEVER, Record};
use interpreter::command::Start;
use interpreter::{
    Advance, Command, CommandKind, DefinitionKey, Effect, ElementIndex, Event, EventKind, Instance, InstanceId,
    InstanceState, Key, Process, Timestamp, Variables, advance, compile,
};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

/// What did happen.
pub struct Happened {
    pub records: Vec<Record>,
    pub attempts: Vec<Attempt>,
    pub incidents: Vec<(Id, String, i64, i64)>,
    pub state: &'static str,
    pub ended_at: Option<i64>,
    pub variables: Variables,
    /// Tokens of the process itself that wait at joins, by flow.
    pub waiting: Vec<(usize, u8)>,
    pub commands: u32,
    pub history: Vec<Event>,
}

/// Why a run says nothing, or what it has shown to be wrong.
pub type Broken = String;

const MOST_COMMANDS: u32 = 4_000;

#[derive(Clone, Copy)]
pub struct Options {
    /// Every command is carried out a second time, on the state as it reads after having been written.
    pub restarts: bool,
    /// More than this many commands are too many.
    pub most_commands: u32,
    /// The definition is written as YAML, read, written as XML, and read again.
    pub through_xml: bool,
    /// The variable `number`, if it starts with one.
    pub number: Option<u64>,
}

impl Default for Options {
    fn default() -> Options {
        Options { restarts: false, most_commands: MOST_COMMANDS, through_xml: false, number: None }
    }
}

pub fn compiled(drawing: &Scope) -> Result<Process, Broken> {
    compile(&define(drawing)).map_err(|diagnostics| format!("does not compile: {diagnostics:?}"))
}

/// The same by way of both spellings.
fn compiled_through_xml(drawing: &Scope) -> Result<Process, Broken> {
    let wrong = |what: &str, problems: &[model::Diagnostic]| format!("{what} is refused: {problems:?}");
    let yaml = model::yaml::read("f", &drawing.yaml());
    let written =
        yaml.definitions.as_ref().map(model::bpmn::write_all).ok_or_else(|| wrong("YAML", &yaml.diagnostics))?;
    let xml = model::bpmn::read("f", &written);
    let definitions = xml.definitions.ok_or_else(|| wrong("XML", &xml.diagnostics))?;
    let process = definitions.processes.first().ok_or("XML without a process")?;
    compile(process).map_err(|diagnostics| wrong("what XML says", &diagnostics))
}

/// Runs a drawing until nothing more comes, or until it ends.
pub fn run(drawing: &Scope, seed: u64, options: Options) -> Result<Happened, Broken> {
    let process = if options.through_xml { compiled_through_xml(drawing)? } else { compiled(drawing)? };
    let shape = Shape::of(drawing, &process);
    let mut world = World::new(&process, &shape, seed, options);
    let list = |length| (list_name(length), (0..length as usize).map(item).collect());
    let number = options.number.map(|number| ("number".to_owned(), json!(number)));
    let variables = (0..=LONGEST_LIST).map(list).chain(number).collect();
    for name in 0..SIGNALS {
        if drawing.asks_for_flags() {
            let flag = |is_set| Due::Flag(flag_name(name), is_set);
            turns(seed, name).for_each(|(at, is_set)| world.outside.schedule(at, flag(is_set)));
        }
        broadcasts(seed, name).for_each(|at| world.outside.schedule(at, Due::Signal(signal_name(name))));
    }
    world.carry_out(CommandKind::Start(Start {
        element_id: drawing.begins_with.clone(),
        variables,
        ..Start::default()
    }))?;
    while world.instance.state == InstanceState::Active {
        let Some((at, due)) = world.outside.next() else { break };
        world.now = at;
        if let Some(command) = world.command(due) {
            world.carry_out(command)?;
        }
    }
    Ok(world.happened())
}

struct World<'w> {
    process: &'w Process,
    shape: &'w Shape,
    seed: u64,
    options: Options,
    instance: Instance,
    folded: Instance,
    now: i64,
    outside: Outside,
    ledger: Ledger,
    history: Vec<Event>,
    seen: BTreeMap<Key, Seen>,
    attempts: Vec<Attempt>,
    incidents: BTreeMap<Key, (Option<Id>, String, i64, i64)>,
    repaired: BTreeSet<Key>,
    commands: u32,
    ended_at: Option<i64>,
}

/// An element instance, active or over.
struct Seen {
    origin: Option<Id>,
    element: ElementIndex,
    path: Vec<u32>,
    entered: i64,
    repeated: u32,
    end: End,
}

impl<'w> World<'w> {
    fn new(process: &'w Process, shape: &'w Shape, seed: u64, options: Options) -> World<'w> {
        World {
            process,
            shape,
            seed,
            options,
            instance: fresh(),
            folded: fresh(),
            now: 0,
            outside: Outside::default(),
            ledger: Ledger::default(),
            history: Vec::new(),
            seen: BTreeMap::new(),
            attempts: Vec::new(),
            incidents: BTreeMap::new(),
            repaired: BTreeSet::new(),
            commands: 0,
            ended_at: None,
        }
    }

    fn carry_out(&mut self, kind: CommandKind) -> Result<(), Broken> {
        let mut next = Some(kind);
        while let Some(kind) = next.take() {
            self.commands += 1;
            if self.commands > self.options.most_commands {
                return Err(format!("{TOO_MUCH}: more than {} commands", self.options.most_commands));
            }
            let what = format!("{kind:?} at {}", self.now);
            let effects = self.one(kind).map_err(|broken| format!("after {what}: {broken}"))?;
            if effects.contains(&Effect::Continue) {
                next = Some(CommandKind::Continue);
            }
        }
        Ok(())
    }

    fn one(&mut self, kind: CommandKind) -> Result<Vec<Effect>, Broken> {
        let command = Command { now: Timestamp(self.now), kind };
        let Advance { events, effects } = match self.options.restarts {
            true => self.twice(&command)?,
            false => {
                advance(self.process, &mut self.instance, command.clone()).map_err(|no| format!("rejected: {no}"))?
            }
        };
        events.iter().for_each(|event| self.folded.apply(event));
        if self.folded != self.instance {
            return Err("the history does not fold to the state".to_owned());
        }
        events.iter().for_each(|event| self.see(event));
        self.ledger.follow(self.process, self.shape, &events)?;
        self.ledger.compare(self.process, self.shape, &self.instance)?;
        self.history.extend(events);
        self.order(&effects);
        self.outside.compare(&self.instance)?;
        if command_repeats(self.seed, self.commands) {
            self.repeat(command)?;
        }
        Ok(effects)
    }

    /// Also on a copy that was written and read; both must do the same.
    fn twice(&mut self, command: &Command) -> Result<Advance, Broken> {
        let written = serde_json::to_string(&self.instance).map_err(|error| error.to_string())?;
        let mut read: Instance = serde_json::from_str(&written).map_err(|error| error.to_string())?;
        let done =
            advance(self.process, &mut self.instance, command.clone()).map_err(|no| format!("rejected: {no}"))?;
        let again = advance(self.process, &mut read, command.clone()).map_err(|no| format!("rejected: {no}"))?;
        match done == again && read == self.instance {
            true => Ok(done),
            false => Err("the state goes on differently after having been written and read".to_owned()),
        }
    }

    /// A command that comes twice, as messages do: what it asked for is over, so it changes nothing.
    fn repeat(&mut self, command: Command) -> Result<(), Broken> {
        let is_once = matches!(
            command.kind,
            CommandKind::CompleteJob { .. }
                | CommandKind::FailJob { .. }
                | CommandKind::ThrowJobError { .. }
                | CommandKind::RetryJob { .. }
                | CommandKind::CompleteUserTask { .. }
                | CommandKind::CompleteChild { .. }
                | CommandKind::ResolveIncident { .. }
        );
        let before = self.instance.clone();
        let answer = is_once.then(|| advance(self.process, &mut self.instance, command));
        match answer {
            Some(Ok(_)) => Err("the same command was accepted twice".to_owned()),
            Some(Err(_)) if self.instance != before => Err("a rejected command changed something".to_owned()),
            Some(Err(_)) | None => Ok(()),
        }
    }

    fn see(&mut self, event: &Event) {
        let at = event.at.0;
        match &event.kind {
            EventKind::ElementActivated { key, element, scope, .. } => self.see_activated(*key, *element, *scope, at),
            EventKind::ElementCompleted { key } => self.see_end(*key, End::Completed(at)),
            EventKind::ElementTerminated { key } => self.see_end(*key, End::Canceled(at)),
            EventKind::IncidentRaised { incident, element_instance, code, .. } => {
                let origin = self.seen.get(element_instance).and_then(|seen| seen.origin);
                self.incidents.insert(*incident, (origin, code.clone(), at, NEVER));
            }
            EventKind::IncidentResolved { incident } => {
                self.incidents.entry(*incident).and_modify(|incident| incident.3 = at);
            }
            EventKind::InstanceCompleted | EventKind::InstanceTerminated => self.ended_at = Some(at),
            _ => {}
        }
    }

    fn see_activated(&mut self, key: Key, element: ElementIndex, scope: Key, entered: i64) {
        let mut path = Vec::new();
        if let Some(parent) = self.seen.get_mut(&scope) {
            path.clone_from(&parent.path);
            if parent.element == element {
                path.push(parent.repeated);
                parent.repeated += 1;
            }
        }
        let origin = self.shape.node(element).origin;
        self.seen.insert(key, Seen { origin, element, path, entered, repeated: 0, end: End::Open });
    }

    fn see_end(&mut self, key: Key, end: End) {
        // What is reopened to be undone has ended before.
        self.seen.entry(key).and_modify(|seen| {
            if seen.end == End::Open {
                seen.end = end
            }
        });
    }

    /// What the plan says about a visit to `element`, which may be an event that `key` waits for.
    fn visit(&self, key: Key, element: ElementIndex, at: i64) -> Visit<'_> {
        let element = self.shape.node(self.process.owner(element).index).origin.unwrap_or_default();
        Visit { element, ..self.own_path(key, at) }
    }

    fn own_path(&self, key: Key, at: i64) -> Visit<'_> {
        let path = self.seen.get(&key).map_or(&[][..], |seen| &seen.path);
        Visit { seed: self.seed, element: 0, at, path }
    }

    fn own_visit(&self, key: Key) -> Visit<'_> {
        let (element, entered) = self.seen.get(&key).map_or((ElementIndex(0), 0), |seen| (seen.element, seen.entered));
        self.visit(key, element, entered)
    }

    /// Gives the world what it is asked for, and decides when it will answer.
    fn order(&mut self, effects: &[Effect]) {
        for effect in effects {
            match effect {
                Effect::PublishMessage { message_name, .. } => {
                    self.attempts.push(Attempt { element: number_of(message_name), number: 0, at: self.now });
                }
                Effect::BroadcastSignal { signal_name, .. } => {
                    self.attempts.push(Attempt { element: 0, number: number_of(signal_name), at: self.now });
                }
                _ => {}
            }
            if let Effect::StartChild { key, child, .. } = effect
                && let Some((after, code)) = self.own_visit(*key).escalation()
            {
                self.outside.schedule(self.now + after, Due::Escalation(*key, *child, code));
            }
            if let Effect::CreateJob { key, attempt, .. } = effect {
                let origin = self.seen.get(key).and_then(|seen| seen.origin);
                let attempt = |element| Attempt { element, number: *attempt, at: self.now };
                self.attempts.extend(origin.map(attempt));
            }
            if let (Some(due), Some(after)) = (self.outside.note(effect), self.answered_after(effect)) {
                self.outside.schedule(self.now + after, due);
            }
        }
    }

    fn answered_after(&self, effect: &Effect) -> Option<i64> {
        match effect {
            Effect::CreateJob { key, attempt, .. } => {
                let visit = self.own_visit(*key);
                (visit.answer(*attempt) != Answer::Nothing).then(|| visit.delay(*attempt))
            }
            Effect::ScheduleRetry { due, .. } | Effect::ScheduleTimer { due, .. } => Some(due.0 - self.now),
            Effect::OpenSubscription { key, target, message_name, .. } => {
                let visit = Visit { element: number_of(message_name), ..self.own_path(*key, self.now) };
                let interrupts = self.shape.interrupts(self.process.owner(*target).index);
                if interrupts { visit.interruption() } else { visit.message() }
            }
            Effect::OpenUserTask { key, .. } => self.own_visit(*key).person(),
            Effect::StartChild { key, .. } => Some(self.own_visit(*key).delay(1)),
            Effect::RaiseIncident { element_instance, element, code, .. } => {
                let may_be = code == "NO_FLOW_MATCHES" || self.shape.node(*element).type_name == "serviceTask";
                self.own_visit(*element_instance).resolved_after().filter(|_| may_be)
            }
            _ => None,
        }
    }

    /// The command for what has come due, if it is still wanted.
    fn command(&mut self, due: Due) -> Option<CommandKind> {
        if !self.outside.is_wanted(&due, &self.instance) {
            return None;
        }
        let variables = |value: Value| value.as_object().cloned().unwrap_or_default();
        Some(match due {
            Due::Job(key, attempt) => {
                let visit = self.own_visit(key);
                let failed = |message: String, retryable, after: i64| CommandKind::FailJob {
                    key,
                    attempt,
                    message,
                    retryable,
                    retry_after_ms: Some(after as u64),
                };
                match visit.answer(attempt) {
                    Answer::Complete | Answer::Nothing => CommandKind::CompleteJob {
                        key,
                        attempt,
                        variables: variables(json!({"result": self.result(key, visit.value())})),
                    },
                    Answer::Fail => failed("it broke down".to_owned(), true, visit.backoff(attempt)),
                    Answer::FailNamed(code) => failed(format!("E{code}: it broke"), false, 0),
                    Answer::Error(code) => {
                        let (code, message, variables) = (format!("E{code}"), String::new(), Variables::new());
                        CommandKind::ThrowJobError { key, attempt, code, message, variables }
                    }
                }
            }
            Due::Retry(key) => CommandKind::RetryJob { key },
            Due::Timer(key, target) => CommandKind::FireTimer { key, target },
            Due::Message(key, target, message_name) => {
                let visit = self.own_visit(key);
                let content = match self.shape.node(self.process.owner(target).index).type_name {
                    "receiveTask" if self.seen.get(&key).is_some_and(|seen| seen.element == target) => {
                        json!({"value": visit.value()})
                    }
                    _ => json!({}),
                };
                CommandKind::DeliverMessage { key, target, message_name, variables: variables(content) }
            }
            Due::Person(key) => {
                let value = self.own_visit(key).value();
                let value = match self.says(key) {
                    None => json!({"value": value}),
                    ways => json!({"value": value, "decision": outcome(value, ways)}),
                };
                CommandKind::CompleteUserTask { key, variables: variables(value), by: None }
            }
            Due::Child(key, child) => {
                let visit = self.own_visit(key);
                match visit.called() {
                    Called::Completes => {
                        let name = crate::draw::result_of(visit.element);
                        let left = Variables::from_iter([(name, json!(visit.value()))]);
                        CommandKind::CompleteChild { key, child, variables: left }
                    }
                    Called::Fails(code) => {
                        let (code, message) = (Some(format!("E{code}")), String::new());
                        CommandKind::FailChild { key, child, code, message }
                    }
                    Called::IsRefused => {
                        let (code, message) = ("CALL_REFUSED".to_owned(), String::new());
                        CommandKind::RefuseChild { key, code, message }
                    }
                }
            }
            Due::Escalation(key, child, code) => CommandKind::EscalateChild { key, child, code: format!("E{code}") },
            Due::Signal(signal_name) => CommandKind::ReceiveSignal { signal_name, variables: Variables::new() },
            Due::Flag(name, is_set) => {
                let variables = Variables::from_iter([(name, json!(is_set))]);
                CommandKind::SetVariables { scope: Key::ROOT, variables }
            }
            Due::Incident(incident) => return self.resolve(incident),
        })
    }

    /// What a worker leaves.
    fn result(&self, key: Key, value: u64) -> Value {
        match self.says(key) {
            None => json!(value),
            ways => json!({"value": value, "outcome": outcome(value, ways)}),
        }
    }

    fn says(&self, key: Key) -> Option<u64> {
        self.shape.node(self.seen.get(&key)?.element).says
    }

    fn resolve(&mut self, incident: Key) -> Option<CommandKind> {
        let raised = self.instance.incidents.get(&incident)?;
        let element = self.seen.get(&raised.element_instance)?.element;
        let repair = self.shape.node(element).repair.clone().filter(|_| raised.code == "NO_FLOW_MATCHES");
        if let Some((name, value)) = repair.filter(|_| self.repaired.insert(incident)) {
            // Both in one moment: first the data is set right, then it is tried again.
            self.outside.schedule(self.now, Due::Incident(incident));
            let variables = Variables::from_iter([(name, value)]);
            return Some(CommandKind::SetVariables { scope: Key::ROOT, variables });
        }
        Some(CommandKind::ResolveIncident { incident, retries: 1 })
    }

    fn happened(self) -> Happened {
        let record = |seen: &Seen| {
            let (path, entered, end) = (seen.path.clone(), seen.entered, seen.end);
            seen.origin.map(|element| Record { element, path, entered, end })
        };
        let mut records: Vec<Record> = self.seen.values().filter_map(record).collect();
        records.sort();
        let incident = |(origin, code, from, until): &(Option<Id>, String, i64, i64)| {
            (origin.unwrap_or_default(), code.clone(), *from, *until)
        };
        let waiting = &self.instance.waiting_tokens;
        let mut waiting: Vec<_> = waiting.iter().map(|((_, _, flow), count)| (flow.0 as usize, *count as u8)).collect();
        waiting.sort_unstable();
        Happened {
            records,
            waiting,
            attempts: self.attempts,
            incidents: self.incidents.values().map(incident).collect(),
            state: state_name(self.instance.state),
            ended_at: self.ended_at,
            variables: self.instance.variables.get(&Key::ROOT).cloned().unwrap_or_default(),
            commands: self.commands,
            history: self.history,
        }
    }
}

/// Begins what is said of a run that was too long to follow.
pub const TOO_MUCH: &str = "too much";

/// The number in the name of a message or a signal.
fn number_of(name: &str) -> Id {
    name.trim_start_matches(|letter: char| !letter.is_ascii_digit()).parse().unwrap_or_default()
}

fn command_repeats(seed: u64, command: u32) -> bool {
    mix(&[seed, u64::from(command)]).is_multiple_of(8)
}

fn state_name(state: InstanceState) -> &'static str {
    match state {
        InstanceState::Active => "active",
        InstanceState::Completed => "completed",
        InstanceState::Terminated => "terminated",
        InstanceState::Canceled => "canceled",
        InstanceState::Failed => "failed",
    }
}

fn fresh() -> Instance {
    Instance::new(InstanceId(Uuid::from_u128(1)), DefinitionKey(Uuid::from_u128(2)))
}
