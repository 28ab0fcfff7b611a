//! What can go wrong between the engine and Postgres, sorted by what to do about it.

use deadpool_postgres::PoolError;
use tokio_postgres::error::SqlState;

pub type Result<T> = std::result::Result<T, Error>;

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("no connection to Postgres: {0}")]
    Connection(#[source] PoolError),
    #[error("statement {statement}: {}", explain(source))]
    Statement {
        statement: &'static str,
        #[source]
        source: tokio_postgres::Error,
    },
    /// It may be done, or be done yet.
    #[error("statement {0}: Postgres does not answer")]
    Silent(&'static str),
    #[error("the database URL: {0}")]
    Url(#[source] tokio_postgres::Error),
    #[error("TLS to Postgres: {0}")]
    Tls(String),
    #[error("migration {name}: {}", explain(source))]
    Migration {
        name: &'static str,
        #[source]
        source: tokio_postgres::Error,
    },
    /// Another migration was applied under this number: the database belongs to another, probably newer, program.
    #[error(
        "the database has migration {0}, which this program does not know; run the program that wrote it, or a newer one"
    )]
    UnknownMigration(i32),
    #[error(
        "a pooler between Baton and Postgres {0} (`options`): connect Baton to Postgres itself, or use a pooler in session mode and \
         give the settings to the role; see \"Poolers\" in operations.md"
    )]
    Pooler(&'static str),
}

impl Error {
    /// Postgres is away, or has ended our session: reconnect, and ask again whether a commit happened.
    pub fn is_connection_lost(&self) -> bool {
        match self {
            Error::Connection(_) | Error::Silent(_) => true,
            Error::Statement { source, .. } | Error::Migration { source, .. } => match source.code() {
                None => true,
                Some(code) => {
                    let class = code.code().get(..2).unwrap_or_default();
                    // 08 connection, 57 operator intervention (shutdown, crash), 53 out of resources, 25 idle in transaction
                    matches!(class, "08" | "57" | "53" | "25") && *code != SqlState::QUERY_CANCELED
                }
            },
            Error::Url(_) | Error::Tls(_) | Error::UnknownMigration(_) | Error::Pooler(_) => false,
        }
    }

    /// Nothing is wrong with what was asked: the same again will do (serialization failure, deadlock, a lock not got in time).
    pub fn is_transient(&self) -> bool {
        let retried = [
            SqlState::T_R_SERIALIZATION_FAILURE,
            SqlState::T_R_DEADLOCK_DETECTED,
            SqlState::LOCK_NOT_AVAILABLE,
            SqlState::QUERY_CANCELED,
        ];
        self.code().is_some_and(|code| retried.contains(code))
    }

    /// Postgres has no room to write.
    pub fn is_disk_full(&self) -> bool {
        self.code() == Some(&SqlState::DISK_FULL)
    }

    /// The row is there already.
    pub fn is_unique_violation(&self) -> bool {
        self.code() == Some(&SqlState::UNIQUE_VIOLATION)
    }

    fn code(&self) -> Option<&SqlState> {
        match self {
            Error::Statement { source, .. } | Error::Migration { source, .. } => source.code(),
            _ => None,
        }
    }
}

/// tokio-postgres says only "db error"; the server's words are in its source.
fn explain(error: &tokio_postgres::Error) -> String {
    match error.as_db_error() {
        Some(db) => format!("{} ({})", db.message(), db.code().code()),
        None => {
            let causes = std::iter::successors(std::error::Error::source(error), |cause| cause.source());
            causes.fold(error.to_string(), |said, cause| format!("{said}: {cause}"))
        }
    }
}
