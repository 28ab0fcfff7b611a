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

/// Drops the weeks that ended before `time`; how many, and how many are left. Dropping needs the table for itself for a moment,
/// and whoever writes history waits behind that: so it waits for readers no longer than 100 ms, and leaves the week to the next
/// time.
pub async fn drop_before(session: &mut Session, time: Time) -> Result<(usize, usize)> {
    let statement = statement::HISTORY_OLD_PARTITIONS;
    let rows = session.query(statement, &[&time]).await?;
    let mut dropped = 0;
    for row in &rows {
        let name: String = column(row, 0, statement)?;
        session.begin().await?;
        // the name comes from the catalogue, where it matched `history_<digits>`
        let sql = format!("SET LOCAL lock_timeout = '100ms'; DROP TABLE IF EXISTS {name}");
        match session.run_text("history/drop_partition", &sql).await {
            Ok(()) => {
                session.commit().await?;
                dropped += 1;
            }
            Err(error) if error.is_transient() => session.rollback().await?,
            Err(error) => return Err(error),
        }
    }
    Ok((dropped, rows.len() - dropped))
}
