//! Events to the wire. What a row of history holds are keys and indexes; names are filled in for whoever reads it.

use super::{json, parent, question, user_task};
use crate::definitions::Definition;
use interpreter::{ElementIndex, Event, EventKind, Key};
use proto::event::Kind;

/// Which element an element instance is of, for events that say only its key; and what an incident is about.
pub trait Places {
    fn element_of(&self, key: Key) -> Option<ElementIndex>;
    fn subject_of(&self, incident: Key) -> Option<Key>;
}

/// As it is stored.
pub fn stored(event: &Event, places: &impl Places) -> proto::Event {
    let (key, element) = place(&event.kind, places);
    proto::Event {
        at: event.at.0,
        key: key.0,
        element: element.or_else(|| places.element_of(key)).map(|element| element.0),
        kind: Some(kind(&event.kind)),
        ..Default::default()
    }
}

/// Fills in what the definition knows.
pub fn fill_names(event: &mut proto::Event, definition: &Definition) {
    if let Some(element) = event.element.and_then(|index| definition.element(index)) {
        event.element_id.clone_from(&element.id);
        event.element_name.clone_from(&element.name);
        event.element_type.clone_from(&element.element_type);
    }
    match &mut event.kind {
        Some(Kind::FlowTaken(taken)) => {
            if let Some(flow) = definition.flow(taken.flow) {
                taken.flow_id.clone_from(&flow.id);
                taken.from_element_id.clone_from(&flow.from);
                taken.to_element_id.clone_from(&flow.to);
                taken.condition.clone_from(&flow.condition);
            }
        }
        Some(Kind::ElementActivated(activated)) => {
            if let Some(flow) = activated.flow.and_then(|flow| definition.flow(flow)) {
                activated.flow_id.clone_from(&flow.id);
            }
        }
        _ => {}
    }
}

/// The element instance or scope that an event is about, and the element where the event says it.
fn place(kind: &EventKind, places: &impl Places) -> (Key, Option<ElementIndex>) {
    match kind {
        EventKind::InstanceCreated { .. }
        | EventKind::InstanceCompleted
        | EventKind::InstanceTerminated
        | EventKind::InstanceCanceled { .. }
        | EventKind::InstanceFailed { .. }
        | EventKind::InstanceSuspended
        | EventKind::InstanceResumed
        | EventKind::CommandHeld { .. }
        | EventKind::CommandReleased
        | EventKind::InstanceMigrated { .. }
        | EventKind::WorkDeferred => (Key::ROOT, None),
        EventKind::VariableSet { scope, .. }
        | EventKind::FlowTaken { scope, .. }
        | EventKind::ScopeInterrupted { scope } => (*scope, None),
        EventKind::TokenArrived { element, scope, .. } | EventKind::TokensConsumed { element, scope, .. } => {
            (*scope, Some(*element))
        }
        EventKind::ElementActivated { key, element, .. } => (*key, Some(*element)),
        EventKind::IncidentRaised { element_instance, .. } => (*element_instance, None),
        EventKind::IncidentResolved { incident } => (places.subject_of(*incident).unwrap_or(Key::ROOT), None),
        EventKind::ElementCompleting { key, .. }
        | EventKind::ElementCompleted { key }
        | EventKind::ElementTerminated { key }
        | EventKind::LoopStarted { key, .. }
        | EventKind::JobCreated { key, .. }
        | EventKind::JobCompleted { key, .. }
        | EventKind::JobFailed { key, .. }
        | EventKind::JobRetried { key, .. }
        | EventKind::JobAsked { key, .. }
        | EventKind::JobAnswered { key, .. }
        | EventKind::JobCanceled { key }
        | EventKind::TimerScheduled { key, .. }
        | EventKind::TimerFired { key, .. }
        | EventKind::TimerCanceled { key, .. }
        | EventKind::SubscriptionOpened { key, .. }
        | EventKind::MessageReceived { key, .. }
        | EventKind::SubscriptionClosed { key, .. }
        | EventKind::SignalSubscriptionOpened { key, .. }
        | EventKind::SignalReceived { key, .. }
        | EventKind::SignalThrown { key, .. }
        | EventKind::ConditionAwaited { key, .. }
        | EventKind::ConditionChanged { key, .. }
        | EventKind::EscalationThrown { key, .. }
        | EventKind::CompensationAvailable { key, .. }
        | EventKind::CompensationTriggered { key, .. }
        | EventKind::CompensationStarted { key, .. }
        | EventKind::CompensationHandlerStarted { key, .. }
        | EventKind::CompensationCompleted { key }
        | EventKind::CompensationDiscarded { key, .. }
        | EventKind::UserTaskCreated { key, .. }
        | EventKind::UserTaskCompleted { key, .. }
        | EventKind::UserTaskCanceled { key }
        | EventKind::ErrorThrown { key, .. }
        | EventKind::ChildStarted { key, .. }
        | EventKind::ChildEnded { key, .. }
        | EventKind::DecisionRequested { key, .. }
        | EventKind::DecisionMade { key, .. }
        | EventKind::DecisionWithdrawn { key } => (*key, None),
    }
}

