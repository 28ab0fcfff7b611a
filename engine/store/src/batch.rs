//! Batches: one operation on many instances, and what became of it at each.

use crate::{Result, Session, Time, rows::rows, session::column, statement, statement::Statement};
use tokio_postgres::{Row, types::ToSql};
use uuid::Uuid;

#[derive(Debug, Clone)]
pub struct Batch {
    pub id: Uuid,
    pub tenant: String,
    pub by: String,
    /// JSON
    pub operation: String,
    pub filter: String,
    /// running, paused, canceled, completed
    pub state: String,
    pub created_at: Time,
    pub ended_at: Option<Time>,
}

/// Which instances; missing means any. All of them are active.
#[derive(Debug, Clone, Default)]
pub struct Filter<'a> {
    pub process_id: Option<&'a str>,
    pub version: Option<i32>,
    /// Has an incident of this code; empty: of any.
    pub incident: Option<&'a str>,
    pub is_suspended: Option<bool>,
    pub instances: Option<&'a [Uuid]>,
}

pub const DONE: i16 = 1;
pub const REFUSED: i16 = 2;
pub const SKIPPED: i16 = 3;

rows! {
    Item,
    Items {
        batch: Uuid,
        instance: Uuid,
    }
}

rows! {
    /// What became of an item.
    Ended,
    EndedItems {
        batch: Uuid,
        instance: Uuid,
        /// [`DONE`], [`REFUSED`], [`SKIPPED`]
        state: i16,
        code: String,
        message: String,
    }
}

#[derive(Debug, Clone)]
pub struct Refused {
    pub instance: Uuid,
    pub code: String,
    pub message: String,
}

/// Items in one statement.
const FILLED_AT_ONCE: i64 = 5_000;

pub async fn insert(session: &Session, id: Uuid, tenant: &str, by: &str, operation: &str, filter: &str) -> Result<()> {
    session.execute(statement::BATCH_INSERT, &[&id, &tenant, &by, &operation, &filter]).await.map(drop)
}

/// Settles which instances it is for; how many. To be called in a transaction.
pub async fn fill(session: &Session, id: Uuid, tenant: &str, filter: &Filter<'_>) -> Result<i64> {
    let statement = statement::BATCH_ITEM_FILL;
    let (mut after, mut total) = (Uuid::nil(), 0);
    loop {
        let Filter { process_id, version, incident, is_suspended, instances } = filter;
        let parameters: [&(dyn ToSql + Sync); 9] =
            [&id, &tenant, process_id, version, incident, is_suspended, instances, &FILLED_AT_ONCE, &after];
        let rows = session.query(statement, &parameters).await?;
        let Some(row) = rows.first() else { return Ok(total) };
        let filled: i64 = column(row, 1, statement)?;
        total += filled;
        match column::<Option<Uuid>>(row, 0, statement)? {
            Some(last) if filled == FILLED_AT_ONCE => after = last,
            _ => return Ok(total),
        }
    }
}

pub async fn get(session: &Session, tenant: &str, id: Uuid) -> Result<Option<Batch>> {
    let rows = session.query(statement::BATCH_GET, &[&tenant, &id]).await?;
    rows.first().map(|row| read(row, statement::BATCH_GET)).transpose()
}

/// Newest first, from after the cursor (creation time and id) on.
pub async fn list(session: &Session, tenant: &str, after: (Time, Uuid), limit: i64) -> Result<Vec<Batch>> {
    let rows = session.query(statement::BATCH_LIST, &[&tenant, &after.0, &after.1, &limit]).await?;
    rows.iter().map(|row| read(row, statement::BATCH_LIST)).collect()
}

/// Of all tenants.
pub async fn running(session: &Session) -> Result<Vec<Batch>> {
    let rows = session.query(statement::BATCH_RUNNING, &[]).await?;
    rows.iter().map(|row| read(row, statement::BATCH_RUNNING)).collect()
}

/// `running`, `paused` or `canceled`. False: it has ended.
pub async fn set_state(session: &Session, tenant: &str, id: Uuid, state: &str) -> Result<bool> {
    Ok(session.execute(statement::BATCH_SET_STATE, &[&tenant, &id, &state]).await? > 0)
}

/// Completes it when nothing is left to do.
pub async fn complete(session: &Session, id: Uuid) -> Result<bool> {
    Ok(session.execute(statement::BATCH_COMPLETE, &[&id]).await? > 0)
}

/// Instances to do now; nobody else gets them for ten seconds.
pub async fn claim(session: &Session, id: Uuid, limit: i64) -> Result<Vec<Uuid>> {
    let statement = statement::BATCH_ITEM_CLAIM;
    let rows = session.query(statement, &[&id, &limit]).await?;
    rows.iter().map(|row| column(row, 0, statement)).collect()
}

/// By state: how many items.
pub async fn count(session: &Session, id: Uuid) -> Result<Vec<(i16, i64)>> {
    let statement = statement::BATCH_ITEM_COUNT;
    let rows = session.query(statement, &[&id]).await?;
    rows.iter().map(|row| Ok((column(row, 0, statement)?, column(row, 1, statement)?))).collect()
}

/// The first hundred that were refused.
pub async fn refused(session: &Session, id: Uuid) -> Result<Vec<Refused>> {
    let statement = statement::BATCH_ITEM_REFUSED;
    let rows = session.query(statement, &[&id]).await?;
    let read = |row: &Row| {
        Ok(Refused {
            instance: column(row, 0, statement)?,
            code: column(row, 1, statement)?,
            message: column(row, 2, statement)?,
        })
    };
    rows.iter().map(read).collect()
}

impl Items {
    /// Those that are still to be done, locked.
    pub async fn take(&self, session: &Session) -> Result<Vec<(Uuid, Uuid)>> {
        let statement = statement::BATCH_ITEM_TAKE;
        let rows = self.run(session, statement).await?;
        rows.iter().map(|row| Ok((column(row, 0, statement)?, column(row, 1, statement)?))).collect()
    }
}

impl EndedItems {
    pub async fn end(&self, session: &Session) -> Result<()> {
        self.run(session, statement::BATCH_ITEM_END).await.map(drop)
    }
}

fn read(row: &Row, statement: &'static Statement) -> Result<Batch> {
    Ok(Batch {
        id: column(row, 0, statement)?,
        tenant: column(row, 1, statement)?,
        by: column(row, 2, statement)?,
        operation: column(row, 3, statement)?,
        filter: column(row, 4, statement)?,
        state: column(row, 5, statement)?,
        created_at: column(row, 6, statement)?,
        ended_at: column(row, 7, statement)?,
    })
}
