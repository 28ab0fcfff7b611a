//! Who listens to which signal, and which processes each starts.

use crate::{Result, Session, named_start::Table, rows::rows, session::column, statement};
use uuid::Uuid;

rows! {
    Subscription,
    Subscriptions {
        instance: Uuid,
        key: i64,
        target: i32,
        tenant: String,
        signal_name: String,
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

/// A start event of the latest version of a process.
#[derive(Debug, Clone)]
pub struct Start {
    pub element_id: String,
    pub definition: Uuid,
}

impl Subscriptions {
    pub async fn open(&self, session: &Session) -> Result<()> {
        self.run(session, statement::SIGNAL_SUBSCRIPTION_OPEN).await.map(drop)
    }
}

impl SubscriptionIds {
    pub async fn close(&self, session: &Session) -> Result<()> {
        self.run(session, statement::SIGNAL_SUBSCRIPTION_CLOSE).await.map(drop)
    }
}

/// The instances that listen, each once.
pub async fn listeners(session: &Session, tenant: &str, name: &str) -> Result<Vec<Uuid>> {
    let statement = statement::SIGNAL_SUBSCRIPTION_LISTENERS;
    let rows = session.query(statement, &[&tenant, &name]).await?;
    rows.iter().map(|row| column(row, 0, statement)).collect()
}

/// The start events of a new latest version, names of signals with element ids, take the place of the old one's.
pub async fn replace_starts(
    session: &Session,
    tenant: &str,
    process_id: &str,
    definition: Uuid,
    starts: &[(String, String)],
) -> Result<()> {
    const TABLE: Table = Table { delete: statement::SIGNAL_START_DELETE, insert: statement::SIGNAL_START_INSERT };
    TABLE.replace(session, tenant, process_id, definition, starts).await
}

pub async fn starts(session: &Session, tenant: &str, name: &str) -> Result<Vec<Start>> {
    let statement = statement::SIGNAL_START_FIND;
    let rows = session.query(statement, &[&tenant, &name]).await?;
    let read = |row: &tokio_postgres::Row| {
        Ok(Start { element_id: column(row, 0, statement)?, definition: column(row, 1, statement)? })
    };
    rows.iter().map(read).collect()
}
