//! Open incidents.

use crate::{Result, Session, Time, rows::rows, session::column, statement};
use tokio_postgres::types::ToSql;
use uuid::Uuid;

rows! {
    Incident,
    Incidents {
        instance: Uuid,
        incident: i64,
        tenant: String,
        definition: Uuid,
        element_instance: i64,
        element: i32,
        code: String,
        message: String,
        raised_at: Time,
    }
}

rows! {
    IncidentId,
    IncidentIds {
        instance: Uuid,
        incident: i64,
    }
}

#[derive(Debug, Clone)]
pub struct Stored {
    pub instance: Uuid,
    pub incident: i64,
    pub definition: Uuid,
    pub element_instance: i64,
    pub element: i32,
    pub code: String,
    pub message: String,
    pub raised_at: Time,
}

/// What to list; missing means any.
#[derive(Debug, Clone, Default)]
pub struct Filter<'a> {
    pub instance: Option<Uuid>,
    pub process_id: Option<&'a str>,
}

impl Incidents {
    pub async fn insert(&self, session: &Session) -> Result<()> {
        self.run(session, statement::INCIDENT_INSERT).await.map(drop)
    }
}

impl IncidentIds {
    pub async fn delete(&self, session: &Session) -> Result<()> {
        self.run(session, statement::INCIDENT_DELETE).await.map(drop)
    }
}

/// Newest first, from after the cursor (time, instance, incident) on.
pub async fn list(
    session: &Session,
    tenant: &str,
    filter: &Filter<'_>,
    after: (Time, Uuid, i64),
    limit: i64,
) -> Result<Vec<Stored>> {
    let statement = statement::INCIDENT_LIST;
    let parameters: [&(dyn ToSql + Sync); 7] =
        [&tenant, &filter.instance, &filter.process_id, &after.0, &after.1, &after.2, &limit];
    let rows = session.query(statement, &parameters).await?;
    let read = |row: &tokio_postgres::Row| {
        Ok(Stored {
            instance: column(row, 0, statement)?,
            incident: column(row, 1, statement)?,
            definition: column(row, 2, statement)?,
            element_instance: column(row, 3, statement)?,
            element: column(row, 4, statement)?,
            code: column(row, 5, statement)?,
            message: column(row, 6, statement)?,
            raised_at: column(row, 7, statement)?,
        })
    };
    rows.iter().map(read).collect()
}
