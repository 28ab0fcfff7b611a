//! What is drawn beside the elements: tasks with their progress, gateways with their conditions, user tasks, incidents.
//! Each is an activity message that is told once and changed from then on.

use super::run::Run;
use crate::live::message::Body;
use agui::{Kind, Operation};
use serde_json::{Value, json};

pub const TASK: &str = "BPMN_TASK";
pub const GATEWAY: &str = "BPMN_GATEWAY";
pub const USER_TASK: &str = "BPMN_USER_TASK";
pub const INCIDENT: &str = "BPMN_INCIDENT";

impl Run {
    /// The activity that the message begins or changes.
    pub(super) fn activity(&mut self, body: &Body) -> Option<Vec<Kind>> {
        match body {
            Body::TaskProgress { element_id, job_id, progress, status, message, .. } => {
                let id = format!("task-{}", job_id.as_deref().unwrap_or(element_id));
                let content = json!({
                    "elementId": element_id, "jobId": job_id, "progress": progress, "status": status, "message": message,
                });
                let patch = ["progress", "status", "message"].map(|name| replace(name, &content[name])).to_vec();
                Some(self.begin_or_change(id, TASK, content.clone(), patch))
            }
            Body::GatewayEvaluating { element_id, gateway_type, paths } => {
                let key = self.newest(element_id);
                let id = format!("gateway-{}:{key}", self.instance_id());
                self.gateways.insert(element_id.clone(), id.clone());
                let content = json!({
                    "elementId": element_id, "gatewayType": gateway_type, "paths": paths, "taken": [],
                });
                Some(vec![snapshot(id, GATEWAY, content)])
            }
            Body::GatewayPathTaken { element_id, flow_id, condition } => {
                let id = self.gateways.get(element_id)?.clone();
                let taken = json!({"flowId": flow_id, "condition": condition});
                self.has(&id).then(|| vec![delta(id, GATEWAY, vec![Operation::add("/taken/-", taken)])])
            }
            Body::UserTaskCreated { element_id, task_instance, .. } => {
                let id = format!("user-task-{}", task_instance.task_id);
                let content = json!({"elementId": element_id, "state": "open", "taskInstance": task_instance});
                Some(vec![snapshot(id, USER_TASK, content)])
            }
            Body::UserTaskCompleted { task_id, .. } => self.change_state(format!("user-task-{task_id}"), "completed"),
            Body::UserTaskCancelled { task_id, .. } => self.change_state(format!("user-task-{task_id}"), "cancelled"),
            Body::TaskError { element_id, error, incident_id: Some(incident), .. } => {
                let content = json!({"elementId": element_id, "state": "open", "error": error});
                Some(vec![snapshot(format!("incident-{incident}"), INCIDENT, content)])
            }
            Body::IncidentResolved { incident_id, .. } => {
                let id = format!("incident-{incident_id}");
                self.has(&id).then(|| vec![delta(id, INCIDENT, vec![replace("state", &json!("resolved"))])])
            }
            _ => None,
        }
    }

    fn begin_or_change(&self, id: String, kind: &str, content: Value, patch: Vec<Operation>) -> Vec<Kind> {
        if self.has(&id) { vec![delta(id, kind, patch)] } else { vec![snapshot(id, kind, content)] }
    }

    fn change_state(&self, id: String, state: &str) -> Option<Vec<Kind>> {
        self.has(&id).then(|| vec![delta(id, USER_TASK, vec![replace("state", &json!(state))])])
    }
}

fn snapshot(message_id: String, activity_type: &str, content: Value) -> Kind {
    Kind::ActivitySnapshot { message_id, activity_type: activity_type.to_owned(), content, replace: None }
}

fn delta(message_id: String, activity_type: &str, patch: Vec<Operation>) -> Kind {
    Kind::ActivityDelta { message_id, activity_type: activity_type.to_owned(), patch }
}

fn replace(name: &str, value: &Value) -> Operation {
    Operation::Replace { path: format!("/{name}"), value: value.clone() }
}
