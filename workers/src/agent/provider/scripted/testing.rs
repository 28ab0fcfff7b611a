//! Conversations played by hand: a task, the tools offered, and what each of them answers.

use super::{
    super::{ChatRequest, Message, ToolCall, ToolSpec},
    reply,
};
use serde_json::{Value, json};

pub struct Played {
    /// What was called, in order.
    pub calls: Vec<ToolCall>,
    pub result: Value,
}

/// A tool with its arguments' names, and what it answers each time: the last answer stands for all further calls.
pub type FixedTool<'a> = (&'a str, &'a [&'a str], &'a [Result<Value, &'a str>]);

/// Plays until the answer.
pub fn play(agent_type: &str, inputs: &Value, tools: &[FixedTool]) -> Played {
    let mut request = ChatRequest {
        agent_type: agent_type.into(),
        messages: vec![Message::User { text: format!("The inputs of your task:\n{inputs:#}\n") }],
        tools: tools.iter().map(|(name, arguments, _)| spec(name, arguments)).collect(),
        ..ChatRequest::default()
    };
    let mut calls: Vec<ToolCall> = Vec::new();
    for _ in 0..20 {
        let reply = reply(&request);
        if reply.tool_calls.is_empty() {
            return Played { calls, result: serde_json::from_str(&reply.text).unwrap() };
        }
        request.messages.push(Message::Assistant { text: reply.text, tool_calls: reply.tool_calls.clone() });
        for call in reply.tool_calls {
            let before = calls.iter().filter(|earlier| earlier.name == call.name).count();
            request.messages.push(answer(&call, before, tools));
            calls.push(call);
        }
    }
    panic!("no answer after 20 turns: {calls:?}");
}

impl Played {
    pub fn names(&self) -> Vec<&str> {
        self.calls.iter().map(|call| call.name.as_str()).collect()
    }
}

fn spec(name: &str, arguments: &[&str]) -> ToolSpec {
    let properties: serde_json::Map<_, _> = arguments.iter().map(|name| ((*name).to_owned(), json!({}))).collect();
    ToolSpec {
        name: name.into(),
        description: name.into(),
        schema: json!({"type": "object", "properties": properties}),
    }
}

fn answer(call: &ToolCall, before: usize, tools: &[FixedTool]) -> Message {
    let (_, _, answers) = tools.iter().find(|(name, ..)| *name == call.name).expect("an offered tool");
    let (content, is_error) = match &answers[before.min(answers.len() - 1)] {
        Ok(Value::String(text)) => (text.clone(), false),
        Ok(value) => (value.to_string(), false),
        Err(message) => ((*message).to_owned(), true),
    };
    Message::Tool { call_id: call.id.clone(), content, is_error }
}
