//! What trivy, which platform teams check charts with, finds in the manifests: nothing serious, and of what is less
//! serious only what is meant.

use crate::rendering::{CASES, helm, named, rendered};
use serde_json::Value;
use std::process::Command;

/// By check, where it is meant, and why.
const MEANT: [(&str, &str, &str); 2] = [
    ("KSV-0104", "worker-script", "the sandbox makes namespaces, which the usual profile forbids"),
    ("KSV-0125", "", "images come from where whoever installs the chart says"),
];

#[test]
fn trivy_finds_nothing_but_what_is_meant() {
    let folder = std::env::temp_dir().join(format!("baton-chart-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a folder");
    for (index, case) in CASES.iter().enumerate() {
        let manifests = helm(&["template", "r", ".", "--namespace", "baton", "-f", case]).expect("the chart renders");
        std::fs::write(folder.join(format!("{index}.yaml")), manifests).expect("manifests are written");
    }
    let found = misconfigurations(&folder);
    std::fs::remove_dir_all(&folder).expect("the folder is removed");
    assert!(!found.is_empty(), "not even what is meant was found: nothing was looked at");
    let serious = found.iter().filter(|found| found["Severity"] != "LOW");
    let unmeant: Vec<_> = serious.filter(|found| !is_meant(found)).map(|found| &found["Message"]).collect();
    assert!(unmeant.is_empty(), "{unmeant:#?}");
}

fn is_meant(found: &Value) -> bool {
    let message = found["Message"].as_str().unwrap_or_default();
    MEANT.iter().any(|(id, place, _)| found["ID"] == *id && message.contains(place))
}

fn misconfigurations(folder: &std::path::Path) -> Vec<Value> {
    let trivy = std::env::var("BATON_TRIVY").expect("`cargo xtask test` sets BATON_TRIVY");
    let mut command = Command::new(trivy);
    command.args(["config", "--skip-check-update", "--quiet", "--format", "json", "--cache-dir"]);
    let output = command.arg(folder.join("cache")).arg(folder).output().expect("trivy runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let report: Value = serde_json::from_slice(&output.stdout).expect("a report in JSON");
    let results = report["Results"].as_array().cloned().unwrap_or_default();
    results.iter().filter_map(|result| result["Misconfigurations"].as_array().cloned()).flatten().collect()
}

#[test]
fn closed_pods_reach_what_they_need_and_nothing_else() {
    let objects = rendered(&["-f", "ci/closed.yaml"]);
    let ports = |name: &str| -> Vec<i64> {
        let egress = named(&objects, "NetworkPolicy", name)["spec"]["egress"].as_array().expect("rules").clone();
        let ports = egress.iter().filter_map(|rule| rule["ports"].as_array()).flatten();
        ports.filter_map(|port| port["port"].as_i64()).collect()
    };
    assert_eq!(ports("r-engine"), [53, 53, 4222, 4317, 4318, 5432]);
    assert_eq!(ports("r-worker-script"), [53, 53, 4222, 4317, 4318, 443]);
    assert_eq!(ports("r-worker-send"), [53, 53, 4222, 4317, 4318, 443, 465]);
    let engine = named(&objects, "NetworkPolicy", "r-engine");
    assert_eq!(engine["spec"]["egress"][3]["to"][0]["ipBlock"]["cidr"], "10.1.0.0/16");
    let service = named(&objects, "NetworkPolicy", "r-worker-service")["spec"]["egress"].as_array().expect("rules");
    assert!(service.iter().any(|rule| rule.as_object().is_some_and(|rule| rule.is_empty())), "it calls the world");
    let agent = named(&objects, "NetworkPolicy", "r-worker-agent").to_string();
    assert!(agent.contains("mcp-notes"), "{agent}");
    let ingress = &named(&objects, "NetworkPolicy", "r-gateway")["spec"]["ingress"];
    for (place, port, namespace) in [(0, 8080, "gateways"), (1, 9090, "monitoring")] {
        assert_eq!(ingress[place]["ports"][0]["port"], port);
        assert!(ingress[place]["from"].to_string().contains(namespace), "the way in is not that to the metrics");
    }
}

#[test]
fn servers_for_tools_are_there_for_those_that_name_them() {
    let objects = rendered(&["-f", "ci/closed.yaml"]);
    let container = &named(&objects, "Deployment", "r-mcp-notes")["spec"]["template"]["spec"]["containers"][0];
    assert_eq!(
        (&container["image"], &container["ports"][0]["containerPort"]),
        (&"example/notes:1".into(), &9000.into())
    );
    let config = named(&objects, "ConfigMap", "r-worker-agent")["data"]["mcp.json"].as_str().expect("a file");
    let config: Value = serde_json::from_str(config).expect("it is JSON");
    assert_eq!(config["servers"]["notes"]["url"], "http://r-mcp-notes:9000/mcp");
    let agent = &named(&objects, "Deployment", "r-worker-agent")["spec"]["template"]["spec"]["containers"];
    assert_eq!(agent[1]["name"], "files", "a server beside the worker");
    let unknown = helm(&["template", "r", ".", "-f", "ci/closed.yaml", "--set", "workers.send.mcpServers={other}"]);
    assert!(unknown.expect_err("it must be refused").contains("mcpServers.other"));
    assert_eq!(named(&objects, "ConfigMap", "r-mine")["data"]["a"], "b", "objects of one's own are templates");
}
