//! The 31 events. Each names its section of the [specification](https://docs.ag-ui.com/sdk/js/core/events).

use crate::{
    PROTOCOL_VERSION,
    input::RunAgentInput,
    message::{Content, Message, TextRole},
    outcome::{Outcome, SubagentOutcome, TokenUsage},
    patch::Operation,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// One event: what all have, and what its `type` says it is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Event {
    #[serde(flatten)]
    pub kind: Kind,
    /// Milliseconds since 1970.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timestamp: Option<i64>,
    /// Whose event it is; absent for the agent of the run itself. The `SUBAGENT_*` events must have it, the `RUN_*`
    /// events and `MESSAGES_SNAPSHOT` must not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subagent_run_id: Option<String>,
    /// An object of one's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub metadata: Option<Value>,
    /// What it was made from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub raw_event: Option<Value>,
}

/// An event by its `type`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "SCREAMING_SNAKE_CASE", rename_all_fields = "camelCase")]
pub enum Kind {
    /// Lifecycle: the first event of a run. A run that a latecomer joins begins with it, too, under the same `runId`.
    RunStarted {
        thread_id: String,
        run_id: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        protocol_version: Option<String>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        parent_run_id: Option<String>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        input: Option<Box<RunAgentInput>>,
    },
    /// Lifecycle: the last event of a run that did not fail. Nothing may be open.
    RunFinished {
        thread_id: String,
        run_id: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        result: Option<Value>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        outcome: Option<Outcome>,
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        usage: Vec<TokenUsage>,
    },
    /// Lifecycle: the last event of a run that failed. It may be the only one.
    RunError {
        message: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        code: Option<String>,
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        usage: Vec<TokenUsage>,
    },
    /// Lifecycle: a part of the run's work. The name is its identity while it is open.
    StepStarted {
        step_name: String,
    },
    StepFinished {
        step_name: String,
    },
    /// Text messages: a message begins; its pieces follow under the same id.
    TextMessageStart {
        message_id: String,
        #[serde(default)]
        role: TextRole,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        name: Option<String>,
    },
    TextMessageContent {
        message_id: String,
        delta: String,
    },
    TextMessageEnd {
        message_id: String,
    },
    /// Text messages: start, content and end in one. The first of a message has its id.
    TextMessageChunk {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        message_id: Option<String>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        role: Option<TextRole>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        delta: Option<String>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        name: Option<String>,
    },
    /// Tool calls: a call begins; the pieces of its arguments follow under the same id.
    ToolCallStart {
        tool_call_id: String,
        tool_call_name: String,
        /// The assistant's message that it belongs to; without it the call has one of its own, under its id.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        parent_message_id: Option<String>,
    },
    /// Tool calls: a piece of the arguments' JSON text.
    ToolCallArgs {
        tool_call_id: String,
        delta: String,
    },
    /// Tool calls: the arguments are complete. The result comes later, or not at all.
    ToolCallEnd {
        tool_call_id: String,
    },
    /// Tool calls: start, arguments and end in one. The first of a call has its id and name.
    ToolCallChunk {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        tool_call_id: Option<String>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        tool_call_name: Option<String>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        parent_message_id: Option<String>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        delta: Option<String>,
    },
    /// Tool calls: what the tool answered, as a message of the role `tool`.
    ToolCallResult {
        message_id: String,
        tool_call_id: String,
        content: Content,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        role: Option<ToolRole>,
    },
    /// State: all of it, in place of what was.
    StateSnapshot {
        snapshot: Value,
    },
    /// State: what changes, as JSON Patch (RFC 6902).
    StateDelta {
        delta: Vec<Operation>,
    },
    /// State: the whole conversation, in place of what was.
    MessagesSnapshot {
        messages: Vec<Message>,
    },
    /// Activities: something that goes on, for the interface to draw; `content` is an object.
    ActivitySnapshot {
        message_id: String,
        activity_type: String,
        content: Value,
        /// Whether it takes the place of one under the same id; `true` when absent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        replace: Option<bool>,
    },
    /// Activities: what changes of its content, as JSON Patch.
    ActivityDelta {
        message_id: String,
        activity_type: String,
        patch: Vec<Operation>,
    },
    /// Reasoning: a span of thinking begins; its messages lie within it.
    ReasoningStart {
        message_id: String,
    },
    ReasoningMessageStart {
        message_id: String,
        role: ReasoningRole,
    },
    ReasoningMessageContent {
        message_id: String,
        delta: String,
    },
    ReasoningMessageEnd {
        message_id: String,
    },
    /// Reasoning: start, content and end of a message in one.
    ReasoningMessageChunk {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        message_id: Option<String>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        delta: Option<String>,
    },
    ReasoningEnd {
        message_id: String,
    },
    /// Reasoning: what only the model's provider can read, of a message or of a tool call.
    ReasoningEncryptedValue {
        subtype: EncryptedSubtype,
        entity_id: String,
        encrypted_value: String,
    },
    /// Subagents: another agent works within this run, under `subagentRunId`, which no other of the run may have.
    SubagentStarted {
        name: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        description: Option<String>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        parent_subagent_run_id: Option<String>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        parent_tool_call_id: Option<String>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        parent_message_id: Option<String>,
    },
    SubagentFinished {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        result: Option<Value>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        outcome: Option<SubagentOutcome>,
    },
    /// Subagents: it failed; the run itself may go on.
    SubagentError {
        message: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        code: Option<String>,
    },
    /// Special: an event of another system, as it is.
    Raw {
        event: Value,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        source: Option<String>,
    },
    /// Special: one's own.
    Custom {
        name: String,
        value: Value,
    },
}

