//! What is suspended: processes of which nothing new starts, types of jobs that wait, and instances.

use crate::{Result, Session, Time, session::column, statement};
use uuid::Uuid;

pub const PROCESS: &str = "process";
pub const JOB_TYPE: &str = "jobType";

#[derive(Debug, Clone)]
pub struct Suspension {
    pub tenant: String,
    /// [`PROCESS`] or [`JOB_TYPE`].
    pub kind: String,
    pub name: String,
    /// 0: all versions.
    pub version: i32,
    pub since: Time,
    pub by: String,
}

pub async fn insert(session: &Session, tenant: &str, kind: &str, name: &str, version: i32, by: &str) -> Result<()> {
    session.execute(statement::SUSPENSION_INSERT, &[&tenant, &kind, &name, &version, &by]).await.map(drop)
}

/// False: it was not suspended.
pub async fn delete(session: &Session, tenant: &str, kind: &str, name: &str, version: i32) -> Result<bool> {
    Ok(session.execute(statement::SUSPENSION_DELETE, &[&tenant, &kind, &name, &version]).await? > 0)
}

/// Those of all tenants.
pub async fn list(session: &Session) -> Result<Vec<Suspension>> {
    let statement = statement::SUSPENSION_LIST;
    let rows = session.query(statement, &[]).await?;
    let read = |row: &tokio_postgres::Row| {
        Ok(Suspension {
            tenant: column(row, 0, statement)?,
            kind: column(row, 1, statement)?,
            name: column(row, 2, statement)?,
            version: column(row, 3, statement)?,
            since: column(row, 4, statement)?,
            by: column(row, 5, statement)?,
        })
    };
    rows.iter().map(read).collect()
}

/// Notes instances as suspended.
pub async fn add_instances(session: &Session, instances: &[Uuid]) -> Result<()> {
    if instances.is_empty() {
        return Ok(());
    }
    session.execute(statement::SUSPENDED_INSTANCE_INSERT, &[&instances]).await.map(drop)
}

/// They are not, or have ended.
pub async fn remove_instances(session: &Session, instances: &[Uuid]) -> Result<()> {
    if instances.is_empty() {
        return Ok(());
    }
    session.execute(statement::SUSPENDED_INSTANCE_DELETE, &[&instances]).await.map(drop)
}
