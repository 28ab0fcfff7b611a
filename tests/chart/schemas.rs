//! Manifests by the schemas of the Kubernetes versions, strictly, and of the custom resources as their authors publish them.

use crate::rendering::{CASES, VERSIONS, helms, objects, rendered, run_helm};
use jsonschema::Registry;
use serde_json::Value;
use std::{
    io::Write,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

/// Kinds that Kubernetes itself does not know.
const CUSTOM: [&str; 4] = ["HTTPRoute", "PodMonitor", "PrometheusRule", "ScaledObject"];

#[test]
fn both_helms_lint_and_render_every_case_without_a_warning() {
    for helm in helms() {
        for case in CASES {
            let said = run_helm(&helm, &["lint", "--strict", ".", "-f", case]).expect("the chart lints");
            assert!(!said.contains("[WARNING]") && !said.contains("[ERROR]"), "{case}: {said}");
            let rendered = run_helm(&helm, &["template", "r", ".", "-f", case]).expect("the chart renders");
            let deployments = objects(&rendered).iter().filter(|object| object["kind"] == "Deployment").count();
            assert!(deployments >= 6, "{case}: {deployments} deployments");
        }
    }
}

#[test]
fn every_manifest_is_what_the_oldest_and_the_newest_kubernetes_take() {
    for version in VERSIONS {
        let schemas = Schemas::of(version);
        for case in CASES {
            for object in rendered(&["-f", case, "--kube-version", version]) {
                let faults = schemas.faults(&object);
                assert!(faults.is_empty(), "{case}, {version}, {} {}: {faults:?}", object["kind"], object["metadata"]);
            }
        }
    }
}

#[test]
fn a_wrong_manifest_is_noticed() {
    let mut service = rendered(&["-f", "ci/minimal.yaml"]);
    let service = service.iter_mut().find(|object| object["kind"] == "Service").expect("the gateway's service");
    let schemas = Schemas::of(VERSIONS[1]);
    assert!(schemas.faults(service).is_empty());
    service["spec"]["port"] = 80.into();
    assert!(!schemas.faults(service).is_empty());
}

/// Folder of the strict JSON schemas of one version, as the package kubernetes-validate has them.
struct Schemas {
    folder: PathBuf,
    definitions: Value,
}

impl Schemas {
    fn of(version: &str) -> Schemas {
        let all = std::env::var("BATON_KUBERNETES_SCHEMAS").expect("`cargo xtask test` sets BATON_KUBERNETES_SCHEMAS");
        let folder = Path::new(&all).join(format!("v{version}.0-local-strict"));
        let definitions = read(&folder.join("_definitions.json"));
        Schemas { folder, definitions }
    }

    fn faults(&self, object: &Value) -> Vec<String> {
        let kind = object["kind"].as_str().expect("an object has a kind");
        if CUSTOM.contains(&kind) {
            return Vec::new();
        }
        let schema = read(&self.folder.join(file_of(kind, object["apiVersion"].as_str().unwrap_or_default())));
        let base = "kubernetes:///api/";
        let registry = Registry::new().add(format!("{base}_definitions.json"), &self.definitions);
        let registry = registry.and_then(|registry| registry.prepare()).expect("the definitions are schemas");
        let options = jsonschema::options().with_base_uri(format!("{base}{kind}.json")).with_registry(&registry);
        let validator = options.build(&schema).expect("the schema is one");
        validator.iter_errors(object).map(|fault| format!("{}: {fault}", fault.instance_path())).collect()
    }
}

/// `Deployment` of `apps/v1`: deployment-apps-v1.json; `ConfigMap` of `v1`: configmap-v1.json.
fn file_of(kind: &str, version: &str) -> String {
    let group = match version.split_once('/') {
        Some((group, version)) => format!("{}-{version}", group.split('.').next().unwrap_or_default()),
        None => version.to_owned(),
    };
    format!("{}-{group}.json", kind.to_lowercase())
}

fn read(path: &Path) -> Value {
    let text = std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_json::from_str(&text).expect("a schema is JSON")
}

#[test]
fn custom_resources_are_as_their_authors_define_them() {
    let all: Vec<Value> = CASES.iter().flat_map(|case| rendered(&["-f", case])).collect();
    let there = all.iter().filter(|object| CUSTOM.iter().any(|kind| object["kind"] == *kind)).count();
    assert!(there >= 5, "{there}");
    let (validated, said) = validated_by_their_authors(&all);
    assert_eq!(validated, Some(there), "{said}");

    let mut wrong = all;
    let scaled = wrong.iter_mut().find(|object| object["kind"] == "ScaledObject").expect("a ScaledObject");
    scaled["spec"]["pollingInterval"] = "5".into();
    let (validated, said) = validated_by_their_authors(&wrong);
    assert!(validated.is_none() && said.contains("pollingInterval"), "{said}");
}

/// How many custom resources there were, if all are right; and what was said.
fn validated_by_their_authors(objects: &[Value]) -> (Option<usize>, String) {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("chart/custom-resources.mjs");
    let mut node = Command::new("node");
    node.arg(script).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut node = node.spawn().expect("node runs");
    let mut stdin = node.stdin.take().expect("a pipe");
    let text = serde_json::to_string(objects).expect("objects are JSON");
    stdin.write_all(text.as_bytes()).expect("node reads");
    drop(stdin);
    let output = node.wait_with_output().expect("node ends");
    let count = String::from_utf8_lossy(&output.stdout).trim().parse().ok();
    (count.filter(|_| output.status.success()), String::from_utf8_lossy(&output.stderr).into_owned())
}
