//! One connection, from the other side: what the driver sends is done in order, with the faults that are drawn for it.

use crate::{
    Model,
    statements::{self, Answer, Prepared},
    tables::{Bug, Stop, Transaction, View},
    value::{Type, Value},
    wire::{self, Message},
};
use bytes::{BufMut, Bytes, BytesMut};
use futures::{FutureExt, future::BoxFuture};
use std::{collections::BTreeMap, time::Duration};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, DuplexStream},
    task::JoinHandle,
    time::timeout,
};

/// What strikes a statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// It fails with this SQLSTATE.
    Fails(&'static str),
    /// The connection ends, and nothing was done.
    CutBefore,
    /// It is done, and the connection ends instead of an answer.
    CutAfter,
}

#[derive(Debug, Clone, Copy, Default)]
pub struct Happens {
    pub delay: Duration,
    pub fault: Option<Fault>,
}

/// Decides what breaks.
pub trait Faults: Send + Sync {
    /// For a statement (`<table>/<verb>`, `BEGIN READ WRITE`, `COMMIT` or `ROLLBACK`) of a replica.
    fn strike(&self, replica: usize, statement: &str) -> Happens;

    /// Whether this replica can connect now.
    fn lets_in(&self, replica: usize) -> bool;

    /// Postgres's clock, in microseconds since 2000.
    fn now(&self) -> i64;
}

/// Nothing breaks; the clock stands still.
pub struct Reliable;

impl Faults for Reliable {
    fn strike(&self, _: usize, _: &str) -> Happens {
        Happens::default()
    }

    fn lets_in(&self, _: usize) -> bool {
        true
    }

    fn now(&self) -> i64 {
        0
    }
}

/// Makes connections to a model, for a pool.
pub struct Connector {
    model: Model,
    replica: usize,
}

const PIPE: usize = 1 << 20;
/// As the store sets them.
const LOCK_TIMEOUT: Duration = Duration::from_secs(2);
const IDLE_IN_TRANSACTION: Duration = Duration::from_secs(5);

type Connected = Result<(tokio_postgres::Client, JoinHandle<()>), tokio_postgres::Error>;

impl Connector {
    pub fn new(model: Model, replica: usize) -> Connector {
        Connector { model, replica }
    }
}

impl deadpool_postgres::Connect for Connector {
    fn connect(&self, _: &tokio_postgres::Config) -> BoxFuture<'_, Connected> {
        async move {
            let (ours, theirs) = tokio::io::duplex(PIPE);
            if self.model.shared.faults.lets_in(self.replica) {
                tokio::spawn(Connection::new(self.model.clone(), self.replica).serve(theirs));
            } // otherwise its end of the pipe is dropped, and the connection with it
            let mut config = tokio_postgres::Config::new();
            config.user("model");
            let (client, connection) = config.connect_raw(ours, tokio_postgres::NoTls).await?;
            Ok((client, tokio::spawn(async move { drop(connection.await) })))
        }
        .boxed()
    }
}

struct Connection {
    model: Model,
    replica: usize,
    prepared: BTreeMap<String, Prepared>,
    transaction: Option<Transaction>,
    /// Outside of transactions nothing may be written.
    is_guarded: bool,
    /// A statement of the transaction has failed: nothing more is done in it.
    is_failed: bool,
    /// A statement has failed: the rest up to the next `Sync` is passed over.
    is_skipping: bool,
    bound: Option<(String, Vec<Option<Bytes>>)>,
    out: BytesMut,
}

/// The connection is at its end.
struct Cut;

impl Connection {
    fn new(model: Model, replica: usize) -> Connection {
        let (prepared, out) = Default::default();
        let (transaction, bound) = Default::default();
        let (is_guarded, is_failed, is_skipping) = (false, false, false);
        Connection { model, replica, prepared, transaction, is_guarded, is_failed, is_skipping, bound, out }
    }

    async fn serve(mut self, mut pipe: DuplexStream) {
        let _ = self.talk(&mut pipe).await;
        self.end(false);
    }

    async fn talk(&mut self, pipe: &mut DuplexStream) -> Result<(), Cut> {
        let (mut incoming, mut is_first) = (BytesMut::new(), true);
        loop {
            while let Some(message) = wire::next(&mut incoming, is_first) {
                is_first = false;
                self.obey(message).await?;
            }
            if !self.out.is_empty() {
                pipe.write_all(&self.out.split()).await.map_err(|_| Cut)?;
            }
            let read = pipe.read_buf(&mut incoming);
            let read = match self.transaction {
                Some(_) => timeout(IDLE_IN_TRANSACTION, read).await.map_err(|_| Cut)?,
                None => read.await,
            };
            if read.map_err(|_| Cut)? == 0 {
                return Err(Cut);
            }
        }
    }

    async fn obey(&mut self, message: Message) -> Result<(), Cut> {
        match message {
            Message::Startup => {
                wire::say(b'R', &mut self.out, |body| body.put_u32(0));
                wire::ready(&mut self.out, false);
            }
            Message::Sync => {
                self.is_skipping = false;
                wire::ready(&mut self.out, self.transaction.is_some());
            }
            Message::Query(sql) => self.simple(&sql).await?,
            Message::Terminate => return Err(Cut),
            _ if self.is_skipping => {}
            Message::Parse { name, sql } => match statements::prepare(&sql) {
                Some(prepared) => {
                    self.prepared.insert(name, prepared);
                    wire::say(b'1', &mut self.out, |_| {});
                }
                None => self.fail("0A000", &sql),
            },
            Message::Describe { name } => match self.prepared.get(&name) {
                Some(prepared) => wire::description(&mut self.out, &prepared.parameters, &prepared.columns),
                None => self.fail("26000", &name),
            },
            Message::Bind { statement, parameters } => {
                self.bound = Some((statement, parameters));
                wire::say(b'2', &mut self.out, |_| {});
            }
            Message::Execute => self.execute().await?,
            Message::Close { name } => {
                self.prepared.remove(&name);
                wire::say(b'3', &mut self.out, |_| {});
            }
            Message::Other => {}
        }
        Ok(())
    }

