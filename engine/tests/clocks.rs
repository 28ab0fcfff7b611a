//! Engines whose clocks are hours wrong: decisions about time are Postgres's. Needs libfaketime (`cargo xtask test` brings it;
//! else `BATON_FAKETIME` says where it is), and says so where it is not.

mod common;

use common::{Engine, TENANT};
use proto::{event::Kind, *};
use std::{
    path::PathBuf,
    process::{Child, Command},
};
use test_harness::{Servers, process};
use tokio_util::sync::CancellationToken;

const SLEEPS: &str = r#"
process:
  id: sleeps
  elements:
    - {id: start, type: startEvent}
    - {id: sleep, type: timerIntermediateCatchEvent, properties: {timerDuration: PT3S}}
    - {id: again, type: timerIntermediateCatchEvent, properties: {timerDuration: PT1S}}
    - {id: end, type: endEvent}
  connections: [{from: start, to: sleep}, {from: sleep, to: again}, {from: again, to: end}]
"#;
const INSTANCES: usize = 20;
/// The machine may be busy; a clock that counts is wrong by hours.
const LATE_MS: i64 = 30_000;

fn faketime() -> Option<PathBuf> {
    let named = std::env::var_os("BATON_FAKETIME").map(PathBuf::from);
    let libraries = std::fs::read_dir("/usr/lib").ok()?.filter_map(Result::ok);
    let installed = libraries.map(|entry| entry.path().join("faketime/libfaketimeMT.so.1"));
    named.into_iter().chain(installed).find(|library| library.exists())
}

/// Ends with the test.
struct Replica(Child);

impl Drop for Replica {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Replica {
    /// This program, as an engine whose clock is wrong.
    fn start(faketime: &PathBuf, servers: &Servers, engine: &Engine, skew: &str) -> anyhow::Result<Replica> {
        let mut replica: Command = process::server(&std::env::current_exe()?, false);
        replica.args(["a_replica_in_a_process_of_its_own", "--exact", "--ignored"]);
        replica.env("LD_PRELOAD", faketime).env("FAKETIME", skew);
        // how much time has passed it knows as everybody does
        replica.env("FAKETIME_DONT_FAKE_MONOTONIC", "1").env("DONT_FAKE_MONOTONIC", "1");
        replica.env("BATON_DATABASE_URL", &engine.database).env("BATON_NATS_URL", servers.nats_url());
        Ok(Replica(process::spawn(replica)?))
    }
}

#[tokio::test]
#[ignore = "what the other test starts"]
async fn a_replica_in_a_process_of_its_own() -> anyhow::Result<()> {
    #[derive(clap::Parser)]
    struct Program {
        #[command(flatten)]
        config: engine::Config,
    }
    let program = <Program as clap::Parser>::parse_from(["engine", "--http-addr", "127.0.0.1:0"]);
    engine::run(program.config, CancellationToken::new()).await
}

#[tokio::test]
async fn engines_with_wrong_clocks_fire_every_timer_once_and_in_time() -> anyhow::Result<()> {
    let Some(faketime) = faketime() else {
        eprintln!("skipped: there is no libfaketime (Debian: apt-get install libfaketime)");
        return Ok(());
    };
    let servers = Servers::start()?;
    let engine = Engine::elsewhere(&servers, servers.database().await).await?;
    let replicas = ["-2h", "+2h"].map(|skew| Replica::start(&faketime, &servers, &engine, skew));
    let _replicas = replicas.into_iter().collect::<anyhow::Result<Vec<_>>>()?;
    engine.ready().await?;
    engine.deploy(SLEEPS).await?;
    let mut ids = Vec::new();
    for _ in 0..INSTANCES {
        ids.push(engine.begin("sleeps", "{}").await?.instance_id);
    }
    for id in &ids {
        engine.in_state(id, "completed").await?;
        on_time(&engine, id).await?;
    }
    let request = ListInstancesRequest { tenant: TENANT.to_owned(), ..Default::default() };
    let listed: ListInstancesReply = engine.call("list_instances", &request).await?;
    let now = jiff::Timestamp::now().as_millisecond();
    assert!(listed.instances.iter().all(|it| (now - it.created_at).abs() < 600_000), "by Postgres's clock");
    Ok(())
}

/// Every timer fired once, after it was due and not long after.
async fn on_time(engine: &Engine, id: &str) -> anyhow::Result<()> {
    let events: Vec<Event> = engine.history(id).await?.into_iter().flat_map(|batch| batch.events).collect();
    let due = events.iter().filter_map(|event| match &event.kind {
        Some(Kind::TimerScheduled(timer)) => Some(timer.due),
        _ => None,
    });
    let fired = events.iter().filter(|event| matches!(event.kind, Some(Kind::TimerFired(_)))).map(|event| event.at);
    let (due, fired): (Vec<i64>, Vec<i64>) = (due.collect(), fired.collect());
    assert_eq!((due.len(), fired.len()), (2, 2));
    for (due, fired) in due.into_iter().zip(fired) {
        assert!((0..LATE_MS).contains(&(fired - due)), "due at {due}, fired at {fired}");
    }
    Ok(())
}
