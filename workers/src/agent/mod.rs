//! Agentic tasks: a language model with tools, in a loop whose every step is recorded before and after.
//!
//! - [`run`]: the loop of model calls and tool calls.
//! - [`transcript`]: the record of it, which a restarted worker goes on from.
//! - [`tools`]: MCP servers and the names that definitions use for their tools.
//! - [`outcome`]: what counts as an answer.
//! - [`task`]: what the definition says.
//! - [`provider`]: the models.

mod outcome;
mod provider;
mod run;
mod task;
mod tools;
mod transcript;

use crate::Common;
use std::{path::PathBuf, sync::Arc};
use tokio_util::sync::CancellationToken;

/// Agents wait for models most of the time, so many may run at once.
const CONCURRENCY: usize = 8;

#[derive(Debug, Clone, clap::Args)]
pub struct Config {
    #[command(flatten)]
    pub common: Common,
    /// Insist on one provider: scripted, anthropic, openai, openrouter, ollama or openai-compatible. Without it, the one
    /// whose key is in the environment answers for its models, and the scripted stand-in for the others.
    #[arg(long, env = "BATON_LLM")]
    pub llm: Option<String>,
    /// JSON file that names MCP servers and tools; see engine/docs/agents.md.
    #[arg(long, env = "BATON_MCP_CONFIG")]
    pub mcp_config: Option<PathBuf>,
    /// Command line of the built-in tools' server; this program's own `mcp` when missing.
    #[arg(long, env = "BATON_MCP_COMMAND")]
    pub mcp_command: Option<String>,
}

/// Works until shutdown.
pub async fn run(config: Config, shutdown: CancellationToken) -> anyhow::Result<()> {
    let tools = Arc::new(tools::Servers::from_config(config.mcp_config.as_deref(), config.mcp_command.as_deref())?);
    let llm = Arc::new(config.llm);
    let handler = move |job| {
        let (tools, llm) = (tools.clone(), llm.clone());
        async move { run::run(job, &tools, llm.as_deref()).await }
    };
    Ok(config.common.worker(CONCURRENCY).job("agent", handler).run(shutdown).await?)
}
