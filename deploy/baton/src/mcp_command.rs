//! `baton mcp` serves the built-in tools; `baton mcp serve` serves what is deployed at a gateway, over stdin and stdout.

use crate::remote::{Reached, Server};
use anyhow::bail;
use gateway::mcp::{Api, Call, over_stdio, read};
use serde_json::Value;
use std::{sync::Arc, time::Duration};
use tokio_util::sync::CancellationToken;

/// How long the gateway may take to answer.
const TIMEOUT: Duration = Duration::from_secs(30);

#[derive(clap::Args)]
pub struct Args {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    tools: workers::mcp::Config,
}

#[derive(clap::Subcommand)]
enum Command {
    /// Deployed processes as tools, instances as resources, and operations by role, over stdin and stdout. A gateway
    /// serves the same over HTTP at `/mcp`.
    Serve(Serve),
}

#[derive(clap::Args)]
struct Serve {
    /// The role of the key decides what is offered.
    #[command(flatten)]
    server: Server,
}

pub async fn run(args: Args, shutdown: CancellationToken) -> anyhow::Result<()> {
    let Some(Command::Serve(serve)) = args.command else {
        return workers::mcp::run(args.tools, shutdown).await;
    };
    let Reached { url, key, .. } = serve.server.reached()?;
    if key.is_empty() {
        bail!("an API key is needed (--key, BATON_API_KEY or a profile)");
    }
    let http = reqwest::Client::builder().timeout(TIMEOUT).build()?;
    let url = url.trim_end_matches('/').to_owned();
    over_stdio(Arc::new(Gateway { http, url, key }), shutdown).await
}

/// The API over the network, with the key of this process.
struct Gateway {
    http: reqwest::Client,
    url: String,
    key: String,
}

impl Api for Gateway {
    fn call(&self, call: Call) -> futures::future::BoxFuture<'_, Result<Value, String>> {
        Box::pin(async move {
            let address = format!("{}/api/v1{}", self.url, call.path);
            let mut request = self.http.request(call.method, address).bearer_auth(&self.key);
            if let Some(body) = &call.body {
                request = request.json(body);
            }
            let unreachable = |error: reqwest::Error| format!("The gateway {} does not answer: {error}", self.url);
            let response = request.send().await.map_err(unreachable)?;
            let status = response.status().as_u16();
            read(status, &response.bytes().await.map_err(unreachable)?)
        })
    }
}
