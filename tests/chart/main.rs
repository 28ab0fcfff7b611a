//! The rendered chart: what `helm template` makes of it, checked as data. `cargo xtask test` brings a helm and says
//! where it is (`BATON_HELM`).

use serde_json::Value;
use std::{path::PathBuf, process::Command};

fn helm(arguments: &[&str]) -> Result<String, String> {
    let helm = std::env::var("BATON_HELM").unwrap_or_else(|_| "helm".to_owned());
    let chart = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../helm/baton");
    let output = Command::new(helm).args(arguments).current_dir(chart).output().expect("helm runs; set BATON_HELM");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    if output.status.success() { Ok(text) } else { Err(text + &String::from_utf8_lossy(&output.stderr)) }
}

fn rendered(arguments: &[&str]) -> Vec<Value> {
    let text = helm(&[&["template", "r", "."], arguments].concat()).expect("the chart renders");
    let documents = text.split("\n---").map(|document| document.trim_start_matches("---"));
    let parsed = documents.map(|document| serde_saphyr::from_str::<Value>(document).expect("each document is YAML"));
    parsed.filter(|document| document.is_object()).collect()
}

fn named<'a>(objects: &'a [Value], kind: &str, name: &str) -> &'a Value {
    let found = objects.iter().find(|object| object["kind"] == kind && object["metadata"]["name"] == name);
    found.unwrap_or_else(|| panic!("no {kind} {name}"))
}

#[test]
fn lints_without_a_warning() {
    for case in ["ci/minimal.yaml", "ci/full.yaml"] {
        let said = helm(&["lint", "--strict", ".", "-f", case]).expect("the chart lints");
        assert!(!said.contains("[WARNING]") && !said.contains("[ERROR]"), "{said}");
    }
}

#[test]
fn renders_every_service() {
    let objects = rendered(&["-f", "ci/minimal.yaml"]);
    for name in ["engine", "gateway", "worker-service", "worker-script", "worker-send", "worker-agent"] {
        let deployment = named(&objects, "Deployment", &format!("r-{name}"));
        let pod = &deployment["spec"]["template"]["spec"];
        assert_eq!(pod["securityContext"]["runAsNonRoot"], true, "{name}");
        let container = &pod["containers"][0];
        assert_eq!(container["securityContext"]["readOnlyRootFilesystem"], true, "{name}");
        assert_eq!(container["readinessProbe"]["httpGet"]["path"], "/healthz/ready", "{name}");
        assert!(!container["args"].as_array().expect("arguments").is_empty(), "{name}");
    }
}

#[test]
fn a_worker_of_ones_own_is_one_entry() {
    let objects = rendered(&["-f", "ci/full.yaml"]);
    let container = &named(&objects, "Deployment", "r-worker-charge-card")["spec"]["template"]["spec"]["containers"][0];
    assert_eq!(container["image"], "example/charge-card:1");
    assert_eq!(named(&objects, "Deployment", "r-worker-agent")["spec"]["replicas"], 3);
}

#[test]
fn no_secret_stands_in_a_manifest() {
    let objects = rendered(&["-f", "ci/minimal.yaml"]);
    let engine = &named(&objects, "Deployment", "r-engine")["spec"]["template"]["spec"]["containers"][0];
    let variables = engine["env"].as_array().expect("environment");
    let url = variables.iter().find(|variable| variable["name"] == "BATON_DATABASE_URL").expect("the database's URL");
    assert_eq!(url["valueFrom"]["secretKeyRef"]["name"], "baton-database");
    assert!(url["value"].is_null());
}

#[test]
fn a_misspelt_or_missing_value_is_refused() {
    for (arguments, word) in [
        (vec!["-f", "ci/minimal.yaml", "--set", "engin.replicas=3"], "engin"),
        (vec!["--set", "apiKeys.existingSecret=keys"], "database"),
    ] {
        let refused = helm(&[&["template", "r", "."], arguments.as_slice()].concat()).expect_err("it must be refused");
        assert!(refused.contains(word), "{refused}");
    }
}
