//! Messages to AG-UI events: a pure function of the message and what is open in the run.

use super::{
    interrupt::{Calls, Who},
    speech::Speech,
    state::State,
};
use crate::live::message::{Body, Message, Outcome as Ended};
use agui::{Event, Interrupt, Kind, Outcome, SubagentOutcome, Thread};
use indexmap::IndexMap;
use serde_json::{Value, json};
use std::collections::{HashMap, HashSet};

/// Messages of the conversation that are kept for a snapshot; the oldest go first.
const REMEMBERED: usize = 1_000;

/// A run, and all that is known of its instance.
pub struct Run {
    thread_id: String,
    run_id: String,
    who: Who,
    pub(super) state: State,
    /// The conversation, as the client has it.
    thread: Thread,
    /// Names of what is open, by element instances.
    steps: IndexMap<u64, String>,
    pub(super) speech: Speech,
    /// Calls of tools that the client knows of.
    pub(super) calls: HashSet<String>,
    /// Activities of gateways, by elements.
    pub(super) gateways: HashMap<String, String>,
    waiting_calls: Calls,
    /// How it ends, once the instance has ended.
    ending: Option<Kind>,
    finished: bool,
}

/// An event, and the sequence number of the history with the last one that stands for it.
pub type Told = (Event, Option<u64>);

impl Run {
    pub fn new(thread_id: String, run_id: String, who: Who, messages: Vec<agui::Message>) -> Self {
        let thread = Thread { messages, ..Thread::default() };
        Self {
            thread_id,
            run_id,
            who,
            state: State::default(),
            thread,
            steps: IndexMap::new(),
            speech: Speech::default(),
            calls: HashSet::new(),
            gateways: HashMap::new(),
            waiting_calls: Calls::new(),
            ending: None,
            finished: false,
        }
    }

    pub fn finished(&self) -> bool {
        self.finished
    }

    pub fn instance_id(&self) -> &str {
        &self.state.instance_id
    }

    /// What an agent has said before this run, and the call for which it waits.
    pub fn know(&mut self, job_id: &str, messages: Vec<agui::Message>, waiting_call: Option<String>) {
        for message in messages {
            if let agui::Body::Assistant { tool_calls, .. } = &message.body {
                self.calls.extend(tool_calls.iter().map(|call| call.id.clone()));
            }
            if !self.has(&message.id) {
                self.thread.messages.push(message);
            }
        }
        match waiting_call.filter(|call| self.calls.contains(call)) {
            Some(call) => self.waiting_calls.insert(job_id.to_owned(), call),
            None => self.waiting_calls.remove(job_id),
        };
    }

    /// What was before this run: known, not told.
    pub fn remember(&mut self, message: &Message) {
        let delta = self.state.change(message);
        self.project_body(message, !delta.is_empty());
    }

    /// The beginning of the run: the state and the conversation so far, and what is open.
    pub fn start(&mut self) -> Vec<Told> {
        let mut events = vec![Event::from(Kind::run_started(&self.thread_id, &self.run_id)), self.snapshot()];
        events.push(self.messages());
        if let Some(ending) = self.ending.take() {
            self.finished = true;
            events.push(ending.into());
        } else {
            let open = self.steps.iter().filter_map(|(key, name)| Some((self.state.tokens.get(key)?, name)));
            events.extend(open.map(|(token, name)| {
                Event::from(Kind::step_started(name)).with_metadata(json!({"bpmn": token.element, "reopened": true}))
            }));
        }
        events.into_iter().map(|event| (event, None)).collect()
    }

    /// The run that could not begin.
    pub fn refuse(&mut self, message: impl Into<String>, code: impl Into<String>) -> Vec<Told> {
        self.finished = true;
        let started = Kind::run_started(&self.thread_id, &self.run_id);
        [started, Kind::run_error(message, Some(code.into()))].map(|kind| (kind.into(), None)).into()
    }

