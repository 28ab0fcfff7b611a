//! Events to messages: a pure function of the event and a little memory of its instance. Every event makes at least
//! one message, so that a client sees the sequence without holes.

use super::{
    message::{Asked, Body, Element, Failure, Message, Outcome, TaskInstance},
    shape::Shape,
};
use crate::{event::describe, json};
use proto::{Event, EventBatch, event::Kind};
use serde_json::{Map, Value};
use std::{collections::HashMap, sync::Arc};

/// Bytes of variables that are remembered for `userTask.created`; more is left out.
const REMEMBERED: usize = 256 * 1024;

/// What is remembered of an instance.
#[derive(Debug, Default)]
pub struct Projection {
    next: u64,
    started_at: Option<i64>,
    ended: bool,
    active: HashMap<u64, Activation>,
    variables: HashMap<u64, Map<String, Value>>,
    remembered: usize,
    /// What an element that is just completing has left behind.
    result: Option<(u64, Map<String, Value>)>,
}

#[derive(Debug)]
struct Activation {
    at: i64,
    scope: u64,
}

impl Projection {
    /// Expects `next` as the first sequence number.
    pub fn starting_at(next: u64) -> Self {
        Self { next, ..Self::default() }
    }

    /// The sequence number that is expected next.
    pub fn next(&self) -> u64 {
        self.next
    }

    pub fn ended(&self) -> bool {
        self.ended
    }

    /// Goes on at a later event: those between are lost.
    pub fn skip_to(&mut self, next: u64) {
        self.next = self.next.max(next);
    }

    /// The messages of the batch's events that were not seen yet. The caller has made sure that none is missing.
    pub fn project(&mut self, shape: &Shape, batch: &EventBatch) -> Vec<Message> {
        let instance_id: Arc<str> = batch.instance_id.as_str().into();
        let tenant: Arc<str> = batch.tenant.as_str().into();
        let mut messages = Vec::with_capacity(batch.events.len());
        for (seq, event) in (batch.first_seq..).zip(&batch.events) {
            if seq < self.next {
                continue;
            }
            self.next = seq.saturating_add(1);
            let bodies = self.bodies(shape, batch, event);
            let subs = u32::try_from(bodies.len()).ok().filter(|subs| *subs > 1);
            messages.extend(bodies.into_iter().zip(0..).map(|(body, sub)| Message {
                body,
                timestamp: json::time(event.at),
                instance_id: Arc::clone(&instance_id),
                tenant: Arc::clone(&tenant),
                seq: Some(seq),
                sub: subs.map(|_| sub),
                subs,
            }));
        }
        messages
    }

    fn bodies(&mut self, shape: &Shape, batch: &EventBatch, event: &Event) -> Vec<Body> {
        let Some(kind) = &event.kind else { return vec![other(event)] };
        match kind {
            Kind::InstanceCreated(_)
            | Kind::InstanceCompleted(_)
            | Kind::InstanceTerminated(_)
            | Kind::InstanceCanceled(_)
            | Kind::InstanceFailed(_) => self.instance(shape, batch, event, kind),
            Kind::ElementActivated(_) | Kind::ElementCompleted(_) | Kind::ElementTerminated(_) => {
                self.element(shape, event, kind)
            }
            Kind::FlowTaken(taken) => vec![flow_taken(shape, event, taken)],
            Kind::VariableSet(set) => vec![self.variable_set(event.key, set)],
            Kind::UserTaskCreated(_) | Kind::UserTaskCompleted(_) | Kind::UserTaskCanceled(_) => {
                let is_new = matches!(kind, Kind::UserTaskCreated(_));
                std::iter::once(self.user_task(batch, event, kind)).chain(is_new.then(|| cancellable(event))).collect()
            }
            Kind::JobCreated(_) => vec![self.job(batch, event, kind), cancellable(event)],
            Kind::JobAsked(_) | Kind::JobCompleted(_) | Kind::JobFailed(_) | Kind::JobRetried(_) => {
                vec![self.job(batch, event, kind)]
            }
            Kind::ErrorThrown(error) => vec![error_body(event, &error.code, &error.message, None)],
            Kind::IncidentRaised(raised) => {
                let incident = id(batch, raised.incident);
                vec![error_body(event, &raised.code, &raised.message, Some(incident))]
            }
            Kind::IncidentResolved(resolved) => vec![Body::IncidentResolved {
                element_id: event.element_id.clone(),
                incident_id: id(batch, resolved.incident),
            }],
            _ => vec![other(event)],
        }
    }

