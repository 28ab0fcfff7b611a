//! What a conversation says: the inputs of the task, which tools are offered, what they were asked and answered.

use super::super::{ChatRequest, Message, ToolCall, ToolSpec};
use serde_json::{Map, Value};

pub struct Conversation<'a> {
    request: &'a ChatRequest,
    inputs: Value,
}

/// What a tool answered to one call.
pub struct Answer<'a> {
    pub text: &'a str,
    /// An object or a list in the text, however it is framed.
    pub json: Option<Value>,
    pub failed: bool,
}

impl<'a> Conversation<'a> {
    pub fn of(request: &'a ChatRequest) -> Self {
        let first = request.messages.iter().find_map(|message| match message {
            Message::User { text } => json_in(text),
            Message::Assistant { .. } | Message::Tool { .. } => None,
        });
        Conversation { request, inputs: first.unwrap_or_default() }
    }

    pub fn inputs(&self) -> &Value {
        &self.inputs
    }

    /// An input, wherever it is in the first message.
    pub fn input(&self, key: &str) -> Option<&Value> {
        find(&self.inputs, key)
    }

    pub fn input_text(&self, key: &str) -> Option<&str> {
        self.input(key)?.as_str().map(str::trim).filter(|text| !text.is_empty())
    }

    /// The first offered tool whose name contains one of these.
    pub fn tool(&self, names: &[&str]) -> Option<&'a ToolSpec> {
        let is = |tool: &&ToolSpec, name: &str| tool.name.to_lowercase().replace('_', "-").contains(name);
        names.iter().find_map(|name| self.request.tools.iter().find(|tool| is(tool, name)))
    }

    /// The answers of a tool so far, one for each call; a call without an answer has failed.
    pub fn answers(&self, tool: &ToolSpec) -> Vec<Answer<'a>> {
        self.all_calls().filter(|call| call.name == tool.name).map(|call| self.answer(&call.id)).collect()
    }

    /// How many tool calls there have been.
    pub fn calls(&self) -> usize {
        self.all_calls().count()
    }

    /// Characters of all that a model would read.
    pub fn size(&self) -> usize {
        let tools = self.request.tools.iter().map(|tool| tool.description.len() + tool.schema.to_string().len());
        let messages = self.request.messages.iter().map(|message| match message {
            Message::User { text } => text.len(),
            Message::Assistant { text, tool_calls } => {
                text.len() + tool_calls.iter().map(|call| call.arguments.to_string().len()).sum::<usize>()
            }
            Message::Tool { content, .. } => content.len(),
        });
        self.request.system.len() + tools.sum::<usize>() + messages.sum::<usize>()
    }

    fn all_calls(&self) -> impl Iterator<Item = &'a ToolCall> {
        self.request.messages.iter().flat_map(|message| match message {
            Message::Assistant { tool_calls, .. } => tool_calls.as_slice(),
            Message::User { .. } | Message::Tool { .. } => &[],
        })
    }

    fn answer(&self, id: &str) -> Answer<'a> {
        let answered = self.request.messages.iter().find_map(|message| match message {
            Message::Tool { call_id, content, is_error } if call_id == id => Some((content.as_str(), *is_error)),
            Message::Tool { .. } | Message::User { .. } | Message::Assistant { .. } => None,
        });
        let (text, failed) = answered.unwrap_or(("no answer", true));
        Answer { text, json: json_in(text).filter(|_| !failed), failed }
    }
}

/// Arguments that fit the tool's schema: each value goes to the first of its names that the schema has. What the schema
/// has no place for is left out.
pub fn arguments(tool: &ToolSpec, wanted: &[(&[&str], Value)]) -> Value {
    let properties = tool.schema.get("properties").and_then(Value::as_object);
    let mut arguments = Map::new();
    for (names, value) in wanted {
        let name = match properties {
            Some(properties) => names.iter().find(|name| properties.contains_key(**name)),
            None => names.first(),
        };
        if let Some(name) = name {
            arguments.insert((*name).to_owned(), value.clone());
        }
    }
    Value::Object(arguments)
}

pub fn has_property(tool: &ToolSpec, name: &str) -> bool {
    tool.schema.get("properties").is_some_and(|properties| properties.get(name).is_some())
}

/// The first object or list of JSON in a text, which may have other text around it.
fn json_in(text: &str) -> Option<Value> {
    const MOST_TRIES: usize = 50;
    let starts = text.char_indices().filter(|(_, character)| matches!(character, '{' | '['));
    starts.take(MOST_TRIES).find_map(|(start, _)| {
        let rest = text.get(start..)?;
        let value = serde_json::Deserializer::from_str(rest).into_iter::<Value>().next()?.ok()?;
        let is_empty = value.as_object().is_some_and(Map::is_empty) || value.as_array().is_some_and(Vec::is_empty);
        Some(value).filter(|_| !is_empty || rest.trim().len() <= 2)
    })
}

/// The value of a key, at the top or the nearest level below.
pub fn find<'v>(value: &'v Value, key: &str) -> Option<&'v Value> {
    match value {
        Value::Object(fields) => fields.get(key).or_else(|| fields.values().find_map(|field| find(field, key))),
        Value::Array(items) => items.iter().find_map(|item| find(item, key)),
        _ => None,
    }
}

/// The first of several keys that an object has.
pub fn field<'v>(value: &'v Value, keys: &[&str]) -> Option<&'v Value> {
    keys.iter().find_map(|key| value.get(key)).filter(|value| !value.is_null())
}

/// At most this many characters.
pub fn shortened(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    text.chars().take(most.saturating_sub(1)).chain(['…']).collect()
}

/// Two digits after the point.
pub fn rounded(confidence: f64) -> f64 {
    (confidence.clamp(0.0, 1.0) * 100.0).round() / 100.0
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn json_is_found_in_what_surrounds_it() {
        assert_eq!(json_in("Inputs:\n```json\n{\"a\": [1]}\n```\nAnswer."), Some(json!({"a": [1]})));
        assert_eq!(json_in("<data>[{\"a\": 1}]</data>"), Some(json!([{"a": 1}])));
        assert_eq!(json_in("ERROR [pool] waits {x}"), None);
    }

    #[test]
    fn arguments_take_the_names_of_the_schema() {
        let schema = json!({"type": "object", "properties": {"file": {}, "regex": {}}});
        let tool = ToolSpec { name: "g".into(), description: String::new(), schema };
        let wanted: [(&[&str], Value); 3] =
            [(&["path", "file"], json!("a.log")), (&["pattern", "regex"], json!("x")), (&["maxMatches"], json!(3))];
        assert_eq!(arguments(&tool, &wanted), json!({"file": "a.log", "regex": "x"}));
    }
}
