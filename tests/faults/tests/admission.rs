//! When a server is slow or full, nothing new comes in, what runs goes on, and health says so.

mod common;

use faults::{
    proxy::Mode,
    system::{KEY, System, folder},
};
use serde_json::{Value, json};
use std::time::{Duration, Instant};

/// Jobs that nobody does, until somebody does.
const WAITING: &str = "
process:
  id: waiting
  elements:
    - {id: start, type: startEvent}
    - {id: work, type: serviceTask, properties: {implementation: External, topic: faults-steady}}
    - {id: end, type: endEvent}
  connections:
    - {from: start, to: work}
    - {from: work, to: end}
";

struct Asked {
    status: u16,
    retry_after: Option<String>,
    body: Value,
}

async fn post(system: &System, path: &str, body: &Value) -> anyhow::Result<Asked> {
    let url = format!("http://127.0.0.1:{}/api/v1{path}", system.gateways[0].port);
    let answer = reqwest::Client::new().post(url).bearer_auth(KEY).json(body).send().await?;
    let retry_after = answer.headers().get("retry-after").and_then(|value| value.to_str().ok()).map(str::to_owned);
    Ok(Asked { status: answer.status().as_u16(), retry_after, body: answer.json().await.unwrap_or(Value::Null) })
}

async fn start(system: &System, filler: &str) -> anyhow::Result<Asked> {
    let variables = json!({"seed": 1, "coin": 1, "order": "a", "filler": filler});
    post(system, "/instances", &json!({"processId": "waiting", "variables": variables})).await
}

async fn with_system(engine: Vec<(&'static str, String)>, seed: u64) -> anyhow::Result<System> {
    let mut programs = common::programs()?;
    programs.engine = engine;
    let system = System::start(&programs, folder(None, seed)?).await?;
    let files = json!([{"name": "waiting.yaml", "content": WAITING}]);
    let deployed = post(&system, "/deployments", &json!({"files": files})).await?;
    anyhow::ensure!(deployed.status == 201, "{}", deployed.body);
    Ok(system)
}

async fn is_ready(system: &System, engine: usize) -> bool {
    let url = format!("http://127.0.0.1:{}/healthz/ready", system.engines[engine].port);
    reqwest::get(url).await.is_ok_and(|answer| answer.status().is_success())
}

async fn until(
    what: &str,
    within: Duration,
    mut is_so: impl AsyncFnMut() -> anyhow::Result<bool>,
) -> anyhow::Result<()> {
    let deadline = Instant::now() + within;
    while !is_so().await? {
        anyhow::ensure!(Instant::now() < deadline, "not within {within:?}: {what}");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    Ok(())
}

fn clean_up(system: System) -> anyhow::Result<()> {
    let folder = system.folder.clone();
    drop(system);
    Ok(std::fs::remove_dir_all(folder)?)
}

async fn active(system: &System) -> anyhow::Result<i64> {
    Ok(system.sql().await?.query_one("SELECT count(*) FROM instance WHERE state = 0", &[]).await?.get(0))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slow_database_keeps_new_instances_out_and_lets_the_others_go_on() -> anyhow::Result<()> {
    let system = with_system(vec![], 1).await?;
    let links: Vec<_> = system.engines.iter().filter_map(|engine| engine.postgres.clone()).collect();
    system.workers.iter().for_each(|worker| worker.nats.set(Mode::Silent));
    for _ in 0..20 {
        assert_eq!(start(&system, "").await?.status, 201);
    }
    links.iter().for_each(|link| link.set(Mode::Slow(Duration::from_secs(4))));
    until("new instances are refused", Duration::from_secs(20), async || {
        let asked = start(&system, "").await?;
        Ok(asked.status == 429 && asked.retry_after.is_some() && asked.body["code"] == "LIMIT_EXCEEDED")
    })
    .await?;
    assert!(!is_ready(&system, 0).await, "health says that all is well");
    links.iter().for_each(|link| link.set(Mode::Open));
    system.workers.iter().for_each(|worker| worker.nats.set(Mode::Open));
    system.ready(Duration::from_secs(30)).await?;
    until("a new instance is let in", Duration::from_secs(20), async || Ok(start(&system, "").await?.status == 201))
        .await?;
    until("all have ended", Duration::from_secs(90), async || Ok(active(&system).await? == 0)).await?;
    clean_up(system)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_queue_of_jobs_keeps_new_instances_out_until_workers_have_made_room() -> anyhow::Result<()> {
    let system = with_system(vec![("BATON_JOBS_MAX_BYTES", (64 * 1024).to_string())], 2).await?;
    system.workers.iter().for_each(|worker| worker.program.kill());
    let filler = "x".repeat(8 * 1024);
    let mut taken = 0;
    until("new instances are refused", Duration::from_secs(30), async || {
        let asked = start(&system, &filler).await?;
        taken += u32::from(asked.status == 201);
        Ok(asked.status == 429 && asked.retry_after.is_some())
    })
    .await?;
    assert!(taken > 3, "only {taken} were let in");
    for worker in &system.workers {
        worker.program.start()?;
    }
    until("all have ended", Duration::from_secs(90), async || Ok(active(&system).await? == 0)).await?;
    until("a new instance is let in", Duration::from_secs(20), async || Ok(start(&system, "").await?.status == 201))
        .await?;
    clean_up(system)
}
