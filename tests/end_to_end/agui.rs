//! AG-UI with its official client: `tests/agui/official.mjs`, the example, and a strict look at every stream.

use crate::{
    approvals::{agent, model, process},
    running::{Api, Baton, checkout},
};
use serde_json::{Value, json};
use std::{
    path::Path,
    process::{Command, Output, Stdio},
    time::Duration,
};

#[tokio::test(flavor = "multi_thread")]
async fn the_official_client_runs_answers_and_joins() {
    let model = model().await;
    let mut baton = Baton::run("dev", &["--deploy", "examples/approval"], &[("BATON_LLM_BASE_URL", model.as_str())]);
    let api = baton.api();
    baton.until("Stop with Ctrl-C", Duration::from_secs(10));
    for process in [agent("asking", "PT1H"), broken()] {
        let (status, body) = api.deploy(&process.to_string()).await;
        assert_eq!(status, 201, "{body:#}");
    }
    let streams = baton.data.join("streams");
    std::fs::create_dir_all(&streams).expect("the folder is made");
    let mut official = node(&api, "tests/agui/official.mjs");
    official.env("STREAMS", &streams);
    let output = run(official).await;
    assert!(output.status.success(), "{}{}", told(&output), baton.logs());
    assert_eq!(check_folder(&streams).await, 4, "each agent has written down what it heard");

    // The example, with answers that are prepared.
    let mut chat = node(&api, "examples/agui-client/chat.mjs");
    let variables = json!({"subject": "a chair", "requester": {"email": "anna@example.com"}});
    chat.args(["approval", &variables.to_string()]).env("ANSWERS", r#"[{"decision": "rejected"}]"#);
    let output = run(chat).await;
    assert!(
        output.status.success() && told(&output).contains("\"decide_decision\": \"rejected\""),
        "{}",
        told(&output)
    );
    check_all(&api).await;
}

/// A gateway without a way out that fits, until somebody says which.
fn broken() -> Value {
    let elements = json!([{"id": "start", "type": "startEvent"}, {"id": "which", "type": "exclusiveGateway"},
        {"id": "end", "type": "endEvent"}]);
    let mut broken = process("broken", elements, &[("start", "which"), ("which", "end")]);
    broken["process"]["connections"][1]["properties"] = json!({"condition": "${path == 'somewhere'}"});
    broken
}

fn node(api: &Api, script: &str) -> Command {
    let mut node = Command::new("node");
    node.arg(checkout().join(script)).env("BATON_URL", &api.url).env("BATON_KEY", &api.key);
    node
}

async fn run(mut command: Command) -> Output {
    tokio::task::spawn_blocking(move || command.output()).await.expect("it ends").expect("node runs")
}

fn told(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

/// Every instance that there is, told from its beginning as one run: in order for our verifier, and all of it understood by
/// the official client. Says how many.
pub async fn check_all(api: &Api) -> usize {
    let listed = api.get("/instances?limit=500").await;
    let instances = listed["instances"].as_array().expect("instances are listed");
    let folder = std::env::temp_dir().join(format!("baton-agui-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("the folder is made");
    for id in instances.iter().filter(|it| it["state"] != "active").filter_map(|it| it["instanceId"].as_str()) {
        let text = api.text(&format!("/agui/threads/{id}/events?history=true")).await;
        verify(id, &text);
        std::fs::write(folder.join(id), text).expect("the stream is written");
    }
    let checked = check_folder(&folder).await;
    let _ = std::fs::remove_dir_all(folder);
    checked
}

fn verify(id: &str, text: &str) {
    let mut verifier = agui::Verifier::default();
    for line in text.lines().filter_map(|line| line.strip_prefix("data: ")) {
        let event: agui::Event = serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"));
        verifier.accept(&event).unwrap_or_else(|violation| panic!("{id}: {violation}: {line}"));
    }
    verifier.finish().unwrap_or_else(|violation| panic!("{id}: {violation}\n{text}"));
}

async fn check_folder(folder: &Path) -> usize {
    let mut checked = 0;
    for entry in std::fs::read_dir(folder).expect("the folder is there").flatten() {
        let mut check = Command::new("node");
        check.arg(checkout().join("examples/agui-client/check.mjs"));
        check.stdin(Stdio::from(std::fs::File::open(entry.path()).expect("the stream is there")));
        let output = run(check).await;
        assert!(output.status.success(), "{}: {}", entry.path().display(), told(&output));
        checked += 1;
    }
    checked
}
