//! Baton's own workers, users of the SDK like any other, and the built-in tools.
//!
//! - [`service`]: HTTP calls (`web-service`) and the topics that store files.
//! - [`script`]: Python and JavaScript, each job in a sandboxed process of its own.
//! - [`send`]: mail and webhooks.
//! - [`agent`]: language models with tools.
//! - [`mcp`]: the built-in tools, served by the Model Context Protocol.
//! - [`secret`]: `secret://name`, read at the moment of use.
//! - [`store`]: the object store they share.

pub mod agent;
pub mod mcp;
pub mod script;
pub mod secret;
pub mod send;
pub mod service;
pub mod store;

use std::net::SocketAddr;

/// What every worker is told.
#[derive(Debug, Clone, clap::Args)]
#[group(skip)]
pub struct Common {
    /// NATS.
    #[arg(long, env = "BATON_NATS_URL", default_value = "nats://127.0.0.1:4222")]
    pub nats_url: String,
    /// Where health and metrics are served; nowhere when missing.
    #[arg(long, env = "BATON_HTTP_ADDR")]
    pub http_addr: Option<SocketAddr>,
    /// How many jobs of each type run at once; each worker has a default of its own.
    #[arg(long, env = "BATON_WORKER_CONCURRENCY")]
    pub concurrency: Option<usize>,
}

impl Common {
    /// A worker with these settings.
    pub fn worker(&self, default_concurrency: usize) -> worker_sdk::Builder {
        worker_sdk::Worker::builder(&self.nats_url)
            .http(self.http_addr)
            .concurrency(self.concurrency.unwrap_or(default_concurrency))
    }
}
