//! What an instance waits for, as interrupts, for those who may answer it.

use super::state::{Ask, Incident, State, Token};
use crate::{
    auth::Caller,
    live::message::TaskInstance,
    policy::{self, Action},
    rest::FormField,
};
use agui::Interrupt;
use serde_json::{Map, Value, json};
use std::collections::HashMap;

/// Who is asked. A key may act for a person, and sees what that person may do then.
#[derive(Debug, Clone, Default)]
pub struct Who {
    does_tasks: bool,
    resolves_incidents: bool,
    pub user: Option<String>,
    groups: Vec<String>,
}

impl Who {
    pub fn new(caller: &Caller, user: Option<String>, groups: Vec<String>) -> Self {
        Self {
            does_tasks: policy::allow(caller.role, Action::DoUserTask),
            resolves_incidents: policy::allow(caller.role, Action::ResolveIncident),
            user,
            groups,
        }
    }

    /// What is addressed to nobody may be done by anybody.
    fn may_do(&self, task: &TaskInstance) -> bool {
        let Some(user) = &self.user else { return self.does_tasks };
        let is_open = task.assignee.is_none() && task.candidate_users.is_empty() && task.candidate_groups.is_empty();
        let is_member = task.candidate_groups.iter().any(|group| self.groups.contains(group));
        let is_named = task.assignee.as_ref() == Some(user) || task.candidate_users.contains(user);
        self.does_tasks && (is_open || is_named || is_member)
    }
}

/// Calls of tools that wait for an approval, by their jobs.
pub type Calls = HashMap<String, String>;

impl State {
    /// What waits for these, when nothing moves by itself. Messages, timers and signals may still come: who answers in
    /// the meantime does no harm.
    pub fn interrupts(&self, who: &Who, calls: &Calls) -> Vec<Interrupt> {
        let is_scope = |key: &u64| self.tokens.values().any(|token| token.scope == *key);
        let mut leaves = self.tokens.iter().filter(|(key, _)| !is_scope(key));
        if leaves.any(|(key, token)| self.moves(*key, token)) {
            return Vec::new();
        }
        self.open(who, calls)
    }

    /// Everything that these may answer.
    pub fn open(&self, who: &Who, calls: &Calls) -> Vec<Interrupt> {
        let asks = self.asks.iter().filter(|(_, ask)| who.may_do(&ask.task)).map(|(id, ask)| of_ask(id, ask, calls));
        let incidents = self.incidents.iter().filter(|_| who.resolves_incidents);
        asks.chain(incidents.map(|(id, incident)| of_incident(id, incident))).collect()
    }

    fn moves(&self, key: u64, token: &Token) -> bool {
        let kind = token.element.element_type.as_str();
        let is_passive = kind.ends_with("CatchEvent") || matches!(kind, "receiveTask" | "eventBasedGateway");
        let is_held = self.asks.values().any(|ask| ask.key == key) || self.incidents.values().any(|it| it.key == key);
        !is_passive && !is_held
    }
}

fn of_ask(id: &str, ask: &Ask, calls: &Calls) -> Interrupt {
    let task = &ask.task;
    let job = task.question.as_ref().map(|asked| asked.job_id.clone());
    let call = job.as_ref().filter(|_| is_approval(task)).and_then(|job| calls.get(job)).cloned();
    let schema = if call.is_some() { approval_schema() } else { form_schema(task) };
    let text = task.question.as_ref().and_then(|asked| asked.text.as_ref());
    Interrupt {
        id: id.to_owned(),
        reason: if call.is_some() { "tool_call" } else { "input_required" }.to_owned(),
        message: Some(text.unwrap_or(&task.task_name).clone()),
        tool_call_id: call,
        response_schema: Some(schema),
        expires_at: None,
        metadata: Some(json!({
            "taskName": task.task_name, "assignee": task.assignee, "candidateGroups": task.candidate_groups,
            "candidateUsers": task.candidate_users, "priority": task.priority, "dueDate": task.due_date,
            "elementInstanceKey": ask.key, "jobId": job, "data": task.data,
        })),
        subagent_run_id: None,
    }
}

fn is_approval(task: &TaskInstance) -> bool {
    let decision = task.form_fields.iter().find(|field| field.name == "decision");
    decision.is_some_and(|field| field.options == ["approve", "reject"]) && task.data.contains_key("tool")
}

fn of_incident(id: &str, incident: &Incident) -> Interrupt {
    Interrupt {
        id: id.to_owned(),
        reason: "baton:incident".to_owned(),
        message: Some(incident.message.clone()),
        tool_call_id: None,
        response_schema: Some(incident_schema()),
        expires_at: None,
        metadata: Some(json!({
            "elementId": incident.element_id, "elementInstanceKey": incident.key, "code": incident.code,
        })),
        subagent_run_id: None,
    }
}

/// `end` ends the element alone, `cancel` the whole instance.
fn incident_schema() -> Value {
    json!({
        "type": "object",
        "properties": {
            "action": {"type": "string", "enum": ["retry", "end", "cancel"]},
            "retries": {"type": "integer", "minimum": 0},
            "variables": {"type": "object"},
        },
        "required": ["action"],
    })
}

fn approval_schema() -> Value {
    json!({
        "type": "object",
        "properties": {
            "approved": {"type": "boolean"},
            "editedArgs": {"type": "object", "description": "All arguments, in place of those that were asked for"},
            "comments": {"type": "string"},
        },
        "required": ["approved"],
    })
}

fn form_schema(task: &TaskInstance) -> Value {
    let properties: Map<_, _> =
        task.form_fields.iter().map(|field| (field.name.clone(), field_schema(field))).collect();
    let required: Vec<_> = task.form_fields.iter().filter(|field| field.required).map(|field| &field.name).collect();
    json!({"type": "object", "properties": properties, "required": required})
}

fn field_schema(field: &FormField) -> Value {
    let mut schema = match field.kind.as_str() {
        "number" => json!({"type": "number"}),
        "boolean" => json!({"type": "boolean"}),
        "date" => json!({"type": "string", "format": "date"}),
        "file" | "json" => json!({}),
        _ => json!({"type": "string"}),
    };
    if !field.options.is_empty() {
        schema["enum"] = json!(field.options);
    }
    schema["title"] = json!(field.label.as_deref().unwrap_or(&field.name));
    schema
}
