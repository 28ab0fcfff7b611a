//! People who take their time: everything is stopped, a day goes by, and everything is started again. The clocks of all programs
//! but NATS's are a day ahead then (libfaketime; `cargo xtask test` brings it).

use crate::{
    approvals::{agent, model},
    running::{Api, Baton},
};
use serde_json::{Value, json};
use std::time::{Duration, Instant};

const EXAMPLE: [&str; 2] = ["--deploy", "examples/approval"];

#[tokio::test(flavor = "multi_thread")]
async fn an_approval_counts_after_a_restart_and_a_day_and_an_expired_one_does_not() {
    let Some(faketime) = faketime() else {
        eprintln!("SKIPPED: there is no libfaketime (Debian: apt-get install libfaketime)");
        return;
    };
    let model = model().await;
    let mut baton = Baton::run("dev", &EXAMPLE, &[("BATON_LLM_BASE_URL", model.as_str())]);
    let api = baton.api();
    for process in [agent("patient", "P3D"), agent("hasty", "PT1H")] {
        let (status, body) = api.deploy(&process.to_string()).await;
        assert_eq!(status, 201, "{body:#}");
    }
    let patient = api.start("patient", json!({"errand": "write-changed"})).await;
    let hasty = api.start("hasty", json!({"errand": "write-late"})).await;
    for instance in [&patient, &hasty] {
        task(&api, instance).await;
    }

    let ahead = [
        ("BATON_LLM_BASE_URL", model.as_str()),
        ("LD_PRELOAD", faketime.as_str()),
        ("FAKETIME", "+25h"),
        // how much time has passed is known as before
        ("FAKETIME_DONT_FAKE_MONOTONIC", "1"),
        ("DONT_FAKE_MONOTONIC", "1"),
    ];
    let mut baton = baton.again("dev", &EXAMPLE, &ahead);
    let api = baton.api();
    let late = api.instance_where(&hasty, |it| it["instance"]["state"] == "completed").await;
    assert!(late["variables"]["report"].to_string().contains("nobody has approved"), "{late:#}");

    let id = task(&api, &patient).await;
    let answer = json!({"decision": "approve", "arguments": {"path": "changed.txt", "content": "as a person wants"}});
    let (status, body) =
        api.post(&format!("/user-tasks/{id}/complete"), json!({"variables": answer, "by": "ann"})).await;
    assert!(status < 300, "{body:#}");
    let (again, _) = api.post(&format!("/user-tasks/{id}/complete"), json!({"variables": answer, "by": "bob"})).await;
    assert_eq!(again, 409, "one answer counts");
    api.instance_where(&patient, |it| it["instance"]["state"] == "completed").await;
    let written = |name: &str| std::fs::read_to_string(baton.data.join("store").join(name)).ok();
    assert_eq!((written("changed.txt").as_deref(), written("late.txt")), (Some("as a person wants"), None));
    let transcript = transcript(&api, &patient).await;
    assert_eq!(transcript.matches("tool_result").count(), 1, "one call: {transcript}");
}

/// The open task of an instance.
async fn task(api: &Api, instance: &str) -> String {
    let deadline = Instant::now() + Duration::from_secs(60);
    loop {
        let tasks = api.get(&format!("/user-tasks?instanceId={instance}")).await;
        if let Some(id) = tasks["tasks"][0]["id"].as_str() {
            return id.to_owned();
        }
        assert!(Instant::now() < deadline, "nobody is asked: {tasks}");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

/// The kinds of its records.
async fn transcript(api: &Api, instance: &str) -> String {
    let history = api.get(&format!("/instances/{instance}/history")).await;
    let batches = history["batches"].as_array().cloned().unwrap_or_default();
    let mut events = batches.iter().filter_map(|batch| batch["events"].as_array()).flatten();
    let job = events.find(|event| event["type"] == "jobCreated").expect("the agent's job");
    let job = format!("{instance}:{}", job["key"]);
    let transcript = api.get(&format!("/agents/{job}/transcript")).await;
    let records = transcript["records"].as_array().cloned().unwrap_or_default();
    records.iter().filter_map(|record: &Value| record["kind"].as_str()).collect::<Vec<_>>().join(" ")
}

fn faketime() -> Option<String> {
    let named = std::env::var("BATON_FAKETIME").ok().filter(|path| !path.is_empty());
    let folders = std::fs::read_dir("/usr/lib").ok()?.filter_map(Result::ok);
    let installed = folders.map(|entry| entry.path().join("faketime/libfaketimeMT.so.1"));
    named
        .or_else(|| installed.into_iter().find(|library| library.exists()).map(|library| library.display().to_string()))
}
