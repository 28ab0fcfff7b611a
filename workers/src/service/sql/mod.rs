//! SQL against Postgres: one statement with parameters, in a transaction of its own.
//!
//! The connection is a secret, so the operator says which databases there are. Rows come back as objects. A job that is
//! done twice runs its statement twice: `current_setting('baton.job_id')` is the same in every attempt.

mod value;

use super::{Connector, Outcome, web};
use crate::secret::Opened;
use futures::TryStreamExt;
use serde_json::{Map, Value, json};
use std::{path::Path, pin::pin, time::Duration};
use telemetry::postgres::Tls;
use tokio_postgres::{Client, Statement, error::SqlState};
use value::Parameter;
use worker_sdk::JobFailure;

const CONNECT_WITHIN: Duration = Duration::from_secs(10);
/// Unless the task says fewer.
const MOST_ROWS: usize = 1000;
const LARGEST_RESULT: usize = 1024 * 1024;

pub const CONNECTOR: Connector = Connector {
    key: "sql",
    call: |outside, opened, job| {
        Box::pin(async move {
            let Task { custom } = job.task()?;
            job.progress(0.1, "asking the database");
            custom.run(&outside.databases, opened, job.id()).await
        })
    },
};

#[derive(serde::Deserialize)]
struct Task {
    custom: Query,
}

#[derive(serde::Deserialize)]
#[serde(rename_all = "camelCase")]
struct Query {
    sql: String,
    /// `$1`, `$2` … in their order.
    #[serde(default)]
    parameters: Vec<Value>,
    connection: String,
    #[serde(default)]
    read_only: bool,
    max_rows: Option<usize>,
    /// Milliseconds, also as text.
    timeout: Option<Value>,
    /// BPMN errors by SQLSTATE.
    #[serde(default)]
    errors: Map<String, Value>,
}

/// How databases are reached.
pub struct Databases {
    tls: Tls,
}

impl Databases {
    /// `authorities`: a PEM file of those that are trusted beside the public ones.
    pub fn new(authorities: Option<&Path>) -> anyhow::Result<Self> {
        Ok(Databases { tls: Tls::new(authorities)? })
    }

    async fn connect(&self, url: &str) -> Result<Client, JobFailure> {
        // What is wrong with it cannot be said without showing it.
        let mut config: tokio_postgres::Config =
            url.parse().map_err(|_| JobFailure::bug("the secret `connection` is not a Postgres connection"))?;
        config.connect_timeout(CONNECT_WITHIN).application_name("baton");
        let (client, connection) = config.connect(self.tls.clone()).await.map_err(|error| failure(&error, None))?;
        tokio::spawn(async move {
            if let Err(error) = connection.await {
                tracing::debug!("a connection to a database ended: {error}");
            }
        });
        Ok(client)
    }
}

impl Query {
    async fn run(&self, databases: &Databases, opened: &Opened<'_>, job_id: &str) -> Outcome {
        let connection = opened.only("connection", &self.connection)?;
        if let Ok(url) = reqwest::Url::parse(connection.expose()) {
            opened.remember(url.password().unwrap_or_default());
        }
        let within = web::timeout(self.timeout.as_ref());
        let ran = async {
            let mut client = databases.connect(connection.expose()).await?;
            self.ask(&mut client, job_id, within).await
        };
        // the server ends the statement itself; this is for a server that does not answer
        let limit = within + CONNECT_WITHIN;
        let ran = tokio::time::timeout(limit, ran).await;
        ran.unwrap_or_else(|_| Err(JobFailure::retryable(format!("the database did not answer within {limit:?}"))))
    }

    async fn ask(&self, client: &mut Client, job_id: &str, within: Duration) -> Outcome {
        let failed = |error: tokio_postgres::Error| failure(&error, Some(&self.errors));
        let transaction = client.build_transaction().read_only(self.read_only).start().await.map_err(failed)?;
        let limit = format!("{}ms", within.as_millis());
        let settings = "select set_config('statement_timeout', $1, true), set_config('baton.job_id', $2, true)";
        transaction.query(settings, &[&limit, &job_id]).await.map_err(failed)?;
        let statement = transaction.prepare(&self.sql).await.map_err(failed)?;
        let parameters = self.parameters(&statement)?;
        let most = self.max_rows.unwrap_or(MOST_ROWS).min(MOST_ROWS);
        let (rows, affected) = {
            let mut found = pin!(transaction.query_raw(&statement, &parameters).await.map_err(failed)?);
            let (mut rows, mut size) = (Vec::new(), 0);
            while let Some(row) = found.try_next().await.map_err(failed)? {
                let row = value::object(&row)?;
                size += row.to_string().len();
                if rows.len() == most || size > LARGEST_RESULT {
                    let limit = format!("{most} rows or {LARGEST_RESULT} bytes");
                    return Err(JobFailure::bug(format!("the statement answers more than {limit}; it was undone")));
                }
                rows.push(row);
            }
            (rows, found.rows_affected())
        };
        transaction.commit().await.map_err(failed)?;
        let result = json!({"rows": rows, "rowCount": affected.unwrap_or_default()});
        Ok(Map::from_iter([("result".to_owned(), result)]))
    }

    fn parameters(&self, statement: &Statement) -> Result<Vec<Parameter>, JobFailure> {
        let types = statement.params();
        if types.len() != self.parameters.len() {
            let (wanted, given) = (types.len(), self.parameters.len());
            return Err(JobFailure::bug(format!("the statement has {wanted} parameters, and {given} are given")));
        }
        Ok(self.parameters.iter().zip(types).map(|(value, kind)| Parameter::new(value, kind)).collect())
    }
}

/// What the database refuses is a bug or an error of the process; what it cannot do now may work later.
fn failure(error: &tokio_postgres::Error, errors: Option<&Map<String, Value>>) -> JobFailure {
    let Some(refused) = error.as_db_error() else {
        return JobFailure::retryable(format!("the database cannot be used: {}", causes(error)));
    };
    let code = refused.code().code();
    let message = format!("the database refuses ({code}): {}", refused.message());
    if let Some(named) = errors.and_then(|errors| errors.get(code)) {
        return JobFailure::bpmn_error(web::text(named), message);
    }
    let passes = ["08", "40", "53", "55", "57", "58"].iter().any(|class| code.starts_with(class));
    if passes && *refused.code() != SqlState::QUERY_CANCELED {
        JobFailure::retryable(message)
    } else {
        JobFailure::bug(message)
    }
}

fn causes(error: &tokio_postgres::Error) -> String {
    let cause = std::error::Error::source(error);
    cause.map_or_else(|| error.to_string(), |cause| format!("{error}: {cause}"))
}

#[cfg(test)]
mod tests;