    fn instance(&mut self, shape: &Shape, batch: &EventBatch, event: &Event, kind: &Kind) -> Vec<Body> {
        let duration = self.started_at.map(|start| seconds(start, event.at));
        let completed = |outcome, reason| Body::WorkflowCompleted { duration, outcome, reason };
        self.ended = !matches!(kind, Kind::InstanceCreated(_));
        match kind {
            Kind::InstanceCreated(created) => {
                self.started_at = Some(event.at);
                vec![Body::WorkflowStarted {
                    workflow_name: shape.name_or(&batch.process_id),
                    process_id: batch.process_id.clone(),
                    process_version: batch.process_version,
                    business_key: created.business_key.clone(),
                    parent_instance_id: created.parent.as_ref().map(|parent| parent.instance_id.clone()),
                }]
            }
            Kind::InstanceFailed(error) => vec![
                Body::WorkflowFailed { error: failure(&error.code, &error.message) },
                completed(Outcome::Failed, None),
            ],
            Kind::InstanceCanceled(canceled) => {
                let reason = canceled.reason.clone().unwrap_or_else(|| "canceled".to_owned());
                vec![completed(Outcome::Terminated, Some(reason))]
            }
            Kind::InstanceTerminated(_) => vec![completed(Outcome::Terminated, None)],
            _ => vec![completed(Outcome::Success, None)],
        }
    }

    fn element(&mut self, shape: &Shape, event: &Event, kind: &Kind) -> Vec<Body> {
        let element = element(event);
        if let Kind::ElementActivated(activated) = kind {
            self.active.insert(event.key, Activation { at: event.at, scope: activated.scope });
            let flow_id = Some(activated.flow_id.clone()).filter(|flow| !flow.is_empty());
            let evaluating = is_gateway(&event.element_type).then(|| evaluating(shape, event));
            let activated = Body::ElementActivated { element, scope: activated.scope, flow_id };
            return std::iter::once(activated).chain(evaluating).collect();
        }
        let activation = self.active.remove(&event.key);
        self.forget_variables(event.key);
        let duration = activation.map(|activation| seconds(activation.at, event.at));
        let result = self.result.take().filter(|(key, result)| *key == event.key && !result.is_empty());
        match kind {
            Kind::ElementTerminated(_) => vec![Body::TaskCancelled { element, duration }],
            _ => vec![Body::ElementCompleted { element, duration, result: result.map(|(_, result)| result) }],
        }
    }

    fn variable_set(&mut self, scope: u64, set: &proto::VariableSet) -> Body {
        let value = json::text_or_value(&set.value);
        if let Some((_, result)) = &mut self.result {
            result.insert(set.name.clone(), value.clone());
        }
        if self.remembered + set.value.len() <= REMEMBERED {
            self.remembered += set.value.len();
            self.variables.entry(scope).or_default().insert(set.name.clone(), value.clone());
        }
        Body::VariableSet { scope, name: set.name.clone(), value }
    }

    fn forget_variables(&mut self, scope: u64) {
        let gone = self.variables.remove(&scope).unwrap_or_default();
        let bytes: usize = gone.values().map(|value| value.to_string().len()).sum();
        self.remembered = self.remembered.saturating_sub(bytes);
    }

    /// The nearest scope wins.
    fn visible(&self, key: u64) -> Map<String, Value> {
        let mut scopes = vec![key];
        let mut inner = key;
        while let Some(scope) = self.active.get(&inner).map(|activation| activation.scope).filter(|s| *s < inner) {
            scopes.push(scope);
            inner = scope;
        }
        let known = scopes.iter().rev().filter_map(|scope| self.variables.get(scope));
        known.flat_map(|variables| variables.iter().map(|(name, value)| (name.clone(), value.clone()))).collect()
    }

    fn user_task(&mut self, batch: &EventBatch, event: &Event, kind: &Kind) -> Body {
        let element_id = event.element_id.clone();
        let task_id = id(batch, event.key);
        match kind {
            Kind::UserTaskCreated(task) => Body::UserTaskCreated {
                element_id,
                task_instance: Box::new(self.task_instance(batch, event.key, task_id, task)),
                action: "showApprovalForm",
            },
            Kind::UserTaskCompleted(completed) => {
                self.result = Some((event.key, Map::new()));
                Body::UserTaskCompleted { element_id, task_id, by: completed.by.clone() }
            }
            _ => Body::UserTaskCancelled { element_id, task_id },
        }
    }

