//! Messages between processes, over real Postgres and NATS.

mod common;

use common::{Engine, completed, next_job};
use test_harness::Servers;

const CONVERSATION: &str = r#"
process:
  id: customer
  elements:
    - {id: start, type: startEvent}
    - {id: ask, type: task, properties: {inputMappings: [{source: item, target: wanted}]}}
    - {id: wait, type: receiveTask}
    - {id: end, type: endEvent}
  connections:
    - {from: start, to: ask}
    - {from: ask, to: wait}
    - {from: wait, to: end}
    - {type: messageFlow, from: ask, to: ordered}
---
process:
  id: supplier
  elements:
    - {id: ordered, type: startEvent}
    - {id: make, type: serviceTask, properties: {topic: make}}
    - {id: answered, type: endEvent, properties: {inputMappings: [{source: wanted, target: delivered}]}}
  connections:
    - {from: ordered, to: make}
    - {from: make, to: answered}
    - {type: messageFlow, from: answered, to: wait}
"#;

#[tokio::test]
async fn the_answer_along_a_message_flow_finds_who_asked() -> anyhow::Result<()> {
    let servers = Servers::start()?;
    let engine = Engine::start(&servers).await?;
    engine.deploy(CONVERSATION).await?;
    let mut made = engine.jobs("make").await?;
    let chair = engine.begin("customer", r#"{"item": "chair"}"#).await?;
    let first = next_job(&mut made).await?;
    let table = engine.begin("customer", r#"{"item": "table"}"#).await?;
    let second = next_job(&mut made).await?;
    // The later one is answered first, while the older one waits longer.
    engine.report(&second, completed("{}")).await?;
    engine.in_state(&table.instance_id, "completed").await?;
    engine.in_state(&chair.instance_id, "active").await?;
    engine.report(&first, completed("{}")).await?;
    engine.in_state(&chair.instance_id, "completed").await?;
    assert_eq!(engine.variables(&chair.instance_id).await?["delivered"], "chair");
    assert_eq!(engine.variables(&table.instance_id).await?["delivered"], "table");
    Ok(())
}
