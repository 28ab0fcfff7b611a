//! What NATS lets each program do, as the chart writes it down: an instance runs to its end with it, and no program is
//! refused anything.

use crate::rendering::rendered;
use serde_json::Value;

#[test]
fn each_program_may_do_what_it_does_and_no_more() {
    let objects = rendered(&["-f", "ci/scaled.yaml"]);
    let files = objects.iter().filter(|object| object["kind"] == "ConfigMap").map(|object| &object["data"]);
    let files = files.clone().find(|data| data["engine.conf"].is_string()).expect("the files of permissions");
    let of = |name: &str| files[name].as_str().map(str::to_owned).unwrap_or_else(|| panic!("no {name}"));
    assert!(of("worker-agent.conf").contains("\"cancel.agent\""));
    assert!(!of("worker-script.conf").contains("agents."), "scripts have no transcripts");
    assert!(
        of("worker-send.conf").contains("JOBS.worker-email") && of("worker-send.conf").contains("JOBS.worker-webhook")
    );
    let without: Vec<Value> = rendered(&["-f", "ci/minimal.yaml"]);
    assert!(without.iter().all(|object| object["data"]["engine.conf"].is_null()), "only when asked for");
}
