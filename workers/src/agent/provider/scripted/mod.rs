//! A stand-in for a language model that needs no key: rules that decide the next reply from the conversation alone, so
//! the same conversation always gets the same reply. They call the offered tools and read what these answer; nothing is
//! made up beforehand. Results say that it was used.
//!
//! - [`analyser`]: what went wrong, from a log.
//! - [`diagnostician`]: the steps that confirm and repair it.
//! - [`playbook`]: the steps as an Ansible playbook.
//! - [`generic`]: everybody else.
//! - [`conversation`]: what all of them read. [`kind`]: the kinds of trouble they know.

mod analyser;
mod conversation;
mod diagnostician;
mod generic;
mod kind;
mod playbook;
#[cfg(test)]
mod testing;

use super::{ChatRequest, Delta, LlmProvider, ProviderError, Reply, ToolCall, Usage};
use conversation::Conversation;
use futures::future::BoxFuture;
use serde_json::Value;

const WORDS_OF_A_DELTA: usize = 4;
/// A rough count is enough for budgets: four characters are about one token.
const CHARACTERS_OF_A_TOKEN: usize = 4;

pub struct Scripted;

impl LlmProvider for Scripted {
    fn chat<'a>(
        &'a self,
        request: &'a ChatRequest,
        delta: &'a mut (dyn FnMut(Delta) + Send),
    ) -> BoxFuture<'a, Result<Reply, ProviderError>> {
        Box::pin(async move {
            let reply = reply(request);
            pieces(&reply.thinking).for_each(|piece| delta(Delta::Thinking(piece)));
            pieces(&reply.text).for_each(|piece| delta(Delta::Text(piece)));
            Ok(reply)
        })
    }

    fn name(&self) -> &str {
        "scripted"
    }

    fn is_scripted(&self) -> bool {
        true
    }
}

/// What a role decides.
enum Turn {
    Call { thinking: String, text: String, calls: Vec<(String, Value)> },
    Answer(Value),
}

impl Turn {
    fn call(thinking: &str, text: &str, name: &str, arguments: Value) -> Turn {
        Turn::Call { thinking: thinking.into(), text: text.into(), calls: vec![(name.to_owned(), arguments)] }
    }
}

fn reply(request: &ChatRequest) -> Reply {
    let conversation = Conversation::of(request);
    let role = request.agent_type.to_lowercase();
    let turn = if role.contains("analy") {
        analyser::turn(&conversation)
    } else if role.contains("diagnos") {
        diagnostician::turn(&conversation)
    } else if role.contains("playbook") {
        playbook::turn(&conversation)
    } else {
        generic::turn(&conversation)
    };
    let mut reply = match turn {
        Turn::Answer(result) => Reply { text: format!("{result:#}"), ..Reply::default() },
        Turn::Call { thinking, text, calls } => {
            Reply { thinking, text, tool_calls: numbered(calls, conversation.calls()), ..Reply::default() }
        }
    };
    reply.usage = Usage { input_tokens: tokens(conversation.size()), output_tokens: tokens(size(&reply)) };
    reply
}

/// Ids that are unique in the conversation and the same each time.
fn numbered(calls: Vec<(String, Value)>, before: usize) -> Vec<ToolCall> {
    let numbered = calls.into_iter().zip(before + 1..);
    numbered.map(|((name, arguments), number)| ToolCall { id: format!("call_{number}"), name, arguments }).collect()
}

fn size(reply: &Reply) -> usize {
    let calls = reply.tool_calls.iter().map(|call| call.name.len() + call.arguments.to_string().len());
    reply.text.len() + reply.thinking.len() + calls.sum::<usize>()
}

fn tokens(characters: usize) -> u64 {
    u64::try_from(characters.div_ceil(CHARACTERS_OF_A_TOKEN)).unwrap_or(u64::MAX)
}

/// The text as a model would utter it: a few words at a time; together they are the text.
fn pieces(text: &str) -> impl Iterator<Item = String> {
    let words: Vec<&str> = text.split_inclusive(' ').collect();
    let pieces: Vec<String> = words.chunks(WORDS_OF_A_DELTA).map(<[&str]>::concat).collect();
    pieces.into_iter()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::agent::provider::Message;

    #[tokio::test]
    async fn deltas_make_up_the_reply() {
        let request = ChatRequest {
            agent_type: "summarizer".into(),
            messages: vec![Message::User { text: r#"{"a": 1, "b": "two"}"#.into() }],
            ..ChatRequest::default()
        };
        let mut told = String::new();
        let mut count = 0;
        let mut delta = |piece| {
            count += 1;
            if let Delta::Text(text) = piece {
                told.push_str(&text);
            }
        };
        let reply = Scripted.chat(&request, &mut delta).await.unwrap();
        assert_eq!(told, reply.text);
        assert!(count > 1 && reply.usage.input_tokens > 0 && reply.usage.output_tokens > 0);
    }
}
