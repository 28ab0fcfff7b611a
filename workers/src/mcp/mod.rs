//! The built-in tools of agents, served by the Model Context Protocol: over stdin and stdout for the worker that starts
//! this server, or over streamable HTTP.
//!
//! Every tool sees the files below one folder and nothing else (`root`); each is one file of `tools`.

mod root;
mod server;
mod tool;
mod tools;

use anyhow::Context;
use rmcp::{
    ServiceExt,
    transport::streamable_http_server::{StreamableHttpServerConfig, StreamableHttpService},
};
use root::Root;
use server::Server;
use std::{net::SocketAddr, path::PathBuf};
use tokio_util::sync::CancellationToken;

/// Where the protocol is served over HTTP.
const HTTP_PATH: &str = "/mcp";

#[derive(Debug, Clone, clap::Args)]
pub struct Config {
    /// The folder that the tools see; else the folder of `BATON_STORE_URL`, else the current one.
    #[arg(long, env = "BATON_MCP_ROOT")]
    pub root: Option<PathBuf>,
    /// Serve streamable HTTP at `/mcp` of this address instead of stdin and stdout. Only requests whose Host is a
    /// loopback name are answered; there is no authentication.
    #[arg(long, env = "BATON_MCP_HTTP")]
    pub http: Option<SocketAddr>,
    /// The store of the other services, `file:///folder`.
    #[arg(long, env = "BATON_STORE_URL")]
    pub store_url: Option<String>,
}

/// Serves until shutdown, or until the client closes stdin.
pub async fn run(config: Config, shutdown: CancellationToken) -> anyhow::Result<()> {
    let folder = folder(&config);
    let root = Root::open(&folder).with_context(|| format!("opening the tools' folder {}", folder.display()))?;
    let server = Server::new(root);
    match config.http {
        Some(address) => over_http(server, address, shutdown).await,
        None => over_stdio(server, shutdown).await,
    }
}

fn folder(config: &Config) -> PathBuf {
    let store = config.store_url.as_deref().and_then(|url| url.strip_prefix("file://")).map(PathBuf::from);
    config.root.clone().or(store).unwrap_or_else(|| PathBuf::from("."))
}

async fn over_stdio(server: Server, shutdown: CancellationToken) -> anyhow::Result<()> {
    let serving = server.serve_with_ct(rmcp::transport::stdio(), shutdown);
    serving.await.context("beginning the session")?.waiting().await.context("serving the session")?;
    Ok(())
}

async fn over_http(server: Server, address: SocketAddr, shutdown: CancellationToken) -> anyhow::Result<()> {
    let mut config = StreamableHttpServerConfig::default();
    config.cancellation_token = shutdown.child_token();
    // No session has anything to remember, so none is kept.
    config.legacy_session_mode = false;
    config.json_response = true;
    let sessions =
        std::sync::Arc::new(rmcp::transport::streamable_http_server::session::never::NeverSessionManager::default());
    let service = StreamableHttpService::new(move || Ok(server.clone()), sessions, config);
    let listener = tokio::net::TcpListener::bind(address).await.with_context(|| format!("listening on {address}"))?;
    tracing::info!(address = %listener.local_addr()?, path = HTTP_PATH, "serving tools");
    let app = axum::Router::new().route_service(HTTP_PATH, service);
    axum::serve(listener, app).with_graceful_shutdown(shutdown.cancelled_owned()).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mcp::root::tests::Scratch;
    use rmcp::{model::CallToolRequestParams, transport::StreamableHttpClientTransport};

    #[tokio::test]
    async fn tools_are_served_over_http() {
        let scratch = Scratch::new().with("a.log", "ERROR boom\n");
        let address = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let config = Config { root: Some(scratch.path.clone()), http: Some(address), store_url: None };
        let shutdown = CancellationToken::new();
        let serving = tokio::spawn(run(config, shutdown.clone()));
        while tokio::net::TcpStream::connect(address).await.is_err() {
            tokio::task::yield_now().await;
        }
        let client = ().serve(StreamableHttpClientTransport::from_uri(format!("http://{address}/mcp"))).await.unwrap();
        assert_eq!(client.list_all_tools().await.unwrap().len(), 10);
        let arguments = serde_json::json!({"pattern": "ERROR"}).as_object().cloned().unwrap();
        let found =
            client.call_tool(CallToolRequestParams::new("grep-search").with_arguments(arguments)).await.unwrap();
        assert_eq!(found.structured_content.unwrap()["total"], 1);
        client.cancel().await.unwrap();
        let foreign = reqwest::Client::new().post(format!("http://{address}/mcp")).header("host", "evil.example");
        assert_eq!(foreign.body("{}").send().await.unwrap().status(), 403);
        shutdown.cancel();
        serving.await.unwrap().unwrap();
    }
}
