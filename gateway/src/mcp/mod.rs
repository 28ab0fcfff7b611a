//! Baton as a server of the Model Context Protocol: deployed processes are tools, instances are resources, and what
//! operators do is there by role.
//!
//! Everything is done through the REST API with the key of whoever asks ([`api`]), so that there is one policy and one
//! tenant for both. The same server speaks over streamable HTTP here, and over stdin and stdout in the command line.

mod api;
mod form;
pub(crate) mod http;
mod operations;
mod processes;
mod run;
mod server;

pub use api::{Api, Call, read};
pub use server::Server;

use anyhow::Context;
use rmcp::ServiceExt;
use std::sync::Arc;
use tokio_util::sync::CancellationToken;

/// Serves one client over stdin and stdout, until it closes or shutdown.
pub async fn over_stdio(api: Arc<dyn Api>, shutdown: CancellationToken) -> anyhow::Result<()> {
    let serving = Server::new(api).serve_with_ct(rmcp::transport::stdio(), shutdown);
    serving.await.context("beginning the session")?.waiting().await.context("serving the session")?;
    Ok(())
}
