//! Message start events of the latest versions: which message starts which process.

use crate::{Result, Session, session::column, statement};
use uuid::Uuid;

#[derive(Debug, Clone)]
pub struct MessageStart {
    pub process_id: String,
    pub element_id: String,
    pub definition: Uuid,
}

/// The start events of a new latest version take the place of the old one's.
pub async fn replace(
    session: &Session,
    tenant: &str,
    process_id: &str,
    definition: Uuid,
    starts: &[(String, String)],
) -> Result<()> {
    session.execute(statement::MESSAGE_START_DELETE, &[&tenant, &process_id]).await?;
    for (message_name, element_id) in starts {
        let parameters: [&(dyn tokio_postgres::types::ToSql + Sync); 5] =
            [&tenant, message_name, &process_id, element_id, &definition];
        session.execute(statement::MESSAGE_START_INSERT, &parameters).await?;
    }
    Ok(())
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
