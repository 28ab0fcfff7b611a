//! Private servers for tests: one Postgres and one nats-server with JetStream per test process, on loopback and free
//! ports, started when first wanted and dying with the process. A database per test.
//!
//! The programs are found by `BATON_PG_BIN` and `BATON_NATS_BIN` (what `cargo xtask test` sets), else in
//! `/usr/lib/postgresql/*/bin` and on the `PATH`. Tests that break servers start their own by [`Servers::start`].

mod nats;
mod postgres;
pub mod process;
pub mod tls;

pub use nats::Nats;
pub use postgres::Postgres;

use std::{path::Path, sync::OnceLock};

/// One of each.
pub struct Servers {
    pub postgres: Postgres,
    pub nats: Nats,
}

impl Servers {
    /// The ones that all tests of this process share. Not to be stopped by a test.
    pub fn shared() -> &'static Servers {
        static SHARED: OnceLock<Servers> = OnceLock::new();
        SHARED.get_or_init(|| Servers::start().expect("starting Postgres and NATS for the tests"))
    }

    /// New ones, stopped when dropped.
    pub fn start() -> anyhow::Result<Servers> {
        Servers::start_in(&std::env::temp_dir())
    }

    /// With their data below this folder.
    pub fn start_in(base: &Path) -> anyhow::Result<Servers> {
        Ok(Servers { postgres: Postgres::start_in(base)?, nats: Nats::start_in(base)? })
    }

    /// A new, empty database; its URL.
    pub async fn database(&self) -> String {
        self.postgres.database().await.expect("creating a database")
    }

    pub fn nats_url(&self) -> String {
        self.nats.url()
    }
}
