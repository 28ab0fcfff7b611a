//! What is shown of instances.

use crate::{json, rest::incidents::Incident};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct InstanceList {
    instances: Vec<InstanceSummary>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_cursor: Option<String>,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct InstanceSummary {
    instance_id: String,
    process_id: String,
    process_name: String,
    process_version: u32,
    definition_key: String,
    /// active, completed, terminated, canceled, failed, incident or suspended.
    state: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    business_key: Option<String>,
    /// Sequence number of its last event.
    version: u64,
    created_at: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    ended_at: Option<String>,
    open_incidents: u32,
    /// Nothing moves until it is resumed.
    suspended: bool,
    /// The instance and element that called it.
    #[serde(skip_serializing_if = "Option::is_none")]
    parent: Option<Parent>,
    #[serde(skip_serializing_if = "String::is_empty")]
    traceparent: String,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Parent {
    instance_id: String,
    element_key: u64,
    depth: u32,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Instance {
    instance: InstanceSummary,
    /// Of the root scope.
    variables: Value,
    /// The oldest thousand of the active ones.
    elements: Vec<ActiveElement>,
    /// How many more are active.
    elements_left_out: u32,
    incidents: Vec<Incident>,
    /// Instances that it called.
    children: Vec<String>,
    subscriptions: Vec<Subscription>,
    /// Where tokens wait for others.
    joins: Vec<Join>,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ActiveElement {
    key: u64,
    element_id: String,
    element_name: String,
    element_type: String,
    scope: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    job_type: Option<String>,
    attempt: u32,
    retries_left: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    timer_due: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    child_id: Option<String>,
    /// Its own, where it has any.
    variables: Value,
    /// Why it is not over yet, for people.
    why: String,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Join {
    element_id: String,
    element_name: String,
    scope: u64,
    /// What is missing, and who can still come; for people.
    why: String,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Subscription {
    key: u64,
    element_id: String,
    message_name: String,
    correlation_key: String,
}

impl From<proto::ListInstancesReply> for InstanceList {
    fn from(wire: proto::ListInstancesReply) -> Self {
        Self { instances: wire.instances.into_iter().map(Into::into).collect(), next_cursor: wire.next_cursor }
    }
}

impl From<proto::InstanceSummary> for InstanceSummary {
    fn from(wire: proto::InstanceSummary) -> Self {
        let parent = wire.parent.map(|parent| Parent {
            instance_id: parent.instance_id,
            element_key: parent.element_key,
            depth: parent.depth,
        });
        Self {
            instance_id: wire.instance_id,
            process_id: wire.process_id,
            process_name: wire.process_name,
            process_version: wire.process_version,
            definition_key: wire.definition_key,
            state: wire.state,
            business_key: wire.business_key,
            version: wire.version,
            created_at: json::time(wire.created_at),
            ended_at: wire.ended_at.map(json::time),
            open_incidents: wire.open_incidents,
            suspended: wire.suspended,
            parent,
            traceparent: wire.traceparent,
        }
    }
}

impl From<proto::GetInstanceReply> for Instance {
    fn from(wire: proto::GetInstanceReply) -> Self {
        let subscriptions = wire.subscriptions.into_iter().map(|subscription| Subscription {
            key: subscription.key,
            element_id: subscription.element_id,
            message_name: subscription.message_name,
            correlation_key: subscription.correlation_key,
        });
        let joins = wire.joins.into_iter().map(|join| Join {
            element_id: join.element_id,
            element_name: join.element_name,
            scope: join.scope,
            why: join.why,
        });
        Self {
            instance: wire.instance.unwrap_or_default().into(),
            variables: json::value(&wire.variables),
            elements_left_out: wire.elements_left_out,
            elements: wire.elements.into_iter().map(Into::into).collect(),
            incidents: wire.incidents.into_iter().map(Into::into).collect(),
            children: wire.children,
            subscriptions: subscriptions.collect(),
            joins: joins.collect(),
        }
    }
}

impl From<proto::ActiveElement> for ActiveElement {
    fn from(wire: proto::ActiveElement) -> Self {
        Self {
            key: wire.key,
            element_id: wire.element_id,
            element_name: wire.element_name,
            element_type: wire.element_type,
            scope: wire.scope,
            job_type: wire.job_type,
            attempt: wire.attempt,
            retries_left: wire.retries_left,
            timer_due: wire.timer_due.map(json::time),
            child_id: wire.child_id,
            variables: json::value(&wire.variables),
            why: wire.why,
        }
    }
}
