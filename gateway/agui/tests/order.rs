//! Streams that are valid, and each way in which one can be wrong.

use agui::{Event, Verifier, Violation};
use serde_json::{Value, json};

fn verify(events: &[Value]) -> Result<(), Violation> {
    let mut verifier = Verifier::default();
    for event in events {
        let event: Event = serde_json::from_value(event.clone()).unwrap();
        verifier.accept(&event)?;
    }
    verifier.finish()
}

fn started() -> Value {
    json!({"type": "RUN_STARTED", "threadId": "t", "runId": "r"})
}

fn finished() -> Value {
    json!({"type": "RUN_FINISHED", "threadId": "t", "runId": "r", "outcome": {"type": "success"}})
}

fn interrupted() -> Value {
    let interrupt = json!({"id": "i", "reason": "input_required"});
    json!({"type": "RUN_FINISHED", "threadId": "t", "runId": "r", "outcome": {"type": "interrupt", "interrupts": [interrupt]}})
}

fn run(between: &[Value]) -> Result<(), Violation> {
    verify(&[&[started()], between, &[finished()]].concat())
}

#[test]
fn a_run_with_everything_in_it_is_valid() {
    let of = |value: Value, owner: &str| {
        let mut value = value;
        value["subagentRunId"] = owner.into();
        value
    };
    let events = [
        json!({"type": "STATE_SNAPSHOT", "snapshot": {"tokens": {}}}),
        json!({"type": "STEP_STARTED", "stepName": "assist#2"}),
        of(json!({"type": "SUBAGENT_STARTED", "name": "assist"}), "s"),
        of(json!({"type": "REASONING_START", "messageId": "k"}), "s"),
        of(json!({"type": "REASONING_MESSAGE_START", "messageId": "k", "role": "reasoning"}), "s"),
        of(json!({"type": "REASONING_MESSAGE_CONTENT", "messageId": "k", "delta": "so"}), "s"),
        of(json!({"type": "REASONING_MESSAGE_END", "messageId": "k"}), "s"),
        of(json!({"type": "REASONING_END", "messageId": "k"}), "s"),
        of(json!({"type": "TOOL_CALL_START", "toolCallId": "c", "toolCallName": "read"}), "s"),
        of(json!({"type": "TOOL_CALL_ARGS", "toolCallId": "c", "delta": "{}"}), "s"),
        of(json!({"type": "TOOL_CALL_END", "toolCallId": "c"}), "s"),
        of(json!({"type": "TOOL_CALL_RESULT", "messageId": "c/result", "toolCallId": "c", "content": "x"}), "s"),
        of(json!({"type": "SUBAGENT_FINISHED"}), "s"),
        json!({"type": "STATE_DELTA", "delta": [{"op": "add", "path": "/tokens/2", "value": {}}]}),
        json!({"type": "STEP_FINISHED", "stepName": "assist#2"}),
        json!({"type": "MESSAGES_SNAPSHOT", "messages": []}),
    ];
    run(&events).unwrap();
    let resumed = [started(), finished()];
    verify(&[&[started()], &events[..], &[interrupted()], &resumed].concat()).unwrap();
}

#[test]
fn every_rule_has_a_stream_that_breaks_it() {
    let text = |kind: &str| json!({"type": kind, "messageId": "m", "delta": "d"});
    let (start, content, end) = (text("TEXT_MESSAGE_START"), text("TEXT_MESSAGE_CONTENT"), text("TEXT_MESSAGE_END"));
    let step = |kind: &str| json!({"type": kind, "stepName": "s"});
    let subagent = |kind: &str| json!({"type": kind, "subagentRunId": "s", "name": "n", "message": "m"});
    let (begun, failed) = (subagent("SUBAGENT_STARTED"), subagent("SUBAGENT_ERROR"));
    let of_s = json!({"type": "TEXT_MESSAGE_START", "messageId": "m", "subagentRunId": "s"});
    let result = json!({"type": "TOOL_CALL_RESULT", "messageId": "m", "toolCallId": "c", "content": "x"});
    let delta = json!({"type": "STATE_DELTA", "delta": [{"op": "remove", "path": "/a"}]});
    let patch = json!({"type": "ACTIVITY_DELTA", "messageId": "a", "activityType": "A", "patch": []});
    let flat = json!({"type": "ACTIVITY_SNAPSHOT", "messageId": "a", "activityType": "A", "content": "text"});
    let wrong: [(&str, Vec<Value>); 15] = [
        ("open already", vec![start.clone(), start.clone()]),
        ("is not open", vec![content]),
        ("is not open", vec![end]),
        ("1 text messages are still open", vec![start]),
        ("open already", vec![step("STEP_STARTED"), step("STEP_STARTED")]),
        ("not open under this owner", vec![step("STEP_FINISHED")]),
        ("1 steps are still open", vec![step("STEP_STARTED")]),
        ("was in this run before", vec![begun.clone(), failed.clone(), begun.clone()]),
        ("is not active", vec![failed.clone()]),
        ("is not active", vec![of_s.clone()]),
        ("is still open", vec![begun, of_s, failed]),
        ("there was no call `c`", vec![result]),
        ("the patch does not apply", vec![delta]),
        ("there is no message `a`", vec![patch]),
        ("is an object", vec![flat]),
    ];
    for (rule, events) in wrong {
        let violation = run(&events).expect_err(rule).to_string();
        assert!(violation.contains(rule), "{violation}: expected {rule}");
    }
    let streams: [(&str, Vec<Value>); 6] = [
        ("the stream is empty", vec![]),
        ("no run is open", vec![finished()]),
        ("ends within a run", vec![started()]),
        ("still open", vec![started(), started()]),
        ("no run is open", vec![started(), finished(), finished()]),
        ("come before an interrupt", vec![started(), interrupted()]),
    ];
    for (rule, events) in streams {
        let violation = verify(&events).expect_err(rule).to_string();
        assert!(violation.contains(rule), "{violation}: expected {rule}");
    }
}
