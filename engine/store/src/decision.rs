//! Deployed decisions: one row per version, with the whole file it came from.

use crate::{
    Result, Session, Time,
    session::column,
    statement::{self, Statement},
};
use tokio_postgres::{Row, types::ToSql};
use uuid::Uuid;

#[derive(Debug, Clone)]
pub struct Decision {
    pub key: Uuid,
    pub tenant: String,
    pub decision_id: String,
    pub version: i32,
    pub name: String,
    /// The deployment that brought this version.
    pub deployment: Uuid,
    pub file_name: String,
    pub source: String,
    /// Of the source: an unchanged file keeps its version.
    pub digest: Vec<u8>,
    pub deployed_at: Time,
}

/// The latest version of a decision.
#[derive(Debug, Clone)]
pub struct Summary {
    pub key: Uuid,
    pub decision_id: String,
    pub version: i32,
    pub name: String,
    pub deployed_at: Time,
}

/// Under the tenant's lock of [`definition`](crate::definition::lock).
pub async fn insert(session: &Session, decision: &Decision) -> Result<()> {
    let d = decision;
    let parameters: [&(dyn ToSql + Sync); 10] = [
        &d.key,
        &d.tenant,
        &d.decision_id,
        &d.version,
        &d.name,
        &d.deployment,
        &d.file_name,
        &d.source,
        &d.digest,
        &d.deployed_at,
    ];
    session.execute(statement::DECISION_INSERT, &parameters).await.map(drop)
}

pub async fn insert_member(
    session: &Session,
    tenant: &str,
    deployment: Uuid,
    decision_id: &str,
    key: Uuid,
) -> Result<()> {
    session.execute(statement::DECISION_INSERT_MEMBER, &[&tenant, &deployment, &decision_id, &key]).await.map(drop)
}

pub async fn get(session: &Session, key: Uuid) -> Result<Option<Decision>> {
    let rows = session.query(statement::DECISION_GET, &[&key]).await?;
    rows.first().map(|row| read(row, statement::DECISION_GET)).transpose()
}

pub async fn latest(session: &Session, tenant: &str, decision_id: &str) -> Result<Option<Decision>> {
    let rows = session.query(statement::DECISION_LATEST, &[&tenant, &decision_id]).await?;
    rows.first().map(|row| read(row, statement::DECISION_LATEST)).transpose()
}

pub async fn latest_key(session: &Session, tenant: &str, decision_id: &str) -> Result<Option<Uuid>> {
    key(session, statement::DECISION_LATEST_KEY, &[&tenant, &decision_id]).await
}

pub async fn version_key(session: &Session, tenant: &str, decision_id: &str, version: i32) -> Result<Option<Uuid>> {
    key(session, statement::DECISION_VERSION_KEY, &[&tenant, &decision_id, &version]).await
}

/// The version of `decision_id` that was deployed together with the process version `company`.
pub async fn member_key(session: &Session, tenant: &str, company: Uuid, decision_id: &str) -> Result<Option<Uuid>> {
    key(session, statement::DECISION_MEMBER_KEY, &[&tenant, &company, &decision_id]).await
}

/// All versions of one decision, the first first.
pub async fn versions(session: &Session, tenant: &str, decision_id: &str) -> Result<Vec<i32>> {
    let statement = statement::DECISION_VERSIONS;
    let rows = session.query(statement, &[&tenant, &decision_id]).await?;
    rows.iter().map(|row| column(row, 0, statement)).collect()
}

pub async fn list(session: &Session, tenant: &str) -> Result<Vec<Summary>> {
    let statement = statement::DECISION_LIST;
    let rows = session.query(statement, &[&tenant]).await?;
    let read = |row: &Row| {
        Ok(Summary {
            key: column(row, 0, statement)?,
            decision_id: column(row, 1, statement)?,
            version: column(row, 2, statement)?,
            name: column(row, 3, statement)?,
            deployed_at: column(row, 4, statement)?,
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

fn read(row: &Row, statement: &'static Statement) -> Result<Decision> {
    Ok(Decision {
        key: column(row, 0, statement)?,
        tenant: column(row, 1, statement)?,
        decision_id: column(row, 2, statement)?,
        version: column(row, 3, statement)?,
        name: column(row, 4, statement)?,
        deployment: column(row, 5, statement)?,
        file_name: column(row, 6, statement)?,
        source: column(row, 7, statement)?,
        digest: column(row, 8, statement)?,
        deployed_at: column(row, 9, statement)?,
    })
}
