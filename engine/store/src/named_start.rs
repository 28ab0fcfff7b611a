//! Start events of the latest versions that a name sets off, of a message or a signal: each kind has its table.

use crate::{Result, Session, statement::Statement};
use tokio_postgres::types::ToSql;
use uuid::Uuid;

/// The statements of one kind.
pub(crate) struct Table {
    pub delete: &'static Statement,
    pub insert: &'static Statement,
}

impl Table {
    /// The start events of a new latest version, names with element ids, take the place of the old one's.
    pub async fn replace(
        &self,
        session: &Session,
        tenant: &str,
        process_id: &str,
        definition: Uuid,
        starts: &[(String, String)],
    ) -> Result<()> {
        session.execute(self.delete, &[&tenant, &process_id]).await?;
        for (name, element_id) in starts {
            let parameters: [&(dyn ToSql + Sync); 5] = [&tenant, name, &process_id, element_id, &definition];
            session.execute(self.insert, &parameters).await?;
        }
        Ok(())
    }
}
