//! What has come for start events that start nothing before all that they wait for has come. A start event is done with
//! under an advisory lock of its own ([`lock`](crate::message_subscription::lock)).

use crate::{Result, Session, session::column, statement};
use tokio_postgres::types::ToSql;
use uuid::Uuid;

/// A start event of a process, in whatever version.
#[derive(Debug, Clone, Copy)]
pub struct StartEvent<'a> {
    pub tenant: &'a str,
    pub process_id: &'a str,
    pub element_id: &'a str,
}

#[derive(Debug, Clone)]
pub struct Occurrence {
    /// Version 7: their order is that of time.
    pub id: Uuid,
    pub part: String,
    /// None: it goes with any.
    pub correlation_key: Option<String>,
    /// JSON object.
    pub variables: Vec<u8>,
}

pub async fn insert(session: &Session, event: StartEvent<'_>, occurrence: &Occurrence) -> Result<()> {
    let Occurrence { id, part, correlation_key, variables } = occurrence;
    let parameters: [&(dyn ToSql + Sync); 7] =
        [&event.tenant, &event.process_id, &event.element_id, id, part, correlation_key, variables];
    session.execute(statement::START_OCCURRENCE_INSERT, &parameters).await.map(drop)
}

/// At most `limit`, oldest first: those of one correlation key and those without; all of them for none.
pub async fn list(
    session: &Session,
    event: StartEvent<'_>,
    correlation_key: Option<&str>,
    limit: i64,
) -> Result<Vec<Occurrence>> {
    let statement = statement::START_OCCURRENCE_LIST;
    let parameters: [&(dyn ToSql + Sync); 5] =
        [&event.tenant, &event.process_id, &event.element_id, &correlation_key, &limit];
    let rows = session.query(statement, &parameters).await?;
    let read = |row: &tokio_postgres::Row| {
        Ok(Occurrence {
            id: column(row, 0, statement)?,
            part: column(row, 1, statement)?,
            correlation_key: column(row, 2, statement)?,
            variables: column(row, 3, statement)?,
        })
    };
    rows.iter().map(read).collect()
}

pub async fn delete(session: &Session, event: StartEvent<'_>, ids: &[Uuid]) -> Result<()> {
    let parameters: [&(dyn ToSql + Sync); 4] = [&event.tenant, &event.process_id, &event.element_id, &ids];
    session.execute(statement::START_OCCURRENCE_DELETE, &parameters).await.map(drop)
}

/// Forgets what waits for start events that a new latest version has not.
pub async fn keep_only(session: &Session, tenant: &str, process_id: &str, element_ids: &[String]) -> Result<()> {
    session.execute(statement::START_OCCURRENCE_DELETE_OTHERS, &[&tenant, &process_id, &element_ids]).await.map(drop)
}
