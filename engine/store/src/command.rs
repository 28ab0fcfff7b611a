//! The outbox of commands between instances.

use crate::{Result, Session, rows::rows, session::column, statement};
use uuid::Uuid;

rows! {
    /// To `instance`; the payload is the engine's.
    Command,
    Commands {
        id: Uuid,
        tenant: String,
        instance: Uuid,
        payload: Vec<u8>,
    }
}

impl Commands {
    pub async fn insert(&self, session: &Session) -> Result<()> {
        self.run(session, statement::COMMAND_INSERT).await.map(drop)
    }
}

/// Those that were still there: the ones to obey, in this transaction. Each comes with where the orders begin that must be
/// obeyed before it: while one of them is there, and not among these, it stays. One that is just being obeyed by
/// another replica is waited for.
pub async fn delete(session: &Session, ids: &[Uuid], begin: &[Uuid]) -> Result<Vec<Uuid>> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let rows = session.query(statement::COMMAND_DELETE, &[&ids, &begin]).await?;
    rows.iter().map(|row| column(row, 0, statement::COMMAND_DELETE)).collect()
}

/// Left over ones; no other replica gets them for the next ten seconds.
pub async fn claim(session: &Session, limit: i64) -> Result<Vec<Command>> {
    let statement = statement::COMMAND_CLAIM;
    let rows = session.query(statement, &[&limit]).await?;
    let read = |row: &tokio_postgres::Row| {
        Ok(Command {
            id: column(row, 0, statement)?,
            tenant: column(row, 1, statement)?,
            instance: column(row, 2, statement)?,
            payload: column(row, 3, statement)?,
        })
    };
    rows.iter().map(read).collect()
}
