//! Migrations of instances: which definition they went by before.

use crate::{Result, Session, rows::rows, session::column, statement};
use uuid::Uuid;

rows! {
    Migration,
    Migrations {
        instance: Uuid,
        /// Number of the event.
        seq: i64,
        /// The definition before it, and the one after it.
        former: Uuid,
        definition: Uuid,
    }
}

rows! {
    /// What stood at an element stands at another.
    Moved,
    AllMoved {
        instance: Uuid,
        old: i32,
        new: i32,
        definition: Uuid,
    }
}

impl Migrations {
    /// After the rows of the instances themselves were updated, in the same transaction.
    pub async fn write(&self, session: &Session, moved: &AllMoved) -> Result<()> {
        self.run(session, statement::INSTANCE_MIGRATE).await?;
        self.run(session, statement::INSTANCE_MIGRATION_INSERT).await?;
        moved.run(session, statement::USER_TASK_MIGRATE).await?;
        moved.run(session, statement::INCIDENT_MIGRATE).await.map(drop)
    }
}

/// Oldest first: the number of the event, and the definition before it.
pub async fn list(session: &Session, instance: Uuid) -> Result<Vec<(i64, Uuid)>> {
    let statement = statement::INSTANCE_MIGRATION_LIST;
    let rows = session.query(statement, &[&instance]).await?;
    rows.iter().map(|row| Ok((column(row, 0, statement)?, column(row, 1, statement)?))).collect()
}
