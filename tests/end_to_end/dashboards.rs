//! Every panel of every dashboard shows something after the system has worked: seen by a real Prometheus that collects from
//! every service.

use crate::running::{Api, Baton, checkout};
use serde_json::{Value, json};
use std::{
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

/// An agent, a script, a mail, a timer, and a job that nobody does.
const PROCESS: &str = "
process:
  id: measured
  elements:
    - {id: start, type: startEvent}
    - {id: think, type: agenticTask, properties: {agentType: log-analyzer, model: scripted, capabilities: [log-parsing], custom: {mcpTools: [filesystem-read, grep-search, log-parser, error-classifier]}}}
    - {id: add, type: scriptTask, properties: {scriptFormat: python, script: 'result = 1 + 2', resultVariable: sum}}
    - {id: pause, type: timerIntermediateCatchEvent, properties: {timerDuration: PT1S}}
    - {id: nobody, type: serviceTask, properties: {implementation: External, topic: nobody-does-this}}
    - {id: end, type: endEvent}
    - {id: skipped, type: endEvent}
    - {id: choice, type: exclusiveGateway}
  connections:
    - {id: a, from: start, to: think}
    - {id: b, from: think, to: add}
    - {id: c, from: add, to: pause}
    - {id: e, from: pause, to: choice}
    - {id: d, from: choice, to: end, properties: {isDefault: true}}
    - {id: f, from: choice, to: nobody, properties: {condition: wait}}
    - {id: g, from: nobody, to: skipped}
";

const BROKEN: &str = "
process:
  id: broken
  elements:
    - {id: start, type: startEvent}
    - {id: fail, type: scriptTask, properties: {scriptFormat: python, script: 'raise ValueError(1)', retries: 0}}
    - {id: end, type: endEvent}
  connections: [{id: a, from: start, to: fail}, {id: b, from: fail, to: end}]
";

#[tokio::test(flavor = "multi_thread")]
async fn every_panel_of_every_dashboard_shows_something() {
    let mut baton = Baton::run("dev", &["--deploy", "examples/approval"], &[]);
    let api = baton.api();
    let prometheus = Prometheus::start(&baton);
    for process in [PROCESS, BROKEN] {
        let (status, said) = api.deploy(process).await;
        assert_eq!(status, 201, "{said}");
    }
    work(&api, "before").await;
    prometheus.until("sum(baton_instances_ended_total) > 0").await;
    // rates are of what changes while somebody looks
    work(&api, "after").await;
    prometheus.until("max(baton_incidents_open) >= 2").await;
    prometheus.until("max(baton_jobs_wait_seconds{job_type=\"nobody-does-this\"}) > 1").await;
    prometheus.until("sum(rate(baton_instances_ended_total{process=\"measured\"}[30s])) > 0").await;
    let mut empty = panels();
    let deadline = Instant::now() + Duration::from_secs(30);
    while !empty.is_empty() && Instant::now() < deadline {
        let mut still_empty = Vec::new();
        for (panel, expression) in empty {
            let found = prometheus.ask(&expression.replace("$__rate_interval", "30s")).await;
            if found.as_array().is_none_or(Vec::is_empty) {
                still_empty.push((panel, expression));
            }
        }
        empty = still_empty;
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
    assert!(empty.is_empty(), "panels without data: {empty:#?}\n{}", baton.logs());
}

async fn work(api: &Api, key: &str) {
    for wait in [false, true] {
        let id = api.start("measured", json!({"wait": wait, "key": key, "logPath": "uploads/there-is-none.log"})).await;
        let settled = |instance: &Value| {
            let is_open = |element: &Value| element["elementId"] == "nobody";
            instance["instance"]["state"] == "completed"
                || instance["elements"].as_array().is_some_and(|all| all.iter().any(is_open))
        };
        api.instance_where(&id, settled).await;
        if wait && key == "after" {
            let (status, said) = api.post(&format!("/instances/{id}/cancel"), json!({})).await;
            assert!(status < 300, "{said}");
        }
    }
    let id = api.start("broken", json!({})).await;
    api.instance_where(&id, |it| it["incidents"].as_array().is_some_and(|all| !all.is_empty())).await;
}

/// Name and expression of every query.
fn panels() -> Vec<(String, String)> {
    let folder = checkout().join("helm/baton/monitoring/dashboards");
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).expect("the dashboards").flatten() {
        let text = std::fs::read_to_string(entry.path()).expect("a dashboard");
        let dashboard: Value = serde_json::from_str(&text).expect("it is JSON");
        for panel in dashboard["panels"].as_array().expect("panels") {
            for target in panel["targets"].as_array().expect("queries") {
                let name = format!("{} / {}", dashboard["title"], panel["title"]);
                found.push((name, target["expr"].as_str().expect("an expression").to_owned()));
            }
        }
    }
    assert!(found.len() > 50, "{}", found.len());
    found
}

struct Prometheus {
    child: Child,
    folder: PathBuf,
    url: String,
}

impl Prometheus {
    /// Collects every second from every service of `baton`.
    fn start(baton: &Baton) -> Prometheus {
        let programs = std::env::var("BATON_PROMETHEUS").expect("`cargo xtask test` sets BATON_PROMETHEUS");
        let folder = baton.data.join("prometheus");
        std::fs::create_dir_all(&folder).expect("a folder");
        let config = json!({"global": {"scrape_interval": "1s"}, "scrape_configs": [
            {"job_name": "baton", "static_configs": [{"targets": listeners(&baton.data)}]}
        ]});
        std::fs::write(folder.join("prometheus.yml"), config.to_string()).expect("its configuration");
        let port =
            std::net::TcpListener::bind("127.0.0.1:0").and_then(|free| free.local_addr()).expect("a port").port();
        let mut command = Command::new(Path::new(&programs).join("prometheus"));
        command.arg(format!("--config.file={}", folder.join("prometheus.yml").display()));
        command.arg(format!("--storage.tsdb.path={}", folder.join("data").display()));
        command.arg(format!("--web.listen-address=127.0.0.1:{port}"));
        let child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("prometheus runs");
        Prometheus { child, folder, url: format!("http://127.0.0.1:{port}") }
    }

    async fn ask(&self, expression: &str) -> Value {
        let answer = reqwest::Client::new().get(format!("{}/api/v1/query", self.url)).query(&[("query", expression)]);
        let Ok(answer) = answer.send().await else { return Value::Null };
        let answer: Value = answer.json().await.unwrap_or_default();
        assert!(answer["status"] != "error", "{expression}: {answer}");
        answer["data"]["result"].clone()
    }

    async fn until(&self, expression: &str) {
        let deadline = Instant::now() + Duration::from_secs(60);
        while self.ask(expression).await.as_array().is_none_or(Vec::is_empty) {
            assert!(Instant::now() < deadline, "{expression} does not come about");
            tokio::time::sleep(Duration::from_millis(250)).await;
        }
    }
}

impl Drop for Prometheus {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

/// Where each service has its metrics: as its process was told.
fn listeners(data: &Path) -> Vec<String> {
    let pids = std::fs::read_dir(data.join("pids")).expect("pid files").flatten();
    let address = |pid: String| {
        let environment = std::fs::read(format!("/proc/{}/environ", pid.trim())).ok()?;
        let variables: Vec<_> = environment.split(|byte| *byte == 0).map(String::from_utf8_lossy).collect();
        let find = |name: &str| variables.iter().find_map(|variable| variable.strip_prefix(name).map(str::to_owned));
        find("BATON_METRICS_ADDR=").or_else(|| find("BATON_HTTP_ADDR="))
    };
    let found: Vec<String> = pids.filter_map(|file| address(std::fs::read_to_string(file.path()).ok()?)).collect();
    assert!(found.len() >= 6, "engine, gateway and four workers: {found:?}");
    found
}
