//! Message start events of the latest versions: which message starts which process.

use crate::{Result, Session, named_start::Table, session::column, statement};
use uuid::Uuid;

#[derive(Debug, Clone)]
pub struct MessageStart {
    pub process_id: String,
    pub element_id: String,
    pub definition: Uuid,
}

/// The start events of a new latest version, names of messages with element ids, take the place of the old one's.
pub async fn replace(
    session: &Session,
    tenant: &str,
    process_id: &str,
    definition: Uuid,
    starts: &[(String, String)],
) -> Result<()> {
    const TABLE: Table = Table { delete: statement::MESSAGE_START_DELETE, insert: statement::MESSAGE_START_INSERT };
    TABLE.replace(session, tenant, process_id, definition, starts).await
}

/// One start event of each process that waits for this message.
pub async fn find(session: &Session, tenant: &str, message_name: &str) -> Result<Vec<MessageStart>> {
    let statement = statement::MESSAGE_START_FIND;
    let rows = session.query(statement, &[&tenant, &message_name]).await?;
    let read = |row: &tokio_postgres::Row| {
        Ok(MessageStart {
            process_id: column(row, 0, statement)?,
            element_id: column(row, 1, statement)?,
            definition: column(row, 2, statement)?,
        })
    };
    rows.iter().map(read).collect()
}
