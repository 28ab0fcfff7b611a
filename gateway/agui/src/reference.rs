//! The events as a table, made from the types: what documentation of a server can be generated from.

use crate::event::{Event, Kind};
use serde_json::{Map, Value, json};

/// One event of the reference.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// Its `type`.
    pub event: &'static str,
    /// Its own fields, beside those that all have.
    pub fields: Vec<Field>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field {
    pub name: String,
    /// `text`, `number`, `list`, `object` or `any`.
    pub kind: &'static str,
    pub is_required: bool,
}

impl Kind {
    /// Its `type`.
    pub fn name(&self) -> &'static str {
        match self {
            Kind::RunStarted { .. } => "RUN_STARTED",
            Kind::RunFinished { .. } => "RUN_FINISHED",
            Kind::RunError { .. } => "RUN_ERROR",
            Kind::StepStarted { .. } => "STEP_STARTED",
            Kind::StepFinished { .. } => "STEP_FINISHED",
            Kind::TextMessageStart { .. } => "TEXT_MESSAGE_START",
            Kind::TextMessageContent { .. } => "TEXT_MESSAGE_CONTENT",
            Kind::TextMessageEnd { .. } => "TEXT_MESSAGE_END",
            Kind::TextMessageChunk { .. } => "TEXT_MESSAGE_CHUNK",
            Kind::ToolCallStart { .. } => "TOOL_CALL_START",
            Kind::ToolCallArgs { .. } => "TOOL_CALL_ARGS",
            Kind::ToolCallEnd { .. } => "TOOL_CALL_END",
            Kind::ToolCallChunk { .. } => "TOOL_CALL_CHUNK",
            Kind::ToolCallResult { .. } => "TOOL_CALL_RESULT",
            Kind::StateSnapshot { .. } => "STATE_SNAPSHOT",
            Kind::StateDelta { .. } => "STATE_DELTA",
            Kind::MessagesSnapshot { .. } => "MESSAGES_SNAPSHOT",
            Kind::ActivitySnapshot { .. } => "ACTIVITY_SNAPSHOT",
            Kind::ActivityDelta { .. } => "ACTIVITY_DELTA",
            Kind::ReasoningStart { .. } => "REASONING_START",
            Kind::ReasoningMessageStart { .. } => "REASONING_MESSAGE_START",
            Kind::ReasoningMessageContent { .. } => "REASONING_MESSAGE_CONTENT",
            Kind::ReasoningMessageEnd { .. } => "REASONING_MESSAGE_END",
            Kind::ReasoningMessageChunk { .. } => "REASONING_MESSAGE_CHUNK",
            Kind::ReasoningEnd { .. } => "REASONING_END",
            Kind::ReasoningEncryptedValue { .. } => "REASONING_ENCRYPTED_VALUE",
            Kind::SubagentStarted { .. } => "SUBAGENT_STARTED",
            Kind::SubagentFinished { .. } => "SUBAGENT_FINISHED",
            Kind::SubagentError { .. } => "SUBAGENT_ERROR",
            Kind::Raw { .. } => "RAW",
            Kind::Custom { .. } => "CUSTOM",
        }
    }
}

/// Every event, with every field of its own.
pub fn reference() -> Vec<Row> {
    examples().iter().filter_map(row).collect()
}

/// A field is required when the event cannot be read without it.
fn row(example: &Value) -> Option<Row> {
    let event: Event = serde_json::from_value(example.clone()).ok()?;
    let fields = example.as_object()?;
    let own = fields.iter().filter(|(name, _)| *name != "type");
    let field = |(name, value): (&String, &Value)| Field {
        name: name.clone(),
        kind: kind(name, value),
        is_required: serde_json::from_value::<Event>(without(fields, name)).is_err(),
    };
    Some(Row { event: event.kind.name(), fields: own.map(field).collect() })
}

fn without(fields: &Map<String, Value>, name: &str) -> Value {
    let kept = fields.iter().filter(|(field, _)| *field != name);
    Value::Object(kept.map(|(name, value)| (name.clone(), value.clone())).collect())
}

fn kind(name: &str, value: &Value) -> &'static str {
    match value {
        _ if ["snapshot", "result", "value", "event"].contains(&name) => "any",
        _ if name == "content" && value.is_array() => "text or list",
        Value::String(_) => "text",
        Value::Number(_) => "number",
        Value::Bool(_) => "true or false",
        Value::Array(_) => "list",
        Value::Object(_) => "object",
        Value::Null => "any",
    }
}

