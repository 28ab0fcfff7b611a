//! The only truth: tables in Postgres, and the statements on them.
//!
//! SQL is written as SQL, one statement a file in `queries/<table>/<verb>.sql`; [`statement`] lists them all, and a module
//! per table gives each a function. Statements of the step take arrays, so that one carries a whole batch. The store
//! handles bytes and plain values: what they mean is the engine's business. Each function is one statement; what
//! belongs together in a transaction is put together by the engine (`advance.rs`).
//!
//! - [`session`]: connections with pinned plans, transactions.
//! - [`migrate`]: brings the schema up to date.
//! - [`error`]: what can go wrong, sorted by what to do about it.

mod named_start;
mod rows;

pub mod audit;
pub mod audit_seal;
pub mod batch;
pub mod command;
pub mod command_id;
mod connect;
pub mod decision;
pub mod definition;
pub mod epoch;
pub mod error;
pub mod history;
pub mod incident;
pub mod instance;
pub mod instance_migration;
pub mod instance_page;
pub mod job;
pub mod message;
pub mod message_start;
pub mod message_start_lock;
pub mod message_subscription;
pub mod migrate;
pub mod pooler;
pub mod session;
pub mod signal;
pub mod start_occurrence;
pub mod statement;
pub mod statistics;
pub mod survey;
pub mod suspension;
pub mod timer;
pub mod timer_start;
pub mod user_task;
pub mod variable;

pub use error::{Error, Result};
pub use session::{Session, Store};

/// A point in time, as the database has it (to the microsecond).
pub type Time = jiff::Timestamp;

/// Before everything: Postgres knows no time as early as the earliest that [`Time`] knows.
pub const EARLIEST: Time = Time::UNIX_EPOCH;
