//! History: one row for the events of one step, kept by the week.

use crate::{Result, Session, Time, rows::rows, session::column, statement};
use uuid::Uuid;

rows! {
    /// The events `first_seq..=last_seq` of an instance, as proto bytes.
    Batch,
    Batches {
        instance: Uuid,
        first_seq: i64,
        last_seq: i64,
        at: Time,
        events: Vec<u8>,
    }
}

/// One row read back.
#[derive(Debug, Clone)]
pub struct Stored {
    pub first_seq: i64,
    pub last_seq: i64,
    pub events: Vec<u8>,
}

impl Batches {
    pub async fn insert(&self, session: &Session) -> Result<()> {
        self.run(session, statement::HISTORY_INSERT).await.map(drop)
    }

    /// Any one of them: a transaction is committed as a whole.
    pub fn first(&self) -> Option<(Uuid, i64, &[u8])> {
        Some((*self.instance.first()?, *self.first_seq.first()?, self.events.first()?))
    }
}

/// The bytes of the batch that begins at this sequence number.
pub async fn find(session: &Session, instance: Uuid, first_seq: i64) -> Result<Option<Vec<u8>>> {
    let rows = session.query(statement::HISTORY_FIND, &[&instance, &first_seq]).await?;
    rows.first().map(|row| column(row, 0, statement::HISTORY_FIND)).transpose()
}

/// The batch that holds `from`, and those after it.
pub async fn list(session: &Session, instance: Uuid, from: i64, limit: i64) -> Result<Vec<Stored>> {
    let statement = statement::HISTORY_LIST;
    let rows = session.query(statement, &[&instance, &from, &limit]).await?;
    let read = |row: &tokio_postgres::Row| {
        Ok(Stored {
            first_seq: column(row, 0, statement)?,
            last_seq: column(row, 1, statement)?,
            events: column(row, 2, statement)?,
        })
    };
    rows.iter().map(read).collect()
}

/// Makes the partitions of this week and the next four.
pub async fn ensure_partitions(session: &Session) -> Result<()> {
    session.query(statement::HISTORY_ENSURE_PARTITIONS, &[]).await.map(drop)
}

/// Drops the weeks that ended before `time`; how many.
pub async fn drop_before(session: &Session, time: Time) -> Result<usize> {
    let statement = statement::HISTORY_OLD_PARTITIONS;
    let rows = session.query(statement, &[&time]).await?;
    for row in &rows {
        let name: String = column(row, 0, statement)?;
        // the name comes from the catalogue, where it matched `history_<digits>`
        session.run_text("history/drop_partition", &format!("DROP TABLE IF EXISTS {name}")).await?;
    }
    Ok(rows.len())
}
