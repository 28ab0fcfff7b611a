//! Every statement against a real database: it can be prepared, and its plan is pinned to the indexes, with empty tables and
//! with full ones.

use store::{Store, migrate, statement};
use test_harness::Servers;
use tokio_postgres::{Client, NoTls};

async fn database() -> anyhow::Result<String> {
    let url = Servers::shared().database().await;
    migrate::migrate(&url).await?;
    Ok(url)
}

#[tokio::test]
async fn every_statement_can_be_prepared() -> anyhow::Result<()> {
    let url = database().await?;
    store::pooler::check(&url).await?;
    let store = Store::new(&url, 1)?;
    store.prepared_session().await?;
    Ok(())
}

#[tokio::test]
async fn migrating_twice_is_migrating_once() -> anyhow::Result<()> {
    let url = database().await?;
    let together = (migrate::migrate(&url), migrate::migrate(&url));
    let (first, second) = futures::future::join(together.0, together.1).await;
    first?;
    second?;
    Ok(())
}

#[tokio::test]
async fn plans_use_indexes_with_empty_and_full_tables() -> anyhow::Result<()> {
    let url = database().await?;
    let client = pinned_client(&url).await?;
    explain_all(&client, "empty").await?;
    client.batch_execute(FILL).await?;
    let client = pinned_client(&url).await?;
    explain_all(&client, "full").await
}

/// Two hundred instances' worth of rows, then the statistics.
const FILL: &str = "
    INSERT INTO instance (id, tenant, definition, state, version, control, traceparent, created_at)
        SELECT gen_random_uuid(), 'a', gen_random_uuid(), 0, 1, '', '', now() FROM generate_series(1, 20000);
    INSERT INTO variable SELECT id, 0, 'x', '1' FROM instance;
    INSERT INTO instance_page SELECT id, number, '' FROM instance, generate_series(1, 3) AS number;
    INSERT INTO history SELECT id, 1, 1, now(), '' FROM instance;
    INSERT INTO job (instance, key, attempt, tenant, type, created_at, published_at)
        SELECT id, 1, 1, 'a', 'type-' || (random() * 5)::int, now(), now() FROM instance;
    INSERT INTO timer SELECT id, 1, 1, now(), now() FROM instance;
    INSERT INTO message_subscription SELECT id, 1, 1, 'a', 'p', 'm', random()::text, now() FROM instance;
    INSERT INTO message_start_lock SELECT 'a', 'm', random()::text, 'p', id, now() FROM instance;
    INSERT INTO signal_subscription SELECT id, 1, 1, 'a', 's' || (random() * 5000)::int FROM instance;
    INSERT INTO start_occurrence SELECT 'a', 'p' || (random() * 500)::int, 's', id, 'm', 'k', '', now() FROM instance;
    INSERT INTO command SELECT gen_random_uuid(), 'a', id, '', now() FROM instance;
    INSERT INTO audit SELECT 'a', now() - random() * interval '9 days', gen_random_uuid(), 'me', 'cancel', id, '', '{}', 'done', '' FROM instance;
    INSERT INTO audit_seal SELECT tenant, row_number() OVER (), at, id, '', '' FROM audit;
    INSERT INTO audit_head SELECT 'a' || number, 1, '' FROM generate_series(1, 2000) AS number;
    INSERT INTO suspended_instance SELECT id FROM instance WHERE random() < 0.1;
    INSERT INTO suspension SELECT 'a', 'jobType', 't' || n, 0, now(), 'me' FROM generate_series(1, 2000) AS n;
    INSERT INTO instance_migration SELECT id, 7, gen_random_uuid() FROM instance;
    INSERT INTO batch (id, tenant, by, operation, filter, created_at) SELECT gen_random_uuid(), 'a', 'me', '{}', '{}', now() FROM generate_series(1, 2000);
    INSERT INTO batch_item (batch, instance, claim_at) SELECT (SELECT id FROM batch LIMIT 1), id, now() FROM instance;
    INSERT INTO decision SELECT gen_random_uuid(), 'a', 'd' || number, 1, '', gen_random_uuid(), '', '', '', now()
        FROM generate_series(1, 2000) AS number;
    INSERT INTO decision_member SELECT tenant, deployment, decision_id, key FROM decision;
    ANALYZE;";

async fn pinned_client(url: &str) -> anyhow::Result<Client> {
    let mut config: tokio_postgres::Config = url.parse()?;
    config.options(store::session::OPTIONS);
    let (client, connection) = config.connect(NoTls).await?;
    tokio::spawn(connection);
    Ok(client)
}

async fn explain_all(client: &Client, tables: &str) -> anyhow::Result<()> {
    for (number, statement) in statement::ALL.iter().enumerate() {
        let prepared = client.prepare(statement.sql).await?;
        let name = format!("s{number}_{tables}");
        client.batch_execute(&format!("PREPARE {name} AS {}", statement.sql)).await?;
        let nulls = vec!["NULL"; prepared.params().len()].join(", ");
        let call = if nulls.is_empty() { name } else { format!("{name} ({nulls})") };
        let rows = client.query(&format!("EXPLAIN EXECUTE {call}"), &[]).await?;
        let plan: Vec<String> = rows.iter().map(|row| row.get(0)).collect();
        let plan = plan.join("\n");
        let forbidden = ["Seq Scan", "Hash Join", "Merge Join"].iter().find(|node| plan.contains(**node));
        // the catalogue is small, and is asked once a day
        if statement.name != "history/old_partitions" && statement.name != "job/count" {
            assert!(forbidden.is_none(), "{} with {tables} tables:\n{plan}", statement.name);
        }
    }
    Ok(())
}
