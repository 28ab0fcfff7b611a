//! Deployed processes: one row per version, with the whole file it came from.

use crate::{
    Result, Session, Time,
    session::column,
    statement::{self, Statement},
};
use tokio_postgres::{Row, types::ToSql};
use uuid::Uuid;

#[derive(Debug, Clone)]
pub struct Definition {
    pub key: Uuid,
    pub tenant: String,
    pub process_id: String,
    pub version: i32,
    pub name: String,
    pub is_executable: bool,
    /// The deployment that brought this version.
    pub deployment: Uuid,
    pub file_name: String,
    pub source: String,
    /// Of the source: an unchanged file keeps its version.
    pub digest: Vec<u8>,
    pub deployed_at: Time,
}

/// The latest version of a process, with what runs in any version of it.
#[derive(Debug, Clone)]
pub struct Summary {
    pub key: Uuid,
    pub process_id: String,
    pub version: i32,
    pub name: String,
    pub is_executable: bool,
    pub deployed_at: Time,
    pub active_instances: i64,
    pub open_incidents: i64,
}

/// Until the end of the transaction no one else deploys for this tenant.
pub async fn lock(session: &Session, tenant: &str) -> Result<()> {
    session.query(statement::DEFINITION_LOCK, &[&tenant]).await.map(drop)
}

pub async fn insert(session: &Session, definition: &Definition) -> Result<()> {
    let d = definition;
    let parameters: [&(dyn ToSql + Sync); 11] = [
        &d.key,
        &d.tenant,
        &d.process_id,
        &d.version,
        &d.name,
        &d.is_executable,
        &d.deployment,
        &d.file_name,
        &d.source,
        &d.digest,
        &d.deployed_at,
    ];
    session.execute(statement::DEFINITION_INSERT, &parameters).await.map(drop)
}

pub async fn insert_member(
    session: &Session,
    tenant: &str,
    deployment: Uuid,
    process_id: &str,
    key: Uuid,
) -> Result<()> {
    session.execute(statement::DEFINITION_INSERT_MEMBER, &[&tenant, &deployment, &process_id, &key]).await.map(drop)
}

pub async fn get(session: &Session, key: Uuid) -> Result<Option<Definition>> {
    let rows = session.query(statement::DEFINITION_GET, &[&key]).await?;
    rows.first().map(|row| read(row, statement::DEFINITION_GET)).transpose()
}

pub async fn latest(session: &Session, tenant: &str, process_id: &str) -> Result<Option<Definition>> {
    let rows = session.query(statement::DEFINITION_LATEST, &[&tenant, &process_id]).await?;
    rows.first().map(|row| read(row, statement::DEFINITION_LATEST)).transpose()
}

/// Of these tenants' processes, in their order.
pub async fn latest_keys(session: &Session, processes: &[(&str, &str)]) -> Result<Vec<Option<Uuid>>> {
    let statement = statement::DEFINITION_LATEST_KEYS;
    let (tenants, ids): (Vec<&str>, Vec<&str>) = processes.iter().copied().unzip();
    let mut keys = vec![None; processes.len()];
    for row in session.query(statement, &[&tenants, &ids]).await? {
        let place: i64 = column(&row, 0, statement)?;
        if let Some(key) = usize::try_from(place - 1).ok().and_then(|place| keys.get_mut(place)) {
            *key = Some(column(&row, 1, statement)?);
        }
    }
    Ok(keys)
}

pub async fn version_key(session: &Session, tenant: &str, process_id: &str, version: i32) -> Result<Option<Uuid>> {
    key(session, statement::DEFINITION_VERSION_KEY, &[&tenant, &process_id, &version]).await
}

/// The version of `process_id` that was deployed together with `company`.
pub async fn member_key(session: &Session, tenant: &str, company: Uuid, process_id: &str) -> Result<Option<Uuid>> {
    key(session, statement::DEFINITION_MEMBER_KEY, &[&tenant, &company, &process_id]).await
}

pub async fn list(session: &Session, tenant: &str) -> Result<Vec<Summary>> {
    let statement = statement::DEFINITION_LIST;
    let rows = session.query(statement, &[&tenant]).await?;
    let read = |row: &Row| {
        Ok(Summary {
            key: column(row, 0, statement)?,
            process_id: column(row, 1, statement)?,
            version: column(row, 2, statement)?,
            name: column(row, 3, statement)?,
            is_executable: column(row, 4, statement)?,
            deployed_at: column(row, 5, statement)?,
            active_instances: column(row, 6, statement)?,
            open_incidents: column(row, 7, statement)?,
        })
    };
    rows.iter().map(read).collect()
}

async fn key(
    session: &Session,
    statement: &'static Statement,
    parameters: &[&(dyn ToSql + Sync)],
) -> Result<Option<Uuid>> {
    let rows = session.query(statement, parameters).await?;
    rows.first().map(|row| column(row, 0, statement)).transpose()
}

fn read(row: &Row, statement: &'static Statement) -> Result<Definition> {
    Ok(Definition {
        key: column(row, 0, statement)?,
        tenant: column(row, 1, statement)?,
        process_id: column(row, 2, statement)?,
        version: column(row, 3, statement)?,
        name: column(row, 4, statement)?,
        is_executable: column(row, 5, statement)?,
        deployment: column(row, 6, statement)?,
        file_name: column(row, 7, statement)?,
        source: column(row, 8, statement)?,
        digest: column(row, 9, statement)?,
        deployed_at: column(row, 10, statement)?,
    })
}
