//! Messages between processes, over real Postgres and NATS.

mod common;

use common::{Engine, TENANT, completed, eventually, next_job};
use proto::{ListInstancesReply, ListInstancesRequest};
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

const TICKET: &str = r#"
process:
  id: ticket
  elements:
    - {id: begin, type: messageStartEvent, properties: {messageRef: ticket}}
    - {id: serve, type: serviceTask, properties: {topic: serve}}
    - {id: done, type: endEvent}
  connections: [{from: begin, to: serve}, {from: serve, to: done}]
"#;

async fn tickets(engine: &Engine, state: &str) -> anyhow::Result<usize> {
    let request = ListInstancesRequest {
        tenant: TENANT.to_owned(),
        process_id: Some("ticket".to_owned()),
        state: Some(state.to_owned()),
        limit: 100,
        ..Default::default()
    };
    let reply: ListInstancesReply = engine.call("list_instances", &request).await?;
    Ok(reply.instances.len())
}

#[tokio::test]
async fn messages_of_one_key_start_one_instance_at_a_time_whoever_publishes_them() -> anyhow::Result<()> {
    const COUNT: usize = 12;
    let servers = Servers::start()?;
    let engine = Engine::start(&servers).await?;
    engine.add_replica(&servers);
    engine.deploy(TICKET).await?;
    let mut serving = engine.jobs("serve").await?;
    let publishing = (0..COUNT).map(|_| engine.publish("ticket", "A", 600_000, None));
    let reached: u32 = futures::future::try_join_all(publishing).await?.into_iter().sum();
    assert_eq!(reached, 1);
    for served in 0..COUNT {
        let job = next_job(&mut serving).await?;
        assert_eq!((tickets(&engine, "active").await?, tickets(&engine, "completed").await?), (1, served));
        engine.report(&job, completed("{}")).await?;
    }
    eventually("all are served", || async { (tickets(&engine, "completed").await.ok()? == COUNT).then_some(()) })
        .await?;
    assert_eq!(engine.publish("ticket", "A", 0, None).await?, 1);
    Ok(())
}

/// The key of an instance that has been ordered.
const KEY_HELD: &str = "INSERT INTO message_start_lock
    VALUES ('acme', 'ticket', 'A', 'ticket', '00000000-0000-4000-8000-000000000001', now())";
/// The order, of a start that the process does not have.
const ORDERED_IN_VAIN: &str = r#"
INSERT INTO command (id, tenant, instance, payload, claim_at)
SELECT gen_random_uuid(), 'acme', '00000000-0000-4000-8000-000000000001', convert_to(json_build_object('StartAt',
    json_build_object('definition', key, 'element_id', 'nowhere', 'variables', json_build_object(), 'traceparent', '')
    )::text, 'UTF8'), now()
FROM definition WHERE process_id = 'ticket'"#;

#[tokio::test]
async fn a_start_that_is_refused_lets_its_key_go() -> anyhow::Result<()> {
    let servers = Servers::start()?;
    let engine = Engine::start(&servers).await?;
    engine.deploy(TICKET).await?;
    let (database, connection) = tokio_postgres::connect(&engine.database, tokio_postgres::NoTls).await?;
    tokio::spawn(connection);
    database.batch_execute(KEY_HELD).await?;
    assert_eq!(engine.publish("ticket", "A", 600_000, None).await?, 0, "the key is held");
    database.batch_execute(ORDERED_IN_VAIN).await?;
    eventually("the waiting message has started one", || async {
        (tickets(&engine, "active").await.ok()? == 1).then_some(())
    })
    .await?;
    assert_eq!(engine.publish("ticket", "A", 0, None).await?, 0, "and holds the key");
    Ok(())
}

const DELIVERY: &str = r#"
process:
  id: ticket
  elements:
    - id: begin
      type: multipleStartEvent
      properties: {parallelMultiple: true, eventDefinitions: [{type: message, messageRef: order}, {type: message, messageRef: paid}]}
    - {id: deliver, type: userTask}
  connections: [{from: begin, to: deliver}]
"#;

#[tokio::test]
async fn messages_that_start_an_instance_together_meet_whenever_they_come() -> anyhow::Result<()> {
    const COUNT: usize = 8;
    let servers = Servers::start()?;
    let engine = Engine::start(&servers).await?;
    engine.add_replica(&servers);
    engine.deploy(DELIVERY).await?;
    let keys: Vec<String> = (0..COUNT).map(|number| number.to_string()).collect();
    let names = ["order", "paid"];
    let publishing = keys.iter().flat_map(|key| names.map(|name| engine.publish(name, key, 0, None)));
    futures::future::try_join_all(publishing).await?;
    eventually("one for each key", || async { (tickets(&engine, "active").await.ok()? == COUNT).then_some(()) })
        .await?;
    // What waits outlives a new version, and is used once.
    assert_eq!(engine.publish("order", "late", 0, None).await?, 0);
    engine.deploy(&DELIVERY.replace("userTask", "manualTask")).await?;
    assert_eq!(engine.publish("paid", "late", 0, None).await?, 1);
    assert_eq!(engine.publish("paid", "late", 0, None).await?, 0);
    Ok(())
}
