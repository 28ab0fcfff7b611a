//! Conversations that were recorded and can be played again: without a model, and without the tools.
//!
//! A cassette is a file, `<element>-<job>.cassette.json`, that a worker writes when an agent's job is done and `BATON_CASSETTES`
//! names a folder. It holds what the definition said, the inputs, the tools as they were offered, what the model said and the
//! tools answered, and the output: what the transcript has, so no secrets.
//!
//! Played (`BATON_LLM=cassette`), the model says at each turn what it said then. What differs in the inputs is replaced in it:
//! a recorded call that reads the file of then reads the file of now.

use super::{
    provider::{ChatRequest, Delta, LlmProvider, Message, ProviderError, Reply, ToolSpec},
    transcript::Entry,
};
use anyhow::Context;
use futures::future::BoxFuture;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::{path::Path, sync::Arc};
use worker_sdk::Variables;

const ENDING: &str = ".cassette.json";
/// Texts of inputs that are shorter are words rather than names of something: they stay as they are.
const LEAST_REPLACED: usize = 8;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Cassette {
    pub element: String,
    /// The task's properties.
    pub task: Map<String, Value>,
    pub variables: Variables,
    /// Who spoke: a provider, or `scripted`, the stand-in.
    pub provider: String,
    pub tools: Vec<RecordedTool>,
    /// What the model said, and what the tools answered.
    pub entries: Vec<Entry>,
    pub output: Variables,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RecordedTool {
    /// As the definition calls it.
    pub alias: String,
    pub name: String,
    pub description: String,
    pub schema: Value,
    #[serde(default)]
    pub is_read_only: bool,
}

impl Cassette {
    /// The file, or every cassette in the folder, by name.
    pub fn load(path: &Path) -> anyhow::Result<Vec<Cassette>> {
        let mut files = vec![path.to_owned()];
        if path.is_dir() {
            let read = || format!("reading {}", path.display());
            let entries =
                std::fs::read_dir(path).with_context(read)?.collect::<Result<Vec<_>, _>>().with_context(read)?;
            files = entries.into_iter().map(|entry| entry.path()).collect();
            files.retain(|file| file.to_string_lossy().ends_with(ENDING));
            files.sort();
        }
        let read = |file: &std::path::PathBuf| {
            let text = std::fs::read_to_string(file).with_context(|| format!("reading {}", file.display()))?;
            serde_json::from_str(&text).with_context(|| format!("{} is not a cassette", file.display()))
        };
        files.iter().map(read).collect()
    }

    /// Writes it into the folder; `job` tells apart what one element has said several times.
    pub fn save(&self, folder: &Path, job: &str) -> anyhow::Result<()> {
        let safe = |text: &str| text.replace(|c: char| !c.is_ascii_alphanumeric() && c != '-' && c != '_', "-");
        let file = folder.join(format!("{}-{}{ENDING}", safe(&self.element), safe(job)));
        std::fs::create_dir_all(folder)?;
        let mut text = serde_json::to_string_pretty(self)?;
        text.push('\n');
        std::fs::write(&file, text).with_context(|| format!("writing {}", file.display()))
    }

    /// Whether an entry of a transcript belongs into a cassette.
    pub fn keeps(entry: &Entry) -> bool {
        matches!(entry, Entry::ModelReply { .. } | Entry::ToolResult { .. })
    }

    /// A property of the task; empty when there is none.
    pub fn text(&self, property: &str) -> &str {
        self.task.get(property).and_then(Value::as_str).unwrap_or_default()
    }

    fn replies(&self) -> impl Iterator<Item = &Reply> {
        self.turns().map(|(reply, _)| reply)
    }

    /// Each reply of the conversation, with the answers to the same that were compared with it.
    fn turns(&self) -> impl Iterator<Item = (&Reply, Vec<&Reply>)> {
        let replies = self.entries.iter().filter_map(|entry| match entry {
            Entry::ModelReply { reply, is_aside, .. } => Some((reply, *is_aside)),
            _ => None,
        });
        let mut turns: Vec<(&Reply, Vec<&Reply>)> = Vec::new();
        for (reply, is_aside) in replies {
            match turns.last_mut().filter(|_| is_aside) {
                Some((_, asides)) => asides.push(reply),
                None => turns.push((reply, Vec::new())),
            }
        }
        turns.into_iter()
    }

    /// What the tools answered: name, arguments, answer, whether it was an error.
    pub fn answers(&self) -> impl Iterator<Item = (&str, &Value, &str, bool)> {
        let calls: Vec<_> = self.replies().flat_map(|reply| &reply.tool_calls).collect();
        self.entries.iter().filter_map(move |entry| match entry {
            Entry::ToolResult { id, tool, result, is_error } => {
                let call = calls.iter().find(|call| call.id == *id)?;
                Some((tool.as_str(), &call.arguments, result.as_str(), *is_error))
            }
            _ => None,
        })
    }
}

/// What was offered then, to be offered again.
impl From<&RecordedTool> for ToolSpec {
    fn from(tool: &RecordedTool) -> ToolSpec {
        ToolSpec { name: tool.name.clone(), description: tool.description.clone(), schema: tool.schema.clone() }
    }
}

/// Says what was said.
pub struct Player(pub Arc<Vec<Cassette>>);

impl Player {
    /// Of an agent's type, those with the most similar inputs first.
    fn find(&self, request: &ChatRequest) -> Option<&Cassette> {
        let now = inputs_of(request);
        let of_type = self.0.iter().filter(|cassette| cassette.text("agentType") == request.agent_type);
        of_type.max_by_key(|cassette| {
            let same = |(name, value): &(&String, &Value)| cassette.variables.get(*name) == Some(value);
            now.iter().filter(same).count()
        })
    }

    fn reply(&self, request: &ChatRequest) -> Result<Reply, ProviderError> {
        let refused = |why: String| ProviderError::Refused(why);
        let cassette = self.find(request);
        let cassette =
            cassette.ok_or_else(|| refused(format!("no cassette is of an agent of type `{}`", request.agent_type)))?;
        let turn = request.messages.iter().filter(|message| matches!(message, Message::Assistant { .. })).count();
        let said = cassette.turns().nth(turn).and_then(|(reply, asides)| match request.again {
            0 => Some(reply),
            again => asides.get(again as usize - 1).copied(),
        });
        let reply = said.ok_or_else(|| {
            let turns = cassette.replies().count();
            refused(format!("the cassette of `{}` ends after {turns} replies; this is one more", cassette.element))
        })?;
        Ok(adapted(reply, &differences(&cassette.variables, &inputs_of(request))))
    }
}

impl LlmProvider for Player {
    fn chat<'a>(
        &'a self,
        request: &'a ChatRequest,
        delta: &'a mut (dyn FnMut(Delta) + Send),
    ) -> BoxFuture<'a, Result<Reply, ProviderError>> {
        Box::pin(async move {
            let reply = self.reply(request)?;
            delta(Delta::Text(reply.text.clone()));
            Ok(reply)
        })
    }

    fn name(&self) -> &str {
        "cassette"
    }
}

