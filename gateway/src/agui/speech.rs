//! What agents say while they work: each attempt of a job is a subagent, with its texts, thoughts and calls of tools.

use super::run::Run;
use crate::live::message::Body;
use agui::{Content, Event, Kind, ReasoningRole, SubagentOutcome, TextRole, TokenUsage};
use indexmap::{IndexMap, IndexSet};
use serde_json::Value;

/// One attempt of a job, while it is heard of.
#[derive(Debug, Default)]
pub struct Speaker {
    texts: IndexSet<String>,
    thoughts: IndexSet<String>,
}

/// What has been said in this run.
#[derive(Debug, Default)]
pub struct Speech {
    /// By the subagent's id.
    speakers: IndexMap<String, Speaker>,
    ended: IndexSet<String>,
    usage: IndexMap<String, TokenUsage>,
}

/// The subagent of an attempt.
pub fn subagent(job_id: &str, attempt: u32) -> String {
    format!("{job_id}/{attempt}")
}

pub fn text_id(job_id: &str, attempt: u32, message_id: &str) -> String {
    format!("{job_id}/{attempt}/{message_id}")
}

pub fn thought_id(job_id: &str, attempt: u32, message_id: &str) -> String {
    format!("{job_id}/{attempt}/{message_id}/thinking")
}

/// The same in every attempt: a call that waits for an approval is answered in a later one.
pub fn call_id(job_id: &str, call_id: &str) -> String {
    format!("{job_id}/{call_id}")
}

impl Run {
    /// What the message says of an agent's work; nothing when it is no such message.
    pub(super) fn speech(&mut self, body: &Body) -> Option<Vec<Event>> {
        match body {
            Body::TextMessageStart { element_id, job_id, attempt, message_id } => {
                Some(self.text((element_id, job_id, *attempt), message_id, "", false))
            }
            Body::TextMessageContent { element_id, job_id, attempt, message_id, delta } => {
                Some(self.text((element_id, job_id, *attempt), message_id, delta, false))
            }
            Body::TextMessageEnd { element_id, job_id, attempt, message_id } => {
                Some(self.text((element_id, job_id, *attempt), message_id, "", true))
            }
            Body::TaskThinking { element_id, job_id, attempt, message_id, delta, done } => {
                Some(self.thought((element_id, job_id, *attempt), message_id, delta, *done))
            }
            Body::AgentToolUse { element_id, job_id, attempt, call_id, tool, arguments, result, .. } => {
                Some(self.tool((element_id, job_id, *attempt), call_id, tool, arguments, result.as_ref()))
            }
            Body::AgentUsage { job_id, attempt, element_id, model, input_tokens, output_tokens } => {
                let events = self.speaks((element_id, job_id, *attempt));
                self.used(model, *input_tokens, *output_tokens);
                Some(events)
            }
            // The same as `agent.tool_use`.
            Body::TaskToolStart { .. } | Body::TaskToolEnd { .. } => Some(Vec::new()),
            _ => None,
        }
    }

    /// The subagent begins with the first that is heard of it.
    fn speaks(&mut self, (element_id, job_id, attempt): (&str, &str, u32)) -> Vec<Event> {
        let id = subagent(job_id, attempt);
        if self.speech.speakers.contains_key(&id) || self.speech.ended.contains(&id) {
            return Vec::new();
        }
        self.speech.speakers.insert(id.clone(), Speaker::default());
        let description = self.name_of(job_id).filter(|name| !name.is_empty());
        let started = Kind::SubagentStarted {
            name: element_id.to_owned(),
            description,
            parent_subagent_run_id: None,
            parent_tool_call_id: None,
            parent_message_id: None,
        };
        vec![Event::from(started).of(id)]
    }

    fn text(&mut self, who: (&str, &str, u32), message_id: &str, delta: &str, done: bool) -> Vec<Event> {
        let (owner, message_id) = (subagent(who.1, who.2), text_id(who.1, who.2, message_id));
        let mut events = self.speaks(who);
        let Some(speaker) = self.speech.speakers.get_mut(&owner) else { return events };
        let mut tell = |kind: Kind| events.push(Event::from(kind).of(&owner));
        if speaker.texts.insert(message_id.clone()) {
            let message_id = message_id.clone();
            tell(Kind::TextMessageStart { message_id, role: TextRole::Assistant, name: None });
        }
        if !delta.is_empty() {
            tell(Kind::TextMessageContent { message_id: message_id.clone(), delta: delta.to_owned() });
        }
        if done {
            speaker.texts.shift_remove(&message_id);
            tell(Kind::TextMessageEnd { message_id });
        }
        events
    }

