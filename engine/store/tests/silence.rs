//! A server that says nothing, and does not close the connection either.

use std::{process::Command, time::Duration};
use store::Store;
use test_harness::Servers;

fn signal(backend: i32, name: &str) {
    let sent = Command::new("kill").args([name, &backend.to_string()]).status();
    assert!(sent.is_ok_and(|status| status.success()), "{name} to {backend}");
}

#[tokio::test]
async fn a_silent_connection_is_given_up_and_not_used_again() -> anyhow::Result<()> {
    let url = Servers::shared().database().await;
    let store = Store::new(&url, 2)?;
    let session = store.session().await?;
    session.clock().await?;
    let (watcher, connection) = tokio_postgres::connect(&url, tokio_postgres::NoTls).await?;
    tokio::spawn(connection);
    let backends = "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'baton'";
    let backend: i32 = watcher.query_one(backends, &[]).await?.get(0);
    signal(backend, "-STOP");
    let answered = tokio::time::timeout(Duration::from_secs(20), session.clock()).await?;
    assert!(answered.is_err_and(|error| error.is_connection_lost()));
    assert!(session.is_closed());
    drop(session);
    let other = store.session().await?.clock().await;
    signal(backend, "-CONT");
    assert!(other.is_ok(), "another connection works");
    Ok(())
}
