//! The projection as a table: events in, messages out.

use super::{message::Message, project::Projection, shape::Shape};
use proto::{Empty, Event, EventBatch, event::Kind};
use serde_json::{Value, json};

fn project(kinds: Vec<(u64, &str, Kind)>) -> Vec<Value> {
    let mut projection = Projection::starting_at(1);
    messages(&mut projection, 1, kinds).iter().map(|message| serde_json::to_value(message).unwrap()).collect()
}

fn messages(projection: &mut Projection, first_seq: u64, kinds: Vec<(u64, &str, Kind)>) -> Vec<Message> {
    let events = kinds.into_iter().zip(1..).map(|((key, element, kind), second)| Event {
        at: second * 1_500,
        key,
        element_id: element.to_owned(),
        element_type: if element == "check" { "exclusiveGateway" } else { "task" }.to_owned(),
        kind: Some(kind),
        ..Event::default()
    });
    let batch = EventBatch {
        instance_id: "i".into(),
        process_id: "order".into(),
        first_seq,
        events: events.collect(),
        ..EventBatch::default()
    };
    projection.project(&Shape::default(), &batch)
}

fn activated(scope: u64) -> Kind {
    Kind::ElementActivated(proto::ElementActivated { scope, ..Default::default() })
}

fn variable(name: &str, value: &str) -> Kind {
    let value = value.as_bytes().to_vec().into();
    Kind::VariableSet(proto::VariableSet { name: name.into(), value })
}

fn incident() -> Kind {
    Kind::IncidentRaised(proto::IncidentRaised { incident: 9, code: "NO_FLOW".into(), message: "none fits".into() })
}

fn failed(retry_at: Option<i64>) -> Kind {
    Kind::JobFailed(proto::JobAttemptFailed { attempt: 1, message: "no".into(), retries_left: 0, retry_at })
}

