//! Instances: one small row each, rewritten by every step, fenced by its version.

use crate::{
    Result, Session, Time,
    rows::rows,
    session::column,
    statement::{self, Statement},
};
use tokio_postgres::{Row, types::ToSql};
use uuid::Uuid;

/// What a step needs of the row.
#[derive(Debug, Clone)]
pub struct Loaded {
    pub id: Uuid,
    pub tenant: String,
    pub definition: Uuid,
    /// 0 active, 1 completed, 2 terminated, 3 canceled, 4 failed.
    pub state: i16,
    pub version: i64,
    pub control: Vec<u8>,
    pub business_key: Option<String>,
    pub parent: Option<Uuid>,
    pub traceparent: String,
}

/// The row as people ask for it.
#[derive(Debug, Clone)]
pub struct Summary {
    pub row: Loaded,
    pub created_at: Time,
    pub ended_at: Option<Time>,
    pub open_incidents: i64,
    pub is_suspended: bool,
}

/// What to list; missing means any.
#[derive(Debug, Clone, Default)]
pub struct Filter<'a> {
    pub process_id: Option<&'a str>,
    /// As in [`Loaded::state`]; 5 stands for "has an open incident", 6 for "is suspended".
    pub state: Option<i16>,
    pub business_key: Option<&'a str>,
}

rows! {
    /// A new instance.
    Insert,
    Inserts {
        id: Uuid,
        tenant: String,
        definition: Uuid,
        state: i16,
        version: i64,
        control: Vec<u8>,
        business_key: Option<String>,
        parent: Option<Uuid>,
        traceparent: String,
        created_at: Time,
        ended_at: Option<Time>,
    }
}

rows! {
    /// An instance moved on. To be pushed in id order, for the locks.
    Update,
    Updates {
        id: Uuid,
        old_version: i64,
        version: i64,
        state: i16,
        control: Vec<u8>,
        ended_at: Option<Time>,
    }
}

rows! {
    /// An instance as it is remembered.
    Remembered,
    AllRemembered {
        id: Uuid,
        version: i64,
    }
}

impl AllRemembered {
    /// Those that another replica has moved on.
    pub async fn outdated(&self, session: &Session) -> Result<Vec<Uuid>> {
        let rows = self.run(session, statement::INSTANCE_CONFIRM).await?;
        let read = |row| column(row, 0, statement::INSTANCE_CONFIRM);
        let confirmed: Vec<Uuid> = rows.iter().map(read).collect::<Result<_>>()?;
        Ok(self.id.iter().copied().filter(|id| !confirmed.contains(id)).collect())
    }
}

impl Inserts {
    pub async fn insert(&self, session: &Session) -> Result<()> {
        self.run(session, statement::INSTANCE_INSERT).await.map(drop)
    }
}

impl Updates {
    /// Those that were still at their old version.
    pub async fn update(&self, session: &Session) -> Result<Vec<Uuid>> {
        let rows = self.run(session, statement::INSTANCE_UPDATE).await?;
        rows.iter().map(|row| column(row, 0, statement::INSTANCE_UPDATE)).collect()
    }

    /// Of these, the ones that are not among `moved`.
    pub fn missing(&self, moved: &[Uuid]) -> Vec<Uuid> {
        self.id.iter().copied().filter(|id| !moved.contains(id)).collect()
    }
}

/// Locks the rows, in id order.
pub async fn load(session: &Session, ids: &[Uuid]) -> Result<Vec<Loaded>> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let rows = session.query(statement::INSTANCE_LOAD, &[&ids]).await?;
    rows.iter().map(|row| read(row, statement::INSTANCE_LOAD)).collect()
}

/// The row with its [pages](crate::instance_page), as they were at one moment.
pub async fn get(session: &Session, tenant: &str, id: Uuid) -> Result<Option<(Summary, Vec<Vec<u8>>)>> {
    let statement = statement::INSTANCE_GET;
    let rows = session.query(statement, &[&tenant, &id]).await?;
    rows.first().map(|row| Ok((summary(row, statement)?, column(row, 13, statement)?))).transpose()
}

/// The key of its definition, and the trace that it was started in.
pub async fn origin(session: &Session, tenant: &str, id: Uuid) -> Result<Option<(Uuid, String)>> {
    let statement = statement::INSTANCE_ORIGIN;
    let rows = session.query(statement, &[&tenant, &id]).await?;
    rows.first().map(|row| Ok((column(row, 0, statement)?, column(row, 1, statement)?))).transpose()
}

pub async fn version(session: &Session, tenant: &str, id: Uuid) -> Result<Option<i64>> {
    let rows = session.query(statement::INSTANCE_VERSION, &[&tenant, &id]).await?;
    rows.first().map(|row| column(row, 0, statement::INSTANCE_VERSION)).transpose()
}

/// Instances of all tenants with these, in the order of their ids.
pub async fn after(session: &Session, id: Uuid, limit: i64) -> Result<Vec<(Uuid, String)>> {
    let statement = statement::INSTANCE_AFTER;
    let rows = session.query(statement, &[&id, &limit]).await?;
    rows.iter().map(|row| Ok((column(row, 0, statement)?, column(row, 1, statement)?))).collect()
}

/// Newest first, from after the cursor (creation time and id) on. The control state is left out.
pub async fn list(
    session: &Session,
    tenant: &str,
    filter: &Filter<'_>,
    after: (Time, Uuid),
    limit: i64,
) -> Result<Vec<Summary>> {
    let parameters: [&(dyn ToSql + Sync); 7] =
        [&tenant, &filter.process_id, &filter.state, &filter.business_key, &after.0, &after.1, &limit];
    let rows = session.query(statement::INSTANCE_LIST, &parameters).await?;
    rows.iter().map(|row| summary(row, statement::INSTANCE_LIST)).collect()
}

/// Called instances, oldest first; the first thousand.
pub async fn children(session: &Session, tenant: &str, id: Uuid) -> Result<Vec<Uuid>> {
    let rows = session.query(statement::INSTANCE_CHILDREN, &[&tenant, &id]).await?;
    rows.iter().map(|row| column(row, 0, statement::INSTANCE_CHILDREN)).collect()
}

fn read(row: &Row, statement: &'static Statement) -> Result<Loaded> {
    Ok(Loaded {
        id: column(row, 0, statement)?,
        tenant: column(row, 1, statement)?,
        definition: column(row, 2, statement)?,
        state: column(row, 3, statement)?,
        version: column(row, 4, statement)?,
        control: column(row, 5, statement)?,
        business_key: column(row, 6, statement)?,
        parent: column(row, 7, statement)?,
        traceparent: column(row, 8, statement)?,
    })
}

fn summary(row: &Row, statement: &'static Statement) -> Result<Summary> {
    Ok(Summary {
        row: read(row, statement)?,
        created_at: column(row, 9, statement)?,
        ended_at: column(row, 10, statement)?,
        open_incidents: column(row, 11, statement)?,
        is_suspended: column(row, 12, statement)?,
    })
}