    /// Of these only those about transactions mean anything here.
    async fn simple(&mut self, sql: &str) -> Result<(), Cut> {
        let fault = self.strike(sql).await?;
        if let Some(Fault::Fails(code)) = fault {
            self.fail(code, sql);
            self.end(false);
        } else {
            match sql {
                _ if sql.starts_with("BEGIN") => self.transaction = Some(self.model.database().begin()),
                "SET default_transaction_read_only = on" => {
                    self.is_guarded = !self.model.database().makes(Bug::NoGuard)
                }
                "COMMIT" => self.end(!self.is_failed),
                "ROLLBACK" => self.end(false),
                _ => {}
            }
            wire::complete(&mut self.out, sql);
        }
        self.is_skipping = false;
        wire::ready(&mut self.out, self.transaction.is_some());
        if fault == Some(Fault::CutAfter) { Err(Cut) } else { Ok(()) }
    }

    /// Waits as long as it takes; an answer that is not to come ends the connection.
    async fn strike(&mut self, statement: &str) -> Result<Option<Fault>, Cut> {
        let Happens { delay, fault } = self.model.shared.faults.strike(self.replica, statement);
        if !delay.is_zero() {
            tokio::time::sleep(delay).await;
        }
        if fault == Some(Fault::CutBefore) { Err(Cut) } else { Ok(fault) }
    }

    fn end(&mut self, is_committed: bool) {
        self.is_failed = false;
        if let Some(transaction) = self.transaction.take() {
            self.model.database().end(transaction, is_committed);
            self.model.shared.ended.notify_waiters();
        }
    }

    fn fail(&mut self, code: &str, message: &str) {
        wire::error(&mut self.out, code, message);
        self.is_skipping = true;
        self.is_failed = self.transaction.is_some();
    }

    async fn execute(&mut self) -> Result<(), Cut> {
        let Some((name, parameters)) = self.bound.take() else { return Err(Cut) };
        let Some(prepared) = self.prepared.get(&name).cloned() else {
            self.fail("26000", &name);
            return Ok(());
        };
        let fault = self.strike(prepared.name).await?;
        if self.is_failed {
            self.fail("25P02", prepared.name);
            return Ok(());
        }
        if let Some(Fault::Fails(code)) = fault {
            self.fail(code, prepared.name);
            return Ok(());
        }
        let decoded = prepared.parameters.iter().zip(&parameters).map(|(kind, bytes)| decode(*kind, bytes.as_ref()));
        let Some(values) = decoded.collect::<Option<Vec<_>>>() else {
            self.fail("22P03", prepared.name);
            return Ok(());
        };
        match self.run(&prepared, &values).await {
            Ok(answer) => self.answer(&prepared, &answer),
            Err(code) => self.fail(code, prepared.name),
        }
        if fault == Some(Fault::CutAfter) { Err(Cut) } else { Ok(()) }
    }

    /// Within the open transaction, or in one of its own.
    async fn run(&mut self, prepared: &Prepared, values: &[Value]) -> Result<Answer, &'static str> {
        let is_alone = self.transaction.is_none();
        let transaction = *self.transaction.get_or_insert_with(|| self.model.database().begin());
        let done = timeout(LOCK_TIMEOUT, until_done(&self.model, transaction, prepared, values)).await;
        self.model.database().waits_no_more(transaction);
        let mut done = done.unwrap_or(Err("55P03"));
        if is_alone {
            if self.is_guarded && self.model.database().has_written(transaction) {
                done = Err("25006");
            }
            self.end(done.is_ok());
        }
        done
    }

    fn answer(&mut self, prepared: &Prepared, answer: &Answer) {
        for row in &answer.rows {
            wire::say(b'D', &mut self.out, |body| {
                body.put_u16(prepared.columns.len() as u16);
                for (kind, value) in prepared.columns.iter().zip(row) {
                    kind.encode(value, body);
                }
            });
        }
        wire::complete(&mut self.out, &format!("SELECT {}", answer.changed));
    }
}

fn decode(kind: Type, bytes: Option<&Bytes>) -> Option<Value> {
    bytes.map_or(Some(Value::Null), |bytes| kind.decode(bytes))
}

/// Again whenever a transaction that had a row has ended.
async fn until_done(
    model: &Model,
    transaction: Transaction,
    prepared: &Prepared,
    values: &[Value],
) -> Result<Answer, &'static str> {
    loop {
        let ended = model.shared.ended.notified();
        {
            let now = model.shared.faults.now();
            let mut database = model.database();
            database.waits_no_more(transaction);
            let mut view = View::new(&mut database, transaction, now);
            match (prepared.run)(&mut view, values) {
                Ok(answer) => return Ok(answer),
                Err(Stop::Error(code)) => return Err(code),
                Err(Stop::Wait(owner)) => {
                    view.undo();
                    if !database.is_open(owner) {
                        continue;
                    }
                    if !database.wait(transaction, owner) {
                        return Err("40P01");
                    }
                }
            }
        }
        ended.await;
    }
}
