//! Helm, asked for manifests, which come back as data.

use serde_json::Value;
use std::{
    path::{Path, PathBuf},
    process::Command,
};

/// Every case that the chart is rendered and checked with.
pub const CASES: [&str; 5] =
    ["ci/minimal.yaml", "ci/full.yaml", "ci/scaled.yaml", "ci/closed.yaml", "ci/evaluation.yaml"];
/// The oldest and the newest Kubernetes that the chart is for.
pub const VERSIONS: [&str; 2] = ["1.27", "1.37"];

/// The helms of this machine: one of version 4, and one of version 3.
pub fn helms() -> Vec<String> {
    let of = |variable: &str| std::env::var(variable).ok();
    let helms: Vec<String> = ["BATON_HELM", "BATON_HELM_3"].into_iter().filter_map(of).collect();
    if helms.is_empty() { vec!["helm".to_owned()] } else { helms }
}

pub fn chart() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../helm/baton")
}

pub fn helm(arguments: &[&str]) -> Result<String, String> {
    run_helm(&helms()[0], arguments)
}

pub fn run_helm(program: &str, arguments: &[&str]) -> Result<String, String> {
    let output = Command::new(program).args(arguments).current_dir(chart()).output();
    let output = output.expect("helm runs; set BATON_HELM");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    if output.status.success() { Ok(text) } else { Err(text + &String::from_utf8_lossy(&output.stderr)) }
}

pub fn rendered(arguments: &[&str]) -> Vec<Value> {
    objects(&helm(&[&["template", "r", "."], arguments].concat()).expect("the chart renders"))
}

/// Of manifests in one text.
pub fn objects(text: &str) -> Vec<Value> {
    let documents = text.split("\n---").map(|document| document.trim_start_matches("---"));
    let parsed = documents.map(|document| serde_saphyr::from_str::<Value>(document).expect("each document is YAML"));
    parsed.filter(|document| document.is_object()).collect()
}

pub fn find<'a>(objects: &'a [Value], kind: &str, name: &str) -> Option<&'a Value> {
    objects.iter().find(|object| object["kind"] == kind && object["metadata"]["name"] == name)
}

pub fn named<'a>(objects: &'a [Value], kind: &str, name: &str) -> &'a Value {
    find(objects, kind, name).unwrap_or_else(|| panic!("no {kind} {name}"))
}
