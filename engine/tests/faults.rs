//! Servers that go away, and come back having forgotten.

mod common;

use common::{Engine, completed, eventually, next_job};
use proto::job_result_reply::Status;
use std::time::Duration;
use test_harness::Servers;

const ONE_TASK: &str = r#"
process:
  id: one
  elements:
    - {id: start, type: startEvent}
    - {id: work, type: serviceTask, properties: {implementation: External, topic: work}}
    - {id: end, type: endEvent}
  connections:
    - {id: f1, from: start, to: work}
    - {id: f2, from: work, to: end}
"#;

#[tokio::test]
async fn everything_in_jetstream_can_be_lost_while_running() -> anyhow::Result<()> {
    let servers = Servers::start()?;
    let engine = Engine::start(&servers).await?;
    engine.deploy(ONE_TASK).await?;
    let mut started = Vec::new();
    for _ in 0..50 {
        started.push(engine.begin("one", "{}").await?.instance_id);
    }
    servers.nats.lose_everything()?;
    servers.nats.restart()?;
    engine.ready().await?;
    engine.work("work", "{}").await?;
    for id in started {
        engine.in_state(&id, "completed").await?;
    }
    Ok(())
}

#[tokio::test]
async fn a_deleted_stream_is_made_again_and_filled() -> anyhow::Result<()> {
    let servers = Servers::start()?;
    let engine = Engine::start(&servers).await?;
    engine.deploy(ONE_TASK).await?;
    let started = engine.begin("one", "{}").await?;
    let jetstream = async_nats::jetstream::new(engine.client.clone());
    eventually("the job is in the stream", || async {
        let mut stream = jetstream.get_stream("JOBS").await.ok()?;
        (stream.info().await.ok()?.state.messages == 1).then_some(())
    })
    .await?;
    // the reconciler has seen the stream as it was
    tokio::time::sleep(Duration::from_secs(3)).await;
    jetstream.delete_stream("JOBS").await?;
    let mut jobs = eventually("there are jobs again", || async { engine.jobs("work").await.ok() }).await?;
    let job = next_job(&mut jobs).await?;
    assert_eq!(engine.report(&job, completed("{}")).await?, Status::Applied);
    engine.in_state(&started.instance_id, "completed").await
}

#[tokio::test]
async fn postgres_may_crash_and_nothing_answered_is_lost() -> anyhow::Result<()> {
    let servers = Servers::start()?;
    let engine = Engine::start(&servers).await?;
    engine.deploy(ONE_TASK).await?;
    engine.work("work", "{}").await?;
    let mut started = Vec::new();
    for round in 0..3 {
        let starts = (0..40).map(|_| engine.begin("one", "{}"));
        let crash = async {
            tokio::time::sleep(Duration::from_millis(20 * round)).await;
            servers.postgres.stop_immediately();
            servers.postgres.restart()
        };
        let (replies, crashed) = futures::future::join(futures::future::join_all(starts), crash).await;
        crashed?;
        started.extend(replies.into_iter().filter_map(Result::ok).map(|reply| reply.instance_id));
        engine.ready().await?;
    }
    assert!(!started.is_empty());
    for id in started {
        engine.in_state(&id, "completed").await?;
    }
    Ok(())
}
