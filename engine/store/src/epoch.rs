//! Which life of the database this is: it changes with every restore of an older backup.

use crate::{Result, Session, session::column, statement};
use uuid::Uuid;

/// The present one. Where Postgres itself says that it was restored or promoted, a new one has begun by this.
pub async fn get(session: &Session) -> Result<Uuid> {
    session.execute(statement::EPOCH_NOTICE, &[]).await?;
    let rows = session.query(statement::EPOCH_GET, &[]).await?;
    rows.first().map_or(Ok(Uuid::nil()), |row| column(row, 0, statement::EPOCH_GET))
}

/// A new one begins.
pub async fn renew(session: &Session) -> Result<Uuid> {
    session.execute(statement::EPOCH_RENEW, &[]).await?;
    get(session).await
}
