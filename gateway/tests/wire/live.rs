//! WebSocket: history and live without gap or duplicate, commands, who may what.

use crate::{
    played::{activated, completed, created, finished, problem, variable},
    running::Running,
};
use serde_json::{Value, json};

#[tokio::test]
async fn a_run_is_told_in_the_seeds_words() {
    let running = Running::start().await;
    let mut socket = running.socket().await;
    socket.say(json!({"type": "subscribe", "all": true})).await;
    assert_eq!(socket.next().await, json!({"type": "subscribed", "all": true}));
    running.engine.commit("i", vec![created(), activated()]).await;
    running.engine.commit("i", vec![variable("a", "1"), completed(), finished()]).await;
    let started = socket.next().await;
    assert_eq!(started["type"], "workflow.started");
    assert_eq!(started["workflowName"], "Order");
    assert_eq!((&started["instanceId"], &started["tenant"], &started["seq"]), (&json!("i"), &json!("acme"), &json!(1)));
    let heard = socket.until("workflow.completed").await;
    let expected = [("element.activated", 2), ("variable.set", 3), ("element.completed", 4), ("workflow.completed", 5)];
    assert_eq!(heard, expected.map(|(kind, seq)| (kind.to_owned(), Some(seq))));
}

#[tokio::test]
async fn a_replay_goes_over_into_live_without_gap_or_duplicate() {
    let running = Running::start().await;
    for _ in 0..700 {
        running.engine.commit_silently("i", vec![variable("a", "1"), variable("b", "2")]);
    }
    let mut socket = running.socket().await;
    socket.subscribe("i", 101).await;
    for _ in 0..300 {
        running.engine.commit("i", vec![variable("c", "3")]).await;
    }
    running.engine.commit("i", vec![finished()]).await;
    let heard = socket.until("workflow.completed").await;
    let seqs: Vec<_> = heard.iter().filter_map(|(_, seq)| *seq).collect();
    assert_eq!(seqs, (101..=1_701).collect::<Vec<_>>());
}

#[tokio::test]
async fn lost_and_repeated_messages_are_made_good() {
    let running = Running::start().await;
    running.engine.commit_silently("i", vec![created(), activated()]);
    let mut socket = running.socket().await;
    socket.say(json!({"type": "subscribe", "instanceId": "i"})).await;
    assert_eq!(socket.next().await, json!({"type": "subscribed", "instanceId": "i", "lastSeq": 2}));
    running.engine.commit_silently("i", vec![variable("lost", "1")]);
    let batch = running.engine.commit_silently("i", vec![variable("heard", "2")]);
    running.engine.publish(&batch).await;
    running.engine.publish(&batch).await;
    running.engine.commit("i", vec![completed(), finished()]).await;
    assert_eq!(socket.next().await["name"], "lost");
    assert_eq!(socket.next().await["name"], "heard");
    let done = socket.next().await;
    assert_eq!((&done["type"], &done["seq"]), (&json!("element.completed"), &json!(5)));
    assert_eq!(done["duration"], 3.0, "its beginning is known from the history");
}

#[tokio::test]
async fn news_that_never_came_are_found_at_the_heartbeat() {
    let running = Running::start_with(&["--heartbeat-seconds", "1"]).await;
    running.engine.commit_silently("i", vec![created()]);
    let mut socket = running.socket().await;
    socket.subscribe("i", 2).await;
    assert_eq!(socket.next().await["type"], "subscribed");
    running.engine.commit_silently("i", vec![finished()]);
    assert_eq!(socket.next().await["type"], "workflow.completed");
}

#[tokio::test]
async fn a_replay_can_be_asked_for_at_any_time() {
    let running = Running::start().await;
    running.engine.commit_silently("i", vec![created(), activated(), completed(), finished()]);
    let mut socket = running.socket().await;
    for from in [1, 3] {
        socket.say(json!({"type": "replay.request", "instanceId": "i", "from": from})).await;
        let heard = socket.until("subscribed").await;
        let seqs: Vec<_> = heard.iter().filter_map(|(_, seq)| *seq).collect();
        assert_eq!(seqs, (from..=4).collect::<Vec<_>>());
    }
}

#[tokio::test]
async fn subscriptions_are_kept_apart() {
    let running = Running::start().await;
    let (mut of_process, mut of_other_process) = (running.socket().await, running.socket().await);
    let mut of_other_tenant = running.socket_as("other-key").await;
    of_process.say(json!({"type": "subscribe", "processId": "order"})).await;
    of_other_process.say(json!({"type": "subscribe", "processId": "another"})).await;
    of_other_tenant.say(json!({"type": "subscribe", "all": true})).await;
    for socket in [&mut of_process, &mut of_other_process, &mut of_other_tenant] {
        assert_eq!(socket.next().await["type"], "subscribed");
    }
    running.engine.commit("i", vec![created()]).await;
    let progress = proto::Progress { progress: 0.5, status: "executing".into(), message: "half".into() };
    running.engine.live("i", proto::live::Kind::Progress(progress)).await;
    assert_eq!(of_process.next().await["type"], "workflow.started");
    let live = of_process.next().await;
    assert_eq!((&live["type"], &live["progress"], live.get("seq")), (&json!("task.progress"), &json!(0.5), None));
    for socket in [&mut of_other_process, &mut of_other_tenant] {
        socket.say(json!({"type": "ping"})).await;
        assert_eq!(socket.next().await["type"], "pong", "nothing was heard before the pong");
    }
    of_other_tenant.subscribe("i", 1).await;
    assert_eq!(of_other_tenant.next().await["code"], "NOT_FOUND");
}

