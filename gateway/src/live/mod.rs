//! From committed events to what a browser draws, live.
//!
//! - [`message`]: the messages, as `engine/docs/live-messages.md` lists them.
//! - [`project`]: events to messages, a pure function with a little memory per instance; [`activity`]: the same for
//!   what workers say while they work; [`shape`]: what is needed of the definition.
//! - [`follow`]: one instance, history first and then live, joined by sequence number without gap or duplicate.
//! - [`hub`]: one subscription to the bus, handed out to every listener without ever waiting for one.
//! - [`session`], [`client`], [`outbound`], [`rate`]: a WebSocket. [`feed`]: one instance as a stream of server-sent events.

pub mod activity;
pub mod client;
pub mod connections;
pub mod feed;
pub mod follow;
pub mod hub;
pub mod message;
mod outbound;
pub mod project;
#[cfg(test)]
mod project_tests;
pub mod rate;
pub mod session;
pub mod shape;
pub mod socket;

pub use connections::Connections;
pub use message::Message;
pub use socket::websocket;

use crate::engine::Engine;
use std::sync::Arc;
use tokio::sync::Semaphore;

/// Where messages come from.
#[derive(Clone)]
pub struct Sources {
    pub engine: Engine,
    pub hub: hub::Hub,
    pub shapes: shape::Shapes,
    /// Pages of history that are read at the same time: when everyone comes back at once, they stand in line.
    pub pages: Arc<Semaphore>,
}

/// Of [`Sources::pages`].
pub const PAGES_AT_ONCE: usize = 64;
