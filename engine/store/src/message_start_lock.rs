//! Which instance a message with a correlation key has started, while it is active. Everything here is done under the
//! message's advisory lock ([`lock`](crate::message_subscription::lock)), but for letting go, which comes before it.

use crate::{Result, Session, session::column, statement};
use uuid::Uuid;

#[derive(Debug, Clone)]
pub struct Lock {
    pub tenant: String,
    pub message_name: String,
    pub correlation_key: String,
    pub process_id: String,
}

/// False: another instance has it.
pub async fn acquire(session: &Session, lock: &Lock, instance: Uuid) -> Result<bool> {
    let Lock { tenant, message_name, correlation_key, process_id } = lock;
    let statement = statement::MESSAGE_START_LOCK_ACQUIRE;
    let count = session.execute(statement, &[tenant, message_name, correlation_key, process_id, &instance]).await?;
    Ok(count > 0)
}

/// The locks of instances that have ended.
pub async fn release(session: &Session, instances: &[Uuid]) -> Result<Vec<Lock>> {
    if instances.is_empty() {
        return Ok(Vec::new());
    }
    let statement = statement::MESSAGE_START_LOCK_RELEASE;
    let rows = session.query(statement, &[&instances]).await?;
    let read = |row: &tokio_postgres::Row| {
        Ok(Lock {
            tenant: column(row, 0, statement)?,
            message_name: column(row, 1, statement)?,
            correlation_key: column(row, 2, statement)?,
            process_id: column(row, 3, statement)?,
        })
    };
    rows.iter().map(read).collect()
}

/// How many were left behind by what never started.
pub async fn purge(session: &Session) -> Result<u64> {
    session.execute(statement::MESSAGE_START_LOCK_PURGE, &[]).await
}
