//! The server of the built-in tools on its own, as tests start it; `baton mcp` is the same.

use clap::Parser;
use tokio_util::sync::CancellationToken;

#[derive(Parser)]
struct Cli {
    #[command(flatten)]
    config: workers::mcp::Config,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    workers::mcp::run(Cli::parse().config, CancellationToken::new()).await
}
