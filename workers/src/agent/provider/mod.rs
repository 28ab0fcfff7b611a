//! Language models behind one trait, so that the loop knows none of them.
//!
//! - [`genai`]: Anthropic, OpenAI, OpenRouter, Ollama and every address that speaks OpenAI's dialect.
//! - [`scripted`]: a deterministic stand-in that needs no key: rules that really call the offered tools and read what
//!   they answer. Results say when it was used.

#[cfg(feature = "llm-genai")]
pub mod genai;
pub mod scripted;

use futures::future::BoxFuture;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::time::Duration;

/// One call of a model: the conversation so far, and what it may use.
#[derive(Debug, Clone, Default)]
pub struct ChatRequest {
    /// As the definition says (`agentType`); the stand-in chooses its rules by it.
    pub agent_type: String,
    pub system: String,
    pub messages: Vec<Message>,
    pub tools: Vec<ToolSpec>,
    pub temperature: Option<f64>,
    /// The how many-eth answer to the same is asked for, beside the conversation's own (0).
    pub again: u32,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", tag = "role")]
pub enum Message {
    #[serde(rename_all = "camelCase")]
    User { text: String },
    #[serde(rename_all = "camelCase")]
    Assistant { text: String, tool_calls: Vec<ToolCall> },
    #[serde(rename_all = "camelCase")]
    Tool { call_id: String, content: String, is_error: bool },
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ToolCall {
    pub id: String,
    pub name: String,
    pub arguments: Value,
}

/// A tool as a model sees it. `name` fits every provider: letters, digits, `_` and `-`, at most 64.
#[derive(Debug, Clone, PartialEq)]
pub struct ToolSpec {
    pub name: String,
    pub description: String,
    /// JSON Schema of its arguments.
    pub schema: Value,
}

/// What a model answered: text, tool calls, or both.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Reply {
    pub text: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub thinking: String,
    #[serde(default)]
    pub tool_calls: Vec<ToolCall>,
    #[serde(default)]
    pub usage: Usage,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Usage {
    pub input_tokens: u64,
    pub output_tokens: u64,
}

impl Usage {
    pub fn add(&mut self, other: Usage) {
        self.input_tokens += other.input_tokens;
        self.output_tokens += other.output_tokens;
    }

    pub fn subtract(&mut self, other: Usage) {
        self.input_tokens = self.input_tokens.saturating_sub(other.input_tokens);
        self.output_tokens = self.output_tokens.saturating_sub(other.output_tokens);
    }
}

/// A piece of a reply as it comes into being.
#[derive(Debug, Clone, PartialEq)]
pub enum Delta {
    Text(String),
    Thinking(String),
}

#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum ProviderError {
    /// Overloaded, rate limited, unreachable or cut off: trying again can help.
    #[error("{message}")]
    Unavailable { message: String, retry_after: Option<Duration> },
    /// A wrong key, an unknown model, a request that it will never take.
    #[error("{0}")]
    Refused(String),
}

pub trait LlmProvider: Send + Sync {
    /// One call. `delta` is told the pieces as they come; the reply is the whole.
    fn chat<'a>(
        &'a self,
        request: &'a ChatRequest,
        delta: &'a mut (dyn FnMut(Delta) + Send),
    ) -> BoxFuture<'a, Result<Reply, ProviderError>>;

    /// As results and the page name it: `anthropic`, `openai`, `scripted` …
    fn name(&self) -> &str;

    fn is_scripted(&self) -> bool {
        false
    }
}

/// A variable of the environment.
pub type Environment<'a> = &'a dyn Fn(&str) -> Option<String>;

/// Which provider answers for a model: the one that `forced` (`BATON_LLM`) names, else the one whose key is in the
/// environment, else the stand-in.
pub fn choose(model: &str, forced: Option<&str>, environment: Environment) -> Box<dyn LlmProvider> {
    #[cfg(feature = "llm-genai")]
    if forced != Some("scripted")
        && let Some(provider) = genai::Genai::for_model(model, forced, environment)
    {
        return Box::new(provider);
    }
    let _ = (model, forced, environment);
    Box::new(scripted::Scripted)
}
