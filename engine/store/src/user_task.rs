//! What people are to do, and have done.

use crate::{
    Result, Session, Time,
    rows::rows,
    session::column,
    statement::{self, Statement},
};
use tokio_postgres::{Row, types::ToSql};
use uuid::Uuid;

/// Between the members of a list that travels in one array element.
pub const SEPARATOR: &str = "\u{1f}";

rows! {
    /// An open task. The lists are joined by [`SEPARATOR`].
    UserTask,
    UserTasks {
        instance: Uuid,
        key: i64,
        tenant: String,
        definition: Uuid,
        element: i32,
        task: Vec<u8>,
        assignee: Option<String>,
        candidate_users: String,
        candidate_groups: String,
        due: Time,
        created_at: Time,
    }
}

rows! {
    /// `state`: 1 completed, 2 canceled.
    Closed,
    ClosedTasks {
        instance: Uuid,
        key: i64,
        state: i16,
    }
}

#[derive(Debug, Clone)]
pub struct Stored {
    pub instance: Uuid,
    pub key: i64,
    pub definition: Uuid,
    pub element: i32,
    pub task: Vec<u8>,
    pub state: i16,
    pub claimed_by: Option<String>,
    pub due: Time,
    pub created_at: Time,
}

/// What to list.
#[derive(Debug, Clone, Default)]
pub struct Filter<'a> {
    pub state: i16,
    pub instance: Option<Uuid>,
    /// Only what this person may do; none: all.
    pub user: Option<&'a str>,
    pub groups: &'a [String],
}

impl UserTasks {
    pub async fn insert(&self, session: &Session) -> Result<()> {
        self.run(session, statement::USER_TASK_INSERT).await.map(drop)
    }
}

impl ClosedTasks {
    pub async fn close(&self, session: &Session) -> Result<()> {
        self.run(session, statement::USER_TASK_CLOSE).await.map(drop)
    }
}

/// False: it is not open, or someone else's.
pub async fn claim(session: &Session, tenant: &str, instance: Uuid, key: i64, user: &str) -> Result<bool> {
    let changed = session.execute(statement::USER_TASK_CLAIM, &[&tenant, &instance, &key, &user]).await?;
    Ok(changed > 0)
}

pub async fn get(session: &Session, tenant: &str, instance: Uuid, key: i64) -> Result<Option<Stored>> {
    let rows = session.query(statement::USER_TASK_GET, &[&tenant, &instance, &key]).await?;
    rows.first().map(|row| read(row, statement::USER_TASK_GET)).transpose()
}

/// Oldest due first, from after the cursor (due, instance, key) on.
pub async fn list(
    session: &Session,
    tenant: &str,
    filter: &Filter<'_>,
    after: (Time, Uuid, i64),
    limit: i64,
) -> Result<Vec<Stored>> {
    let parameters: [&(dyn ToSql + Sync); 9] =
        [&tenant, &filter.state, &filter.instance, &filter.user, &filter.groups, &after.0, &after.1, &after.2, &limit];
    let rows = session.query(statement::USER_TASK_LIST, &parameters).await?;
    rows.iter().map(|row| read(row, statement::USER_TASK_LIST)).collect()
}

fn read(row: &Row, statement: &'static Statement) -> Result<Stored> {
    Ok(Stored {
        instance: column(row, 0, statement)?,
        key: column(row, 1, statement)?,
        definition: column(row, 2, statement)?,
        element: column(row, 3, statement)?,
        task: column(row, 4, statement)?,
        state: column(row, 5, statement)?,
        claimed_by: column(row, 6, statement)?,
        due: column(row, 7, statement)?,
        created_at: column(row, 8, statement)?,
    })
}