fn kind(kind: &EventKind) -> Kind {
    let empty = proto::Empty {};
    match kind {
        EventKind::InstanceCreated { definition, business_key, parent: caller, .. } => {
            Kind::InstanceCreated(proto::InstanceCreated {
                definition_key: definition.0.to_string(),
                business_key: business_key.clone(),
                parent: caller.as_ref().map(parent),
            })
        }
        EventKind::VariableSet { name, value, .. } => {
            Kind::VariableSet(proto::VariableSet { name: name.clone(), value: json(value) })
        }
        EventKind::ElementActivated { scope, flow, .. } => Kind::ElementActivated(proto::ElementActivated {
            scope: scope.0,
            flow: flow.map(|flow| flow.0),
            flow_id: String::new(),
        }),
        EventKind::FlowTaken { flow, outcome, .. } => Kind::FlowTaken(proto::FlowTaken {
            flow: flow.0,
            outcome: outcome.as_ref().map(json),
            ..Default::default()
        }),
        EventKind::TokenArrived { flow, .. } => Kind::TokenArrived(proto::TokenArrived { flow: flow.0 }),
        EventKind::TokensConsumed { flows, .. } => {
            Kind::TokensConsumed(proto::TokensConsumed { flows: flows.iter().map(|flow| flow.0).collect() })
        }
        EventKind::ElementCompleting { outcome, .. } => {
            Kind::ElementCompleting(proto::ElementCompleting { outcome: outcome.as_ref().map(json) })
        }
        EventKind::ElementCompleted { .. } => Kind::ElementCompleted(empty),
        EventKind::ElementTerminated { .. } => Kind::ElementTerminated(empty),
        EventKind::LoopStarted { planned, at_once, .. } => {
            Kind::LoopStarted(proto::LoopStarted { planned: *planned, at_once: *at_once })
        }
        EventKind::JobCreated { job_type, retries, .. } => {
            Kind::JobCreated(proto::JobCreated { r#type: job_type.clone(), retries: *retries })
        }
        EventKind::JobCompleted { attempt, .. } => Kind::JobCompleted(proto::JobAttempt { attempt: *attempt }),
        EventKind::JobFailed { attempt, message, retries_left, retry_at, .. } => {
            Kind::JobFailed(proto::JobAttemptFailed {
                attempt: *attempt,
                message: message.clone(),
                retries_left: *retries_left,
                retry_at: retry_at.map(|at| at.0),
            })
        }
        EventKind::JobRetried { attempt, retries_left, .. } => {
            Kind::JobRetried(proto::JobRetried { attempt: *attempt, retries_left: *retries_left })
        }
        EventKind::JobCanceled { .. } => Kind::JobCanceled(empty),
        EventKind::JobAsked { attempt, question, task, .. } => {
            Kind::JobAsked(proto::JobAsked { attempt: *attempt, question: question.clone(), task: task.0 })
        }
        EventKind::JobAnswered { answer, .. } => Kind::JobAnswered(question::answer(answer)),
        EventKind::TimerScheduled { target, due, repetitions_left, .. } => {
            Kind::TimerScheduled(proto::TimerScheduled {
                target: target.0,
                due: due.0,
                repetitions_left: *repetitions_left,
            })
        }
        EventKind::TimerFired { target, .. } => Kind::TimerFired(proto::Target { target: target.0 }),
        EventKind::TimerCanceled { target, .. } => Kind::TimerCanceled(proto::Target { target: target.0 }),
        EventKind::SubscriptionOpened { target, message_name, correlation_key, .. } => {
            Kind::SubscriptionOpened(subscription(*target, message_name, correlation_key))
        }
        EventKind::MessageReceived { target, message_name, .. } => {
            Kind::MessageReceived(subscription(*target, message_name, ""))
        }
        EventKind::SubscriptionClosed { target, .. } => Kind::SubscriptionClosed(proto::Target { target: target.0 }),
        EventKind::ScopeInterrupted { .. } => Kind::ScopeInterrupted(empty),
        EventKind::SignalSubscriptionOpened { target, signal_name, .. } => {
            Kind::SignalSubscriptionOpened(signal(*target, signal_name))
        }
        EventKind::SignalReceived { target, signal_name, .. } => Kind::SignalReceived(signal(*target, signal_name)),
        EventKind::SignalThrown { signal_name, .. } => {
            Kind::SignalThrown(proto::SignalThrown { signal_name: signal_name.clone() })
        }
        EventKind::ConditionAwaited { target, .. } => Kind::ConditionAwaited(proto::Target { target: target.0 }),
        EventKind::ConditionChanged { target, is_true, .. } => {
            Kind::ConditionChanged(proto::ConditionChanged { target: target.0, is_true: *is_true })
        }
        EventKind::EscalationThrown { code, .. } => {
            Kind::EscalationThrown(proto::EscalationThrown { code: code.clone() })
        }
        EventKind::CompensationAvailable { in_parts, .. } => {
            Kind::CompensationAvailable(proto::CompensationAvailable { in_parts: *in_parts })
        }
        EventKind::CompensationTriggered { compensations, .. } => {
            Kind::CompensationTriggered(super::compensations(compensations))
        }
        EventKind::CompensationStarted { compensation, reopens, .. } => {
            let compensation = Some(super::compensation_id(compensation));
            Kind::CompensationStarted(proto::CompensationStarted { compensation, reopens: *reopens })
        }
        EventKind::CompensationHandlerStarted { compensates_for, .. } => {
            Kind::CompensationHandlerStarted(proto::CompensationHandlerStarted { compensates_for: compensates_for.0 })
        }
        EventKind::CompensationCompleted { .. } => Kind::CompensationCompleted(empty),
        EventKind::CompensationDiscarded { compensation, .. } => {
            Kind::CompensationDiscarded(super::compensation_id(compensation))
        }
        EventKind::UserTaskCreated { task, .. } => Kind::UserTaskCreated(user_task(task)),
        EventKind::UserTaskCompleted { by, .. } => Kind::UserTaskCompleted(proto::UserTaskCompleted { by: by.clone() }),
        EventKind::UserTaskCanceled { .. } => Kind::UserTaskCanceled(empty),
        EventKind::ErrorThrown { code, message, .. } => Kind::ErrorThrown(error(code, message)),
        EventKind::IncidentRaised { incident, code, message, .. } => Kind::IncidentRaised(proto::IncidentRaised {
            incident: incident.0,
            code: code.clone(),
            message: message.clone(),
        }),
        EventKind::IncidentResolved { incident } => {
            Kind::IncidentResolved(proto::IncidentResolved { incident: incident.0 })
        }
        EventKind::ChildStarted { child, called_element, .. } => {
            Kind::ChildStarted(proto::Child { child_id: child.to_string(), called_element: called_element.clone() })
        }
        EventKind::ChildEnded { child, .. } => {
            Kind::ChildEnded(proto::Child { child_id: child.to_string(), called_element: String::new() })
        }
        EventKind::DecisionRequested { decision_id, .. } => {
            Kind::DecisionRequested(proto::DecisionRequested { decision_id: decision_id.clone() })
        }
        EventKind::DecisionMade { decided, .. } => Kind::DecisionMade(proto::DecisionMade {
            decision_id: decided.decision_id.clone(),
            version: decided.version,
            output: json(&decided.output),
            trace: json(&decided.trace),
        }),
        EventKind::DecisionWithdrawn { .. } => Kind::DecisionWithdrawn(empty),
        EventKind::WorkDeferred => Kind::WorkDeferred(empty),
        EventKind::InstanceSuspended => Kind::InstanceSuspended(empty),
        EventKind::InstanceResumed => Kind::InstanceResumed(empty),
        EventKind::CommandHeld { command } => Kind::CommandHeld(proto::CommandHeld {
            command: super::command(command),
            name: super::command_name(command),
        }),
        EventKind::CommandReleased => Kind::CommandReleased(empty),
        EventKind::InstanceMigrated { definition, elements, flows } => {
            let elements = elements.iter().map(|(from, to)| proto::Moved { from: from.0, to: to.0 });
            let flows = flows.iter().map(|(from, to)| proto::Moved { from: from.0, to: to.0 });
            Kind::InstanceMigrated(proto::InstanceMigrated {
                definition_key: definition.0.to_string(),
                elements: elements.collect(),
                flows: flows.collect(),
            })
        }
        EventKind::InstanceCompleted => Kind::InstanceCompleted(empty),
        EventKind::InstanceTerminated => Kind::InstanceTerminated(empty),
        EventKind::InstanceCanceled { reason } => Kind::InstanceCanceled(proto::Reason { reason: reason.clone() }),
        EventKind::InstanceFailed { code, message } => Kind::InstanceFailed(error(code, message)),
    }
}

fn subscription(target: ElementIndex, name: &str, key: &str) -> proto::MessageSubscription {
    proto::MessageSubscription { target: target.0, message_name: name.to_owned(), correlation_key: key.to_owned() }
}

fn signal(target: ElementIndex, name: &str) -> proto::SignalSubscription {
    proto::SignalSubscription { target: target.0, signal_name: name.to_owned() }
}

fn error(code: &str, message: &str) -> proto::ErrorThrown {
    proto::ErrorThrown { code: code.to_owned(), message: message.to_owned() }
}