/// The JSON object that the first message holds.
fn inputs_of(request: &ChatRequest) -> Variables {
    let Some(Message::User { text }) = request.messages.first() else { return Variables::new() };
    let json = text.find('{').zip(text.rfind('}')).and_then(|(from, to)| text.get(from..=to));
    json.and_then(|json| serde_json::from_str(json).ok()).unwrap_or_default()
}

/// Texts of then and what stands in their place now.
fn differences(then: &Variables, now: &Variables) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for (name, value) in now {
        if let Some(before) = then.get(name) {
            compare(before, value, &mut found);
        }
    }
    found.sort_by_key(|(before, _)| std::cmp::Reverse(before.len())); // the longer may hold the shorter
    found
}

fn compare(then: &Value, now: &Value, found: &mut Vec<(String, String)>) {
    match (then, now) {
        (Value::String(then), Value::String(now)) if then != now && then.len() >= LEAST_REPLACED => {
            found.push((then.clone(), now.clone()));
        }
        (Value::Object(then), Value::Object(now)) => {
            then.iter()
                .filter_map(|(key, then)| Some((then, now.get(key)?)))
                .for_each(|(then, now)| compare(then, now, found));
        }
        (Value::Array(then), Value::Array(now)) => {
            then.iter().zip(now).for_each(|(then, now)| compare(then, now, found));
        }
        _ => {}
    }
}

