//! Seals of the audit log: a chain of hashes for each tenant. What the hashes are over is the engine's.

use crate::{
    Result, Session, Time,
    audit::{self, Stored},
    rows::rows,
    session::column,
    statement,
};
use uuid::Uuid;

rows! {
    Seal,
    Seals {
        tenant: String,
        number: i64,
        at: Time,
        id: Uuid,
        previous: Vec<u8>,
        hash: Vec<u8>,
    }
}

/// The last of a chain: its number, from 1 on, and its hash. 0 and nothing of an empty one.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Head {
    pub number: i64,
    pub hash: Vec<u8>,
}

/// A seal, and what is under it.
#[derive(Debug, Clone)]
pub struct Sealed {
    pub at: Time,
    pub id: Uuid,
    pub number: i64,
    pub previous: Vec<u8>,
    pub hash: Vec<u8>,
    /// None: it is gone.
    pub row: Option<Stored>,
}

/// A row without a seal.
#[derive(Debug, Clone)]
pub struct Without {
    pub at: Time,
    pub id: Uuid,
    /// It gets one soon.
    pub waits: bool,
}

/// Those with rows to be sealed.
pub async fn tenants(session: &Session) -> Result<Vec<String>> {
    let statement = statement::AUDIT_SEAL_TENANTS;
    session.query(statement, &[]).await?.iter().map(|row| column(row, 0, statement)).collect()
}

/// Those with a chain, in order.
pub async fn all_tenants(session: &Session) -> Result<Vec<String>> {
    let statement = statement::AUDIT_SEAL_ALL_TENANTS;
    session.query(statement, &[]).await?.iter().map(|row| column(row, 0, statement)).collect()
}

/// In a transaction: until its end nobody else adds to the chain.
pub async fn lock_head(session: &Session, tenant: &str) -> Result<Head> {
    session.execute(statement::AUDIT_SEAL_BEGIN, &[&tenant]).await?;
    head_by(session, statement::AUDIT_SEAL_LOCK_HEAD, tenant).await
}

pub async fn head(session: &Session, tenant: &str) -> Result<Head> {
    head_by(session, statement::AUDIT_SEAL_HEAD, tenant).await
}

async fn head_by(session: &Session, statement: &'static statement::Statement, tenant: &str) -> Result<Head> {
    let rows = session.query(statement, &[&tenant]).await?;
    let Some(row) = rows.first() else { return Ok(Head::default()) };
    Ok(Head { number: column(row, 0, statement)?, hash: column(row, 1, statement)? })
}

/// What is to be sealed next, the oldest first.
pub async fn next(session: &Session, tenant: &str, limit: i64) -> Result<Vec<Stored>> {
    let statement = statement::AUDIT_SEAL_NEXT;
    let rows = session.query(statement, &[&tenant, &limit]).await?;
    rows.iter().map(|row| audit::stored(row, statement)).collect()
}

impl Seals {
    /// They are the last of the chain from now on, and their rows wait no more. With the head locked.
    pub async fn add(&self, session: &Session, tenant: &str) -> Result<()> {
        let (Some(number), Some(hash)) = (self.number.last(), self.hash.last()) else { return Ok(()) };
        session.execute(statement::AUDIT_SEAL_DELETE, &[&self.tenant, &self.at, &self.id]).await?;
        session.execute(statement::AUDIT_SEAL_SET_HEAD, &[&tenant, number, hash]).await?;
        self.run(session, statement::AUDIT_SEAL_INSERT).await.map(drop)
    }
}

/// A chain in its order, from after a number on.
pub async fn list(session: &Session, tenant: &str, after: i64, limit: i64) -> Result<Vec<Sealed>> {
    let statement = statement::AUDIT_SEAL_LIST;
    let rows = session.query(statement, &[&tenant, &after, &limit]).await?;
    let read = |row: &tokio_postgres::Row| {
        let is_there = column::<Option<String>>(row, 2, statement)?.is_some();
        Ok(Sealed {
            at: column(row, 0, statement)?,
            id: column(row, 1, statement)?,
            number: column(row, 9, statement)?,
            previous: column(row, 10, statement)?,
            hash: column(row, 11, statement)?,
            row: is_there.then(|| audit::stored(row, statement)).transpose()?,
        })
    };
    rows.iter().map(read).collect()
}

/// Rows without a seal, the oldest first.
pub async fn without(session: &Session, tenant: &str, limit: i64) -> Result<Vec<Without>> {
    let statement = statement::AUDIT_SEAL_WITHOUT;
    let rows = session.query(statement, &[&tenant, &limit]).await?;
    let read = |row: &tokio_postgres::Row| {
        Ok(Without {
            at: column(row, 0, statement)?,
            id: column(row, 1, statement)?,
            waits: column(row, 2, statement)?,
        })
    };
    rows.iter().map(read).collect()
}
