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
    anyhow::ensure!(seen.elements.len() == 1001, "{} elements are alive", seen.elements.len());
    engine.work("work", r#"{"result": 1}"#).await?;
    engine.in_state(&started.instance_id, "completed").await?;
    assert_eq!(pages().await, Some(0));
    let variables = engine.variables(&started.instance_id).await?;
    let results = variables["results"].as_array().map(Vec::len);
    assert_eq!(results, Some(1000), "{variables}");
    Ok(())
}
