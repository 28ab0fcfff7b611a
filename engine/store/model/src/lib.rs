//! Postgres as the store needs it, in memory: for simulations that break it thousands of times a second, under one seed.
//!
//! The seam is the connection. [`Model`] speaks Postgres's protocol over a pipe in memory, knows each statement of the store by
//! its text, and does in plain Rust what the statement means ([`statements`], a file for a group of tables). So all of the
//! store and of its driver is the real thing: pools, prepared statements, pipelining, errors, connections that end.
//! A statement that has no meaning here is refused by its name.
//!
//! - [`value`]: values and their binary form.
//! - [`wire`]: messages of the protocol.
//! - [`tables`]: rows, transactions (READ COMMITTED), row locks, deadlocks.
//! - [`server`]: one connection, and where faults strike.
//!
//! What makes it trustworthy is `tests/differential.rs`: random statements, the same on a real server, give the same answers.

mod server;
mod statements;
mod tables;
mod value;
mod wire;

pub use server::{Connector, Fault, Faults, Happens, Reliable};
pub use statements::names;
pub use tables::Bug;
pub use value::Value;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tables::Database;
use tokio::sync::Notify;

/// One database, shared by all that connect to it.
#[derive(Clone)]
pub struct Model {
    shared: Arc<Shared>,
}

struct Shared {
    database: Mutex<Database>,
    /// A transaction has ended: whoever waits for its locks looks again.
    ended: Notify,
    faults: Box<dyn Faults>,
}

impl Model {
    pub fn new(faults: impl Faults + 'static, bug: Option<Bug>) -> Model {
        let shared =
            Shared { database: Mutex::new(Database::new(bug)), ended: Notify::new(), faults: Box::new(faults) };
        Model { shared: Arc::new(shared) }
    }

    /// The committed rows of a table, in the order of its key.
    pub fn rows(&self, table: &str) -> Vec<Vec<Value>> {
        self.database().committed(table)
    }

    /// Transactions that were committed and had written something.
    pub fn commits(&self) -> u64 {
        self.database().commits
    }

    /// For the connections of one replica.
    pub fn connector(&self, replica: usize) -> Connector {
        Connector::new(self.clone(), replica)
    }

    fn database(&self) -> MutexGuard<'_, Database> {
        self.shared.database.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
