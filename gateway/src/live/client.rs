//! What a client may say on a live connection, and the answers that are not history.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(tag = "type", rename_all_fields = "camelCase")]
pub enum ClientMessage {
    #[serde(rename = "subscribe")]
    Subscribe(Target),
    #[serde(rename = "unsubscribe")]
    Unsubscribe(Target),
    #[serde(rename = "replay.request")]
    ReplayRequest { instance_id: String, from: Option<u64> },
    #[serde(rename = "userTask.complete")]
    UserTaskComplete {
        task_id: String,
        user: Option<String>,
        request_id: Option<String>,
        #[serde(default)]
        variables: Map<String, Value>,
        /// The decision, the comments and the form's other fields.
        #[serde(flatten)]
        fields: Map<String, Value>,
    },
    #[serde(rename = "task.cancel")]
    TaskCancel(Cancel),
    /// The conversation of an agent's job, from its transcript.
    #[serde(rename = "messages.request")]
    MessagesRequest { job_id: String, request_id: Option<String> },
    #[serde(rename = "ping")]
    Ping {},
    #[serde(rename = "pong")]
    Pong {},
}

/// An instance; with an element, only that: every activation of it, or the one with the key.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Cancel {
    pub instance_id: Option<String>,
    pub element_id: Option<String>,
    pub element_instance_key: Option<u64>,
    pub request_id: Option<String>,
}

/// One of instance, process or all.
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Target {
    pub instance_id: Option<String>,
    pub process_id: Option<String>,
    #[serde(default)]
    pub all: bool,
    /// The first sequence number to be replayed, for an instance.
    pub from: Option<u64>,
}

impl ClientMessage {
    pub fn read(text: &str) -> Result<Self, Answer> {
        serde_json::from_str(text).map_err(|error| Answer::error("INVALID", format!("Not understood: {error}"), None))
    }
}

/// The variables of a completed task: its fields without the envelope of the message.
pub fn task_variables(variables: Map<String, Value>, fields: Map<String, Value>) -> Map<String, Value> {
    let envelope = ["timestamp", "instanceId", "elementId", "seq", "tenant"];
    let fields = fields.into_iter().filter(|(name, _)| !envelope.contains(&name.as_str()));
    fields.chain(variables).collect()
}

#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "type", rename_all_fields = "camelCase")]
pub enum Answer {
    /// The subscription stands; of an instance, everything up to `lastSeq` was sent as far as it was asked for.
    #[serde(rename = "subscribed")]
    Subscribed {
        #[serde(skip_serializing_if = "Option::is_none")]
        instance_id: Option<String>,
        #[serde(skip_serializing_if = "Option::is_none")]
        process_id: Option<String>,
        #[serde(skip_serializing_if = "std::ops::Not::not")]
        all: bool,
        #[serde(skip_serializing_if = "Option::is_none")]
        last_seq: Option<u64>,
    },
    /// A command was carried out.
    #[serde(rename = "ack")]
    Ack {
        command: &'static str,
        #[serde(skip_serializing_if = "Option::is_none")]
        request_id: Option<String>,
        instance_id: String,
        version: u64,
    },
    /// The cancellation of an element was asked for; `task.cancelled` follows.
    #[serde(rename = "task.cancelling")]
    TaskCancelling { instance_id: String, element_id: String, element_instance_keys: Vec<u64>, timestamp: String },
    /// What was said in an agent's job so far.
    #[serde(rename = "messages.snapshot")]
    MessagesSnapshot {
        #[serde(skip_serializing_if = "Option::is_none")]
        request_id: Option<String>,
        job_id: String,
        messages: Vec<agui::Message>,
        timestamp: String,
    },
    #[serde(rename = "error")]
    Error {
        code: String,
        message: String,
        #[serde(skip_serializing_if = "Option::is_none")]
        request_id: Option<String>,
    },
    #[serde(rename = "ping")]
    Ping { timestamp: String },
    #[serde(rename = "pong")]
    Pong { timestamp: String },
}

impl Answer {
    pub fn error(code: &str, message: impl Into<String>, request_id: Option<String>) -> Self {
        Self::Error { code: code.to_owned(), message: message.into(), request_id }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn reads_what_clients_say() {
        let target = Target { instance_id: Some("i".into()), from: Some(3), ..Target::default() };
        for (text, expected) in [
            (r#"{"type":"subscribe","instanceId":"i","from":3}"#, ClientMessage::Subscribe(target)),
            (r#"{"type":"ping"}"#, ClientMessage::Ping {}),
            (
                r#"{"type":"replay.request","instanceId":"i"}"#,
                ClientMessage::ReplayRequest { instance_id: "i".into(), from: None },
            ),
        ] {
            assert_eq!(ClientMessage::read(text).unwrap(), expected);
        }
        for text in ["", "[]", r#"{"type":"unheard.of"}"#, r#"{"type":"replay.request"}"#] {
            assert!(matches!(ClientMessage::read(text), Err(Answer::Error { code, .. }) if code == "INVALID"));
        }
    }

    #[test]
    fn a_completed_task_carries_its_fields_at_the_top_or_as_variables() {
        let text = r#"{"type":"userTask.complete","taskId":"i:3","user":"anna","timestamp":"now",
            "decision":"approve","variables":{"comments":"fine"}}"#;
        let ClientMessage::UserTaskComplete { variables, fields, user, .. } = ClientMessage::read(text).unwrap() else {
            panic!("another message");
        };
        assert_eq!(user.as_deref(), Some("anna"));
        let variables = Value::Object(task_variables(variables, fields));
        assert_eq!(variables, json!({"decision": "approve", "comments": "fine"}));
    }
}
