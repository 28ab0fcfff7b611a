//! The conversation of a thread, as `MESSAGES_SNAPSHOT` and [`crate::RunAgentInput`] carry it.

use crate::patch;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// One message: what all have, and what its `role` says it is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Message {
    pub id: String,
    #[serde(flatten)]
    pub body: Body,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Whose it is; absent for the agent of the run itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subagent_run_id: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub encrypted_value: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub metadata: Option<Value>,
}

/// A message by its `role`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "role", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Body {
    Developer {
        content: String,
    },
    System {
        content: String,
    },
    Assistant {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        content: Option<String>,
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        tool_calls: Vec<ToolCall>,
    },
    User {
        content: Content,
    },
    /// What a tool answered.
    Tool {
        content: Content,
        tool_call_id: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        error: Option<String>,
    },
    /// Something that goes on, for the interface to draw: `content` is an object, by its `activityType`.
    Activity {
        activity_type: String,
        content: Value,
    },
    Reasoning {
        content: String,
    },
}

/// A call of a tool, within an assistant's message.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ToolCall {
    pub id: String,
    /// `function`; there is nothing else.
    #[serde(rename = "type")]
    pub kind: String,
    pub function: FunctionCall,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub encrypted_value: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub metadata: Option<Value>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FunctionCall {
    pub name: String,
    /// JSON as text.
    pub arguments: String,
}

/// Text, or parts of several kinds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Content {
    Text(String),
    Parts(Vec<ContentPart>),
}

/// One part of a content.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ContentPart {
    #[serde(flatten)]
    pub kind: PartKind,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub metadata: Option<Value>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "camelCase")]
pub enum PartKind {
    Text { text: String },
    Image { source: Source },
    Audio { source: Source },
    Video { source: Source },
    Document { source: Source },
}

/// Where the bytes of a part are.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Source {
    /// Base64.
    Data { value: String, mime_type: String },
    Url {
        value: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        mime_type: Option<String>,
    },
    /// An id at a provider.
    File {
        value: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        provider: Option<String>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        mime_type: Option<String>,
    },
}

/// Who speaks in a text message that streams.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum TextRole {
    Developer,
    System,
    #[default]
    Assistant,
    User,
}

impl ToolCall {
    pub fn function(id: impl Into<String>, name: impl Into<String>, arguments: impl Into<String>) -> Self {
        let function = FunctionCall { name: name.into(), arguments: arguments.into() };
        Self { id: id.into(), kind: "function".to_owned(), function, encrypted_value: None, metadata: None }
    }
}

impl Content {
    /// The text of it, the parts' joined by line ends.
    pub fn text(&self) -> String {
        let parts = match self {
            Content::Text(text) => return text.clone(),
            Content::Parts(parts) => parts,
        };
        let texts = parts.iter().filter_map(|part| match &part.kind {
            PartKind::Text { text } => Some(text.as_str()),
            PartKind::Image { .. } | PartKind::Audio { .. } | PartKind::Video { .. } | PartKind::Document { .. } => {
                None
            }
        });
        texts.collect::<Vec<_>>().join("\n")
    }
}

impl Message {
    pub fn new(id: impl Into<String>, body: Body) -> Self {
        Self { id: id.into(), body, name: None, subagent_run_id: None, encrypted_value: None, metadata: None }
    }

    /// Of a subagent.
    #[must_use]
    pub fn of(self, subagent_run_id: Option<String>) -> Self {
        Self { subagent_run_id, ..self }
    }

    /// Adds to the text, where there is one.
    pub(crate) fn append(&mut self, delta: &str) -> bool {
        let text = match &mut self.body {
            Body::Developer { content } | Body::System { content } | Body::Reasoning { content } => content,
            Body::Assistant { content, .. } => content.get_or_insert_default(),
            Body::User { content: Content::Text(content) } => content,
            Body::User { .. } | Body::Tool { .. } | Body::Activity { .. } => return false,
        };
        text.push_str(delta);
        true
    }

    /// Changes the content of an activity; `false` when it is none.
    pub(crate) fn patch(&mut self, operations: &[patch::Operation]) -> Result<bool, patch::PatchError> {
        let Body::Activity { content, .. } = &mut self.body else { return Ok(false) };
        patch::apply(content, operations).map(|()| true)
    }
}
