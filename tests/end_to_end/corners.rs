//! Bad input and bad luck, met through the API: each gives a clear message or an incident, and the server goes on.

use crate::running::Baton;
use serde_json::{Value, json};

fn process(id: &str, task: &str) -> String {
    format!(
        "process:\n  id: {id}\n  elements:\n    - {{id: start, type: startEvent}}\n    - {task}\n    - {{id: end, type: endEvent}}\n  \
         connections:\n    - {{id: a, from: start, to: work}}\n    - {{id: b, from: work, to: end}}\n"
    )
}

/// Deploys a process of one task `work`, starts it, and returns its first incident.
async fn incident(api: &crate::running::Api, id: &str, task: &str) -> Value {
    let (status, body) = api.deploy(&process(id, task)).await;
    assert_eq!(status, 201, "{body:#}");
    let instance = api.start(id, json!({})).await;
    let found = api.instance_where(&instance, |i| i["incidents"].as_array().is_some_and(|all| !all.is_empty())).await;
    found["incidents"][0].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn bad_input_is_answered_and_the_server_goes_on() {
    let mut baton = Baton::run("dev", &["--deploy", "examples/approval"], &[]);
    let api = baton.api();

    // A broken file: every problem, with its place.
    let (status, body) = api.deploy(&process("broken", "{id: work, type: serviceTsk}")).await;
    assert_eq!(status, 422, "{body:#}");
    let problem = &body["diagnostics"][0];
    assert!(problem["line"].as_u64() > Some(0) && problem["message"].as_str().is_some(), "{body:#}");

    // Somebody without a key, and a process that is not there.
    let answer = reqwest::get(format!("{}/api/v1/processes", api.url)).await.expect("the gateway answers");
    assert_eq!(answer.status().as_u16(), 401);
    let (status, body) = api.post("/instances", json!({"processId": "nowhere"})).await;
    assert_eq!((status, body["code"].as_str()), (404, Some("NOT_FOUND")), "{body:#}");

    // A script that never ends, one that eats all memory, and one that is wrong.
    let script = |text: &str| {
        format!(
            "{{id: work, type: scriptTask, properties: {{scriptFormat: python, retries: 1, jobTimeout: 3000, script: '{text}'}}}}"
        )
    };
    for (id, text) in
        [("loops", "while True: pass"), ("eats", "x = [b\"x\" * 10**9 for _ in range(100)]"), ("wrong", "1 / 0")]
    {
        let incident = incident(&api, id, &script(text)).await;
        assert_eq!(incident["elementId"], "work", "{incident:#}");
        assert!(!incident["message"].as_str().unwrap_or_default().is_empty(), "{incident:#}");
    }

    // The server still works.
    let task = "{id: work, type: scriptTask, properties: {scriptFormat: python, script: 'result = 42'}}";
    assert_eq!(api.deploy(&process("fine", task)).await.0, 201);
    let instance = api.start("fine", json!({})).await;
    let ended = api.instance_where(&instance, |i| i["instance"]["state"] == "completed").await;
    assert_eq!(ended["variables"]["scriptResult"], 42);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_value_of_the_wrong_type_is_refused_and_the_task_stays_open() {
    let mut baton = Baton::run("dev", &["--deploy", "examples/approval"], &[]);
    let api = baton.api();
    let form = "custom: {formFields: [{name: amount, type: number, required: true}]}";
    let task = format!("{{id: work, type: userTask, properties: {{{form}}}}}");
    assert_eq!(api.deploy(&process("form", &task)).await.0, 201);
    let instance = api.start("form", json!({})).await;
    let has_task = |i: &Value| i["elements"].as_array().is_some_and(|all| !all.is_empty());
    api.instance_where(&instance, has_task).await;
    let tasks = api.get(&format!("/user-tasks?instanceId={instance}")).await;
    let id = tasks["tasks"][0]["id"].as_str().expect("the task is open").to_owned();
    let (status, body) =
        api.post(&format!("/user-tasks/{id}/complete"), json!({"variables": {"amount": "many"}})).await;
    assert_eq!(status, 400, "{body:#}");
    assert!(body["detail"].as_str().is_some_and(|detail| detail.contains("amount")), "{body:#}");
    let (status, body) = api.post(&format!("/user-tasks/{id}/complete"), json!({"variables": {"amount": 7}})).await;
    assert_eq!(status, 200, "{body:#}");
    let ended = api.instance_where(&instance, |i| i["instance"]["state"] == "completed").await;
    assert_eq!(ended["variables"]["amount"], 7);
}

/// Four of its jobs are more than the queue holds, and the first ones take long enough for as many to be started meanwhile.
const MANY: &str = "{id: work, type: scriptTask, properties: {scriptFormat: python, \
                    script: 'import time; time.sleep(3 if number < 8 else 0); result = number * 2'}}";

#[tokio::test(flavor = "multi_thread")]
async fn a_full_queue_keeps_new_instances_out_delays_jobs_and_loses_none() {
    let mut baton = Baton::run("dev", &["--deploy", "examples/approval"], &[("BATON_JOBS_MAX_BYTES", "4096")]);
    let api = baton.api();
    assert_eq!(api.deploy(&process("many", MANY)).await.0, 201);
    let (mut instances, mut kept_out) = (Vec::new(), Vec::new());
    for number in 0..12 {
        let variables = json!({"number": number, "filler": "x".repeat(1024)});
        let (instance, reasons) = api.start_when_let_in("many", variables).await;
        instances.push(instance);
        kept_out.extend(reasons);
    }
    for (number, instance) in instances.iter().enumerate() {
        let ended = api.instance_where(instance, |i| i["instance"]["state"] == "completed").await;
        assert_eq!(ended["variables"]["scriptResult"], number * 2);
    }
    // It is said only after the queue has not taken a job: the queue was full, and that job was delayed.
    let was_full = kept_out.iter().any(|why| why.contains("as many jobs wait for workers as may"));
    assert!(was_full, "the queue was never full: {kept_out:?} {}", baton.logs());
}
