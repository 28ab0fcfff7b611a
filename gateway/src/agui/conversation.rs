//! What an agent has said before, from the transcript of its job: the same messages, under the same ids, as those who
//! watched have put together from the pieces.

use super::speech::{call_id, subagent, text_id, thought_id};
use crate::rest::Record;
use agui::{Body, Content, Message, ToolCall};
use serde_json::Value;

pub fn conversation(job_id: &str, records: &[Record]) -> Vec<Message> {
    records.iter().enumerate().flat_map(|(place, record)| of_record(job_id, place, record)).collect()
}

/// The call for whose approval the job waits.
pub fn waiting_call(job_id: &str, records: &[Record]) -> Option<String> {
    let last = records.iter().rev().find(|record| record.kind.starts_with("person_"))?;
    let call = last.data["call"].as_str().filter(|_| last.kind == "person_asked")?;
    Some(call_id(job_id, call))
}

fn of_record(job_id: &str, place: usize, record: &Record) -> Vec<Message> {
    let said = |text: &Value| {
        let content = Content::Text(text.as_str().unwrap_or_default().to_owned());
        vec![Message::new(format!("{job_id}/said/{place}"), Body::User { content })]
    };
    match record.kind.as_str() {
        "run_started" => said(&record.data["inputs"]["text"]),
        "asked" => said(&record.data["text"]),
        "model_reply" => reply(job_id, record),
        "tool_result" => {
            let call = call_id(job_id, record.data["id"].as_str().unwrap_or_default());
            let content = Content::Text(record.data["result"].as_str().unwrap_or_default().to_owned());
            let body = Body::Tool { content, tool_call_id: call.clone(), error: None };
            vec![Message::new(format!("{call}/result"), body).of(Some(subagent(job_id, record.attempt)))]
        }
        _ => Vec::new(),
    }
}

fn reply(job_id: &str, record: &Record) -> Vec<Message> {
    let (reply, attempt) = (&record.data["reply"], record.attempt);
    let named = format!("{job_id}-{attempt}-{}", record.data["call"]);
    let text = |name: &str| reply[name].as_str().filter(|text| !text.is_empty()).map(str::to_owned);
    let thought =
        text("thinking").map(|content| Message::new(thought_id(job_id, attempt, &named), Body::Reasoning { content }));
    let words = text("text").map(|content| {
        let body = Body::Assistant { content: Some(content), tool_calls: Vec::new() };
        Message::new(text_id(job_id, attempt, &named), body)
    });
    let calls = reply["toolCalls"].as_array().into_iter().flatten().map(|call| {
        let id = call_id(job_id, call["id"].as_str().unwrap_or_default());
        let name = call["name"].as_str().unwrap_or_default();
        let call = ToolCall::function(&id, name, call["arguments"].to_string());
        Message::new(id, Body::Assistant { content: None, tool_calls: vec![call] })
    });
    let owner = subagent(job_id, attempt);
    thought.into_iter().chain(words).chain(calls).map(|message| message.of(Some(owner.clone()))).collect()
}
