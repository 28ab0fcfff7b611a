//! Real language models, by the crate `genai`: Anthropic, OpenAI, OpenRouter, Ollama, and every address that speaks
//! OpenAI's dialect.
//!
//! - [`target`]: which of them, by the model's name and the environment.
//! - [`request`]: the conversation in its words. [`failure`]: its errors in ours.
//!
//! Nothing is tried again here: whoever calls knows how long it may take.

mod failure;
mod request;
mod target;

use super::{ChatRequest, Delta, Environment, LlmProvider, ProviderError, Reply, ToolCall, Usage};
use ::genai::{
    Client, ModelSpec, WebConfig,
    chat::{ChatStreamEvent, StreamEnd, ToolCall as CalledTool},
};
use futures::{StreamExt, future::BoxFuture};
use serde_json::{Map, Value, json};
use std::{collections::HashSet, time::Duration};
use target::Target;

/// Of a whole call, from the request to the last piece.
pub const TIMEOUT: Duration = Duration::from_secs(120);
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// Of a reply, in bytes: text, thinking and the arguments of calls.
const LONGEST_REPLY: usize = 512 * 1024;

pub struct Genai {
    name: &'static str,
    /// Insisting on a provider that is not set up is told when it is used.
    target: Result<Target, String>,
    timeout: Duration,
}

impl Genai {
    /// The provider for a model, `None` when the environment has none for it. `forced` insists: it is `Some` then, and
    /// calls are refused when what it needs is missing.
    pub fn for_model(model: &str, forced: Option<&str>, environment: Environment) -> Option<Genai> {
        let target = target::choose(model, forced, environment)?;
        let name = target.as_ref().map_or("none", |target| target.name());
        Some(Genai { name, target, timeout: TIMEOUT })
    }

    /// Another limit for each call.
    #[cfg(test)]
    fn with_timeout(self, timeout: Duration) -> Genai {
        Genai { timeout, ..self }
    }

    async fn stream(
        &self,
        request: &ChatRequest,
        delta: &mut (dyn FnMut(Delta) + Send),
    ) -> Result<Reply, ProviderError> {
        let target = self.target.as_ref().map_err(|message| ProviderError::Refused(message.clone()))?;
        let failed = |error: &::genai::Error| failure::of(self.name, error);
        let web = WebConfig::default().with_connect_timeout(CONNECT_TIMEOUT);
        let client = Client::builder().with_web_config(web).build().map_err(|error| failed(&error))?;
        let spec = ModelSpec::Target(target.service());
        let options = request::options(request);
        let answer = client.exec_chat_stream(spec, request::conversation(request), Some(&options)).await;
        let mut events = answer.map_err(|error| failed(&error))?.stream;
        let mut reply = Reply::default();
        while let Some(event) = events.next().await {
            match event.map_err(|error| failed(&error))? {
                ChatStreamEvent::Chunk(chunk) => {
                    reply.text.push_str(&chunk.content);
                    delta(Delta::Text(chunk.content));
                }
                ChatStreamEvent::ReasoningChunk(chunk) => {
                    reply.thinking.push_str(&chunk.content);
                    delta(Delta::Thinking(chunk.content));
                }
                ChatStreamEvent::End(end) if target.is_complete(&end) => {
                    reply = completed(reply, end, request);
                    return if size(&reply) <= LONGEST_REPLY { Ok(reply) } else { Err(self.too_long()) };
                }
                ChatStreamEvent::End(_) => break,
                // The end carries the calls as a whole.
                ChatStreamEvent::ToolCallChunk(_)
                | ChatStreamEvent::Start
                | ChatStreamEvent::ThoughtSignatureChunk(_)
                | ChatStreamEvent::Heartbeat => {}
            }
            if size(&reply) > LONGEST_REPLY {
                return Err(self.too_long());
            }
        }
        Err(failure::unavailable(self.name, "the answer was cut off before its end"))
    }

    fn too_long(&self) -> ProviderError {
        ProviderError::Refused(format!("{}: the reply is longer than {LONGEST_REPLY} bytes", self.name))
    }
}

impl LlmProvider for Genai {
    fn chat<'a>(
        &'a self,
        request: &'a ChatRequest,
        delta: &'a mut (dyn FnMut(Delta) + Send),
    ) -> BoxFuture<'a, Result<Reply, ProviderError>> {
        Box::pin(async move {
            let late = || failure::unavailable(self.name, &format!("no whole answer within {:?}", self.timeout));
            tokio::time::timeout(self.timeout, self.stream(request, delta)).await.unwrap_or_else(|_| Err(late()))
        })
    }

    fn name(&self) -> &str {
        self.name
    }
}

fn size(reply: &Reply) -> usize {
    let calls = reply.tool_calls.iter().map(|call| call.arguments.to_string().len());
    reply.text.len() + reply.thinking.len() + calls.sum::<usize>()
}

fn completed(reply: Reply, end: StreamEnd, request: &ChatRequest) -> Reply {
    let count = |tokens: Option<i32>| tokens.and_then(|tokens| u64::try_from(tokens).ok()).unwrap_or(0);
    let usage = end
        .captured_usage
        .as_ref()
        .map(|usage| Usage { input_tokens: count(usage.prompt_tokens), output_tokens: count(usage.completion_tokens) });
    let calls = end.captured_into_tool_calls().unwrap_or_default();
    Reply { tool_calls: with_own_ids(calls, request), usage: usage.unwrap_or_default(), ..reply }
}

/// Some servers number the calls of each reply from 0; an id names one call of the whole conversation.
fn with_own_ids(calls: Vec<CalledTool>, request: &ChatRequest) -> Vec<ToolCall> {
    let mut used: HashSet<String> = request::call_ids(request).map(str::to_owned).collect();
    let mut own = |id: String| {
        let others = (2..).map(|number| format!("{id}_{number}"));
        let mut free = std::iter::once(id.clone()).chain(others).filter(|id| !used.contains(id));
        let id = free.next().unwrap_or(id);
        used.insert(id.clone());
        id
    };
    calls
        .into_iter()
        .map(|call| ToolCall { id: own(call.call_id), name: call.fn_name, arguments: arguments(call.fn_arguments) })
        .collect()
}

/// An object. What a model wrote that is none comes as `_raw`, so that the loop can tell it.
fn arguments(arguments: Value) -> Value {
    match arguments {
        Value::Object(_) => arguments,
        Value::Null => Value::Object(Map::new()),
        Value::String(text) if text.trim().is_empty() => Value::Object(Map::new()),
        Value::String(text) => match serde_json::from_str::<Value>(&text) {
            Ok(Value::Object(fields)) => Value::Object(fields),
            Ok(_) | Err(_) => json!({"_raw": text}),
        },
        other => json!({"_raw": other.to_string()}),
    }
}

#[cfg(test)]
mod tests;
