//! What a client makes of a stream: the state, the conversation, and the interrupts that wait for an answer.

use crate::{
    event::{Event, Kind},
    message::{Body, Message, TextRole, ToolCall},
    outcome::{Interrupt, Outcome},
    patch::{self, PatchError},
};
use serde_json::Value;

/// A thread as far as its events were heard.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Thread {
    pub state: Value,
    pub messages: Vec<Message>,
    /// Of the last run, when it was interrupted.
    pub interrupts: Vec<Interrupt>,
}

/// An event that says something of what is not there.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ThreadError {
    #[error("the patch does not apply: {0}")]
    Patch(#[from] PatchError),
    #[error("there is no message `{0}` that this could change")]
    NoMessage(String),
}

impl Thread {
    /// Makes the change that the event stands for. After an error nothing has changed.
    pub fn apply(&mut self, event: &Event) -> Result<(), ThreadError> {
        let of = event.subagent_run_id.clone();
        match &event.kind {
            Kind::RunStarted { .. } | Kind::RunError { .. } => self.interrupts.clear(),
            Kind::RunFinished { outcome: Some(Outcome::Interrupt { interrupts }), .. } => {
                self.interrupts.clone_from(interrupts);
            }
            Kind::StateSnapshot { snapshot } => self.state.clone_from(snapshot),
            Kind::StateDelta { delta } => patch::apply(&mut self.state, delta)?,
            Kind::MessagesSnapshot { messages } => self.messages.clone_from(messages),
            Kind::TextMessageStart { message_id, role, name } => {
                let message = Message { name: name.clone(), ..Message::new(message_id, begun(*role)) };
                self.begin(message.of(of));
            }
            Kind::ReasoningMessageStart { message_id, .. } => {
                self.begin(Message::new(message_id, Body::Reasoning { content: String::new() }).of(of));
            }
            Kind::TextMessageContent { message_id, delta } | Kind::ReasoningMessageContent { message_id, delta } => {
                let appended = self.message(message_id).is_some_and(|message| message.append(delta));
                return known(appended, message_id);
            }
            Kind::ToolCallStart { tool_call_id, tool_call_name, parent_message_id } => {
                let call = ToolCall::function(tool_call_id, tool_call_name, "");
                self.begin_call(parent_message_id.as_ref().unwrap_or(tool_call_id), call, of);
            }
            Kind::ToolCallArgs { tool_call_id, delta } => {
                let call = self.call(tool_call_id).map(|call| call.function.arguments.push_str(delta));
                return known(call.is_some(), tool_call_id);
            }
            Kind::ToolCallResult { message_id, tool_call_id, content, .. } => {
                let (content, tool_call_id) = (content.clone(), tool_call_id.clone());
                let body = Body::Tool { content, tool_call_id, error: None };
                self.messages.push(Message::new(message_id, body).of(of));
            }
            Kind::ActivitySnapshot { message_id, activity_type, content, replace } => {
                let (activity_type, content) = (activity_type.clone(), content.clone());
                let message = Message::new(message_id, Body::Activity { activity_type, content }).of(of);
                self.put(message, *replace != Some(false));
            }
            Kind::ActivityDelta { message_id, patch, .. } => {
                let patched = self.message(message_id).map(|message| message.patch(patch)).transpose()?;
                return known(patched == Some(true), message_id);
            }
            // The rest opens and closes, or says what is not kept.
            _ => {}
        }
        Ok(())
    }

    fn message(&mut self, id: &str) -> Option<&mut Message> {
        self.messages.iter_mut().rev().find(|message| message.id == id)
    }

    fn call(&mut self, id: &str) -> Option<&mut ToolCall> {
        self.messages.iter_mut().rev().find_map(|message| match &mut message.body {
            Body::Assistant { tool_calls, .. } => tool_calls.iter_mut().find(|call| call.id == id),
            _ => None,
        })
    }

    /// A message that is there already goes on.
    fn begin(&mut self, message: Message) {
        if self.message(&message.id).is_none() {
            self.messages.push(message);
        }
    }

    fn begin_call(&mut self, message_id: &str, call: ToolCall, of: Option<String>) {
        if self.call(&call.id).is_some() {
            return;
        }
        if let Some(Message { body: Body::Assistant { tool_calls, .. }, .. }) = self.message(message_id) {
            tool_calls.push(call);
            return;
        }
        let body = Body::Assistant { content: None, tool_calls: vec![call] };
        self.messages.push(Message::new(message_id, body).of(of));
    }

    fn put(&mut self, message: Message, replace: bool) {
        match self.message(&message.id) {
            Some(there) if replace => *there = message,
            Some(_) => {}
            None => self.messages.push(message),
        }
    }
}

fn begun(role: TextRole) -> Body {
    let content = String::new();
    match role {
        TextRole::Developer => Body::Developer { content },
        TextRole::System => Body::System { content },
        TextRole::Assistant => Body::Assistant { content: Some(content), tool_calls: Vec::new() },
        TextRole::User => Body::User { content: crate::Content::Text(content) },
    }
}

fn known(found: bool, id: &str) -> Result<(), ThreadError> {
    if found { Ok(()) } else { Err(ThreadError::NoMessage(id.to_owned())) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn thread(events: Value) -> Thread {
        let events: Vec<Event> = serde_json::from_value(events).unwrap();
        let mut thread = Thread::default();
        for event in &events {
            thread.apply(event).unwrap();
        }
        thread
    }

    #[test]
    fn pieces_become_messages() {
        let thread = thread(json!([
            {"type": "TEXT_MESSAGE_START", "messageId": "m", "role": "assistant", "subagentRunId": "s"},
            {"type": "TEXT_MESSAGE_CONTENT", "messageId": "m", "delta": "He"},
            {"type": "TEXT_MESSAGE_CONTENT", "messageId": "m", "delta": "llo"},
            {"type": "TOOL_CALL_START", "toolCallId": "c", "toolCallName": "read", "parentMessageId": "m"},
            {"type": "TOOL_CALL_ARGS", "toolCallId": "c", "delta": "{}"},
            {"type": "TOOL_CALL_RESULT", "messageId": "r", "toolCallId": "c", "content": "done"},
            {"type": "ACTIVITY_SNAPSHOT", "messageId": "a", "activityType": "T", "content": {"n": 1}},
            {"type": "ACTIVITY_DELTA", "messageId": "a", "activityType": "T",
             "patch": [{"op": "replace", "path": "/n", "value": 2}]},
        ]));
        let expected = json!([
            {"id": "m", "role": "assistant", "content": "Hello", "subagentRunId": "s", "toolCalls":
                [{"id": "c", "type": "function", "function": {"name": "read", "arguments": "{}"}}]},
            {"id": "r", "role": "tool", "content": "done", "toolCallId": "c"},
            {"id": "a", "role": "activity", "activityType": "T", "content": {"n": 2}},
        ]);
        assert_eq!(serde_json::to_value(&thread.messages).unwrap(), expected);
    }

    #[test]
    fn an_interrupted_run_leaves_its_questions_until_the_next() {
        let finished = json!({"type": "RUN_FINISHED", "threadId": "t", "runId": "r",
            "outcome": {"type": "interrupt", "interrupts": [{"id": "i", "reason": "input_required"}]}});
        assert_eq!(thread(json!([finished])).interrupts[0].id, "i");
        let next = json!({"type": "RUN_STARTED", "threadId": "t", "runId": "s"});
        assert!(thread(json!([finished, next])).interrupts.is_empty());
    }
}
