//! Brings the schema up to date: `migrations/<number>_<name>.sql`, each applied once, in order, in a transaction of its
//! own. An advisory lock makes replicas that start together take turns.

use crate::{Error, Result, connect};
use tokio_postgres::Client;

const MIGRATIONS: &[(i32, &str, &str)] = &[
    (1, "0001_schema", include_str!("../migrations/0001_schema.sql")),
    (2, "0002_history_partitions", include_str!("../migrations/0002_history_partitions.sql")),
    (3, "0003_timer_start", include_str!("../migrations/0003_timer_start.sql")),
    (4, "0004_signal", include_str!("../migrations/0004_signal.sql")),
    (5, "0005_instance_page", include_str!("../migrations/0005_instance_page.sql")),
    (6, "0006_message_start_lock", include_str!("../migrations/0006_message_start_lock.sql")),
    (7, "0007_start_occurrence", include_str!("../migrations/0007_start_occurrence.sql")),
    (8, "0008_decision", include_str!("../migrations/0008_decision.sql")),
    (9, "0009_operations", include_str!("../migrations/0009_operations.sql")),
    (10, "0010_migration", include_str!("../migrations/0010_migration.sql")),
    (11, "0011_batch", include_str!("../migrations/0011_batch.sql")),
    (12, "0012_epoch", include_str!("../migrations/0012_epoch.sql")),
    (13, "0013_audit_seal", include_str!("../migrations/0013_audit_seal.sql")),
];

/// Any number that nobody else uses: `baton` in ASCII.
const LOCK: i64 = 0x62_61_74_6F_6E;

const PREPARE: &str = "CREATE TABLE IF NOT EXISTS migration (
    number integer PRIMARY KEY, name text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now())";

/// Safe to call from every replica at every start.
pub async fn migrate(url: &str) -> Result<()> {
    migrate_to(url, i32::MAX).await
}

/// As it was after this migration: for tests of upgrades.
pub async fn migrate_to(url: &str, number: i32) -> Result<()> {
    let mut config = connect::config(url)?;
    config.connect_timeout(std::time::Duration::from_secs(5));
    let (client, connection) = connect::connect(&config).await?;
    let result = apply(&client, number).await;
    drop(client);
    let _ = connection.await;
    result
}

async fn apply(client: &Client, until: i32) -> Result<()> {
    client.batch_execute(&format!("SELECT pg_advisory_lock({LOCK})")).await.map_err(failed("lock"))?;
    client.batch_execute(PREPARE).await.map_err(failed("migration table"))?;
    let rows = client.query("SELECT coalesce(max(number), 0) FROM migration", &[]).await;
    let rows = rows.map_err(failed("migration table"))?;
    let last: i32 = rows.first().map_or(Ok(0), |row| row.try_get(0)).map_err(failed("migration table"))?;
    if last > MIGRATIONS.last().map_or(0, |(number, ..)| *number) {
        return Err(Error::UnknownMigration(last));
    }
    for (number, name, sql) in MIGRATIONS.iter().filter(|(number, ..)| *number > last && *number <= until) {
        let record = format!("INSERT INTO migration (number, name) VALUES ({number}, '{name}')");
        client.batch_execute(&format!("BEGIN;\n{sql};\n{record};\nCOMMIT")).await.map_err(failed(name))?;
        tracing::info!(migration = name, "the schema was brought forward");
    }
    Ok(()) // the lock goes with the connection
}

fn failed(name: &'static str) -> impl Fn(tokio_postgres::Error) -> Error {
    move |source| Error::Migration { name, source }
}
