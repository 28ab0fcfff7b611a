//! An event as JSON: its name and what it says, in the words of the wire.

use crate::json::{self, text_or_value};
use proto::{MessageSubscription, UserTask, event::Kind};
use serde_json::{Map, Value, json};

/// The event's name and its fields.
pub fn describe(kind: &Kind) -> (&'static str, Map<String, Value>) {
    let (name, fields) = name_and_fields(kind);
    let mut fields = if let Value::Object(fields) = fields { fields } else { Map::new() };
    fields.retain(|_, value| !value.is_null());
    (name, fields)
}

fn name_and_fields(kind: &Kind) -> (&'static str, Value) {
    match kind {
        Kind::InstanceCreated(created) => {
            let parent = created.parent.as_ref().map(|parent| {
                json!({"instanceId": parent.instance_id, "elementKey": parent.element_key, "depth": parent.depth})
            });
            let key = &created.definition_key;
            ("instanceCreated", json!({"definitionKey": key, "businessKey": created.business_key, "parent": parent}))
        }
        Kind::InstanceCompleted(_) => ("instanceCompleted", Value::Null),
        Kind::InstanceTerminated(_) => ("instanceTerminated", Value::Null),
        Kind::InstanceCanceled(canceled) => ("instanceCanceled", json!({"reason": canceled.reason})),
        Kind::InstanceFailed(error) => ("instanceFailed", json!({"code": error.code, "message": error.message})),
        Kind::VariableSet(set) => ("variableSet", json!({"name": set.name, "value": text_or_value(&set.value)})),
        Kind::WorkDeferred(_) => ("workDeferred", Value::Null),
        Kind::InstanceSuspended(_) => ("instanceSuspended", Value::Null),
        Kind::InstanceResumed(_) => ("instanceResumed", Value::Null),
        Kind::CommandHeld(held) => ("commandHeld", json!({"command": held.name})),
        Kind::CommandReleased(_) => ("commandReleased", Value::Null),
        Kind::InstanceMigrated(migrated) => ("instanceMigrated", json!({"definitionKey": migrated.definition_key})),
        kind => element_or_flow(kind),
    }
}

fn element_or_flow(kind: &Kind) -> (&'static str, Value) {
    match kind {
        Kind::ElementActivated(activated) => {
            ("elementActivated", json!({"scope": activated.scope, "flowId": non_empty(&activated.flow_id)}))
        }
        Kind::ElementCompleting(completing) => {
            ("elementCompleting", json!({"outcome": completing.outcome.as_deref().map(text_or_value)}))
        }
        Kind::ElementCompleted(_) => ("elementCompleted", Value::Null),
        Kind::ElementTerminated(_) => ("elementTerminated", Value::Null),
        Kind::FlowTaken(taken) => (
            "flowTaken",
            json!({
                "flowId": taken.flow_id, "fromElementId": taken.from_element_id, "toElementId": taken.to_element_id,
                "condition": non_empty(&taken.condition), "outcome": taken.outcome.as_deref().map(text_or_value),
            }),
        ),
        Kind::LoopStarted(started) => ("loopStarted", json!({"planned": started.planned, "atOnce": started.at_once})),
        Kind::TokenArrived(_) => ("tokenArrived", Value::Null),
        Kind::TokensConsumed(_) => ("tokensConsumed", Value::Null),
        kind => work(kind),
    }
}

