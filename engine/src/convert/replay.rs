//! Stored events back to the core's, so that a history can be folded again. What only people read (the texts of a user task) is
//! left out: the state does not depend on it.

use super::{parse_compensation_id, parse_parent, question};
use bytes::Bytes;
use interpreter::{
    DefinitionKey, ElementIndex, Event, EventKind, FlowIndex, InstanceId, Key, Timestamp, command::Decided,
    instance::CompensationId,
};
use proto::event::Kind;
use serde_json::Value;

/// Why an event cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum ReplayError {
    #[error("an event of a kind that this version of Baton does not know: a newer one wrote it")]
    Newer,
    #[error("an event without {0}")]
    Without(&'static str),
    #[error("{0} is not JSON: {1}")]
    Json(&'static str, #[source] serde_json::Error),
}

type Read<T> = Result<T, ReplayError>;

/// An event of instance `id`, as its row of history has it.
pub fn event(id: InstanceId, event: &proto::Event) -> Read<Event> {
    let kind = event.kind.as_ref().ok_or(ReplayError::Newer)?;
    let of = Of { id, key: Key(event.key), element: event.element.map(ElementIndex) };
    let kind = match of.wait(kind).map_or_else(|| of.compensation(kind), Some) {
        Some(kind) => kind,
        None => of.other(kind)?,
    };
    Ok(Event { at: Timestamp(event.at), kind })
}

struct Of {
    id: InstanceId,
    key: Key,
    element: Option<ElementIndex>,
}

impl Of {
    fn wait(&self, kind: &Kind) -> Option<EventKind> {
        let key = self.key;
        Some(match kind {
            Kind::TimerScheduled(it) => EventKind::TimerScheduled {
                key,
                target: ElementIndex(it.target),
                due: Timestamp(it.due),
                repetitions_left: it.repetitions_left,
            },
            Kind::TimerFired(it) => EventKind::TimerFired { key, target: ElementIndex(it.target) },
            Kind::TimerCanceled(it) => EventKind::TimerCanceled { key, target: ElementIndex(it.target) },
            Kind::SubscriptionOpened(it) => EventKind::SubscriptionOpened {
                key,
                target: ElementIndex(it.target),
                message_name: it.message_name.clone(),
                correlation_key: it.correlation_key.clone(),
            },
            Kind::MessageReceived(it) => EventKind::MessageReceived {
                key,
                target: ElementIndex(it.target),
                message_name: it.message_name.clone(),
            },
            Kind::SubscriptionClosed(it) => EventKind::SubscriptionClosed { key, target: ElementIndex(it.target) },
            Kind::SignalSubscriptionOpened(it) => {
                let (target, signal_name) = (ElementIndex(it.target), it.signal_name.clone());
                EventKind::SignalSubscriptionOpened { key, target, signal_name }
            }
            Kind::SignalReceived(it) => {
                let (target, signal_name) = (ElementIndex(it.target), it.signal_name.clone());
                EventKind::SignalReceived { key, target, signal_name }
            }
            Kind::SignalThrown(it) => EventKind::SignalThrown { key, signal_name: it.signal_name.clone() },
            Kind::ConditionAwaited(it) => EventKind::ConditionAwaited { key, target: ElementIndex(it.target) },
            Kind::ConditionChanged(it) => {
                EventKind::ConditionChanged { key, target: ElementIndex(it.target), is_true: it.is_true }
            }
            _ => return None,
        })
    }

    fn compensation(&self, kind: &Kind) -> Option<EventKind> {
        let key = self.key;
        let id = |it: &Option<proto::CompensationId>| it.as_ref().map(parse_compensation_id);
        Some(match kind {
            Kind::CompensationAvailable(it) => EventKind::CompensationAvailable { key, in_parts: it.in_parts },
            Kind::CompensationTriggered(it) => {
                let compensations: Vec<CompensationId> = it.compensations.iter().map(parse_compensation_id).collect();
                EventKind::CompensationTriggered { key, compensations }
            }
            Kind::CompensationStarted(it) => {
                EventKind::CompensationStarted { key, compensation: id(&it.compensation)?, reopens: it.reopens }
            }
            Kind::CompensationHandlerStarted(it) => {
                EventKind::CompensationHandlerStarted { key, compensates_for: Key(it.compensates_for) }
            }
            Kind::CompensationCompleted(_) => EventKind::CompensationCompleted { key },
            Kind::CompensationDiscarded(it) => {
                EventKind::CompensationDiscarded { key, compensation: parse_compensation_id(it) }
            }
            _ => return None,
        })
    }

    fn other(&self, kind: &Kind) -> Read<EventKind> {
        let (key, scope) = (self.key, self.key);
        Ok(match kind {
            Kind::InstanceCreated(it) => EventKind::InstanceCreated {
                id: self.id,
                definition: definition(&it.definition_key)?,
                business_key: it.business_key.clone(),
                parent: it.parent.as_ref().and_then(parse_parent),
            },
            Kind::VariableSet(it) => {
                EventKind::VariableSet { scope, name: it.name.clone(), value: json("a variable", &it.value)? }
            }
            Kind::ElementActivated(it) => EventKind::ElementActivated {
                key,
                element: self.element()?,
                scope: Key(it.scope),
                flow: it.flow.map(FlowIndex),
            },
            Kind::FlowTaken(it) => {
                EventKind::FlowTaken { flow: FlowIndex(it.flow), scope, outcome: outcome(&it.outcome)? }
            }
            Kind::TokenArrived(it) => {
                EventKind::TokenArrived { element: self.element()?, flow: FlowIndex(it.flow), scope }
            }
            Kind::TokensConsumed(it) => {
                let flows = it.flows.iter().copied().map(FlowIndex).collect();
                EventKind::TokensConsumed { element: self.element()?, flows, scope }
            }
            Kind::ElementCompleting(it) => EventKind::ElementCompleting { key, outcome: outcome(&it.outcome)? },
            Kind::ElementCompleted(_) => EventKind::ElementCompleted { key },
            Kind::ElementTerminated(_) => EventKind::ElementTerminated { key },
            Kind::LoopStarted(it) => EventKind::LoopStarted { key, planned: it.planned, at_once: it.at_once },
            Kind::ScopeInterrupted(_) => EventKind::ScopeInterrupted { scope },
            Kind::UserTaskCreated(it) => EventKind::UserTaskCreated { key, task: question::replayed(it) },
            Kind::UserTaskCompleted(it) => EventKind::UserTaskCompleted { key, by: it.by.clone() },
            Kind::UserTaskCanceled(_) => EventKind::UserTaskCanceled { key },
            Kind::ErrorThrown(it) => EventKind::ErrorThrown { key, code: it.code.clone(), message: it.message.clone() },
            Kind::EscalationThrown(it) => EventKind::EscalationThrown { key, code: it.code.clone() },
            Kind::IncidentRaised(it) => EventKind::IncidentRaised {
                incident: Key(it.incident),
                element_instance: key,
                code: it.code.clone(),
                message: it.message.clone(),
            },
            Kind::IncidentResolved(it) => EventKind::IncidentResolved { incident: Key(it.incident) },
            Kind::ChildStarted(it) => {
                let (child, called_element) = (instance(&it.child_id)?, it.called_element.clone());
                EventKind::ChildStarted { key, child, called_element }
            }
            Kind::ChildEnded(it) => EventKind::ChildEnded { key, child: instance(&it.child_id)? },
            kind => return self.work(kind),
        })
    }

    /// Jobs, decisions, and the instance as a whole.
    fn work(&self, kind: &Kind) -> Read<EventKind> {
        let key = self.key;
        Ok(match kind {
            Kind::JobCreated(it) => EventKind::JobCreated { key, job_type: it.r#type.clone(), retries: it.retries },
            Kind::JobCompleted(it) => EventKind::JobCompleted { key, attempt: it.attempt },
            Kind::JobFailed(it) => EventKind::JobFailed {
                key,
                attempt: it.attempt,
                message: it.message.clone(),
                retries_left: it.retries_left,
                retry_at: it.retry_at.map(Timestamp),
            },
            Kind::JobRetried(it) => EventKind::JobRetried { key, attempt: it.attempt, retries_left: it.retries_left },
            Kind::JobCanceled(_) => EventKind::JobCanceled { key },
            Kind::JobAsked(it) => {
                EventKind::JobAsked { key, attempt: it.attempt, question: it.question.clone(), task: Key(it.task) }
            }
            Kind::JobAnswered(it) => EventKind::JobAnswered { key, answer: question::parse_answer(it.clone()) },
            Kind::DecisionRequested(it) => EventKind::DecisionRequested { key, decision_id: it.decision_id.clone() },
            Kind::DecisionMade(it) => {
                let (output, trace) = (json("an output", &it.output)?, json("a trace", &it.trace)?);
                let decided = Decided { decision_id: it.decision_id.clone(), version: it.version, output, trace };
                EventKind::DecisionMade { key, decided }
            }
            Kind::DecisionWithdrawn(_) => EventKind::DecisionWithdrawn { key },
            Kind::WorkDeferred(_) => EventKind::WorkDeferred,
            Kind::InstanceSuspended(_) => EventKind::InstanceSuspended,
            Kind::InstanceResumed(_) => EventKind::InstanceResumed,
            Kind::CommandHeld(it) => EventKind::CommandHeld { command: Box::new(json("a command", &it.command)?) },
            Kind::CommandReleased(_) => EventKind::CommandReleased,
            Kind::InstanceMigrated(it) => EventKind::InstanceMigrated {
                definition: definition(&it.definition_key)?,
                elements: it.elements.iter().map(|it| (ElementIndex(it.from), ElementIndex(it.to))).collect(),
                flows: it.flows.iter().map(|it| (FlowIndex(it.from), FlowIndex(it.to))).collect(),
            },
            Kind::InstanceCompleted(_) => EventKind::InstanceCompleted,
            Kind::InstanceTerminated(_) => EventKind::InstanceTerminated,
            Kind::InstanceCanceled(it) => EventKind::InstanceCanceled { reason: it.reason.clone() },
            Kind::InstanceFailed(it) => {
                EventKind::InstanceFailed { code: it.code.clone(), message: it.message.clone() }
            }
            _ => return Err(ReplayError::Newer),
        })
    }

    fn element(&self) -> Read<ElementIndex> {
        self.element.ok_or(ReplayError::Without("its element"))
    }
}

fn json<T: serde::de::DeserializeOwned>(what: &'static str, bytes: &[u8]) -> Read<T> {
    serde_json::from_slice(bytes).map_err(|error| ReplayError::Json(what, error))
}

fn outcome(bytes: &Option<Bytes>) -> Read<Option<Value>> {
    bytes.as_ref().map(|bytes| json("an outcome", bytes)).transpose()
}

fn definition(key: &str) -> Read<DefinitionKey> {
    key.parse().map(DefinitionKey).map_err(|_| ReplayError::Without("its definition"))
}

fn instance(id: &str) -> Read<InstanceId> {
    id.parse().map(InstanceId).map_err(|_| ReplayError::Without("its instance"))
}