#[tokio::test]
async fn tasks_are_completed_over_the_connection() {
    let running = Running::start().await;
    let complete = json!({"type": "userTask.complete", "taskId": "i:2", "decision": "approve", "comments": "fine",
        "user": "anna", "requestId": "r1"});
    let mut user = running.socket_as("user-key").await;
    user.say(complete.clone()).await;
    let ack =
        json!({"type": "ack", "command": "userTask.complete", "requestId": "r1", "instanceId": "i", "version": 9});
    assert_eq!(user.next().await, ack);
    let wire: proto::CompleteUserTaskRequest = running.engine.last("complete_user_task");
    assert_eq!((wire.id.as_str(), wire.by.as_str()), ("i:2", "anna"));
    let variables: Value = serde_json::from_slice(&wire.variables).unwrap();
    assert_eq!(variables, json!({"decision": "approve", "comments": "fine"}));
    running.engine.refuse("complete_user_task", problem("CONFLICT", 409));
    user.say(complete.clone()).await;
    assert_eq!(user.next().await["code"], "CONFLICT");
    let mut viewer = running.socket_as("viewer-key").await;
    viewer.say(complete).await;
    assert_eq!(viewer.next().await["code"], "FORBIDDEN");
    assert_eq!(running.engine.count("complete_user_task"), 2, "the viewer's never reached the engine");
}

#[tokio::test]
async fn what_cannot_be_done_is_an_error_message() {
    let running = Running::start().await;
    let mut socket = running.socket().await;
    for (message, code) in [
        (json!({"type": "task.cancel", "elementId": "pay"}), "INVALID"),
        (json!({"type": "task.cancel", "elementId": "pay", "instanceId": "nowhere"}), "NOT_FOUND"),
        (json!({"type": "messages.request", "jobId": "nowhere:1"}), "NOT_FOUND"),
        (json!({"type": "subscribe"}), "INVALID"),
        (json!({"type": "what"}), "INVALID"),
        (json!([]), "INVALID"),
        (json!({"type": "subscribe", "instanceId": "nowhere", "from": 1}), "NOT_FOUND"),
    ] {
        socket.say(message.clone()).await;
        let told = socket.next().await;
        assert_eq!((&told["type"], &told["code"]), (&json!("error"), &json!(code)), "{message}");
    }
    socket.say(json!({"type": "task.cancel", "instanceId": "i"})).await;
    assert_eq!(socket.next().await["type"], "ack");
}

#[tokio::test]
async fn a_single_element_is_cancelled() {
    let running = Running::start().await;
    running.engine.commit_silently("i", vec![created(), activated()]);
    let mut socket = running.socket_as("operator-key").await;
    socket.say(json!({"type": "task.cancel", "instanceId": "i", "elementId": "ship"})).await;
    assert_eq!(socket.next().await["code"], "NOT_FOUND");
    socket.say(json!({"type": "task.cancel", "instanceId": "i", "elementId": "pay", "requestId": "r"})).await;
    let cancelling = socket.next().await;
    assert_eq!((&cancelling["type"], &cancelling["elementInstanceKeys"]), (&json!("task.cancelling"), &json!([2])));
    let ack = socket.next().await;
    assert_eq!((&ack["type"], &ack["requestId"]), (&json!("ack"), &json!("r")));
    let wire: proto::OperateRequest = running.engine.last("operate");
    let operation: Value = serde_json::from_slice(&wire.operation).unwrap();
    assert_eq!(operation, json!({"operation": "modify", "end": [2], "begin": []}));
    let mut user = running.socket_as("user-key").await;
    user.say(json!({"type": "task.cancel", "instanceId": "i", "elementId": "pay"})).await;
    assert_eq!(user.next().await["code"], "FORBIDDEN");
}

#[tokio::test]
async fn strangers_are_not_let_in() {
    let running = Running::start_with(&["--max-connections-per-address", "1"]).await;
    assert_eq!(running.try_socket("wrong-key", &[]).await.err(), Some(401));
    let evil = [("origin", "https://evil.example.com")];
    assert_eq!(running.try_socket("admin-key", &evil).await.err(), Some(403));
    let own = format!("http://{}", running.addr);
    let first = running.try_socket("admin-key", &[("origin", &own)]).await.unwrap();
    assert_eq!(running.try_socket("admin-key", &[]).await.err(), Some(429));
    drop(first);
}

#[tokio::test]
async fn too_large_and_too_many_messages_end_the_connection() {
    let running = Running::start().await;
    let mut large = running.socket().await;
    large.say(json!({"type": "ping", "padding": "x".repeat(300 * 1024)})).await;
    assert!(large.hear().await.is_err());
    let mut many = running.socket().await;
    for _ in 0..150 {
        many.say(json!({"type": "ping"})).await;
    }
    loop {
        match many.hear().await {
            Ok(message) => assert_eq!(message["type"], "pong"),
            Err(close) => break assert_eq!(u16::from(close.unwrap().code), 1008),
        }
    }
}

#[tokio::test]
async fn clients_are_told_when_the_gateway_stops() {
    let running = Running::start().await;
    let mut socket = running.socket().await;
    socket.say(json!({"type": "ping"})).await;
    assert_eq!(socket.next().await["type"], "pong");
    let (_, close) = tokio::join!(running.stop(), socket.hear());
    assert_eq!(u16::from(close.unwrap_err().unwrap().code), 1001);
}
