//! Timer start events of the latest versions: which process is started when.

use crate::{Result, Session, Time, session::column, statement};
use tokio_postgres::types::ToSql;
use uuid::Uuid;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TimerStart {
    pub tenant: String,
    pub process_id: String,
    pub element_id: String,
    pub definition: Uuid,
    pub due: Time,
    /// After that; none is without end.
    pub repetitions_left: Option<i64>,
}

/// The start events of a new latest version take the place of the old one's.
pub async fn replace(session: &Session, tenant: &str, process_id: &str, starts: &[TimerStart]) -> Result<()> {
    session.execute(statement::TIMER_START_DELETE, &[&tenant, &process_id]).await?;
    for start in starts {
        let parameters: [&(dyn ToSql + Sync); 6] = [
            &start.tenant,
            &start.process_id,
            &start.element_id,
            &start.definition,
            &start.due,
            &start.repetitions_left,
        ];
        session.execute(statement::TIMER_START_INSERT, &parameters).await?;
    }
    Ok(())
}

/// Due ones, locked until the transaction ends.
pub async fn lock_due(session: &Session, limit: i64) -> Result<Vec<TimerStart>> {
    let statement = statement::TIMER_START_LOCK_DUE;
    let rows = session.query(statement, &[&limit]).await?;
    let read = |row: &tokio_postgres::Row| {
        Ok(TimerStart {
            tenant: column(row, 0, statement)?,
            process_id: column(row, 1, statement)?,
            element_id: column(row, 2, statement)?,
            definition: column(row, 3, statement)?,
            due: column(row, 4, statement)?,
            repetitions_left: column(row, 5, statement)?,
        })
    };
    rows.iter().map(read).collect()
}

/// Sets the next time of a locked one; none: that was the last.
pub async fn advance(session: &Session, fired: &TimerStart, next: Option<(Time, Option<i64>)>) -> Result<()> {
    let TimerStart { tenant, process_id, element_id, .. } = fired;
    match next {
        Some((due, left)) => {
            let parameters: [&(dyn ToSql + Sync); 5] = [tenant, process_id, element_id, &due, &left];
            session.execute(statement::TIMER_START_SET_NEXT, &parameters).await.map(drop)
        }
        None => session.execute(statement::TIMER_START_DELETE_ONE, &[tenant, process_id, element_id]).await.map(drop),
    }
}
