//! Over TLS, to a Postgres that takes nothing else.

use std::process::Command;
use store::{Store, migrate};
use test_harness::{Postgres, tls};

const URL: &str = "BATON_SECURE_DATABASE_URL";

/// No test: what the test runs as a program, with an environment of its own.
#[tokio::test]
async fn engine_process() {
    if let Ok(url) = std::env::var(URL) {
        let used = async {
            store::pooler::check(&url).await?;
            migrate::migrate(&url).await?;
            Store::new(&url, 2)?.session().await?.clock().await
        };
        match used.await {
            Ok(_) => println!("in"),
            Err(error) => println!("refused: {error}"),
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_is_reached_over_tls_by_whom_it_is_trusted() -> anyhow::Result<()> {
    let postgres = Postgres::start_in(&std::env::temp_dir())?;
    let plain = postgres.database().await?;
    if !postgres.demand_tls()? {
        eprintln!("SKIPPED: this Postgres was built without TLS; install Debian's");
        return Ok(());
    }
    let authority = tls::authority().display().to_string();
    let with = |mode: &str, authority: &str| {
        let mut command = Command::new(std::env::current_exe().expect("this program"));
        command.args(["engine_process", "--exact", "--nocapture"]).env("BATON_DATABASE_CA", authority);
        let output = command.env(URL, format!("{plain}{mode}")).output().expect("it runs");
        String::from_utf8_lossy(&output.stdout).into_owned()
    };
    for mode in ["?sslmode=require", "?sslmode=verify-full"] {
        let said = with(mode, &authority);
        assert!(said.contains("in\n"), "{mode}: {said}");
    }
    let untrusted = with("?sslmode=require", "");
    assert!(untrusted.contains("refused") && untrusted.contains("certificate"), "{untrusted}");
    let plain = with("", &authority);
    assert!(plain.contains("refused") && plain.contains("no encryption"), "{plain}");
    let missing = with("?sslmode=require", "/nowhere/ca.pem");
    assert!(missing.contains("refused: TLS to Postgres") && missing.contains("/nowhere/ca.pem"), "{missing}");
    Ok(())
}
