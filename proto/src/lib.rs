//! The wire: messages between the parts of Baton (`baton/v1/*.proto` and the types generated from them), and the names
//! of the subjects they travel on ([`subject`]) and of the files they name ([`mod@file`]). No behaviour, no conversions.
//!
//! - `job.proto`: work for workers, and what they report.
//! - `history.proto`: what happened to an instance.
//! - `state.proto`: the stored control state of an instance.
//! - `api.proto`: the engine's request/reply API.
//! - `operations.proto`: of it, what operators do.
//! - `workbench.proto`: of it, what is for writers of processes and for who watches.
//! - `link.proto`: what links in mails stand for.

pub mod file;
pub mod subject;

/// The version of what workers and engines say to each other; its rules are in `engine/docs/wire.md`.
pub const WIRE_VERSION: u32 = 1;
/// The oldest that an engine still understands from a worker, and a worker from an engine. 0 says nothing of versions.
pub const OLDEST_WIRE_VERSION: u32 = 0;

mod generated {
    #![allow(clippy::all, rustdoc::all)]
    include!(concat!(env!("OUT_DIR"), "/baton.v1.rs"));
}

pub use generated::*;
