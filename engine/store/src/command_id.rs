//! Idempotency of public commands: what was answered to an id.

use crate::{Result, Session, Time, rows::rows, session::column, statement};

rows! {
    /// A command that was applied, and its reply.
    Answered,
    AnsweredCommands {
        tenant: String,
        id: String,
        reply: Vec<u8>,
    }
}

rows! {
    CommandId,
    CommandIds {
        tenant: String,
        id: String,
    }
}

impl AnsweredCommands {
    /// A unique violation means that another replica was faster: its reply is the reply.
    pub async fn insert(&self, session: &Session) -> Result<()> {
        self.run(session, statement::COMMAND_ID_INSERT).await.map(drop)
    }
}

impl CommandIds {
    /// Of these, what was answered before.
    pub async fn find(&self, session: &Session) -> Result<Vec<Answered>> {
        let statement = statement::COMMAND_ID_FIND;
        let rows = self.run(session, statement).await?;
        let read = |row: &tokio_postgres::Row| {
            Ok(Answered {
                tenant: column(row, 0, statement)?,
                id: column(row, 1, statement)?,
                reply: column(row, 2, statement)?,
            })
        };
        rows.iter().map(read).collect()
    }
}

/// Forgets ids older than `before`, a thousand at a time; how many.
pub async fn purge(session: &Session, before: Time) -> Result<u64> {
    session.execute(statement::COMMAND_ID_PURGE, &[&before]).await
}