    /// The events that the message stands for.
    pub fn project(&mut self, message: &Message) -> Vec<Told> {
        if self.finished {
            return Vec::new();
        }
        let delta = self.state.change(message);
        let changes = (!delta.is_empty()).then(|| Event::from(Kind::StateDelta { delta }));
        let told = changes.is_some();
        let mut events: Vec<_> = changes.into_iter().collect();
        events.extend(self.project_body(message, told));
        if let Some(ending) = self.ending.take() {
            events.extend(self.close(&SubagentOutcome::Success, "ended"));
            events.push(ending.into());
            self.finished = true;
        }
        let at = message.timestamp.parse::<jiff::Timestamp>().ok().map(|at| at.as_millisecond());
        let last = events.len().saturating_sub(1);
        let id = message.seq.filter(|_| message.ends_event());
        let told = events.into_iter().enumerate().map(|(place, event)| {
            let id = id.filter(|_| place == last);
            (mark(event, at, message.seq), id)
        });
        told.collect()
    }

    fn project_body(&mut self, message: &Message, state_changed: bool) -> Vec<Event> {
        let events = self.events(message, state_changed);
        for event in &events {
            // The state is kept by itself. What does not apply is about something that is remembered no more.
            let _ = self.thread.apply(event);
        }
        let too_many = self.thread.messages.len().saturating_sub(REMEMBERED);
        self.thread.messages.drain(..too_many);
        events
    }

    fn events(&mut self, message: &Message, state_changed: bool) -> Vec<Event> {
        if let Some(events) = self.speech(&message.body) {
            return events;
        }
        match &message.body {
            Body::ElementActivated { element, .. } => {
                let key = element.element_instance_key;
                let name = self.state.tokens.get(&key).map(super::state::Token::step_name).unwrap_or_default();
                self.steps.insert(key, name.clone());
                vec![Event::from(Kind::step_started(name)).with_metadata(json!({"bpmn": element}))]
            }
            Body::ElementCompleted { element, .. } => self.leave(element.element_instance_key, "completed"),
            Body::TaskCancelled { element, .. } => self.leave(element.element_instance_key, "cancelled"),
            Body::WorkflowCompleted { outcome, .. } => {
                if self.ending.is_none() {
                    self.ending = Some(self.ended(*outcome));
                }
                Vec::new()
            }
            Body::WorkflowFailed { error } => {
                self.ending = Some(Kind::run_error(&error.message, error.code.clone()));
                Vec::new()
            }
            Body::TaskCancellable { .. } => Vec::new(),
            body => {
                let mut events = self.attempt_ended(message, body);
                match self.activity(body) {
                    Some(kinds) => events.extend(kinds.into_iter().map(Event::from)),
                    None if state_changed => {}
                    None => events.push(custom(message)),
                }
                events
            }
        }
    }

    /// An attempt of an agent that failed, or that asks a person.
    fn attempt_ended(&mut self, message: &Message, body: &Body) -> Vec<Event> {
        match body {
            Body::TaskError { error, element_instance_key, .. } => {
                let job = format!("{}:{element_instance_key}", message.instance_id);
                let end = Kind::SubagentError { message: error.message.clone(), code: error.code.clone() };
                self.silence(&job, &end)
            }
            Body::TaskProgress { job_id: Some(job), status, .. } if message.seq.is_some() && status == "waiting" => {
                let outcome = Some(SubagentOutcome::Suspended { interrupt_ids: Vec::new() });
                self.silence(job, &Kind::SubagentFinished { result: None, outcome })
            }
            _ => Vec::new(),
        }
    }

    fn leave(&mut self, key: u64, how: &str) -> Vec<Event> {
        let job = format!("{}:{key}", self.state.instance_id);
        self.state.jobs.shift_remove(&job);
        let outcome = Some(SubagentOutcome::Success);
        let mut events = self.silence(&job, &Kind::SubagentFinished { result: None, outcome });
        let step = self.steps.shift_remove(&key);
        events.extend(
            step.map(|name| Event::from(Kind::step_finished(name)).with_metadata(json!({"bpmn": {"state": how}}))),
        );
        events
    }

    /// Open questions of jobs: the task, and the job.
    pub fn questions(&self) -> Vec<(String, String)> {
        let asks = self.state.asks.iter();
        asks.filter_map(|(id, ask)| Some((id.clone(), ask.task.question.as_ref()?.job_id.clone()))).collect()
    }

    /// The next run of the thread, as the instance goes on.
    pub fn renew(&mut self, run_id: String) {
        self.run_id = run_id;
        self.finished = false;
        self.speech = Speech::default();
        self.steps = self.state.tokens.iter().map(|(key, token)| (*key, token.step_name())).collect();
    }

