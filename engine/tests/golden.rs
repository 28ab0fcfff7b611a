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

use common::{Engine, eventually};
use dump::Dump;
use std::path::{Path, PathBuf};
use test_harness::Servers;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden")
}

#[tokio::test]
async fn every_kept_version_goes_on() -> anyhow::Result<()> {
    let entries: Vec<PathBuf> = std::fs::read_dir(folder())?.map(|entry| Ok(entry?.path())).collect::<anyhow::Result<_>>()?;
    let mut dumps: Vec<PathBuf> = entries.into_iter().filter(|path| path.extension().is_some_and(|it| it == "dump")).collect();
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
        let sessions = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'baton' AND datname = current_database()";
        let sessions: i64 = client.query_one(sessions, &[]).await.ok()?.get(0);
        (sessions == 0).then_some(())
    })
    .await?;
    // as a batch is when its engine dies
    client.batch_execute("UPDATE batch SET state = 'running', ended_at = NULL; UPDATE batch_item SET state = 0").await?;
    let mut dump = Dump::take(&database, &servers.nats.connect().await?).await?;
    dump.results = results;
    dump.expected = go_on(&dump).await?;
    Ok(std::fs::write(path, dump.text())?)
}
