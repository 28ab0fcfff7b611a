//! The order of events. The official client refuses some of what is wrong, warns of some, and lets some pass; here all
//! of it is an error, so that a stream that verifies is one that every client understands alike.

use crate::{
    event::{Event, Kind},
    message::{Body, Message},
    outcome::Outcome,
    thread::{Thread, ThreadError},
};
use std::collections::{HashMap, HashSet};

/// What a stream has done wrong.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("event {place} ({event}): {rule}")]
pub struct Violation {
    /// Counted from 0.
    pub place: usize,
    pub event: &'static str,
    pub rule: String,
}

/// Whose: the agent of the run, or a subagent.
type Owner = Option<String>;

/// Reads the events of one thread, one after the other.
#[derive(Debug, Default)]
pub struct Verifier {
    place: usize,
    run: Option<Run>,
    thread: Thread,
    /// Calls of any run: a result may come in a later one.
    calls: HashSet<String>,
}

/// What is open in a run, and what must not come again in it.
#[derive(Debug, Default)]
struct Run {
    thread_id: String,
    run_id: String,
    steps: HashSet<(Owner, String)>,
    texts: HashMap<String, Owner>,
    calls: HashMap<String, Owner>,
    spans: HashMap<String, Owner>,
    thoughts: HashMap<String, Owner>,
    subagents: HashSet<String>,
    finished_subagents: HashSet<String>,
    has_state: bool,
    has_messages: bool,
}

impl Verifier {
    /// The next event, or what is wrong with it. After an error the verdict of what follows is worth nothing.
    pub fn accept(&mut self, event: &Event) -> Result<(), Violation> {
        let place = self.place;
        self.place += 1;
        let violation = |rule| Violation { place, event: event.kind.name(), rule };
        self.check(event).map_err(violation)?;
        self.thread.apply(event).map_err(|error: ThreadError| violation(error.to_string()))
    }

    /// The stream ends here.
    pub fn finish(&self) -> Result<(), Violation> {
        let violation = |rule: &str| Violation { place: self.place, event: "end", rule: rule.to_owned() };
        match &self.run {
            _ if self.place == 0 => Err(violation("the stream is empty")),
            Some(_) => Err(violation("the stream ends within a run")),
            None => Ok(()),
        }
    }

    /// What the stream has come to.
    pub fn thread(&self) -> &Thread {
        &self.thread
    }

    fn check(&mut self, event: &Event) -> Result<(), String> {
        check_owner(event)?;
        match (&event.kind, &mut self.run) {
            (Kind::RunStarted { .. }, Some(_)) => Err("a run is still open".to_owned()),
            (Kind::RunStarted { thread_id, run_id, .. }, run @ None) => {
                *run = Some(Run { thread_id: thread_id.clone(), run_id: run_id.clone(), ..Run::default() });
                Ok(())
            }
            // A run may fail before it begins.
            (Kind::RunError { .. }, run) => {
                *run = None;
                Ok(())
            }
            (_, None) => Err("no run is open; the first event is RUN_STARTED or RUN_ERROR".to_owned()),
            (Kind::RunFinished { thread_id, run_id, outcome, .. }, Some(run)) => {
                if (thread_id, run_id) != (&run.thread_id, &run.run_id) {
                    return Err("another run is open".to_owned());
                }
                run.check_closed()?;
                run.check_outcome(outcome.as_ref())?;
                self.run = None;
                Ok(())
            }
            (Kind::ToolCallResult { tool_call_id, .. }, Some(_)) if !self.calls.contains(tool_call_id) => {
                Err(format!("there was no call `{tool_call_id}`"))
            }
            (kind, Some(run)) => {
                match kind {
                    Kind::ToolCallStart { tool_call_id, .. } => _ = self.calls.insert(tool_call_id.clone()),
                    Kind::MessagesSnapshot { messages } => self.calls.extend(calls_of(messages)),
                    _ => {}
                }
                run.check(kind, &event.subagent_run_id)
            }
        }
    }
}

fn calls_of(messages: &[Message]) -> impl Iterator<Item = String> + '_ {
    let calls = messages.iter().filter_map(|message| match &message.body {
        Body::Assistant { tool_calls, .. } => Some(tool_calls),
        _ => None,
    });
    calls.flatten().map(|call| call.id.clone())
}

fn check_owner(event: &Event) -> Result<(), String> {
    let is_named = event.subagent_run_id.is_some();
    match &event.kind {
        Kind::SubagentStarted { .. } | Kind::SubagentFinished { .. } | Kind::SubagentError { .. } if !is_named => {
            Err("`subagentRunId` is missing".to_owned())
        }
        Kind::RunStarted { .. } | Kind::RunFinished { .. } | Kind::RunError { .. } | Kind::MessagesSnapshot { .. }
            if is_named =>
        {
            Err("it is the run's own and has no `subagentRunId`".to_owned())
        }
        _ => Ok(()),
    }
}

