//! What can be asked of an instance. Imperative; each is answered by an [`Outcome`](crate::Outcome) or a
//! [`Rejection`](crate::Rejection), and a rejected command has changed nothing.

use crate::{ElementIndex, InstanceId, Key, Timestamp, Variables, instance::Parent};
use model::FormField;
use serde::{Deserialize, Serialize};
use serde_json::Value;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Command {
    /// The time of everything that this command makes happen.
    pub now: Timestamp,
    pub kind: CommandKind,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum CommandKind {
    /// Creates the instance; `step` is given an [`Instance::new`](crate::Instance::new).
    Start(Start),
    /// A worker did the job of element instance `key`.
    CompleteJob { key: Key, attempt: u32, variables: Variables },
    /// An attempt failed. `retryable: false` is a bug in the model or the data: an incident at once.
    FailJob { key: Key, attempt: u32, message: String, retryable: bool, retry_after_ms: Option<u64> },
    /// A worker reports a modelled error.
    ThrowJobError { key: Key, attempt: u32, code: String, message: String, variables: Variables },
    /// A worker cannot go on before a person has answered: the attempt is over, and the answer begins the next.
    AskPerson { key: Key, attempt: u32, question: Box<Question> },
    /// The backoff of a failed job is over.
    RetryJob { key: Key },
    /// A timer is due. `target` is the event that waits: the element itself, or one of its boundary events.
    FireTimer { key: Key, target: ElementIndex },
    /// A message was correlated to the subscription (`key`, `target`).
    DeliverMessage { key: Key, target: ElementIndex, message_name: String, variables: Variables },
    /// A signal was broadcast; it reaches everything in the instance that listens to it.
    ReceiveSignal { signal_name: String, variables: Variables },
    /// Somebody says that what an event waits for has come, whatever it is.
    TriggerEvent { key: Key, target: ElementIndex },
    /// A person did the user task or manual task `key`.
    CompleteUserTask { key: Key, variables: Variables, by: Option<String> },
    /// The called instance has ended.
    CompleteChild { key: Key, child: InstanceId, variables: Variables },
    /// The called instance ended by an uncaught BPMN error (`code` is set) or was canceled.
    FailChild { key: Key, child: InstanceId, code: Option<String>, message: String },
    /// The called instance, which goes on, has thrown an escalation that nothing in it catches.
    EscalateChild { key: Key, child: InstanceId, code: String },
    /// The called process could not be started: unknown, or too deep.
    RefuseChild { key: Key, code: String, message: String },
    /// The decision that element instance `key` asked for is made.
    CompleteDecision { key: Key, decided: Decided },
    /// It could not be made: nobody knows it (`UNKNOWN_DECISION`), or it fails (`DECISION_FAILED`).
    RefuseDecision { key: Key, code: String, message: String },
    /// Sets variables in one scope ([`Key::ROOT`]: the instance's own).
    SetVariables { scope: Key, variables: Variables },
    /// Tries the element of the incident again, with `retries` for a job.
    ResolveIncident { incident: Key, retries: u32 },
    /// Tries everything again that waits for it: what has an incident, and jobs that wait for their next attempt. `retries` as in
    /// [`ResolveIncident`](Self::ResolveIncident).
    Retry { retries: u32 },
    /// Nothing moves until it is resumed. What comes from outside and cannot come again is kept for then.
    Suspend,
    /// Goes on as if no time had passed.
    Resume,
    /// Ends element instances and begins others.
    Modify(Modification),
    /// Ends the instance and everything in it.
    Cancel { reason: Option<String> },
    /// Goes on with work that a step put off because it had done enough (see [`Effect::Continue`](crate::Effect)).
    Continue,
}

/// What is ended, with everything in it, and what is begun.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Modification {
    pub end: Vec<Key>,
    pub begin: Vec<Beginning>,
}

/// A token at an element. Sub-processes around it that are not active are begun too, without their start events.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Beginning {
    /// By its id.
    pub element: String,
    /// The scope that it begins in, or one around that; needed where there are several.
    #[serde(default)]
    pub scope_key: Option<Key>,
    /// Its own, set before it begins.
    #[serde(default)]
    pub variables: Variables,
}

#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Start {
    /// One particular start event, by element id; missing: the none start event.
    pub element_id: Option<String>,
    pub variables: Variables,
    pub business_key: Option<String>,
    /// The call activity that asked for it.
    pub parent: Option<Parent>,
}

/// What a worker asks a person in the midst of a job.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Question {
    /// The worker's own name for it, by which it knows the answer again; unique within the job.
    pub id: String,
    /// What the person reads first.
    pub title: String,
    pub text: Option<String>,
    pub assignee: Option<String>,
    pub candidate_groups: Vec<String>,
    pub candidate_users: Vec<String>,
    pub priority: Option<String>,
    pub form_fields: Vec<FormField>,
    /// What the person has to know, and what the fields begin with: by name.
    pub data: Variables,
    /// Who has not answered by then is not waited for any longer.
    pub expires_after_ms: Option<u64>,
}

/// What a deployed decision came to, and why.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Decided {
    pub decision_id: String,
    pub version: u32,
    pub output: Value,
    /// The rules that matched, for people: whoever evaluates bounds its size.
    pub trace: Value,
}
