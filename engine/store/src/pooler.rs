//! Whether what stands between us and Postgres lets through what a session needs: its settings, and that it is one session.

use crate::{Error, Result, connect, session};

/// [`Error::Pooler`] when the settings of a new connection do not arrive, or are refused by a pooler.
pub async fn check(url: &str) -> Result<()> {
    let (client, connection) = match connect::connect(&session::config(url)?).await {
        Err(Error::Statement { source, .. }) if is_about_options(&source) => {
            return Err(Error::Pooler("refuses the settings of a session"));
        }
        connected => connected?,
    };
    let asked = client.simple_query("SHOW plan_cache_mode").await;
    drop(client);
    let _ = connection.await;
    let answer = asked.map_err(|source| Error::Statement { statement: "SHOW plan_cache_mode", source })?;
    let arrived = answer.iter().any(|message| {
        matches!(message, tokio_postgres::SimpleQueryMessage::Row(row) if row.get(0) == Some("force_generic_plan"))
    });
    if arrived { Ok(()) } else { Err(Error::Pooler("drops the settings of a session")) }
}

/// As PgBouncer says it.
fn is_about_options(error: &tokio_postgres::Error) -> bool {
    error.as_db_error().is_some_and(|error| error.message().contains("unsupported startup parameter"))
}
