//! How much is open and how late: for who watches, at a cost that does not grow with it.

use crate::{Result, Session, session::column, statement};

/// Of one type of jobs.
#[derive(Debug, Clone, PartialEq)]
pub struct Jobs {
    pub job_type: String,
    /// 10,000 when there are more.
    pub open: i64,
    /// Seconds since the oldest that no worker has said to be at was published.
    pub waits: f64,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rest {
    /// 10,000 when there are more.
    pub incidents: i64,
    /// From one instance to another, not obeyed yet; 10,000 when there are more.
    pub orders: i64,
    /// Seconds.
    pub orders_late: f64,
    /// Seconds by which the most belated timer is late.
    pub timers_late: f64,
}

/// At most 200 types.
pub async fn jobs(session: &Session) -> Result<Vec<Jobs>> {
    let statement = statement::SURVEY_JOBS;
    let rows = session.query(statement, &[]).await?;
    let read = |row| {
        let job_type = column(row, 0, statement)?;
        Ok(Jobs { job_type, open: column(row, 1, statement)?, waits: column(row, 2, statement)? })
    };
    rows.iter().map(read).collect()
}

pub async fn rest(session: &Session) -> Result<Option<Rest>> {
    let statement = statement::SURVEY_REST;
    let rows = session.query(statement, &[]).await?;
    let read = |row| {
        let (incidents, orders) = (column(row, 0, statement)?, column(row, 1, statement)?);
        let (orders_late, timers_late) = (column(row, 2, statement)?, column(row, 3, statement)?);
        Ok(Rest { incidents, orders, orders_late, timers_late })
    };
    rows.first().map(read).transpose()
}
