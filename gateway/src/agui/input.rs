//! What an AG-UI client sends to begin or to go on.

use serde::Deserialize;
use serde_json::{Map, Value};

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RunAgentInput {
    pub thread_id: String,
    pub run_id: String,
    #[serde(default)]
    pub messages: Vec<Value>,
    #[serde(default)]
    pub forwarded_props: Value,
    #[serde(default)]
    pub resume: Vec<Resume>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Resume {
    pub interrupt_id: String,
    pub status: String,
    #[serde(default)]
    pub payload: Value,
}

impl RunAgentInput {
    /// The variables of a new instance: `forwardedProps.variables`, and as `message` what the person said last.
    pub fn variables(&self) -> Map<String, Value> {
        let mut variables = self.forwarded_props["variables"].as_object().cloned().unwrap_or_default();
        let said = self.messages.iter().rev().find(|message| message["role"] == "user");
        if let Some(content) = said.map(|message| message["content"].clone()).filter(|content| !content.is_null()) {
            variables.entry("message").or_insert(content);
        }
        variables
    }
}

impl Resume {
    /// The other status, `cancelled`, leaves the task open.
    pub fn is_resolved(&self) -> bool {
        self.status == "resolved"
    }

    /// The variables of a completed task: the answer's fields, or all of it as `result`.
    pub fn variables(&self) -> Map<String, Value> {
        match &self.payload {
            Value::Object(fields) => fields.clone(),
            Value::Null => Map::new(),
            answer => Map::from_iter([("result".to_owned(), answer.clone())]),
        }
    }
}
