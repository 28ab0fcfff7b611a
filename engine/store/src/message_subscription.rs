//! Who waits for which message.

use crate::{Result, Session, Time, rows::rows, session::column, statement};
use uuid::Uuid;

rows! {
    Subscription,
    Subscriptions {
        instance: Uuid,
        key: i64,
        target: i32,
        tenant: String,
        process_id: String,
        message_name: String,
        correlation_key: String,
        opened_at: Time,
    }
}

rows! {
    SubscriptionId,
    SubscriptionIds {
        instance: Uuid,
        key: i64,
        target: i32,
    }
}

/// A subscription that a message was given to.
#[derive(Debug, Clone)]
pub struct Taken {
    pub instance: Uuid,
    pub key: i64,
    pub target: i32,
    pub process_id: String,
}

impl Subscriptions {
    /// Opens them, or opens them again.
    pub async fn open(&self, session: &Session) -> Result<()> {
        self.run(session, statement::MESSAGE_SUBSCRIPTION_OPEN).await.map(drop)
    }
}

impl SubscriptionIds {
    pub async fn close(&self, session: &Session) -> Result<()> {
        self.run(session, statement::MESSAGE_SUBSCRIPTION_CLOSE).await.map(drop)
    }
}

/// Holds these hashes of (tenant, name, key) until the transaction ends. Both who publishes and who subscribes does this first.
pub async fn lock(session: &Session, hashes: &[i64]) -> Result<()> {
    if hashes.is_empty() {
        return Ok(());
    }
    session.query(statement::MESSAGE_SUBSCRIPTION_LOCK, &[&hashes]).await.map(drop)
}

/// Gives a message to the oldest open subscription of each process.
pub async fn take(session: &Session, tenant: &str, name: &str, correlation_key: &str) -> Result<Vec<Taken>> {
    let statement = statement::MESSAGE_SUBSCRIPTION_TAKE;
    let rows = session.query(statement, &[&tenant, &name, &correlation_key]).await?;
    let read = |row: &tokio_postgres::Row| {
        Ok(Taken {
            instance: column(row, 0, statement)?,
            key: column(row, 1, statement)?,
            target: column(row, 2, statement)?,
            process_id: column(row, 3, statement)?,
        })
    };
    rows.iter().map(read).collect()
}

/// Gives a waiting message to this one.
pub async fn take_one(session: &Session, instance: Uuid, key: i64, target: i32) -> Result<()> {
    session.execute(statement::MESSAGE_SUBSCRIPTION_TAKE_ONE, &[&instance, &key, &target]).await.map(drop)
}
