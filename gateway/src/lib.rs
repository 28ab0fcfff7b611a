//! The gateway: REST, live messages over WebSocket and SSE, and the page. It keeps nothing: every answer comes from the
//! engine over NATS, so any number of gateways stand side by side.
//!
//! - [`server`]: the listener, the router and the order of its layers.
//! - [`auth`] and [`policy`]: who asks (an API key names tenant and role), and what a role may do.
//! - [`problem`]: every error as `application/problem+json`.
//! - [`engine`]: request and reply with the engine.
//! - [`rest`]: the REST routes, one file per resource, and the OpenAPI document.
//! - [`live`]: from committed events to the messages that a browser draws.
//! - [`agui`]: the same as AG-UI 1.0.
//! - [`mcp`]: processes as tools of the Model Context Protocol.
//! - [`approval`]: links in mails that answer a user task.
//! - [`page`]: the embedded page.

mod agui;
mod approval;
mod auth;
mod config;
mod engine;
mod event;
mod http;
mod json;
mod live;
pub mod mcp;
mod metrics;
mod page;
mod policy;
mod problem;
mod rest;
mod server;
mod state;

pub use auth::ApiKeys;
pub use config::Config;
pub use policy::Role;
pub use rest::openapi;
pub use server::{raise_open_files, run, serve};