    fn task_instance(&self, batch: &EventBatch, key: u64, task_id: String, task: &proto::UserTask) -> TaskInstance {
        let Some(asked) = &task.question else { return task_instance(task_id, task, self.visible(key), None) };
        let mut data = self.visible(asked.element_instance);
        if let Value::Object(shown) = json::value(&asked.data) {
            data.extend(shown);
        }
        let element_instance = asked.element_instance;
        let question = Asked { job_id: id(batch, element_instance), element_instance, text: asked.text.clone() };
        task_instance(task_id, task, data, Some(question))
    }

    fn job(&mut self, batch: &EventBatch, event: &Event, kind: &Kind) -> Body {
        let job_type = if let Kind::JobCreated(created) = kind { Some(created.r#type.clone()) } else { None };
        let progress = |progress, status: &str, message: String| Body::TaskProgress {
            element_id: event.element_id.clone(),
            job_id: Some(id(batch, event.key)),
            job_type,
            progress,
            status: status.to_owned(),
            message,
        };
        match kind {
            Kind::JobFailed(failed) => Body::TaskError {
                element_id: event.element_id.clone(),
                error: Failure { message: failed.message.clone(), code: None },
                retryable: failed.retry_at.is_some(),
                retry_at: failed.retry_at.map(json::time),
                incident_id: None,
                element_instance_key: event.key,
            },
            Kind::JobCreated(_) => progress(0.0, "initializing", String::new()),
            Kind::JobAsked(_) => progress(0.0, "waiting", "waits for a person".to_owned()),
            Kind::JobRetried(retried) => progress(0.0, "retry", format!("Attempt {}", retried.attempt)),
            _ => {
                self.result = Some((event.key, Map::new()));
                progress(1.0, "completed", String::new())
            }
        }
    }
}

fn task_instance(
    task_id: String,
    task: &proto::UserTask,
    data: Map<String, Value>,
    question: Option<Asked>,
) -> TaskInstance {
    TaskInstance {
        task_id,
        task_name: task.name.clone(),
        assignee: task.assignee.clone(),
        candidate_groups: task.candidate_groups.clone(),
        candidate_users: task.candidate_users.clone(),
        priority: task.priority.clone(),
        due_date: task.due.map(json::time),
        form_fields: task.form_fields.iter().cloned().map(Into::into).collect(),
        data,
        question,
    }
}

fn flow_taken(shape: &Shape, event: &Event, taken: &proto::FlowTaken) -> Body {
    let (element_id, flow_id) = (taken.from_element_id.clone(), taken.flow_id.clone());
    if shape.is_gateway(&element_id) || is_gateway(&event.element_type) {
        let condition = Some(taken.condition.clone()).filter(|condition| !condition.is_empty());
        return Body::GatewayPathTaken { element_id, flow_id, condition };
    }
    Body::FlowTaken { element_id, flow_id, target: taken.to_element_id.clone() }
}

fn evaluating(shape: &Shape, event: &Event) -> Body {
    Body::GatewayEvaluating {
        element_id: event.element_id.clone(),
        gateway_type: event.element_type.clone(),
        paths: shape.paths(&event.element_id),
    }
}

fn error_body(event: &Event, code: &str, message: &str, incident_id: Option<String>) -> Body {
    Body::TaskError {
        element_id: event.element_id.clone(),
        error: failure(code, message),
        retryable: false,
        retry_at: None,
        incident_id,
        element_instance_key: event.key,
    }
}

/// What waits for a worker or a person can be ended by itself.
fn cancellable(event: &Event) -> Body {
    Body::TaskCancellable { element_id: event.element_id.clone(), element_instance_key: event.key }
}

/// What has no message of its own.
fn other(event: &Event) -> Body {
    let (name, details) = event.kind.as_ref().map_or_else(|| ("unknown", Map::new()), describe);
    Body::HistoryEvent { event: name, element_id: event.element_id.clone(), details }
}

fn element(event: &Event) -> Element {
    Element {
        element_id: event.element_id.clone(),
        element_name: event.element_name.clone(),
        element_type: event.element_type.clone(),
        element_instance_key: event.key,
    }
}

fn failure(code: &str, message: &str) -> Failure {
    Failure { message: message.to_owned(), code: Some(code.to_owned()).filter(|code| !code.is_empty()) }
}

/// Ids on the wire: the instance and the key in it.
fn id(batch: &EventBatch, key: u64) -> String {
    format!("{}:{key}", batch.instance_id)
}

fn seconds(from: i64, to: i64) -> f64 {
    to.saturating_sub(from).max(0) as f64 / 1000.0
}

fn is_gateway(element_type: &str) -> bool {
    element_type.ends_with("Gateway")
}
