//! Databases and jobs of earlier versions go on under this one. `golden/*.dump` hold, for each version that is kept, the rows of
//! every table and the messages in JetStream, of instances in every kind of waiting state; see [`setting`]. Each is loaded into
//! the schema of its time, brought forward, and driven to its end, which has to be what it was under its own version.
//!
//! `cargo xtask golden NAME` adds the dump of the present version; dumps are never changed afterwards.

mod common;
#[path = "golden/dump.rs"]
mod dump;
#[path = "golden/ending.rs"]
mod ending;
#[path = "golden/setting.rs"]
mod setting;

use common::{Engine, TENANT, eventually};
use dump::Dump;
use proto::{CommandReply, CompleteUserTaskRequest, GetInstanceReply, GetInstanceRequest};
use std::path::{Path, PathBuf};
use test_harness::Servers;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden")
}

#[tokio::test]
async fn every_kept_version_goes_on() -> anyhow::Result<()> {
    let entries: Vec<PathBuf> =
        std::fs::read_dir(folder())?.map(|entry| Ok(entry?.path())).collect::<anyhow::Result<_>>()?;
    let mut dumps: Vec<PathBuf> =
        entries.into_iter().filter(|path| path.extension().is_some_and(|it| it == "dump")).collect();
    dumps.sort();
    assert!(!dumps.is_empty(), "no dump is kept");
    for path in dumps {
        let dump = Dump::parse(&std::fs::read_to_string(&path)?)?;
        assert!(!dump.expected.is_empty() && !dump.jobs.is_empty(), "{}", path.display());
        let ended = go_on(&dump).await?;
        for (ended, expected) in ended.iter().zip(&dump.expected) {
            assert_eq!(ended, expected, "{}", path.display());
        }
        assert_eq!(ended.len(), dump.expected.len());
    }
    Ok(())
}

/// Under the present version, to the end.
async fn go_on(dump: &Dump) -> anyhow::Result<Vec<String>> {
    let servers = Servers::start()?;
    let database = servers.database().await;
    dump.load(&database, &servers.nats.connect().await?).await?;
    engine::migrate(&database).await?;
    // loading it is not restoring it: what is in flight is its own
    dump::connect(&database).await?.batch_execute("UPDATE epoch SET life = life_of_database()").await?;
    is_as_its_history_says(&database).await?;
    let engine = Engine::start_on(&servers, database).await?;
    ending::deliver(&engine, &dump.results).await?;
    let ended = ending::drive(&engine).await?;
    is_as_its_history_says(&engine.database).await?;
    Ok(ended)
}

async fn is_as_its_history_says(database: &str) -> anyhow::Result<()> {
    let verified = engine::verify(database).await?;
    assert_eq!(verified.wrong, Vec::<String>::new());
    assert!(verified.instances > 30 && verified.without_history == 0, "{verified:?}");
    Ok(())
}

const WAITS: &str = r#"
process:
  id: waits
  elements:
    - {id: start, type: startEvent}
    - {id: approve, type: userTask}
    - {id: soon, type: timerBoundaryEvent, attachedToRef: approve, properties: {timerDuration: P9D, cancelActivity: false}}
    - {id: end, type: endEvent}
  connections: [{from: start, to: approve}, {from: soon, to: end}, {from: approve, to: end}]
"#;
/// The field 100 of a message, with the value 1: what a newer version may have to say.
const NEWER: &str = "UPDATE instance SET control = control || '\\xa00601'::bytea";
const OLDER: &str = "UPDATE instance SET control = substring(control FOR length(control) - 3)";

#[tokio::test]
async fn what_a_newer_version_has_moved_on_is_left_alone_and_nothing_of_it_is_lost() -> anyhow::Result<()> {
    let servers = Servers::start()?;
    let mut engine = Engine::start(&servers).await?;
    engine.deploy(WAITS).await?;
    let id = engine.begin("waits", "{}").await?.instance_id;
    let client = dump::connect(&engine.database).await?;
    client.batch_execute(NEWER).await?;
    engine.replace(&servers).await?;
    client.batch_execute("UPDATE timer SET due = now(), claim_at = now()").await?;
    let task = setting::open_tasks(&engine).await?.remove(0).id;
    let complete = CompleteUserTaskRequest { tenant: TENANT.to_owned(), id: task.clone(), ..Default::default() };
    let get = GetInstanceRequest { tenant: TENANT.to_owned(), instance_id: id.clone(), min_version: None };
    let refused = engine.call::<CommandReply>("complete_user_task", &complete).await.unwrap_err().to_string();
    let unseen = engine.call::<GetInstanceReply>("get_instance", &get).await.unwrap_err().to_string();
    for text in [refused, unseen] {
        assert!(text.contains("newer version of Baton"), "{text}");
    }
    let verified = engine::verify(&engine.database).await?;
    assert!(verified.wrong.len() == 1 && verified.wrong[0].contains("newer version"), "{verified:?}");
    let taken = "SELECT count(*) FROM timer WHERE claim_at > due + interval '5 seconds'";
    eventually("the timer was taken, and given back", || async {
        let taken: i64 = client.query_one(taken, &[]).await.ok()?.get(0);
        (taken == 1).then_some(())
    })
    .await?;
    client.batch_execute(OLDER).await?;
    eventually("the timer has fired", || async {
        let left: i64 = client.query_one("SELECT count(*) FROM timer", &[]).await.ok()?.get(0);
        (left == 0).then_some(())
    })
    .await?;
    setting::complete(&engine, &task).await?;
    engine.in_state(&id, "completed").await?;
    assert_eq!(engine::verify(&engine.database).await?.wrong, Vec::<String>::new());
    Ok(())
}

#[tokio::test]
#[ignore = "writes the file that BATON_GOLDEN names: `cargo xtask golden NAME`"]
async fn make() -> anyhow::Result<()> {
    let path = std::env::var("BATON_GOLDEN")?;
    let servers = Servers::start()?;
    let engine = Engine::start(&servers).await?;
    let results = setting::bring_about(&engine).await?;
    let database = engine.database.clone();
    drop(engine);
    let client = dump::connect(&database).await?;
    eventually("the engine has gone", || async {
        let sessions =
            "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'baton' AND datname = current_database()";
        let sessions: i64 = client.query_one(sessions, &[]).await.ok()?.get(0);
        (sessions == 0).then_some(())
    })
    .await?;
    // as a batch is when its engine dies
    client
        .batch_execute("UPDATE batch SET state = 'running', ended_at = NULL; UPDATE batch_item SET state = 0")
        .await?;
    let mut dump = Dump::take(&database, &servers.nats.connect().await?).await?;
    dump.results = results;
    dump.expected = go_on(&dump).await?;
    Ok(std::fs::write(path, dump.text())?)
}
