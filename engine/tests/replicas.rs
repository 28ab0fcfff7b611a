//! Several replicas take turns at the same instances, each with a memory of its own.

mod common;

use common::Engine;
use test_harness::Servers;

const TURNS: &str = r#"
process:
  id: turns
  elements:
    - {id: start, type: startEvent}
    - {id: first, type: timerIntermediateCatchEvent, properties: {timerDuration: PT0.05S}}
    - {id: second, type: timerIntermediateCatchEvent, properties: {timerDuration: PT0.05S}}
    - {id: call, type: callActivity, properties: {calledElement: called}}
    - {id: third, type: timerIntermediateCatchEvent, properties: {timerDuration: PT0.05S}}
    - {id: end, type: endEvent}
  connections:
    - {from: start, to: first}
    - {from: first, to: second}
    - {from: second, to: call}
    - {from: call, to: third}
    - {from: third, to: end}
---
process:
  id: called
  elements:
    - {id: start, type: startEvent}
    - {id: wait, type: timerIntermediateCatchEvent, properties: {timerDuration: PT0.05S}}
    - {id: end, type: endEvent}
  connections:
    - {from: start, to: wait}
    - {from: wait, to: end}
"#;

/// A timer that fires, or a called instance that ends, is used up by who takes it: a replica that remembers the instance from
/// before it waited for that must look again, not refuse.
#[tokio::test]
async fn nothing_is_refused_from_an_old_memory() -> anyhow::Result<()> {
    let servers = Servers::start()?;
    let engine = Engine::start(&servers).await?;
    engine.add_replica(&servers);
    engine.add_replica(&servers);
    engine.deploy(TURNS).await?;
    // few at a time, so that replicas that have found their memory old trust it again
    for _ in 0..8 {
        let starts = (0..12).map(|_| engine.begin("turns", "{}"));
        let started = futures::future::try_join_all(starts).await?;
        for start in started {
            engine.in_state(&start.instance_id, "completed").await?;
        }
    }
    Ok(())
}
