//! Connections. Their plans are pinned: a queue-like table is often empty when a statement is planned, Postgres would choose
//! to scan it, and would keep the plan while the table grows. The settings travel in the connection's start-up options, so that
//! they hold on every connection, from its first statement on.

use crate::{
    Error, Result, Time, connect,
    statement::{self, Statement},
};
use deadpool_postgres::{Connect, Manager, ManagerConfig, Object, Pool, RecyclingMethod, Runtime, Timeouts};
use std::{
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};
use tokio_postgres::{Config, NoTls, Row, types::ToSql};

/// Sequential scans and hash or merge joins are never right for statements that touch a handful of rows by key. The
/// timeouts free the locks of a replica that was paused in the middle of a transaction.
pub const OPTIONS: &str = "-c enable_seqscan=off -c enable_hashjoin=off -c enable_mergejoin=off \
     -c plan_cache_mode=force_generic_plan -c jit=off -c statement_timeout=10000 -c lock_timeout=2000 \
     -c idle_in_transaction_session_timeout=5000";

/// Beyond what Postgres itself lets a statement last: whoever hears nothing for so long has lost the connection, though
/// nobody may ever say so.
const ANSWER_WITHIN: Duration = Duration::from_secs(15);

/// Says that it writes, since that is not understood on sessions [of transactions only](Session::only_in_transactions).
const BEGIN: &str = "BEGIN READ WRITE";

const MANAGING: ManagerConfig = ManagerConfig { recycling_method: RecyclingMethod::Fast };

/// A bounded pool of sessions. Cloning shares it.
#[derive(Clone)]
pub struct Store {
    pool: Pool,
}

impl Store {
    /// `url` as libpq has it (`postgres://user@host:port/database?sslmode=require`). Connects when a session is first wanted.
    pub fn new(url: &str, connections: usize) -> Result<Store> {
        let config = config(url)?;
        let manager = match connect::tls(&config)? {
            Some(tls) => Manager::from_config(config, tls, MANAGING),
            None => Manager::from_config(config, NoTls, MANAGING),
        };
        Store::of(manager, connections)
    }

    /// Over connections that `connect` makes, to something that speaks Postgres's protocol.
    pub fn over(connect: impl Connect + 'static, connections: usize) -> Result<Store> {
        Store::of(Manager::from_connect(Config::new(), connect, MANAGING), connections)
    }

    fn of(manager: Manager, connections: usize) -> Result<Store> {
        let wait = Some(Duration::from_secs(5));
        let builder = Pool::builder(manager).max_size(connections).runtime(Runtime::Tokio1);
        let builder = builder.timeouts(Timeouts { wait, create: wait, recycle: wait });
        // building fails only without a runtime for the timeouts, which is given above
        builder.build().map(|pool| Store { pool }).map_err(|_| Error::Connection(deadpool_postgres::PoolError::Closed))
    }

    /// Waits for a free connection, 5 seconds at most.
    pub async fn session(&self) -> Result<Session> {
        let client = self.pool.get().await.map_err(Error::Connection)?;
        let is_silent = AtomicBool::new(false);
        Ok(Session { client: Some(client), in_transaction: false, only_in_transactions: false, is_silent })
    }

    /// A session with every statement prepared, so that none is sent out of order while another is being prepared.
    pub async fn prepared_session(&self) -> Result<Session> {
        let session = self.session().await?;
        futures::future::try_join_all(statement::ALL.iter().map(|statement| session.prepare(statement))).await?;
        Ok(session)
    }
}

pub(crate) fn config(url: &str) -> Result<Config> {
    let mut config = connect::config(url)?;
    config.options(OPTIONS).application_name("baton");
    config.connect_timeout(Duration::from_secs(5)).keepalives_idle(Duration::from_secs(10));
    config.tcp_user_timeout(ANSWER_WITHIN);
    Ok(config)
}

/// One connection. Statements asked for together (`join!`) travel together, in the order they were asked for.
pub struct Session {
    client: Option<Object>,
    in_transaction: bool,
    /// Nothing is written outside of them.
    only_in_transactions: bool,
    /// A statement was given up without its answer.
    is_silent: AtomicBool,
}

