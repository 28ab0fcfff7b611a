//! Messages that wait for a subscription.

use crate::{Result, Session, session::column, statement};
use tokio_postgres::types::ToSql;
use uuid::Uuid;

/// A message to be kept.
#[derive(Debug, Clone)]
pub struct Message<'a> {
    pub tenant: &'a str,
    pub id: Uuid,
    pub name: &'a str,
    pub correlation_key: &'a str,
    /// JSON object.
    pub variables: &'a [u8],
    pub ttl_ms: i64,
    /// Processes that have got it already.
    pub correlated: &'a [String],
}

pub async fn insert(session: &Session, message: &Message<'_>) -> Result<()> {
    let m = message;
    let parameters: [&(dyn ToSql + Sync); 7] =
        [&m.tenant, &m.id, &m.name, &m.correlation_key, &m.variables, &m.ttl_ms, &m.correlated];
    session.execute(statement::MESSAGE_INSERT, &parameters).await.map(drop)
}

/// The oldest waiting one that no instance of `process_id` has got, and its variables as JSON.
pub async fn take(
    session: &Session,
    tenant: &str,
    name: &str,
    correlation_key: &str,
    process_id: &str,
) -> Result<Option<(Uuid, Vec<u8>)>> {
    let statement = statement::MESSAGE_TAKE;
    let rows = session.query(statement, &[&tenant, &name, &correlation_key, &process_id]).await?;
    rows.first().map(|row| Ok((column(row, 0, statement)?, column(row, 1, statement)?))).transpose()
}

/// How many were thrown away because their time was over.
pub async fn expire(session: &Session) -> Result<u64> {
    session.execute(statement::MESSAGE_EXPIRE, &[]).await
}
