//! Instances that have ended, and instances that wait, as the engine would have left them in the database: to see what they
//! cost those that run. Nobody ever reads their control state, so it is only as large as a real one.

use super::{driver::TENANT, workload::PROCESS};
use crate::dev::Settings;

/// Instances in one statement.
const AT_ONCE: usize = 50_000;

pub async fn fill(settings: &Settings, finished: usize, waiting: usize) -> anyhow::Result<()> {
    if finished + waiting == 0 {
        return Ok(());
    }
    let (client, connection) = tokio_postgres::connect(&settings.database_url, tokio_postgres::NoTls).await?;
    tokio::spawn(connection);
    for (count, sql) in [(finished, include_str!("finished.sql")), (waiting, include_str!("waiting.sql"))] {
        for portion in 0..count.div_ceil(AT_ONCE) {
            let rows = AT_ONCE.min(count - portion * AT_ONCE) as i64;
            client.execute(sql, &[&TENANT, &PROCESS, &rows]).await?;
        }
    }
    client.batch_execute("VACUUM ANALYZE").await?;
    client.batch_execute("CHECKPOINT").await?;
    Ok(())
}
