//! The fault harness: the whole system as processes, under load, while its parts are killed, stopped and cut off; and a
//! checker of what must hold afterwards.
//!
//! - [`system`] starts everything, with a link of its own ([`proxy`]) between each program and each server.
//! - [`load`] starts random [`process`]es through the gateways, as a [`client`] with retries, and keeps the client's ledger.
//! - [`live`] follows some of the instances, as a page does.
//! - [`worker`] does the jobs as [`outcome`] says, and keeps a ledger of effects.
//! - [`nemesis`] breaks things, by a seed, and writes the [`timeline`].
//! - [`check`] compares the ledgers with what the API and the tables of Postgres say.
//! - [`run`] puts it together.
//! - [`crash_points`] kills an engine at every place where it talks to a server, one after the other.
//! - [`upgrade`] replaces the programs by those of another version, one after the other, and back.

pub mod check;
pub mod client;
pub mod crash_points;
pub mod dice;
pub mod disk;
pub mod forge;
pub mod live;
pub mod load;
pub mod nemesis;
pub mod operator;
pub mod outcome;
pub mod process;
pub mod program;
pub mod proxy;
pub mod report;
pub mod run;
pub mod seeded_bugs;
pub mod system;
pub mod timeline;
pub mod upgrade;
pub mod worker;
