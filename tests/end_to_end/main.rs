//! The whole system, as a person or a fault meets it: `baton` as a process tree with real Postgres, NATS, workers, mail
//! inbox and browser. Each test has its own data folder, servers and ports.
//!
//! They need the built binary: `cargo xtask test` builds it and says where it is (`BATON_BIN`).

mod agui;
mod approvals;
mod browser;
mod command_line;
mod corners;
mod dashboards;
mod kills;
mod later;
mod mcp;
mod people;
mod running;
mod scenarios;
mod secrets;
mod story;
mod traces;
mod workers;
