//! An older backup of Postgres is put back, while NATS and the workers have what came after it.

mod common;

use common::{Engine, completed, eventually, next_job};
use futures::StreamExt;
use prost::Message;
use proto::{Job, job_result::Result as Of, job_result_reply::Status};
use serde_json::json;
use test_harness::Servers;

/// By which message it goes on decides what its next key is given to.
const FORK: &str = r#"
process:
  id: fork
  elements:
    - {id: start, type: startEvent}
    - {id: either, type: eventBasedGateway}
    - {id: a, type: messageIntermediateCatchEvent, properties: {messageRef: a, correlationKey: "k"}}
    - {id: b, type: messageIntermediateCatchEvent, properties: {messageRef: b, correlationKey: "k"}}
    - {id: do_a, type: serviceTask, properties: {implementation: External, topic: do-a, resultVariable: a}}
    - {id: do_b, type: serviceTask, properties: {implementation: External, topic: do-b, resultVariable: b}}
    - {id: end, type: endEvent}
  connections: [{from: start, to: either}, {from: either, to: a}, {from: either, to: b}, {from: a, to: do_a}, {from: b, to: do_b}, {from: do_a, to: end}, {from: do_b, to: end}]
"#;
const WORK: &str = r#"
process:
  id: work
  elements:
    - {id: start, type: startEvent}
    - {id: do, type: serviceTask, properties: {implementation: External, topic: do, resultVariable: done}}
    - {id: end, type: endEvent}
  connections: [{from: start, to: do}, {from: do, to: end}]
"#;

/// As workers do: again, as long as the engine cannot.
async fn report(engine: &Engine, job: &Job, result: Of) -> anyhow::Result<Status> {
    eventually("the engine takes it", || async {
        engine.report(job, result.clone()).await.ok().filter(|status| *status != Status::Retry)
    })
    .await
}

async fn publish(engine: &Engine, message: &str) -> anyhow::Result<()> {
    eventually("the message is correlated", || async {
        engine.publish(message, "k", 0, None).await.ok().filter(|correlated| *correlated == 1).map(drop)
    })
    .await
}

#[tokio::test]
async fn after_a_restore_nothing_from_before_is_applied_and_everything_goes_on() -> anyhow::Result<()> {
    let servers = Servers::start()?;
    let mut engine = Engine::start(&servers).await?;
    engine.deploy(FORK).await?;
    engine.deploy(WORK).await?;
    let fork = engine.begin("fork", "{}").await?.instance_id;
    let work = engine.begin("work", "{}").await?.instance_id;
    let mut jobs = engine.jobs("do").await?;
    let job = next_job(&mut jobs).await?;
    let backup = servers.postgres.copy_data()?;
    let lost = eventually("it starts again", || async { engine.begin("work", "{}").await.ok() }).await?.instance_id;
    assert_eq!(report(&engine, &job, completed(r#"{"result": "lost"}"#)).await?, Status::Applied);
    engine.in_state(&work, "completed").await?;
    publish(&engine, "a").await?;
    let mut jobs_of_a = engine.jobs("do-a").await?;
    let message = tokio::time::timeout(std::time::Duration::from_secs(60), jobs_of_a.next()).await?;
    let job_of_a = Job::decode(message.expect("a job")?.payload.clone())?;

    engine.stop();
    servers.postgres.roll_back(&backup)?;
    engine::renew_epoch(&engine.database).await?;
    engine.add_replica(&servers);
    engine.ready().await?;

    eventually("what came after the backup is not there", || async {
        engine.instance(&lost).await.err().filter(|error| error.to_string().starts_with("NOT_FOUND"))
    })
    .await?;
    publish(&engine, "b").await?;
    let job_of_b = next_job(&mut engine.jobs("do-b").await?).await?;
    assert_eq!(job_of_b.id, job_of_a.id, "the same key was given to something else");
    assert_eq!(report(&engine, &job_of_a, completed(r#"{"result": 1}"#)).await?, Status::Stale);
    assert_eq!(report(&engine, &job_of_b, completed(r#"{"result": 2}"#)).await?, Status::Applied);
    engine.in_state(&fork, "completed").await?;
    assert_eq!(engine.variables(&fork).await?, json!({"b": 2, "paid": true}));

    assert_eq!(report(&engine, &job, completed(r#"{"result": "again"}"#)).await?, Status::Stale);
    let mut again = next_job(&mut jobs).await?;
    while again.epoch == job.epoch {
        // a worker had this in its hands
        assert_eq!(report(&engine, &again, completed("{}")).await?, Status::Stale);
        again = next_job(&mut jobs).await?;
    }
    assert_eq!(again.id, job.id, "the open job comes again");
    assert_eq!(report(&engine, &again, completed(r#"{"result": "once"}"#)).await?, Status::Applied);
    engine.in_state(&work, "completed").await?;
    assert_eq!(engine.variables(&work).await?, json!({"done": "once"}));
    let stream = async_nats::jetstream::new(engine.client.clone()).get_stream(proto::subject::JOBS_STREAM).await?;
    eventually("nothing is left of what was lost", || async {
        let left = stream.clone().info().await.ok()?.state.messages;
        (left == 0).then_some(())
    })
    .await?;
    assert_eq!(engine::verify(&engine.database).await?.wrong, Vec::<String>::new());
    Ok(())
}

#[tokio::test]
async fn another_life_of_the_database_is_noticed() -> anyhow::Result<()> {
    let servers = Servers::start()?;
    let engine = Engine::start(&servers).await?;
    engine.deploy(WORK).await?;
    engine.begin("work", "{}").await?;
    let mut jobs = engine.jobs("do").await?;
    let job = next_job(&mut jobs).await?;
    let (client, connection) = tokio_postgres::connect(&engine.database, tokio_postgres::NoTls).await?;
    tokio::spawn(connection);
    // as after a promotion, or in the copy that was loaded from a dump
    client.batch_execute("UPDATE epoch SET life = 'another'").await?;
    let mut again = next_job(&mut jobs).await?;
    while again.epoch == job.epoch {
        again = next_job(&mut jobs).await?;
    }
    assert_eq!(again.id, job.id);
    assert_eq!(report(&engine, &job, completed("{}")).await?, Status::Stale);
    assert_eq!(report(&engine, &again, completed("{}")).await?, Status::Applied);
    Ok(())
}
