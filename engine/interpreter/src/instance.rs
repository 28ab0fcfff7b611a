//! The state of one run. Small: what is over is not here but in the history.

use crate::{DefinitionKey, ElementIndex, FlowIndex, InstanceId, Key, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Instance {
    pub id: InstanceId,
    pub definition: DefinitionKey,
    pub business_key: Option<String>,
    pub parent: Option<Parent>,
    pub state: InstanceState,
    /// Sequence number of the last event; 0 before the first.
    pub version: u64,
    /// The next [`Key`] to give out.
    pub next_key: u64,
    /// The active ones, by key: tasks, events that wait, scopes.
    pub elements: BTreeMap<Key, ElementInstance>,
    /// Tokens waiting at joins: per scope, element and flow, how many.
    pub waiting_tokens: BTreeMap<(Key, ElementIndex, FlowIndex), u32>,
    /// By scope and name.
    pub variables: BTreeMap<(Key, String), Value>,
    pub incidents: BTreeMap<Key, Incident>,
    /// Work that a step has put off, oldest first.
    pub deferred: Vec<Deferred>,
}

/// The call activity that waits for this instance.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Parent {
    pub instance: InstanceId,
    pub element: Key,
    /// How many calls deep: 1 for a process called by a root.
    pub depth: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum InstanceState {
    Active,
    Completed,
    Terminated,
    Canceled,
    Failed,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ElementInstance {
    pub element: ElementIndex,
    pub scope: Key,
    /// The activity that a token came from, for labels; its outcome, if it left one.
    pub arrived_by: Option<FlowIndex>,
    /// How many children are active, for scopes.
    pub children: u32,
    pub job: Option<Job>,
    /// The called instance.
    pub child: Option<InstanceId>,
    pub user_task: bool,
    /// By target: the element itself or its boundary events.
    pub timers: BTreeMap<ElementIndex, TimerState>,
    pub subscriptions: BTreeMap<ElementIndex, Subscription>,
    /// It waits for this incident to be resolved.
    pub incident: Option<Key>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Job {
    pub job_type: String,
    /// Counts from 1; the fencing token.
    pub attempt: u32,
    pub retries_left: u32,
    /// Set while it waits for its next attempt.
    pub retry_at: Option<Timestamp>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct TimerState {
    pub due: Timestamp,
    pub repetitions_left: Option<u32>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Subscription {
    pub message_name: String,
    pub correlation_key: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Incident {
    pub element_instance: Key,
    pub code: String,
    pub message: String,
}

/// A token that has not moved yet: it takes `flow` in `scope`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Deferred {
    pub scope: Key,
    pub flow: FlowIndex,
}
