//! The messages of a live connection. `engine/docs/live-messages.md` is their manual.

use crate::rest::FormField;
use serde::Serialize;
use serde_json::{Map, Value};
use std::sync::Arc;

/// One message. Those of history carry the event's `seq`; when one event makes several, they share it and carry `sub`,
/// counted from 0, and `subs`, how many there are. What workers say while they work carries none.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Message {
    #[serde(flatten)]
    pub body: Body,
    /// ISO 8601.
    pub timestamp: String,
    pub instance_id: Arc<str>,
    pub tenant: Arc<str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seq: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sub: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subs: Option<u32>,
}

impl Message {
    /// Whether a client that has this one has everything of its event.
    pub fn ends_event(&self) -> bool {
        self.seq.is_some() && self.sub.map(|sub| sub + 1) == self.subs
    }
}

/// Which element, and which activation of it.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Element {
    pub element_id: String,
    pub element_name: String,
    pub element_type: String,
    pub element_instance_key: u64,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Failure {
    pub message: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
}

/// A way out of a gateway.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Path {
    pub flow_id: String,
    pub target: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub condition: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TaskInstance {
    pub task_id: String,
    pub task_name: String,
    pub assignee: Option<String>,
    pub candidate_groups: Vec<String>,
    pub candidate_users: Vec<String>,
    pub priority: Option<String>,
    pub due_date: Option<String>,
    pub form_fields: Vec<FormField>,
    /// Variables that the task sees, as far as they were heard of here; with what a job that asks wants to be known.
    pub data: Map<String, Value>,
    /// A job asks in the midst of its work.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub question: Option<Asked>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Asked {
    pub job_id: String,
    #[serde(skip)]
    pub element_instance: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    Success,
    Failed,
    Terminated,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "type", rename_all_fields = "camelCase")]
pub enum Body {
    #[serde(rename = "workflow.started")]
    WorkflowStarted {
        workflow_name: String,
        process_id: String,
        process_version: u32,
        #[serde(skip_serializing_if = "Option::is_none")]
        business_key: Option<String>,
        #[serde(skip_serializing_if = "Option::is_none")]
        parent_instance_id: Option<String>,
    },
    #[serde(rename = "workflow.completed")]
    WorkflowCompleted {
        #[serde(skip_serializing_if = "Option::is_none")]
        duration: Option<f64>,
        outcome: Outcome,
        #[serde(skip_serializing_if = "Option::is_none")]
        reason: Option<String>,
    },
    #[serde(rename = "workflow.failed")]
    WorkflowFailed { error: Failure },
    #[serde(rename = "element.activated")]
    ElementActivated {
        #[serde(flatten)]
        element: Element,
        scope: u64,
        #[serde(skip_serializing_if = "Option::is_none")]
        flow_id: Option<String>,
    },
    #[serde(rename = "element.completed")]
    ElementCompleted {
        #[serde(flatten)]
        element: Element,
        #[serde(skip_serializing_if = "Option::is_none")]
        duration: Option<f64>,
        #[serde(skip_serializing_if = "Option::is_none")]
        result: Option<Map<String, Value>>,
    },
    #[serde(rename = "task.cancelled")]
    TaskCancelled {
        #[serde(flatten)]
        element: Element,
        #[serde(skip_serializing_if = "Option::is_none")]
        duration: Option<f64>,
    },
    /// `task.cancel` with this element ends it, and what is in it.
    #[serde(rename = "task.cancellable")]
    TaskCancellable { element_id: String, element_instance_key: u64 },
    #[serde(rename = "task.progress")]
    TaskProgress {
        element_id: String,
        #[serde(skip_serializing_if = "Option::is_none")]
        job_id: Option<String>,
        /// Of a job that begins.
        #[serde(skip_serializing_if = "Option::is_none")]
        job_type: Option<String>,
        progress: f64,
        status: String,
        message: String,
    },
    #[serde(rename = "task.log")]
    TaskLog { element_id: String, job_id: String, level: String, message: String },
    #[serde(rename = "task.error")]
    TaskError {
        element_id: String,
        error: Failure,
        retryable: bool,
        #[serde(skip_serializing_if = "Option::is_none")]
        retry_at: Option<String>,
        #[serde(skip_serializing_if = "Option::is_none")]
        incident_id: Option<String>,
        element_instance_key: u64,
    },
    #[serde(rename = "incident.resolved")]
    IncidentResolved { element_id: String, incident_id: String },
    #[serde(rename = "userTask.created")]
    UserTaskCreated { element_id: String, task_instance: Box<TaskInstance>, action: &'static str },
    #[serde(rename = "userTask.completed")]
    UserTaskCompleted {
        element_id: String,
        task_id: String,
        #[serde(skip_serializing_if = "Option::is_none")]
        by: Option<String>,
    },
    #[serde(rename = "userTask.cancelled")]
    UserTaskCancelled { element_id: String, task_id: String },
    #[serde(rename = "gateway.evaluating")]
    GatewayEvaluating { element_id: String, gateway_type: String, paths: Vec<Path> },
    #[serde(rename = "gateway.path_taken")]
    GatewayPathTaken {
        element_id: String,
        flow_id: String,
        #[serde(skip_serializing_if = "Option::is_none")]
        condition: Option<String>,
    },
    #[serde(rename = "flow.taken")]
    FlowTaken { element_id: String, flow_id: String, target: String },
    #[serde(rename = "variable.set")]
    VariableSet { scope: u64, name: String, value: Value },
    /// Every other event, so that the sequence has no holes.
    #[serde(rename = "history.event")]
    HistoryEvent {
        event: &'static str,
        #[serde(skip_serializing_if = "String::is_empty")]
        element_id: String,
        #[serde(skip_serializing_if = "Map::is_empty")]
        details: Map<String, Value>,
    },
    /// Events from `from` to `to` are no longer kept.
    #[serde(rename = "history.gap")]
    HistoryGap { from: u64, to: u64 },
    #[serde(rename = "agent.tool_use")]
    AgentToolUse {
        element_id: String,
        job_id: String,
        attempt: u32,
        call_id: String,
        tool: String,
        arguments: Value,
        #[serde(skip_serializing_if = "Option::is_none")]
        result: Option<Value>,
        #[serde(skip_serializing_if = "std::ops::Not::not")]
        is_error: bool,
    },
    #[serde(rename = "task.tool.start")]
    TaskToolStart { element_id: String, job_id: String, call_id: String, tool: String, arguments: Value },
    #[serde(rename = "task.tool.end")]
    TaskToolEnd { element_id: String, job_id: String, call_id: String, tool: String, result: Value, is_error: bool },
    #[serde(rename = "agent.usage")]
    AgentUsage {
        element_id: String,
        job_id: String,
        attempt: u32,
        model: String,
        input_tokens: u64,
        output_tokens: u64,
    },
    #[serde(rename = "text.message.start")]
    TextMessageStart { element_id: String, job_id: String, attempt: u32, message_id: String },
    #[serde(rename = "text.message.content")]
    TextMessageContent { element_id: String, job_id: String, attempt: u32, message_id: String, delta: String },
    #[serde(rename = "text.message.end")]
    TextMessageEnd { element_id: String, job_id: String, attempt: u32, message_id: String },
    #[serde(rename = "task.thinking")]
    TaskThinking { element_id: String, job_id: String, attempt: u32, message_id: String, delta: String, done: bool },
}
