//! Instances in which much is alive at once.

mod common;

use common::{Engine, eventually};
use serde_json::Value;
use test_harness::Servers;
use tokio_postgres::NoTls;
use worker_sdk::{CancellationToken, Job, JobFailure, Worker};

/// Results of some instances come back while others are still being started.
const MANY: &str = r##"
process:
  id: many
  elements:
    - {id: start, type: startEvent}
    - id: work
      type: serviceTask
      properties: {implementation: External, topic: work, isMultiInstance: true, loopCardinality: 1000, outputCollection: results, outputElement: "${loopCounter}"}
    - {id: end, type: endEvent}
  connections: [{from: start, to: work}, {from: work, to: end}]
"##;

#[tokio::test]
async fn a_thousand_tasks_of_one_instance_are_done_by_several_replicas() -> anyhow::Result<()> {
    let servers = Servers::start()?;
    let engine = Engine::start(&servers).await?;
    engine.add_replica(&servers);
    engine.deploy(MANY).await?;
    let (database, connection) = tokio_postgres::connect(&engine.database, NoTls).await?;
    tokio::spawn(connection);
    let started = engine.begin("many", "{}").await?;
    let pages = || async {
        let row = database.query_one("SELECT count(*) FROM instance_page", &[]).await.ok()?;
        Some(row.get::<_, i64>(0))
    };
    eventually("all have begun", || async {
        let seen = engine.instance(&started.instance_id).await.ok()?;
        (seen.elements.len() == 1000 && seen.elements_left_out == 1).then_some(())
    })
    .await?;
    assert!(pages().await.is_some_and(|pages| pages >= 1000 / 32));
    engine.work("work", r#"{"result": 1}"#).await?;
    engine.in_state(&started.instance_id, "completed").await?;
    assert_eq!(pages().await, Some(0));
    let variables = engine.variables(&started.instance_id).await?;
    let results = variables["results"].as_array().map(Vec::len);
    assert_eq!(results, Some(1000), "{variables}");
    Ok(())
}

/// More elements and more bytes than one answer carries.
#[tokio::test]
async fn a_view_of_a_large_instance_is_bounded() -> anyhow::Result<()> {
    let servers = Servers::start()?;
    let engine = Engine::start(&servers).await?;
    engine.deploy(&MANY.replace("loopCardinality: 1000", "loopCardinality: 1500")).await?;
    let started = engine.begin("many", "{}").await?;
    let left_out = eventually("all have begun", || async {
        let seen = engine.instance(&started.instance_id).await.ok()?;
        let alive = seen.elements.len() as u32 + seen.elements_left_out;
        (alive == 1501).then_some(seen.elements_left_out)
    });
    assert_eq!(left_out.await?, 501);
    for number in 0..6 {
        let variables = format!(r#"{{"v{number}": "{}"}}"#, "x".repeat(200 * 1024));
        engine.set_variables(&started.instance_id, variables).await?;
    }
    let refused = engine.instance(&started.instance_id).await.map(drop).unwrap_err();
    assert!(refused.to_string().starts_with("LIMIT_EXCEEDED: the answer has"), "{refused}");
    Ok(())
}

const SUM: &str = r#"
process:
  id: sum
  elements:
    - {id: start, type: startEvent}
    - {id: filled, type: messageIntermediateCatchEvent, properties: {messageRef: filled}}
    - {id: work, type: serviceTask, properties: {implementation: External, topic: work, resultVariable: all}}
    - {id: some, type: serviceTask, properties: {implementation: External, topic: some, resultVariable: some}}
    - {id: end, type: endEvent}
  connections: [{from: start, to: filled}, {from: filled, to: work}, {from: work, to: some}, {from: some, to: end}]
"#;

#[derive(serde::Deserialize)]
struct Two {
    v1: String,
    v4: String,
}

/// More bytes than a job may carry.
#[tokio::test]
async fn workers_get_large_variables_that_do_not_travel_with_the_job() -> anyhow::Result<()> {
    let servers = Servers::start()?;
    let engine = Engine::start(&servers).await?;
    engine.deploy(SUM).await?;
    let started = engine.begin("sum", "{}").await?;
    for number in 0..6 {
        let variables = format!(r#"{{"v{number}": "{}"}}"#, "x".repeat(200 * 1024));
        engine.set_variables(&started.instance_id, variables).await?;
    }
    assert_eq!(engine.publish("filled", "", 0, None).await?, 1);
    let all = |job: Job<Value>| async move {
        let texts = job.input.as_object().into_iter().flat_map(|all| all.values()).filter_map(Value::as_str);
        Ok::<_, JobFailure>(texts.filter(|text| text.len() > 1000).map(str::len).sum::<usize>())
    };
    let some = |job: Job<Two>| async move {
        assert_eq!(job.left_out().count(), 4);
        Ok::<_, JobFailure>(job.input.v1.len() + job.input.v4.len() + job.variable("v0").await?.to_string().len())
    };
    let worker = Worker::builder(servers.nats_url()).job("work", all).job("some", some);
    let shutdown = CancellationToken::new();
    let working = tokio::spawn(worker.run(shutdown.clone()));
    for (name, bytes) in [("all", 6 * 200 * 1024), ("some", 3 * 200 * 1024 + 2)] {
        let request = proto::GetVariableRequest {
            tenant: common::TENANT.to_owned(),
            instance_id: started.instance_id.clone(),
            name: name.to_owned(),
            ..Default::default()
        };
        let found = eventually(name, || async {
            let found: proto::GetVariableReply = engine.call("get_variable", &request).await.ok()?;
            serde_json::from_slice::<usize>(&found.part).ok()
        });
        assert_eq!(found.await?, bytes);
    }
    shutdown.cancel();
    Ok(working.await??)
}
