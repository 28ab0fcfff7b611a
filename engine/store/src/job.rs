//! Open jobs. A row goes when its attempt is over; what is here is still to be answered.

use crate::{Result, Session, Time, rows::rows, session::column, statement};
use uuid::Uuid;

rows! {
    /// A new attempt.
    Job,
    Jobs {
        instance: Uuid,
        key: i64,
        attempt: i32,
        tenant: String,
        job_type: String,
        created_at: Time,
    }
}

rows! {
    /// One attempt.
    Attempt,
    Attempts {
        instance: Uuid,
        key: i64,
        attempt: i32,
    }
}

rows! {
    /// A copy of an attempt that is thought lost.
    Lost,
    LostJobs {
        instance: Uuid,
        key: i64,
        attempt: i32,
        publish_no: i32,
    }
}

rows! {
    /// A job, whatever its attempt.
    Held,
    HeldJobs {
        instance: Uuid,
        key: i64,
    }
}

/// An attempt that was taken away, and its type.
#[derive(Debug, Clone)]
pub struct Removed {
    pub instance: Uuid,
    pub key: i64,
    pub attempt: i32,
    pub job_type: String,
}

/// A job without answer or lease.
#[derive(Debug, Clone)]
pub struct Unanswered {
    pub instance: Uuid,
    pub key: i64,
    pub attempt: i32,
    pub tenant: String,
    pub publish_no: i32,
}

impl Jobs {
    /// Those that were never there.
    pub async fn insert(&self, session: &Session) -> Result<()> {
        self.run(session, statement::JOB_INSERT).await.map(drop)
    }

    /// Those whose earlier attempt may still be there.
    pub async fn renew(&self, session: &Session) -> Result<()> {
        self.run(session, statement::JOB_RENEW).await.map(drop)
    }
}

impl Attempts {
    pub async fn delete(&self, session: &Session) -> Result<Vec<Removed>> {
        let statement = statement::JOB_DELETE;
        let rows = self.run(session, statement).await?;
        let read = |row: &tokio_postgres::Row| {
            Ok(Removed {
                instance: column(row, 0, statement)?,
                key: column(row, 1, statement)?,
                attempt: column(row, 2, statement)?,
                job_type: column(row, 3, statement)?,
            })
        };
        rows.iter().map(read).collect()
    }

    /// Says that publishing them has failed, so that the reconciler takes them first.
    pub async fn unpublished(&self, session: &Session) -> Result<()> {
        self.run(session, statement::JOB_UNPUBLISHED).await.map(drop)
    }
}

impl LostJobs {
    /// Takes the right to publish each once more: those that nobody else took, with their new publish number.
    pub async fn republish(&self, session: &Session) -> Result<Vec<Lost>> {
        let statement = statement::JOB_REPUBLISH;
        let rows = self.run(session, statement).await?;
        let read = |row: &tokio_postgres::Row| {
            Ok(Lost {
                instance: column(row, 0, statement)?,
                key: column(row, 1, statement)?,
                attempt: column(row, 2, statement)?,
                publish_no: column(row, 3, statement)?,
            })
        };
        rows.iter().map(read).collect()
    }
}

impl HeldJobs {
    /// Extends the leases by `lease_ms`; those that are still wanted.
    pub async fn heartbeat(&self, session: &Session, lease_ms: i64) -> Result<Vec<(Uuid, i64)>> {
        let statement = statement::JOB_HEARTBEAT;
        let rows = session.query(statement, &[&self.instance, &self.key, &lease_ms]).await?;
        rows.iter().map(|row| Ok((column(row, 0, statement)?, column(row, 1, statement)?))).collect()
    }
}

/// Types with unanswered jobs.
pub async fn types(session: &Session) -> Result<Vec<String>> {
    let rows = session.query(statement::JOB_TYPES, &[]).await?;
    rows.iter().map(|row| column(row, 0, statement::JOB_TYPES)).collect()
}

/// Of one type, published before `before`, oldest first, without a live lease.
pub async fn unanswered(session: &Session, job_type: &str, before: Time, limit: i64) -> Result<Vec<Unanswered>> {
    let statement = statement::JOB_UNANSWERED;
    let rows = session.query(statement, &[&job_type, &before, &limit]).await?;
    let read = |row: &tokio_postgres::Row| {
        Ok(Unanswered {
            instance: column(row, 0, statement)?,
            key: column(row, 1, statement)?,
            attempt: column(row, 2, statement)?,
            tenant: column(row, 3, statement)?,
            publish_no: column(row, 4, statement)?,
        })
    };
    rows.iter().map(read).collect()
}

/// About how many are open, as the planner thinks: a count would read them all.
pub async fn estimate(session: &Session) -> Result<i64> {
    let rows = session.query(statement::JOB_COUNT, &[]).await?;
    rows.first().map_or(Ok(0), |row| column(row, 0, statement::JOB_COUNT))
}
