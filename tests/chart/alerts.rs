//! The alerts, played by promtool: each fires when it should, says what it should, and is silent when all is well.

use crate::rendering::{chart, named, rendered};
use serde_json::Value;
use std::{collections::BTreeSet, path::Path, process::Command};

fn promtool(arguments: &[&str]) -> Result<(), String> {
    let folder = std::env::var("BATON_PROMETHEUS").expect("`cargo xtask test` sets BATON_PROMETHEUS");
    let program = Path::new(&folder).join("promtool");
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("chart");
    let output = Command::new(program).args(arguments).current_dir(folder).output().expect("promtool runs");
    let said = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    if output.status.success() { Ok(()) } else { Err(said) }
}

#[test]
fn every_alert_fires_when_it_should_and_only_then() {
    promtool(&["test", "rules", "alerts.test.yaml"]).unwrap_or_else(|said| panic!("{said}"));
    let tests = yaml(&Path::new(env!("CARGO_MANIFEST_DIR")).join("chart/alerts.test.yaml"));
    let tested: Vec<&Value> =
        tests["tests"].as_array().expect("tests").iter().map(|test| &test["alert_rule_test"][0]).collect();
    for alert in alerts() {
        let of: Vec<usize> = tested
            .iter()
            .filter(|test| test["alertname"] == alert.as_str())
            .map(|test| test["exp_alerts"].as_array().map_or(0, Vec::len))
            .collect();
        assert!(of.contains(&1) && of.contains(&0), "{alert} is tested with and without its cause: {of:?}");
    }
}

#[test]
fn every_alert_is_explained_to_whoever_it_wakes() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../engine/docs/operations.md");
    let page = std::fs::read_to_string(page).expect("the page");
    let unexplained: Vec<_> = alerts().into_iter().filter(|alert| !page.contains(&format!("| `{alert}` |"))).collect();
    assert!(unexplained.is_empty(), "{unexplained:?} are not in operations.md");
}

#[test]
fn the_chart_installs_the_same_alerts_and_dashboards() {
    let objects = rendered(&["-f", "ci/scaled.yaml"]);
    let rules = &named(&objects, "PrometheusRule", "r")["spec"];
    assert_eq!(*rules, yaml(&chart().join("monitoring/alerts.yaml")));
    for name in ["overview", "processes", "workers", "agents", "engine"] {
        let map = named(&objects, "ConfigMap", &format!("r-dashboard-{name}"));
        assert_eq!(map["metadata"]["labels"]["grafana_dashboard"], "1");
        let text = map["data"][format!("baton-{name}.json")].as_str().expect("a dashboard");
        let dashboard: Value = serde_json::from_str(text).expect("it is JSON");
        assert_eq!(dashboard["uid"], format!("baton-{name}"));
    }
}

fn alerts() -> BTreeSet<String> {
    let rules = yaml(&chart().join("monitoring/alerts.yaml"));
    let rules = rules["groups"][0]["rules"].as_array().expect("rules").clone();
    rules.iter().filter_map(|rule| rule["alert"].as_str().map(str::to_owned)).collect()
}

fn yaml(path: &Path) -> Value {
    serde_saphyr::from_str(&std::fs::read_to_string(path).expect("a file")).expect("it is YAML")
}