impl Session {
    pub async fn query(&self, statement: &'static Statement, parameters: &[&(dyn ToSql + Sync)]) -> Result<Vec<Row>> {
        let prepared = self.prepare(statement).await?;
        self.within(statement.name, self.client().query(&prepared, parameters)).await
    }

    /// How many rows were changed.
    pub async fn execute(&self, statement: &'static Statement, parameters: &[&(dyn ToSql + Sync)]) -> Result<u64> {
        let prepared = self.prepare(statement).await?;
        self.within(statement.name, self.client().execute(&prepared, parameters)).await
    }

    /// From now on Postgres refuses to write anything outside of a transaction. So what is sent together with the `BEGIN` before it, which
    /// may be refused alone, counts with it or not at all. Such a session is never given back to the pool.
    pub async fn only_in_transactions(&mut self) -> Result<()> {
        self.only_in_transactions = true;
        self.simple("SET default_transaction_read_only = on").await
    }

    /// A transaction, READ COMMITTED. A session that is dropped inside of one is thrown away, not reused.
    pub async fn begin(&mut self) -> Result<()> {
        self.in_transaction = true;
        self.simple(BEGIN).await
    }

    /// Like [`begin`](Self::begin), to be sent together with the first statements; for a session
    /// [of transactions only](Self::only_in_transactions), unless nothing is written.
    pub fn mark_begun(&mut self) {
        self.in_transaction = true;
    }

    pub async fn send_begin(&self) -> Result<()> {
        self.simple(BEGIN).await
    }

    /// An error means that the outcome is unknown.
    pub async fn commit(&mut self) -> Result<()> {
        self.simple("COMMIT").await?;
        self.in_transaction = false;
        Ok(())
    }

    pub async fn rollback(&mut self) -> Result<()> {
        self.simple("ROLLBACK").await?;
        self.in_transaction = false;
        Ok(())
    }

    /// Postgres's clock.
    pub async fn clock(&self) -> Result<Time> {
        let rows = self.query(statement::SESSION_CLOCK, &[]).await?;
        rows.first().map_or(Ok(Time::UNIX_EPOCH), |row| row.try_get(0).map_err(failed("session/clock")))
    }

    pub fn is_closed(&self) -> bool {
        self.is_silent.load(Ordering::Relaxed) || self.client().is_closed()
    }

    /// Text that cannot be a prepared statement: migrations, partitions.
    pub async fn simple(&self, sql: &'static str) -> Result<()> {
        self.within(sql, self.client().batch_execute(sql)).await
    }

    pub(crate) async fn run_text(&self, name: &'static str, sql: &str) -> Result<()> {
        self.client().batch_execute(sql).await.map_err(failed(name))
    }

    async fn prepare(&self, statement: &'static Statement) -> Result<tokio_postgres::Statement> {
        self.within(statement.name, self.client().prepare_cached(statement.sql)).await
    }

    async fn within<T>(
        &self,
        name: &'static str,
        answer: impl Future<Output = std::result::Result<T, tokio_postgres::Error>>,
    ) -> Result<T> {
        match tokio::time::timeout(ANSWER_WITHIN, answer).await {
            Ok(answer) => answer.map_err(failed(name)),
            Err(_) => {
                self.is_silent.store(true, Ordering::Relaxed);
                Err(Error::Silent(name))
            }
        }
    }

    /// There until the session is dropped.
    #[allow(clippy::expect_used)]
    fn client(&self) -> &Object {
        self.client.as_ref().expect("a session has its connection until it is dropped")
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        if (self.in_transaction || self.only_in_transactions || self.is_silent.load(Ordering::Relaxed))
            && let Some(client) = self.client.take()
        {
            drop(Object::take(client)); // closes the connection, and with it the transaction
        }
    }
}

fn failed(statement: &'static str) -> impl Fn(tokio_postgres::Error) -> Error {
    move |source| Error::Statement { statement, source }
}

/// Reads column `index`; a type that does not fit is a statement that does not fit its table.
pub(crate) fn column<'row, T: tokio_postgres::types::FromSql<'row>>(
    row: &'row Row,
    index: usize,
    statement: &'static Statement,
) -> Result<T> {
    row.try_get(index).map_err(failed(statement.name))
}
