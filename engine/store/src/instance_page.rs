//! Parts of the control state of large instances: rows of their own, so that a step writes only those that it changed.

use crate::{Result, Session, rows::rows, session::column, statement};
use uuid::Uuid;

rows! {
    /// `content` is a part of the state.
    Page,
    Pages {
        instance: Uuid,
        number: i64,
        content: Vec<u8>,
    }
}

rows! {
    /// A part with nothing left in it.
    PageId,
    PageIds {
        instance: Uuid,
        number: i64,
    }
}

impl Pages {
    /// Each (instance, number) at most once.
    pub async fn upsert(&self, session: &Session) -> Result<()> {
        self.run(session, statement::INSTANCE_PAGE_UPSERT).await.map(drop)
    }
}

impl PageIds {
    pub async fn delete(&self, session: &Session) -> Result<()> {
        self.run(session, statement::INSTANCE_PAGE_DELETE).await.map(drop)
    }
}

/// All parts of these instances with the instances they are of, in no order.
pub async fn load(session: &Session, instances: &[Uuid]) -> Result<Vec<(Uuid, Vec<u8>)>> {
    if instances.is_empty() {
        return Ok(Vec::new());
    }
    let statement = statement::INSTANCE_PAGE_LOAD;
    let rows = session.query(statement, &[&instances]).await?;
    rows.iter().map(|row| Ok((column(row, 0, statement)?, column(row, 1, statement)?))).collect()
}
