//! What the instances of a tenant came to, and what waits for workers: for people who watch over processes. Both questions are
//! bounded, however many instances there are.

use crate::{Result, Session, Time, session::column, statement};

/// Of the instances that began in one slot of time, or of all (no slot). Durations are seconds.
#[derive(Debug, Clone, PartialEq)]
pub struct Slot {
    pub slot: Option<i64>,
    pub started: i64,
    pub ended: i64,
    pub failed: i64,
    /// Half of the completed ones took at most so long; none: none has completed.
    pub half: Option<f64>,
    /// 95 % took at most so long.
    pub most: Option<f64>,
}

/// Open jobs of one type.
#[derive(Debug, Clone, PartialEq)]
pub struct Waiting {
    pub job_type: String,
    pub open: i64,
    /// Seconds.
    pub oldest: f64,
}

/// All together first, then the slots that have any, in order.
pub async fn instances(
    session: &Session,
    tenant: &str,
    since: Time,
    process: Option<&str>,
    slot_seconds: f64,
) -> Result<Vec<Slot>> {
    let statement = statement::STATISTICS_INSTANCES;
    let rows = session.query(statement, &[&tenant, &since, &process, &slot_seconds]).await?;
    let read = |row| {
        let (slot, started) = (column(row, 0, statement)?, column(row, 1, statement)?);
        let (ended, failed) = (column(row, 2, statement)?, column(row, 3, statement)?);
        let (half, most) = (column(row, 4, statement)?, column(row, 5, statement)?);
        Ok(Slot { slot, started, ended, failed, half, most })
    };
    rows.iter().map(read).collect()
}

pub async fn jobs(session: &Session, tenant: &str) -> Result<Vec<Waiting>> {
    let statement = statement::STATISTICS_JOBS;
    let rows = session.query(statement, &[&tenant]).await?;
    let read = |row| {
        let job_type = column(row, 0, statement)?;
        Ok(Waiting { job_type, open: column(row, 1, statement)?, oldest: column(row, 2, statement)? })
    };
    rows.iter().map(read).collect()
}