fn adapted(reply: &Reply, differences: &[(String, String)]) -> Reply {
    let replace = |text: &str| differences.iter().fold(text.to_owned(), |text, (then, now)| text.replace(then, now));
    let mut reply = Reply { text: replace(&reply.text), thinking: replace(&reply.thinking), ..reply.clone() };
    for call in &mut reply.tool_calls {
        call.arguments = replaced(&call.arguments, &replace);
    }
    reply
}

fn replaced(value: &Value, replace: &impl Fn(&str) -> String) -> Value {
    match value {
        Value::String(text) => Value::String(replace(text)),
        Value::Array(values) => values.iter().map(|value| replaced(value, replace)).collect(),
        Value::Object(fields) => fields.iter().map(|(key, value)| (key.clone(), replaced(value, replace))).collect(),
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::agent::provider::{ToolCall, Usage};
    use serde_json::json;

    fn cassette(element: &str, path: &str) -> Cassette {
        let calls = vec![ToolCall { id: "1".into(), name: "read".into(), arguments: json!({"paths": [path]}) }];
        let first = Reply { tool_calls: calls, usage: Usage { input_tokens: 5, output_tokens: 1 }, ..Reply::default() };
        let last = Reply { text: format!("{path} is well"), ..Reply::default() };
        let (id, tool, result) = ("1".to_owned(), "read".to_owned(), "fine".to_owned());
        let entries = vec![
            Entry::ModelReply { call: 1, reply: first, model: None, is_aside: false },
            Entry::ToolResult { id, tool, result, is_error: false },
            Entry::ModelReply { call: 2, reply: last, model: None, is_aside: false },
        ];
        let task = json!({"agentType": "reader"}).as_object().cloned().unwrap();
        let variables = json!({"path": path, "n": 1}).as_object().cloned().unwrap();
        Cassette {
            element: element.into(),
            task,
            variables,
            provider: "x".into(),
            tools: vec![],
            entries,
            output: Map::new(),
        }
    }

    fn request(path: &str, spoken: usize) -> ChatRequest {
        let mut messages = vec![Message::User { text: format!("Inputs:\n{:#}", json!({"path": path, "n": 1})) }];
        messages.extend((0..spoken).map(|_| Message::Assistant { text: String::new(), tool_calls: vec![] }));
        ChatRequest { agent_type: "reader".into(), messages, ..ChatRequest::default() }
    }

    #[test]
    fn what_was_said_is_said_again_of_what_is_there_now() {
        let player = Player(Arc::new(vec![cassette("a", "uploads/then/app.log")]));
        let first = player.reply(&request("uploads/now/app.log", 0)).unwrap();
        assert_eq!(first.tool_calls[0].arguments, json!({"paths": ["uploads/now/app.log"]}));
        assert_eq!(player.reply(&request("uploads/now/app.log", 1)).unwrap().text, "uploads/now/app.log is well");
        let over = player.reply(&request("uploads/now/app.log", 2)).unwrap_err();
        assert!(over.to_string().contains("ends after 2 replies"), "{over}");
        let stranger = ChatRequest { agent_type: "writer".into(), ..request("x", 0) };
        assert!(player.reply(&stranger).unwrap_err().to_string().contains("`writer`"));
    }

    #[test]
    fn of_several_the_one_with_the_same_inputs_speaks() {
        let player = Player(Arc::new(vec![cassette("a", "uploads/one.log"), cassette("b", "uploads/two.log")]));
        assert_eq!(player.reply(&request("uploads/two.log", 1)).unwrap().text, "uploads/two.log is well");
        assert_eq!(player.reply(&request("uploads/one.log", 1)).unwrap().text, "uploads/one.log is well");
    }

    #[test]
    fn a_cassette_is_read_as_it_was_written() {
        let folder = std::env::temp_dir().join(format!("cassettes-{}", uuid::Uuid::new_v4()));
        let written = cassette("read it", "uploads/one.log");
        written.save(&folder, "i:7").unwrap();
        assert!(folder.join("read-it-i-7.cassette.json").exists());
        assert_eq!(Cassette::load(&folder).unwrap(), [written]);
        std::fs::write(folder.join("wrong.cassette.json"), "{}").unwrap();
        let wrong = Cassette::load(&folder).unwrap_err();
        assert!(format!("{wrong:#}").contains("wrong.cassette.json is not a cassette"), "{wrong:#}");
        std::fs::remove_dir_all(folder).unwrap();
    }
}