/// One of each, with everything that it can have.
#[rustfmt::skip]
fn examples() -> Vec<Value> {
    let input = json!({"threadId": "t", "runId": "r", "messages": []});
    let usage = json!([{"model": "m", "inputTokens": 1, "outputTokens": 1}]);
    let patch = json!([{"op": "remove", "path": "/a"}]);
    vec![
        json!({"type": "RUN_STARTED", "threadId": "t", "runId": "r", "protocolVersion": "1.0", "parentRunId": "p", "input": input}),
        json!({"type": "RUN_FINISHED", "threadId": "t", "runId": "r", "result": 1, "outcome": {"type": "cancelled"}, "usage": usage}),
        json!({"type": "RUN_ERROR", "message": "m", "code": "c", "usage": usage}),
        json!({"type": "STEP_STARTED", "stepName": "s"}),
        json!({"type": "STEP_FINISHED", "stepName": "s"}),
        json!({"type": "TEXT_MESSAGE_START", "messageId": "m", "role": "assistant", "name": "n"}),
        json!({"type": "TEXT_MESSAGE_CONTENT", "messageId": "m", "delta": "d"}),
        json!({"type": "TEXT_MESSAGE_END", "messageId": "m"}),
        json!({"type": "TEXT_MESSAGE_CHUNK", "messageId": "m", "role": "assistant", "delta": "d", "name": "n"}),
        json!({"type": "TOOL_CALL_START", "toolCallId": "c", "toolCallName": "n", "parentMessageId": "m"}),
        json!({"type": "TOOL_CALL_ARGS", "toolCallId": "c", "delta": "{}"}),
        json!({"type": "TOOL_CALL_END", "toolCallId": "c"}),
        json!({"type": "TOOL_CALL_CHUNK", "toolCallId": "c", "toolCallName": "n", "parentMessageId": "m", "delta": "d"}),
        json!({"type": "TOOL_CALL_RESULT", "messageId": "m", "toolCallId": "c", "content": [], "role": "tool"}),
        json!({"type": "STATE_SNAPSHOT", "snapshot": {}}),
        json!({"type": "STATE_DELTA", "delta": patch}),
        json!({"type": "MESSAGES_SNAPSHOT", "messages": []}),
        json!({"type": "ACTIVITY_SNAPSHOT", "messageId": "m", "activityType": "A", "content": {}, "replace": true}),
        json!({"type": "ACTIVITY_DELTA", "messageId": "m", "activityType": "A", "patch": patch}),
        json!({"type": "REASONING_START", "messageId": "m"}),
        json!({"type": "REASONING_MESSAGE_START", "messageId": "m", "role": "reasoning"}),
        json!({"type": "REASONING_MESSAGE_CONTENT", "messageId": "m", "delta": "d"}),
        json!({"type": "REASONING_MESSAGE_END", "messageId": "m"}),
        json!({"type": "REASONING_MESSAGE_CHUNK", "messageId": "m", "delta": "d"}),
        json!({"type": "REASONING_END", "messageId": "m"}),
        json!({"type": "REASONING_ENCRYPTED_VALUE", "subtype": "tool-call", "entityId": "c", "encryptedValue": "e"}),
        json!({"type": "SUBAGENT_STARTED", "subagentRunId": "s", "name": "n", "description": "d",
            "parentSubagentRunId": "p", "parentToolCallId": "c", "parentMessageId": "m"}),
        json!({"type": "SUBAGENT_FINISHED", "subagentRunId": "s", "result": 1, "outcome": {"type": "success"}}),
        json!({"type": "SUBAGENT_ERROR", "subagentRunId": "s", "message": "m", "code": "c"}),
        json!({"type": "RAW", "event": {}, "source": "s"}),
        json!({"type": "CUSTOM", "name": "n", "value": 1}),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn there_are_31_events_and_each_goes_to_and_fro_unchanged() {
        let rows = reference();
        let names: HashSet<_> = rows.iter().map(|row| row.event).collect();
        assert_eq!((rows.len(), names.len()), (31, 31));
        for example in examples() {
            let event: Event = serde_json::from_value(example.clone()).unwrap();
            assert_eq!(event.kind.name(), example["type"]);
            assert_eq!(serde_json::to_value(&event).unwrap(), example);
        }
    }

    #[test]
    fn required_fields_are_those_of_the_specification() {
        let rows = reference();
        let required = |event: &str| {
            let row = rows.iter().find(|row| row.event == event).unwrap();
            let required = row.fields.iter().filter(|field| field.is_required);
            required.map(|field| field.name.clone()).collect::<Vec<_>>()
        };
        assert_eq!(required("RUN_STARTED"), ["threadId", "runId"]);
        assert_eq!(required("TEXT_MESSAGE_START"), ["messageId"]);
        assert_eq!(required("REASONING_MESSAGE_START"), ["messageId", "role"]);
        assert_eq!(required("CUSTOM"), ["name", "value"]);
    }
}