fn job(job_type: &str) -> proto::JobCreated {
    proto::JobCreated { r#type: job_type.to_owned(), ..Default::default() }
}

/// The message's fields that the row names have these values.
#[track_caller]
fn check(kind: Kind, expected: Value) {
    let told = project(vec![(2, "pay", kind)]).remove(0);
    for (name, value) in expected.as_object().unwrap() {
        assert_eq!(&told[name], value, "{name} of {told}");
    }
    assert_eq!(told["seq"], 1);
}

#[test]
fn each_event_has_its_message() {
    let thrown = proto::ErrorThrown { code: "E".into(), message: "m".into() };
    let retried = proto::JobRetried { attempt: 2, retries_left: 1 };
    let due = proto::TimerScheduled { due: 1_000, ..Default::default() };
    let error = json!({"message": "none fits", "code": "NO_FLOW"});
    let due_details = json!({"due": "1970-01-01T00:00:01Z"});
    check(Kind::InstanceCreated(Default::default()), json!({"type": "workflow.started", "workflowName": "order"}));
    check(Kind::InstanceCompleted(Empty {}), json!({"type": "workflow.completed", "outcome": "success"}));
    check(Kind::InstanceTerminated(Empty {}), json!({"type": "workflow.completed", "outcome": "terminated"}));
    check(Kind::InstanceCanceled(Default::default()), json!({"outcome": "terminated", "reason": "canceled"}));
    check(Kind::InstanceFailed(thrown.clone()), json!({"type": "workflow.failed", "sub": 0, "subs": 2}));
    check(activated(1), json!({"type": "element.activated", "elementId": "pay", "elementInstanceKey": 2}));
    check(Kind::ElementCompleted(Empty {}), json!({"type": "element.completed", "elementId": "pay"}));
    check(Kind::ElementTerminated(Empty {}), json!({"type": "task.cancelled", "elementId": "pay"}));
    check(variable("a", "[1]"), json!({"type": "variable.set", "name": "a", "value": [1], "scope": 2}));
    check(Kind::JobCreated(Default::default()), json!({"type": "task.progress", "status": "initializing"}));
    check(Kind::JobCreated(job("agent")), json!({"jobType": "agent", "sub": 0, "subs": 2}));
    check(Kind::JobCompleted(Default::default()), json!({"type": "task.progress", "progress": 1.0}));
    check(Kind::JobRetried(retried), json!({"type": "task.progress", "status": "retry", "message": "Attempt 2"}));
    check(failed(Some(1_000)), json!({"type": "task.error", "retryable": true, "retryAt": "1970-01-01T00:00:01Z"}));
    check(failed(None), json!({"type": "task.error", "retryable": false, "error": {"message": "no"}}));
    check(Kind::ErrorThrown(thrown), json!({"type": "task.error", "error": {"message": "m", "code": "E"}}));
    check(incident(), json!({"type": "task.error", "incidentId": "i:9", "error": error, "retryable": false}));
    check(Kind::IncidentResolved(proto::IncidentResolved { incident: 9 }), json!({"type": "incident.resolved"}));
    check(Kind::UserTaskCompleted(Default::default()), json!({"type": "userTask.completed", "taskId": "i:2"}));
    check(Kind::UserTaskCanceled(Empty {}), json!({"type": "userTask.cancelled", "taskId": "i:2"}));
    check(
        Kind::TimerScheduled(due),
        json!({"type": "history.event", "event": "timerScheduled", "details": due_details}),
    );
    check(Kind::WorkDeferred(Empty {}), json!({"type": "history.event", "event": "workDeferred"}));
}

#[test]
fn what_waits_for_somebody_can_be_cancelled() {
    let told =
        project(vec![(2, "pay", Kind::JobCreated(job("x"))), (3, "see", Kind::UserTaskCreated(Default::default()))]);
    let types: Vec<_> = told.iter().map(|message| message["type"].as_str().unwrap()).collect();
    assert_eq!(types, ["task.progress", "task.cancellable", "userTask.created", "task.cancellable"]);
    assert_eq!((&told[3]["elementId"], &told[3]["elementInstanceKey"]), (&json!("see"), &json!(3)));
}

#[test]
fn durations_are_seconds_since_the_activation() {
    let told = project(vec![
        (1, "", Kind::InstanceCreated(Default::default())),
        (2, "pay", activated(1)),
        (2, "pay", Kind::ElementCompleted(Empty {})),
        (1, "", Kind::InstanceCompleted(Empty {})),
    ]);
    assert_eq!((&told[2]["duration"], &told[3]["duration"]), (&json!(1.5), &json!(4.5)));
}

#[test]
fn a_duration_is_absent_when_the_activation_was_not_seen() {
    let told = project(vec![(2, "pay", Kind::ElementCompleted(Empty {}))]);
    assert_eq!(told[0].get("duration"), None);
}

#[test]
fn what_a_job_left_behind_is_its_result() {
    let told = project(vec![
        (2, "pay", activated(1)),
        (2, "pay", Kind::JobCompleted(Default::default())),
        (1, "", variable("paid", "true")),
        (2, "pay", Kind::ElementCompleted(Empty {})),
        (3, "ship", activated(1)),
        (3, "ship", Kind::ElementCompleted(Empty {})),
    ]);
    assert_eq!(told[3]["result"], json!({"paid": true}));
    assert_eq!(told[5].get("result"), None);
}

#[test]
fn a_user_task_carries_what_it_sees() {
    let task = proto::UserTask {
        name: "Approve".into(),
        candidate_groups: vec!["finance".into()],
        form_fields: vec![proto::FormField { name: "ok".into(), r#type: "boolean".into(), ..Default::default() }],
        due: Some(0),
        ..Default::default()
    };
    let told = project(vec![
        (1, "", variable("amount", "7")),
        (1, "", variable("note", "\"outer\"")),
        (3, "approve", activated(1)),
        (3, "", variable("note", "\"inner\"")),
        (3, "approve", Kind::UserTaskCreated(task)),
    ]);
    let task = &told[4];
    assert_eq!((&task["type"], &task["action"]), (&json!("userTask.created"), &json!("showApprovalForm")));
    let expected = json!({
        "taskId": "i:3", "taskName": "Approve", "assignee": null, "candidateGroups": ["finance"],
        "candidateUsers": [], "priority": null, "dueDate": "1970-01-01T00:00:00Z",
        "formFields": [{"name": "ok", "type": "boolean", "required": false}],
        "data": {"amount": 7, "note": "inner"},
    });
    assert_eq!(task["taskInstance"], expected);
}

#[test]
fn a_gateway_evaluates_and_takes_a_path() {
    let taken = proto::FlowTaken {
        flow_id: "f1".into(),
        from_element_id: "check".into(),
        condition: "amount > 5".into(),
        ..Default::default()
    };
    let told = project(vec![(2, "check", activated(1)), (1, "check", Kind::FlowTaken(taken))]);
    let parts: Vec<_> =
        told.iter().map(|m| (m["type"].as_str().unwrap(), m["seq"].as_u64(), m["sub"].as_u64())).collect();
    let evaluating = [("element.activated", Some(1), Some(0)), ("gateway.evaluating", Some(1), Some(1))];
    assert_eq!(parts[..2], evaluating);
    assert_eq!(parts[2], ("gateway.path_taken", Some(2), None));
    assert_eq!(told[2]["condition"], "amount > 5");
}

#[test]
fn events_that_were_seen_make_no_messages() {
    let mut projection = Projection::starting_at(1);
    assert_eq!(messages(&mut projection, 1, vec![(1, "", variable("a", "1")), (1, "", variable("b", "1"))]).len(), 2);
    assert_eq!(messages(&mut projection, 2, vec![(1, "", variable("b", "1")), (1, "", variable("c", "1"))]).len(), 1);
    assert_eq!(projection.next(), 4);
}
