//! Events that concern others than the instance they happen in, over real Postgres and NATS.

mod common;

use common::{Engine, TENANT, completed, eventually, next_job};
use proto::{BroadcastSignalReply, BroadcastSignalRequest, ListInstancesReply, ListInstancesRequest};
use test_harness::Servers;

const SIGNALS: &str = r#"
process:
  id: sleeper
  elements:
    - {id: start, type: startEvent}
    - {id: wait, type: signalIntermediateCatchEvent, properties: {signalRef: go}}
    - {id: end, type: endEvent}
  connections: [{from: start, to: wait}, {from: wait, to: end}]
---
process:
  id: begun
  elements:
    - {id: begin, type: signalStartEvent, properties: {signalRef: go}}
    - {id: done, type: endEvent}
  connections: [{from: begin, to: done}]
---
process:
  id: thrower
  elements:
    - {id: start, type: startEvent}
    - {id: shout, type: signalEndEvent, properties: {signalRef: go, inputMappings: [{source: n, target: heard}]}}
  connections: [{from: start, to: shout}]
"#;

const ESCALATION: &str = r#"
process:
  id: caller
  elements:
    - {id: start, type: startEvent}
    - {id: call, type: callActivity, properties: {calledElement: called}}
    - {id: late, type: escalationBoundaryEvent, attachedToRef: call, properties: {escalationCode: LATE, cancelActivity: false}}
    - {id: noted, type: serviceTask, properties: {topic: note}}
    - {id: end, type: endEvent}
  connections: [{from: start, to: call}, {from: call, to: end}, {from: late, to: noted}]
---
process:
  id: called
  elements:
    - {id: begin, type: startEvent}
    - {id: raise, type: escalationEndEvent, properties: {escalationCode: LATE}}
  connections: [{from: begin, to: raise}]
"#;

/// At the level of the process itself: it waits under the key of the root.
const DEADLINE: &str = r#"
process:
  id: guarded
  elements:
    - {id: start, type: startEvent}
    - {id: work, type: userTask}
    - id: late
      type: eventSubProcess
      childElements:
        - {id: deadline, type: timerStartEvent, properties: {timerDuration: PT1S}}
        - {id: late_end, type: endEvent}
      childConnections: [{from: deadline, to: late_end}]
  connections: [{from: start, to: work}]
"#;

async fn count(engine: &Engine, process_id: &str, state: &str) -> Option<usize> {
    let request = ListInstancesRequest {
        tenant: TENANT.to_owned(),
        process_id: Some(process_id.to_owned()),
        state: Some(state.to_owned()),
        limit: 100,
        ..Default::default()
    };
    let reply: ListInstancesReply = engine.call("list_instances", &request).await.ok()?;
    Some(reply.instances.len())
}

#[tokio::test]
async fn a_signal_reaches_every_instance_that_listens_and_starts_processes() -> anyhow::Result<()> {
    let servers = Servers::start()?;
    let engine = Engine::start(&servers).await?;
    engine.deploy(SIGNALS).await?;
    let (first, second) = (engine.begin("sleeper", "{}").await?, engine.begin("sleeper", "{}").await?);
    engine.begin("thrower", r#"{"n": 3}"#).await?;
    for sleeper in [&first, &second] {
        engine.in_state(&sleeper.instance_id, "completed").await?;
        assert_eq!(engine.variables(&sleeper.instance_id).await?["heard"], 3);
    }
    eventually("one was started", || async { (count(&engine, "begun", "completed").await? == 1).then_some(()) }).await
}

#[tokio::test]
async fn a_signal_from_outside_reaches_the_same() -> anyhow::Result<()> {
    let servers = Servers::start()?;
    let engine = Engine::start(&servers).await?;
    engine.deploy(SIGNALS).await?;
    let sleeper = engine.begin("sleeper", "{}").await?;
    let request = BroadcastSignalRequest {
        tenant: TENANT.to_owned(),
        name: "go".to_owned(),
        variables: r#"{"heard": 5}"#.into(),
        by: String::new(),
    };
    let reply: BroadcastSignalReply = engine.call("broadcast_signal", &request).await?;
    assert_eq!(reply.reached, 2);
    engine.in_state(&sleeper.instance_id, "completed").await?;
    assert_eq!(engine.variables(&sleeper.instance_id).await?["heard"], 5);
    Ok(())
}

#[tokio::test]
async fn an_escalation_of_a_called_process_reaches_its_caller() -> anyhow::Result<()> {
    let servers = Servers::start()?;
    let engine = Engine::start(&servers).await?;
    engine.deploy(ESCALATION).await?;
    let mut notes = engine.jobs("note").await?;
    let started = engine.begin("caller", "{}").await?;
    let note = next_job(&mut notes).await?;
    engine.report(&note, completed("{}")).await?;
    engine.in_state(&started.instance_id, "completed").await
}

#[tokio::test]
async fn an_event_sub_process_of_the_process_waits_for_its_timer() -> anyhow::Result<()> {
    let servers = Servers::start()?;
    let engine = Engine::start(&servers).await?;
    engine.deploy(DEADLINE).await?;
    let started = engine.begin("guarded", "{}").await?;
    engine.in_state(&started.instance_id, "completed").await
}