fn work(kind: &Kind) -> (&'static str, Value) {
    match kind {
        Kind::JobCreated(created) => ("jobCreated", json!({"jobType": created.r#type, "retries": created.retries})),
        Kind::JobCompleted(attempt) => ("jobCompleted", json!({"attempt": attempt.attempt})),
        Kind::JobFailed(failed) => (
            "jobFailed",
            json!({
                "attempt": failed.attempt, "message": failed.message, "retriesLeft": failed.retries_left,
                "retryAt": failed.retry_at.map(json::time),
            }),
        ),
        Kind::JobRetried(retried) => {
            ("jobRetried", json!({"attempt": retried.attempt, "retriesLeft": retried.retries_left}))
        }
        Kind::JobCanceled(_) => ("jobCanceled", Value::Null),
        Kind::JobAsked(asked) => {
            ("jobAsked", json!({"attempt": asked.attempt, "question": asked.question, "task": asked.task}))
        }
        Kind::JobAnswered(answer) => ("jobAnswered", answered(answer)),
        Kind::UserTaskCreated(task) => ("userTaskCreated", user_task(task)),
        Kind::UserTaskCompleted(completed) => ("userTaskCompleted", json!({"by": completed.by})),
        Kind::UserTaskCanceled(_) => ("userTaskCanceled", Value::Null),
        Kind::ErrorThrown(error) => ("errorThrown", json!({"code": error.code, "message": error.message})),
        Kind::IncidentRaised(raised) => {
            ("incidentRaised", json!({"incident": raised.incident, "code": raised.code, "message": raised.message}))
        }
        Kind::IncidentResolved(resolved) => ("incidentResolved", json!({"incident": resolved.incident})),
        kind => waiting(kind),
    }
}

fn waiting(kind: &Kind) -> (&'static str, Value) {
    match kind {
        Kind::TimerScheduled(timer) => {
            ("timerScheduled", json!({"due": json::time(timer.due), "repetitionsLeft": timer.repetitions_left}))
        }
        Kind::TimerFired(_) => ("timerFired", Value::Null),
        Kind::TimerCanceled(_) => ("timerCanceled", Value::Null),
        Kind::SubscriptionOpened(opened) => ("subscriptionOpened", subscription(opened)),
        Kind::MessageReceived(received) => ("messageReceived", subscription(received)),
        Kind::SubscriptionClosed(_) => ("subscriptionClosed", Value::Null),
        Kind::ConditionAwaited(_) => ("conditionAwaited", Value::Null),
        Kind::ConditionChanged(changed) => ("conditionChanged", json!({"isTrue": changed.is_true})),
        kind => thrown(kind),
    }
}

fn thrown(kind: &Kind) -> (&'static str, Value) {
    let signal = |name: &str| json!({"signalName": name});
    match kind {
        Kind::SignalSubscriptionOpened(open) => ("signalSubscriptionOpened", signal(&open.signal_name)),
        Kind::SignalReceived(received) => ("signalReceived", signal(&received.signal_name)),
        Kind::SignalThrown(thrown) => ("signalThrown", signal(&thrown.signal_name)),
        Kind::EscalationThrown(thrown) => ("escalationThrown", json!({"code": thrown.code})),
        Kind::ScopeInterrupted(_) => ("scopeInterrupted", Value::Null),
        Kind::CompensationAvailable(_) => ("compensationAvailable", Value::Null),
        Kind::CompensationTriggered(triggered) => {
            ("compensationTriggered", json!({"activities": triggered.compensations.len()}))
        }
        Kind::CompensationStarted(started) => ("compensationStarted", json!({"reopens": started.reopens})),
        Kind::CompensationHandlerStarted(_) => ("compensationHandlerStarted", Value::Null),
        Kind::CompensationCompleted(_) => ("compensationCompleted", Value::Null),
        Kind::CompensationDiscarded(_) => ("compensationDiscarded", Value::Null),
        Kind::ChildStarted(child) => ("childStarted", child_fields(child)),
        Kind::ChildEnded(child) => ("childEnded", child_fields(child)),
        Kind::DecisionRequested(asked) => ("decisionRequested", json!({"decisionId": asked.decision_id})),
        Kind::DecisionMade(made) => (
            "decisionMade",
            json!({
                "decisionId": made.decision_id, "version": made.version,
                "output": text_or_value(&made.output), "trace": text_or_value(&made.trace),
            }),
        ),
        Kind::DecisionWithdrawn(_) => ("decisionWithdrawn", Value::Null),
        _ => ("unknown", Value::Null),
    }
}

fn user_task(task: &UserTask) -> Value {
    json!({
        "name": task.name, "assignee": task.assignee, "candidateGroups": task.candidate_groups,
        "candidateUsers": task.candidate_users, "priority": task.priority, "dueDate": task.due.map(json::time),
    })
}

fn answered(answer: &proto::Answer) -> Value {
    json!({
        "question": answer.question, "values": answer.values.as_ref().map(|values| json::value(values)), "by": answer.by,
        "expires": answer.expires.map(json::time),
    })
}

fn subscription(subscription: &MessageSubscription) -> Value {
    json!({"messageName": subscription.message_name, "correlationKey": non_empty(&subscription.correlation_key)})
}

fn child_fields(child: &proto::Child) -> Value {
    json!({"childId": child.child_id, "calledElement": non_empty(&child.called_element)})
}

fn non_empty(text: &str) -> Option<&str> {
    Some(text).filter(|text| !text.is_empty())
}
