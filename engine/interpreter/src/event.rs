//! What happened, in the past tense. The history of an instance is a list of these, and its state is their fold.
//!
//! The sequence number of an event is the instance's version after it: the first has 1, and there are no gaps.

use crate::command::Decided;
use crate::effect::UserTask;
use crate::instance::{Answer, CompensationId, Parent};
use crate::{CommandKind, DefinitionKey, ElementIndex, FlowIndex, InstanceId, Key, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::Value;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Event {
    pub at: Timestamp,
    pub kind: EventKind,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum EventKind {
    InstanceCreated {
        id: InstanceId,
        definition: DefinitionKey,
        business_key: Option<String>,
        parent: Option<Parent>,
    },
    VariableSet {
        scope: Key,
        name: String,
        value: Value,
    },
    /// `flow` is the one the token came by; none for start events, boundary events and children of multi-instances.
    ElementActivated {
        key: Key,
        element: ElementIndex,
        scope: Key,
        flow: Option<FlowIndex>,
    },
    /// A token is on its way. `outcome` is that of the activity it came from, kept where a label down the flow asks for it.
    FlowTaken {
        flow: FlowIndex,
        scope: Key,
        outcome: Option<Value>,
    },
    /// A token waits at a join.
    TokenArrived {
        element: ElementIndex,
        flow: FlowIndex,
        scope: Key,
    },
    /// The join fired: one token of each of these flows is gone.
    TokensConsumed {
        element: ElementIndex,
        flows: Vec<FlowIndex>,
        scope: Key,
    },
    /// Its work is done and leaving it failed (an output mapping, the choice of a flow): only before such an incident.
    /// When that is resolved, it leaves again; it does not work again.
    ElementCompleting {
        key: Key,
        outcome: Option<Value>,
    },
    ElementCompleted {
        key: Key,
    },
    /// Element instance `key` repeats its activity: its instances are its children. `planned` is none when only a condition
    /// says how many; `at_once` when none waits for another.
    LoopStarted {
        key: Key,
        planned: Option<u32>,
        at_once: bool,
    },
    /// An event sub-process has interrupted its scope, or a transaction was canceled: its tokens are gone and it goes on.
    ScopeInterrupted {
        scope: Key,
    },
    /// Ended without completing: interrupted, or its scope ended.
    ElementTerminated {
        key: Key,
    },
    JobCreated {
        key: Key,
        job_type: String,
        retries: u32,
    },
    JobCompleted {
        key: Key,
        attempt: u32,
    },
    /// The attempt is over. `retry_at` is none when no retry is left or the failure is not retryable.
    JobFailed {
        key: Key,
        attempt: u32,
        message: String,
        retries_left: u32,
        retry_at: Option<Timestamp>,
    },
    /// A new attempt begins.
    JobRetried {
        key: Key,
        attempt: u32,
        retries_left: u32,
    },
    JobCanceled {
        key: Key,
    },
    /// The attempt is over and the job waits for a person: `task` is a key of its own, under which the
    /// [`UserTaskCreated`](Self::UserTaskCreated) that follows stands.
    JobAsked {
        key: Key,
        attempt: u32,
        question: String,
        task: Key,
    },
    /// A person has answered, or nobody has in time; the next attempt follows.
    JobAnswered {
        key: Key,
        answer: Answer,
    },
    /// `repetitions_left`: of a cycle, after this one; none is unbounded.
    TimerScheduled {
        key: Key,
        target: ElementIndex,
        due: Timestamp,
        repetitions_left: Option<u32>,
    },
    TimerFired {
        key: Key,
        target: ElementIndex,
    },
    TimerCanceled {
        key: Key,
        target: ElementIndex,
    },
    SubscriptionOpened {
        key: Key,
        target: ElementIndex,
        message_name: String,
        correlation_key: String,
    },
    MessageReceived {
        key: Key,
        target: ElementIndex,
        message_name: String,
    },
    SubscriptionClosed {
        key: Key,
        target: ElementIndex,
    },
    SignalSubscriptionOpened {
        key: Key,
        target: ElementIndex,
        signal_name: String,
    },
    SignalReceived {
        key: Key,
        target: ElementIndex,
        signal_name: String,
    },
    ConditionAwaited {
        key: Key,
        target: ElementIndex,
    },
    /// A condition that is waited for has become true, or false again.
    ConditionChanged {
        key: Key,
        target: ElementIndex,
        is_true: bool,
    },
    UserTaskCreated {
        key: Key,
        task: UserTask,
    },
    UserTaskCompleted {
        key: Key,
        by: Option<String>,
    },
    UserTaskCanceled {
        key: Key,
    },
    /// A BPMN error is on its way to whoever catches it.
    ErrorThrown {
        key: Key,
        code: String,
        message: String,
    },
    /// An escalation is on its way to whoever catches it; without a catcher it is over.
    EscalationThrown {
        key: Key,
        code: String,
    },
    /// A signal goes to whoever listens, in this instance and in all others of the tenant.
    SignalThrown {
        key: Key,
        signal_name: String,
    },
    /// It ends, and can be compensated from then on, under the id (its scope, the version of this event).
    /// `in_parts`: what is in it is compensated, and not it as a whole, because it was a repetition or did not come to its end.
    CompensationAvailable {
        key: Key,
        in_parts: bool,
    },
    /// `key` compensates these one after the other, the last first.
    CompensationTriggered {
        key: Key,
        compensations: Vec<CompensationId>,
    },
    /// `key` begins to compensate this one, which can then not be compensated again. A scope is reopened, to compensate what is
    /// in it.
    CompensationStarted {
        key: Key,
        compensation: CompensationId,
        reopens: bool,
    },
    /// Element instance `key` is the handler that `compensates_for` waits for.
    CompensationHandlerStarted {
        key: Key,
        compensates_for: Key,
    },
    /// The reopened scope is closed again.
    CompensationCompleted {
        key: Key,
    },
    /// It cannot be compensated any more: the scope it was in is over.
    CompensationDiscarded {
        key: Key,
        compensation: CompensationId,
    },
    /// `incident` is a key of its own; `element_instance` waits until it is resolved.
    IncidentRaised {
        incident: Key,
        element_instance: Key,
        code: String,
        message: String,
    },
    IncidentResolved {
        incident: Key,
    },
    ChildStarted {
        key: Key,
        child: InstanceId,
        called_element: String,
    },
    ChildEnded {
        key: Key,
        child: InstanceId,
    },
    /// Nothing moves from here on.
    InstanceSuspended,
    /// Things move again; timers have been set anew after it, by the time that it was suspended.
    InstanceResumed,
    /// It is suspended: this is kept.
    CommandHeld {
        command: Box<CommandKind>,
    },
    /// The oldest of what was kept is carried out now, or comes too late.
    CommandReleased,
    /// It goes on by another version of its process. What is alive stands at these places of that version.
    InstanceMigrated {
        definition: DefinitionKey,
        /// Old and new; targets of events are among them.
        elements: Vec<(ElementIndex, ElementIndex)>,
        flows: Vec<(FlowIndex, FlowIndex)>,
    },
    /// A deployed decision is asked for.
    DecisionRequested {
        key: Key,
        decision_id: String,
    },
    DecisionMade {
        key: Key,
        decided: Decided,
    },
    /// There was no answer, or nobody waits for it any more.
    DecisionWithdrawn {
        key: Key,
    },
    /// The step ended here with tokens still on their flows.
    WorkDeferred,
    InstanceCompleted,
    /// Ended by a terminate end event.
    InstanceTerminated,
    InstanceCanceled {
        reason: Option<String>,
    },
    /// Ended by a BPMN error that nothing caught.
    InstanceFailed {
        code: String,
        message: String,
    },
}
