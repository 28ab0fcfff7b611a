//! Orders to the outside, in the order they arose. The engine writes them to the store in the transaction of the step,
//! and acts on them after its commit; an effect says everything that is needed to do so.

use crate::{ElementIndex, InstanceId, Key, Timestamp, Variables, instance::Parent};
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Effect {
    /// Publish the job of element instance `key`. Its payload is
    /// [`job_payload`](crate::job::job_payload), computed when it is sent.
    CreateJob {
        key: Key,
        attempt: u32,
        job_type: String,
        timeout_ms: u64,
        priority: i32,
    },
    /// The job of this attempt is over or no longer wanted.
    RemoveJob {
        key: Key,
        attempt: u32,
        tell_worker: bool,
    },
    /// Send [`RetryJob`](crate::CommandKind::RetryJob) when due.
    ScheduleRetry {
        key: Key,
        due: Timestamp,
    },
    ScheduleTimer {
        key: Key,
        target: ElementIndex,
        due: Timestamp,
    },
    CancelTimer {
        key: Key,
        target: ElementIndex,
    },
    OpenSubscription {
        key: Key,
        target: ElementIndex,
        message_name: String,
        correlation_key: String,
    },
    CloseSubscription {
        key: Key,
        target: ElementIndex,
    },
    OpenSignalSubscription {
        key: Key,
        target: ElementIndex,
        signal_name: String,
    },
    CloseSignalSubscription {
        key: Key,
        target: ElementIndex,
    },
    /// A signal for all other instances of the tenant that listen, and for all processes that it starts; this instance has it
    /// already.
    BroadcastSignal {
        signal_name: String,
        variables: Variables,
    },
    OpenUserTask {
        key: Key,
        task: UserTask,
    },
    /// Completed (by a person) or canceled (by the process).
    CloseUserTask {
        key: Key,
        completed: bool,
    },
    RaiseIncident {
        incident: Key,
        element_instance: Key,
        element: ElementIndex,
        code: String,
        message: String,
    },
    CloseIncident {
        incident: Key,
    },
    /// Start `child` of the process `called_element`; resolve the version by `binding`.
    StartChild {
        key: Key,
        child: InstanceId,
        called_element: String,
        binding: model::Binding,
        variables: Variables,
        depth: u32,
    },
    /// Evaluate the deployed decision with these variables as of `now`, the version by `binding`; answer with
    /// [`CompleteDecision`](crate::CommandKind::CompleteDecision) or
    /// [`RefuseDecision`](crate::CommandKind::RefuseDecision).
    EvaluateDecision {
        key: Key,
        decision_id: String,
        binding: model::Binding,
        variables: Variables,
        now: Timestamp,
    },
    CancelChild {
        child: InstanceId,
    },
    /// The instance has ended and its caller waits.
    CompleteParent {
        parent: Parent,
        variables: Variables,
    },
    FailParent {
        parent: Parent,
        code: Option<String>,
        message: String,
    },
    /// An escalation that nothing in this instance catches goes on from the call.
    EscalateParent {
        parent: Parent,
        code: String,
    },
    /// A message for whoever is subscribed (send task of type Message, message throw events).
    PublishMessage {
        message_name: String,
        correlation_key: String,
        /// Of the instances that it starts.
        business_key: Option<String>,
        variables: Variables,
    },
    /// The step did its share of work; send [`Continue`](crate::CommandKind::Continue).
    Continue,
}

/// A task as a person sees it, all templates rendered.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct UserTask {
    pub element: Option<ElementIndex>,
    pub name: String,
    /// A manual task: nothing to fill in, only to be said done.
    pub is_manual: bool,
    pub assignee: Option<String>,
    pub candidate_groups: Vec<String>,
    pub candidate_users: Vec<String>,
    pub priority: Option<String>,
    pub due: Option<Timestamp>,
    pub form_fields: Vec<model::FormField>,
    /// A worker asks in the midst of its job.
    pub question: Option<AskedInJob>,
}

/// What is said of a task with which a job waits for a person.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AskedInJob {
    /// The element instance that has the job.
    pub element_instance: Key,
    pub id: String,
    pub text: Option<String>,
    pub data: Variables,
}
