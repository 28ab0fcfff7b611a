//! Timers, and the backoffs of failed jobs.

use crate::{Result, Session, Time, rows::rows, session::column, statement};
use uuid::Uuid;

/// The target that stands for the backoff of the element's own job.
pub const JOB_RETRY: i32 = -1;

rows! {
    Timer,
    Timers {
        instance: Uuid,
        key: i64,
        target: i32,
        due: Time,
    }
}

rows! {
    TimerId,
    TimerIds {
        instance: Uuid,
        key: i64,
        target: i32,
    }
}

impl Timers {
    /// Sets them; one that is set already is set anew.
    pub async fn insert(&self, session: &Session) -> Result<()> {
        self.run(session, statement::TIMER_INSERT).await.map(drop)
    }
}

impl TimerIds {
    pub async fn delete(&self, session: &Session) -> Result<()> {
        self.run(session, statement::TIMER_DELETE).await.map(drop)
    }

    /// Deletes those that are due; these are the ones to fire.
    pub async fn fire(&self, session: &Session) -> Result<Vec<TimerId>> {
        let statement = statement::TIMER_FIRE;
        let rows = self.run(session, statement).await?;
        let read = |row: &tokio_postgres::Row| {
            Ok(TimerId {
                instance: column(row, 0, statement)?,
                key: column(row, 1, statement)?,
                target: column(row, 2, statement)?,
            })
        };
        rows.iter().map(read).collect()
    }
}

/// Due ones; no other replica gets them for the next ten seconds.
pub async fn claim(session: &Session, limit: i64) -> Result<Vec<Timer>> {
    let statement = statement::TIMER_CLAIM;
    let rows = session.query(statement, &[&limit]).await?;
    let read = |row: &tokio_postgres::Row| {
        Ok(Timer {
            instance: column(row, 0, statement)?,
            key: column(row, 1, statement)?,
            target: column(row, 2, statement)?,
            due: column(row, 3, statement)?,
        })
    };
    rows.iter().map(read).collect()
}

/// Milliseconds until the earliest is to be claimed (none: there is no timer), and how many are late by more than a second.
pub async fn next(session: &Session) -> Result<(Option<i64>, i64)> {
    let statement = statement::TIMER_NEXT;
    let rows = session.query(statement, &[]).await?;
    rows.first().map_or(Ok((None, 0)), |row| Ok((column(row, 0, statement)?, column(row, 1, statement)?)))
}