impl Run {
    fn check(&mut self, kind: &Kind, owner: &Owner) -> Result<(), String> {
        match kind {
            Kind::SubagentStarted { parent_subagent_run_id, .. } => {
                return self.start_subagent(owner, parent_subagent_run_id.as_ref());
            }
            Kind::SubagentFinished { .. } | Kind::SubagentError { .. } => return self.end_subagent(owner),
            _ => self.check_active(owner)?,
        }
        match kind {
            Kind::StepStarted { step_name } => {
                let is_new = self.steps.insert((owner.clone(), step_name.clone()));
                rule(is_new, || format!("the step `{step_name}` is open already"))
            }
            Kind::StepFinished { step_name } => {
                let was_open = self.steps.remove(&(owner.clone(), step_name.clone()));
                rule(was_open, || format!("the step `{step_name}` is not open under this owner"))
            }
            Kind::TextMessageStart { message_id, .. } => open(&mut self.texts, message_id, owner),
            Kind::TextMessageContent { message_id, .. } => within(&self.texts, message_id, owner),
            Kind::TextMessageEnd { message_id } => close(&mut self.texts, message_id, owner),
            Kind::ToolCallStart { tool_call_id, .. } => open(&mut self.calls, tool_call_id, owner),
            Kind::ToolCallArgs { tool_call_id, .. } => within(&self.calls, tool_call_id, owner),
            Kind::ToolCallEnd { tool_call_id } => close(&mut self.calls, tool_call_id, owner),
            Kind::ReasoningStart { message_id } => open(&mut self.spans, message_id, owner),
            Kind::ReasoningEnd { message_id } => close(&mut self.spans, message_id, owner),
            Kind::ReasoningMessageStart { message_id, .. } => open(&mut self.thoughts, message_id, owner),
            Kind::ReasoningMessageContent { message_id, .. } => within(&self.thoughts, message_id, owner),
            Kind::ReasoningMessageEnd { message_id } => close(&mut self.thoughts, message_id, owner),
            Kind::ActivitySnapshot { content, .. } => {
                rule(content.is_object(), || "the content of an activity is an object".to_owned())
            }
            Kind::StateSnapshot { .. } => {
                self.has_state = true;
                Ok(())
            }
            Kind::MessagesSnapshot { .. } => {
                self.has_messages = true;
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn start_subagent(&mut self, owner: &Owner, parent: Option<&String>) -> Result<(), String> {
        let id = owner.clone().unwrap_or_default();
        let is_known = |id: &String| self.subagents.contains(id) || self.finished_subagents.contains(id);
        rule(!is_known(&id), || format!("the subagent `{id}` was in this run before"))?;
        rule(parent.is_none_or(is_known), || "the parent subagent is not of this run".to_owned())?;
        self.subagents.insert(id);
        Ok(())
    }

    fn end_subagent(&mut self, owner: &Owner) -> Result<(), String> {
        let id = owner.clone().unwrap_or_default();
        rule(self.subagents.remove(&id), || format!("the subagent `{id}` is not active"))?;
        let left = [&self.texts, &self.calls, &self.spans, &self.thoughts];
        let is_closed = left.iter().all(|open| open.values().all(|of| of != owner));
        self.finished_subagents.insert(id);
        rule(is_closed, || "something of the subagent is still open".to_owned())
    }

    fn check_active(&self, owner: &Owner) -> Result<(), String> {
        let is_active = owner.as_ref().is_none_or(|id| self.subagents.contains(id));
        rule(is_active, || format!("the subagent `{}` is not active", owner.as_deref().unwrap_or_default()))
    }

    fn check_closed(&self) -> Result<(), String> {
        let open = [
            ("steps", self.steps.len()),
            ("text messages", self.texts.len()),
            ("tool calls", self.calls.len()),
            ("reasoning", self.spans.len() + self.thoughts.len()),
            ("subagents", self.subagents.len()),
        ];
        match open.into_iter().find(|(_, count)| *count > 0) {
            Some((what, count)) => Err(format!("{count} {what} are still open")),
            None => Ok(()),
        }
    }

    fn check_outcome(&self, outcome: Option<&Outcome>) -> Result<(), String> {
        let Some(Outcome::Interrupt { interrupts }) = outcome else { return Ok(()) };
        rule(!interrupts.is_empty(), || "an interrupted run has at least one interrupt".to_owned())?;
        let ids: HashSet<_> = interrupts.iter().map(|interrupt| &interrupt.id).collect();
        rule(ids.len() == interrupts.len(), || "two interrupts have the same id".to_owned())?;
        let is_told =
            |interrupt: &crate::Interrupt| interrupt.reason != "tool_call" || interrupt.tool_call_id.is_some();
        rule(interrupts.iter().all(is_told), || "an interrupt for a tool call names the call".to_owned())?;
        rule(self.has_state && self.has_messages, || {
            "STATE_SNAPSHOT and MESSAGES_SNAPSHOT come before an interrupt".to_owned()
        })
    }
}

fn rule(holds: bool, otherwise: impl FnOnce() -> String) -> Result<(), String> {
    if holds { Ok(()) } else { Err(otherwise()) }
}

fn open(map: &mut HashMap<String, Owner>, id: &str, owner: &Owner) -> Result<(), String> {
    let before = map.insert(id.to_owned(), owner.clone());
    rule(before.is_none(), || format!("`{id}` is open already"))
}

fn within(map: &HashMap<String, Owner>, id: &str, owner: &Owner) -> Result<(), String> {
    let of = map.get(id).ok_or_else(|| format!("`{id}` is not open"))?;
    rule(of == owner, || format!("`{id}` belongs to another owner"))
}

fn close(map: &mut HashMap<String, Owner>, id: &str, owner: &Owner) -> Result<(), String> {
    within(map, id, owner)?;
    map.remove(id);
    Ok(())
}
