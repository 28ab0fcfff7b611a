//! A conversation in the words of the crate `genai`.

use super::super::{ChatRequest, Message, ToolCall, ToolSpec};
use ::genai::chat::{
    ChatMessage, ChatOptions, ChatRequest as Asked, ContentPart, Tool, ToolCall as CalledTool, ToolResponse,
};

pub fn conversation(request: &ChatRequest) -> Asked {
    let mut asked = Asked::new(messages(&request.messages));
    if !request.system.is_empty() {
        asked = asked.with_system(request.system.as_str());
    }
    if request.tools.is_empty() { asked } else { asked.with_tools(request.tools.iter().map(tool)) }
}

pub fn options(request: &ChatRequest) -> ChatOptions {
    let options = ChatOptions::default().with_capture_usage(true).with_capture_tool_calls(true);
    match request.temperature {
        Some(temperature) => options.with_temperature(temperature),
        None => options,
    }
}

pub fn call_ids(request: &ChatRequest) -> impl Iterator<Item = &str> {
    let calls = request.messages.iter().flat_map(|message| match message {
        Message::Assistant { tool_calls, .. } => tool_calls.as_slice(),
        Message::User { .. } | Message::Tool { .. } => &[],
    });
    calls.map(|call| call.id.as_str())
}

/// Answers of tools that follow each other are one message: a provider wants all answers to a reply together.
fn messages(messages: &[Message]) -> Vec<ChatMessage> {
    let together = messages.chunk_by(|one, next| is_answer(one) && is_answer(next));
    together.filter_map(message).collect()
}

fn is_answer(message: &Message) -> bool {
    matches!(message, Message::Tool { .. })
}

fn message(group: &[Message]) -> Option<ChatMessage> {
    match group.first()? {
        Message::User { text } => Some(ChatMessage::user(text.as_str())),
        // Providers refuse messages without content, and models do send some.
        Message::Assistant { text, tool_calls } if text.trim().is_empty() && tool_calls.is_empty() => None,
        Message::Assistant { text, tool_calls } => Some(ChatMessage::assistant(parts(text, tool_calls))),
        Message::Tool { .. } => Some(ChatMessage::from(group.iter().filter_map(answer).collect::<Vec<_>>())),
    }
}

fn parts(text: &str, calls: &[ToolCall]) -> Vec<ContentPart> {
    let text = Some(text).filter(|text| !text.trim().is_empty());
    let calls = calls.iter().map(|call| {
        ContentPart::ToolCall(CalledTool {
            call_id: call.id.clone(),
            fn_name: call.name.clone(),
            fn_arguments: call.arguments.clone(),
            thought_signatures: None,
        })
    });
    text.map(|text| ContentPart::Text(text.to_owned())).into_iter().chain(calls).collect()
}

/// Not every provider has a mark for failed calls, so the text says it.
fn answer(message: &Message) -> Option<ToolResponse> {
    match message {
        Message::Tool { call_id, content, is_error: true } => {
            Some(ToolResponse::new(call_id.as_str(), format!("The call failed: {content}")))
        }
        Message::Tool { call_id, content, is_error: false } => {
            Some(ToolResponse::new(call_id.as_str(), content.as_str()))
        }
        Message::User { .. } | Message::Assistant { .. } => None,
    }
}

fn tool(spec: &ToolSpec) -> Tool {
    Tool::new(spec.name.as_str()).with_description(spec.description.as_str()).with_schema(spec.schema.clone())
}
