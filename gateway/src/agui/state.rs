//! What a client sees as the state of a run: the tokens, the root variables, open incidents, and how often each flow was
//! taken; and beside it what is asked of people.

use crate::live::message::{Body, Element, Message, TaskInstance};
use agui::Operation;
use indexmap::IndexMap;
use serde_json::{Map, Value, json};

#[derive(Debug, Default)]
pub struct State {
    pub instance_id: String,
    instance: Map<String, Value>,
    pub tokens: IndexMap<u64, Token>,
    pub variables: Map<String, Value>,
    pub incidents: IndexMap<String, Incident>,
    flows: IndexMap<String, u64>,
    /// Open user tasks, and questions of jobs.
    pub asks: IndexMap<String, Ask>,
    /// Types of open jobs, by their ids.
    pub jobs: IndexMap<String, String>,
}

#[derive(Debug)]
pub struct Token {
    pub element: Element,
    pub scope: u64,
}

#[derive(Debug)]
pub struct Incident {
    /// The element instance that it holds up.
    pub key: u64,
    pub element_id: String,
    pub code: String,
    pub message: String,
}

#[derive(Debug)]
pub struct Ask {
    /// The element instance that waits for it.
    pub key: u64,
    pub task: TaskInstance,
}

impl State {
    pub fn snapshot(&self) -> Value {
        let tokens: Map<_, _> = self.tokens.iter().map(|(key, token)| (key.to_string(), token.json())).collect();
        let incidents: Map<_, _> = self.incidents.iter().map(|(id, incident)| (id.clone(), incident.json())).collect();
        json!({
            "instance": self.instance, "tokens": tokens, "variables": self.variables, "incidents": incidents,
            "flows": self.flows,
        })
    }

    /// Changes the state, and says how.
    pub fn change(&mut self, message: &Message) -> Vec<Operation> {
        if self.instance_id.is_empty() {
            self.instance_id = message.instance_id.to_string();
        }
        match &message.body {
            Body::WorkflowStarted { workflow_name, process_id, process_version, business_key, .. } => {
                let instance = json!({
                    "id": message.instance_id, "name": workflow_name, "processId": process_id,
                    "version": process_version, "businessKey": business_key,
                });
                self.instance = instance.as_object().cloned().unwrap_or_default();
                vec![Operation::add("/instance", instance)]
            }
            Body::ElementActivated { element, scope, .. } => {
                let token = Token { element: element.clone(), scope: *scope };
                let delta = Operation::add(token.path(), token.json());
                self.tokens.insert(element.element_instance_key, token);
                vec![delta]
            }
            Body::ElementCompleted { element, .. } | Body::TaskCancelled { element, .. } => self.leave(element),
            // The variables of inner scopes are theirs.
            Body::VariableSet { scope, name, value } if !self.tokens.contains_key(scope) => {
                self.variables.insert(name.clone(), value.clone());
                vec![Operation::add(format!("/variables/{}", pointer(name)), value.clone())]
            }
            Body::GatewayPathTaken { flow_id, .. } | Body::FlowTaken { flow_id, .. } => {
                let count = self.flows.entry(flow_id.clone()).or_default();
                *count += 1;
                vec![Operation::add(format!("/flows/{}", pointer(flow_id)), *count)]
            }
            Body::TaskProgress { job_id: Some(job), job_type: Some(kind), .. } => {
                self.jobs.insert(job.clone(), kind.clone());
                Vec::new()
            }
            body => self.change_asked(body),
        }
    }

    /// What people are asked for.
    fn change_asked(&mut self, body: &Body) -> Vec<Operation> {
        match body {
            Body::UserTaskCreated { task_instance, .. } => {
                let own = || task_instance.task_id.rsplit_once(':').and_then(|(_, key)| key.parse().ok());
                let asked = task_instance.question.as_ref().map(|asked| asked.element_instance);
                if let Some(key) = asked.or_else(own) {
                    self.asks.insert(task_instance.task_id.clone(), Ask { key, task: (**task_instance).clone() });
                }
                Vec::new()
            }
            Body::UserTaskCompleted { task_id, .. } | Body::UserTaskCancelled { task_id, .. } => {
                self.asks.shift_remove(task_id);
                Vec::new()
            }
            Body::TaskError { element_id, error, incident_id: Some(id), element_instance_key, .. } => {
                let incident = Incident {
                    key: *element_instance_key,
                    element_id: element_id.clone(),
                    code: error.code.clone().unwrap_or_default(),
                    message: error.message.clone(),
                };
                let delta = Operation::add(format!("/incidents/{}", pointer(id)), incident.json());
                self.incidents.insert(id.clone(), incident);
                vec![delta]
            }
            Body::IncidentResolved { incident_id, .. } => self.forget_incident(incident_id),
            _ => Vec::new(),
        }
    }

    /// What held an element up goes with it.
    fn leave(&mut self, element: &Element) -> Vec<Operation> {
        let key = element.element_instance_key;
        let Some(gone) = self.tokens.shift_remove(&key) else { return Vec::new() };
        self.asks.retain(|_, ask| ask.key != key);
        let held: Vec<_> = self.incidents.iter().filter(|(_, it)| it.key == key).map(|(id, _)| id.clone()).collect();
        let forgotten = held.iter().flat_map(|id| self.forget_incident(id)).collect::<Vec<_>>();
        std::iter::once(Operation::remove(gone.path())).chain(forgotten).collect()
    }

    fn forget_incident(&mut self, id: &str) -> Vec<Operation> {
        let gone = self.incidents.shift_remove(id);
        gone.map(|_| Operation::remove(format!("/incidents/{}", pointer(id)))).into_iter().collect()
    }
}

impl Token {
    fn path(&self) -> String {
        format!("/tokens/{}", self.element.element_instance_key)
    }

    fn json(&self) -> Value {
        let mut json = json!(self.element);
        json["scope"] = self.scope.into();
        json
    }

    /// A name of this activation that no other has.
    pub fn step_name(&self) -> String {
        format!("{}#{}", self.element.element_id, self.element.element_instance_key)
    }
}

impl Incident {
    fn json(&self) -> Value {
        json!({"elementId": self.element_id, "elementInstanceKey": self.key, "code": self.code, "message": self.message})
    }
}

/// A name as a token of RFC 6901.
fn pointer(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}