    fn thought(&mut self, who: (&str, &str, u32), message_id: &str, delta: &str, done: bool) -> Vec<Event> {
        let (owner, message_id) = (subagent(who.1, who.2), thought_id(who.1, who.2, message_id));
        let mut events = self.speaks(who);
        let Some(speaker) = self.speech.speakers.get_mut(&owner) else { return events };
        let mut tell = |kind: Kind| events.push(Event::from(kind).of(&owner));
        if speaker.thoughts.insert(message_id.clone()) {
            tell(Kind::ReasoningStart { message_id: message_id.clone() });
            tell(Kind::ReasoningMessageStart { message_id: message_id.clone(), role: ReasoningRole::Reasoning });
        }
        if !delta.is_empty() {
            tell(Kind::ReasoningMessageContent { message_id: message_id.clone(), delta: delta.to_owned() });
        }
        if done {
            speaker.thoughts.shift_remove(&message_id);
            tell(Kind::ReasoningMessageEnd { message_id: message_id.clone() });
            tell(Kind::ReasoningEnd { message_id });
        }
        events
    }

    fn tool(
        &mut self,
        who: (&str, &str, u32),
        call: &str,
        tool: &str,
        arguments: &Value,
        result: Option<&Value>,
    ) -> Vec<Event> {
        let (owner, id) = (subagent(who.1, who.2), call_id(who.1, call));
        let mut events = self.speaks(who);
        if !self.speech.speakers.contains_key(&owner) {
            return events;
        }
        let mut tell = |kind: Kind| events.push(Event::from(kind).of(&owner));
        if self.calls.insert(id.clone()) {
            let (tool_call_id, delta) = (id.clone(), arguments.to_string());
            let tool_call_name = tool.to_owned();
            tell(Kind::ToolCallStart { tool_call_id: id.clone(), tool_call_name, parent_message_id: None });
            tell(Kind::ToolCallArgs { tool_call_id: id.clone(), delta });
            tell(Kind::ToolCallEnd { tool_call_id });
        }
        let message_id = format!("{id}/result");
        if let Some(result) = result.filter(|_| !self.has(&message_id)) {
            let content = Content::Text(result.as_str().map_or_else(|| result.to_string(), str::to_owned));
            tell(Kind::ToolCallResult { message_id, tool_call_id: id, content, role: None });
        }
        events
    }

    fn used(&mut self, model: &str, input: u64, output: u64) {
        let usage = self.speech.usage.entry(model.to_owned()).or_default();
        usage.model = Some(model.to_owned());
        let add = |sum: &mut Option<u64>, more: u64| *sum = Some(sum.unwrap_or_default().saturating_add(more));
        add(&mut usage.input_tokens, input);
        add(&mut usage.output_tokens, output);
        add(&mut usage.total_tokens, input.saturating_add(output));
    }

    pub(super) fn usage(&self) -> Vec<TokenUsage> {
        self.speech.usage.values().cloned().collect()
    }

    /// The speakers of a job are heard no more, as its attempt has ended.
    pub(super) fn silence(&mut self, job_id: &str, end: &Kind) -> Vec<Event> {
        let of_job = format!("{job_id}/");
        let ids: Vec<_> = self.speech.speakers.keys().filter(|id| id.starts_with(&of_job)).cloned().collect();
        ids.into_iter().flat_map(|id| self.end_speaker(id, end.clone())).collect()
    }

    /// All of them, as the run is interrupted or has ended.
    pub(super) fn silence_all(&mut self, outcome: &SubagentOutcome) -> Vec<Event> {
        let ids: Vec<_> = self.speech.speakers.keys().cloned().collect();
        let end = || Kind::SubagentFinished { result: None, outcome: Some(outcome.clone()) };
        ids.into_iter().flat_map(|id| self.end_speaker(id, end())).collect()
    }

    fn end_speaker(&mut self, id: String, end: Kind) -> Vec<Event> {
        let Some(speaker) = self.speech.speakers.shift_remove(&id) else { return Vec::new() };
        self.speech.ended.insert(id.clone());
        let texts = speaker.texts.into_iter().map(|message_id| Kind::TextMessageEnd { message_id });
        let thoughts = speaker.thoughts.into_iter().flat_map(|message_id| {
            [Kind::ReasoningMessageEnd { message_id: message_id.clone() }, Kind::ReasoningEnd { message_id }]
        });
        texts.chain(thoughts).chain([end]).map(|kind| Event::from(kind).of(&id)).collect()
    }
}