/// `tool`, the one role of a result.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum ToolRole {
    Tool,
}

/// `reasoning`, the one role of a thought.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum ReasoningRole {
    Reasoning,
}

/// What an encrypted value belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum EncryptedSubtype {
    Message,
    ToolCall,
}

impl From<Kind> for Event {
    fn from(kind: Kind) -> Self {
        Self { kind, timestamp: None, subagent_run_id: None, metadata: None, raw_event: None }
    }
}

impl Event {
    /// `timestamp` in milliseconds since 1970.
    #[must_use]
    pub fn at(self, timestamp: i64) -> Self {
        Self { timestamp: Some(timestamp), ..self }
    }

    #[must_use]
    pub fn of(self, subagent_run_id: impl Into<String>) -> Self {
        Self { subagent_run_id: Some(subagent_run_id.into()), ..self }
    }

    #[must_use]
    pub fn with_metadata(self, metadata: Value) -> Self {
        Self { metadata: Some(metadata), ..self }
    }

    /// Whether the run is over with it.
    pub fn ends_run(&self) -> bool {
        matches!(self.kind, Kind::RunFinished { .. } | Kind::RunError { .. })
    }
}

impl Kind {
    pub fn run_started(thread_id: impl Into<String>, run_id: impl Into<String>) -> Self {
        Self::RunStarted {
            thread_id: thread_id.into(),
            run_id: run_id.into(),
            protocol_version: Some(PROTOCOL_VERSION.to_owned()),
            parent_run_id: None,
            input: None,
        }
    }

    pub fn run_finished(thread_id: impl Into<String>, run_id: impl Into<String>, outcome: Outcome) -> Self {
        let (thread_id, run_id) = (thread_id.into(), run_id.into());
        Self::RunFinished { thread_id, run_id, result: None, outcome: Some(outcome), usage: Vec::new() }
    }

    pub fn run_error(message: impl Into<String>, code: Option<String>) -> Self {
        Self::RunError { message: message.into(), code, usage: Vec::new() }
    }

    pub fn step_started(step_name: impl Into<String>) -> Self {
        Self::StepStarted { step_name: step_name.into() }
    }

    pub fn step_finished(step_name: impl Into<String>) -> Self {
        Self::StepFinished { step_name: step_name.into() }
    }

    pub fn custom(name: impl Into<String>, value: Value) -> Self {
        Self::Custom { name: name.into(), value }
    }
}

/// A server-sent event: one line of `data:`, with `id:` before it where there is one. Its lines end with a line feed
/// alone, which is all that the official client takes.
pub fn frame(event: &Event, id: Option<u64>) -> String {
    let data = serde_json::to_string(event).unwrap_or_default();
    let id = id.map(|id| format!("id: {id}\n")).unwrap_or_default();
    format!("{id}data: {data}\n\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn an_event_is_flat_and_without_nulls() {
        let event = Event::from(Kind::run_started("t", "r")).at(7);
        let expected =
            json!({"type": "RUN_STARTED", "threadId": "t", "runId": "r", "protocolVersion": "1.0", "timestamp": 7});
        assert_eq!(serde_json::to_value(&event).unwrap(), expected);
        assert_eq!(serde_json::from_value::<Event>(expected).unwrap(), event);
    }

    #[test]
    fn a_subagents_id_stands_beside_its_name() {
        let kind = Kind::SubagentStarted {
            name: "assist".into(),
            description: None,
            parent_subagent_run_id: None,
            parent_tool_call_id: None,
            parent_message_id: None,
        };
        let event = Event::from(kind).of("i:2/1");
        let expected = json!({"type": "SUBAGENT_STARTED", "subagentRunId": "i:2/1", "name": "assist"});
        assert_eq!(serde_json::to_value(&event).unwrap(), expected);
    }

    #[test]
    fn a_frame_is_one_line_of_data() {
        let event = Event::from(Kind::custom("n", json!("a\nb")));
        let text = frame(&event, Some(3));
        assert_eq!(text, "id: 3\ndata: {\"type\":\"CUSTOM\",\"name\":\"n\",\"value\":\"a\\nb\"}\n\n");
    }
}
