//! Variables: a row each, so that a step writes only those that it changed.

use crate::{Result, Session, rows::rows, session::column, statement};
use uuid::Uuid;

rows! {
    /// `value` is JSON.
    Variable,
    Variables {
        instance: Uuid,
        scope: i64,
        name: String,
        value: Vec<u8>,
    }
}

rows! {
    /// A scope that has ended: its variables go.
    Scope,
    Scopes {
        instance: Uuid,
        scope: i64,
    }
}

impl Variables {
    /// Each (instance, scope, name) at most once.
    pub async fn upsert(&self, session: &Session) -> Result<()> {
        self.run(session, statement::VARIABLE_UPSERT).await.map(drop)
    }
}

impl Scopes {
    pub async fn delete(&self, session: &Session) -> Result<()> {
        self.run(session, statement::VARIABLE_DELETE_SCOPES).await.map(drop)
    }
}

/// All variables of these instances, in no order.
pub async fn load(session: &Session, instances: &[Uuid]) -> Result<Vec<Variable>> {
    if instances.is_empty() {
        return Ok(Vec::new());
    }
    let statement = statement::VARIABLE_LOAD;
    let rows = session.query(statement, &[&instances]).await?;
    let read = |row: &tokio_postgres::Row| {
        Ok(Variable {
            instance: column(row, 0, statement)?,
            scope: column(row, 1, statement)?,
            name: column(row, 2, statement)?,
            value: column(row, 3, statement)?,
        })
    };
    rows.iter().map(read).collect()
}
