//! Instances in which much is alive at once.

mod common;

use common::{Engine, eventually};
use test_harness::Servers;
use tokio_postgres::NoTls;

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
    eventually("all have begun", || async { pages().await.filter(|pages| *pages >= 1000 / 32) }).await?;
    let seen = engine.instance(&started.instance_id).await?;
    assert_eq!((seen.elements.len(), seen.elements_left_out), (1000, 1));
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