    /// What the instance waits for, when it waits for these people.
    pub fn interrupts(&self) -> Vec<Interrupt> {
        if self.ending.is_some() { Vec::new() } else { self.state.interrupts(&self.who, &self.waiting_calls) }
    }

    /// Everything that these people may answer now.
    pub fn answerable(&self) -> Vec<Interrupt> {
        self.state.open(&self.who, &self.waiting_calls)
    }

    /// They are answered, whether or not it has been heard of yet.
    pub fn answered(&mut self, id: &str) {
        self.state.asks.shift_remove(id);
        self.state.incidents.shift_remove(id);
    }

    /// Ends the run when the instance waits for people. To be asked when nothing more is at hand.
    pub fn wait_for_people(&mut self) -> Vec<Told> {
        let interrupts = if self.finished { Vec::new() } else { self.interrupts() };
        if interrupts.is_empty() {
            return Vec::new();
        }
        let interrupt_ids = interrupts.iter().map(|interrupt| interrupt.id.clone()).collect();
        let mut events = self.close(&SubagentOutcome::Suspended { interrupt_ids }, "waiting");
        events.push(self.snapshot());
        events.push(self.messages());
        let (thread_id, run_id) = (self.thread_id.clone(), self.run_id.clone());
        let (outcome, usage) = (Some(Outcome::Interrupt { interrupts }), self.usage());
        events.push(Kind::RunFinished { thread_id, run_id, result: None, outcome, usage }.into());
        self.finished = true;
        events.into_iter().map(|event| (event, None)).collect()
    }

    fn ended(&self, outcome: Ended) -> Kind {
        let outcome = match outcome {
            Ended::Success => Outcome::Success { pending_tool_call_ids: Vec::new() },
            Ended::Failed | Ended::Terminated => Outcome::Cancelled,
        };
        Kind::RunFinished {
            thread_id: self.thread_id.clone(),
            run_id: self.run_id.clone(),
            result: Some(Value::Object(self.state.variables.clone())),
            outcome: Some(outcome),
            usage: self.usage(),
        }
    }

    /// A run ends with nothing open.
    fn close(&mut self, outcome: &SubagentOutcome, state: &str) -> Vec<Event> {
        let mut events = self.silence_all(outcome);
        for event in &events {
            let _ = self.thread.apply(event);
        }
        events.extend(
            self.steps.drain(..).rev().map(|(_, name)| {
                Event::from(Kind::step_finished(name)).with_metadata(json!({"bpmn": {"state": state}}))
            }),
        );
        events
    }

    fn snapshot(&self) -> Event {
        Kind::StateSnapshot { snapshot: self.state.snapshot() }.into()
    }

    fn messages(&self) -> Event {
        Kind::MessagesSnapshot { messages: self.thread.messages.clone() }.into()
    }

    pub(super) fn has(&self, message_id: &str) -> bool {
        self.thread.messages.iter().rev().any(|message| message.id == message_id)
    }

    /// The activation of an element that came last.
    pub(super) fn newest(&self, element_id: &str) -> u64 {
        let of_element = self.state.tokens.iter().rev().find(|(_, token)| token.element.element_id == element_id);
        of_element.map_or(0, |(key, _)| *key)
    }

    /// The name of the element that has the job.
    pub(super) fn name_of(&self, job_id: &str) -> Option<String> {
        let key: u64 = job_id.rsplit_once(':')?.1.parse().ok()?;
        Some(self.state.tokens.get(&key)?.element.element_name.clone())
    }
}

/// What has no word in AG-UI is told as it is.
fn custom(message: &Message) -> Event {
    let value = serde_json::to_value(message).unwrap_or_default();
    let name = value["type"].as_str().unwrap_or_default().to_owned();
    Kind::custom(name, value).into()
}

fn mark(event: Event, at: Option<i64>, seq: Option<u64>) -> Event {
    let event = Event { timestamp: at, ..event };
    let Some(seq) = seq else { return event };
    let mut metadata = event.metadata.clone().unwrap_or_else(|| json!({}));
    metadata["seq"] = seq.into();
    event.with_metadata(metadata)
}
