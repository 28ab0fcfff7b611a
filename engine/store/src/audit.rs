//! The audit log: who did what, when, to which instance. Only ever added to; Postgres refuses the rest.

use crate::{
    Result, Session, Time,
    rows::rows,
    session::column,
    statement::{self, Statement},
};
use tokio_postgres::{Row, types::ToSql};
use uuid::Uuid;

rows! {
    Entry,
    Entries {
        tenant: String,
        id: Uuid,
        by: String,
        operation: String,
        instance: Option<Uuid>,
        subject: String,
        /// JSON
        arguments: String,
        /// `done`, or the code of the refusal.
        outcome: String,
        message: String,
    }
}

#[derive(Debug, Clone)]
pub struct Stored {
    pub at: Time,
    pub id: Uuid,
    pub by: String,
    pub operation: String,
    pub instance: Option<Uuid>,
    pub subject: String,
    pub arguments: String,
    pub outcome: String,
    pub message: String,
}

/// What to list; missing means any.
#[derive(Debug, Clone)]
pub struct Filter<'a> {
    pub instance: Option<Uuid>,
    pub by: Option<&'a str>,
    pub operation: Option<&'a str>,
    pub from: Time,
    pub until: Time,
}

impl Entries {
    pub async fn insert(&self, session: &Session) -> Result<()> {
        self.run(session, statement::AUDIT_INSERT).await.map(drop)
    }
}

/// Newest first, from after the cursor (time and id) on.
pub async fn list(
    session: &Session,
    tenant: &str,
    filter: &Filter<'_>,
    after: (Time, Uuid),
    limit: i64,
) -> Result<Vec<Stored>> {
    let Filter { instance, by, operation, from, until } = filter;
    let mut parameters: Vec<&(dyn ToSql + Sync)> = vec![&tenant];
    let statement = match instance {
        Some(instance) => {
            parameters.push(instance);
            statement::AUDIT_LIST_OF_INSTANCE
        }
        None => statement::AUDIT_LIST,
    };
    parameters.extend([by as &(dyn ToSql + Sync), operation, from, until, &after.0, &after.1, &limit]);
    let rows = session.query(statement, &parameters).await?;
    rows.iter().map(|row| stored(row, statement)).collect()
}

/// From the first columns.
pub(crate) fn stored(row: &Row, statement: &'static Statement) -> Result<Stored> {
    Ok(Stored {
        at: column(row, 0, statement)?,
        id: column(row, 1, statement)?,
        by: column(row, 2, statement)?,
        operation: column(row, 3, statement)?,
        instance: column(row, 4, statement)?,
        subject: column(row, 5, statement)?,
        arguments: column(row, 6, statement)?,
        outcome: column(row, 7, statement)?,
        message: column(row, 8, statement)?,
    })
}
