//! Agentic tasks: a language model with tools, in a loop whose every step is recorded before and after.
//!
//! - `run`: the loop of model calls and tool calls. `calls`: the latter.
//! - `transcript`: the record of it, which a restarted worker goes on from.
//! - `tools`: MCP servers and the names that definitions use for their tools.
//! - `policy`: which calls a person has to agree to. `person`: asking. `budget`: what may be used.
//! - `metrics`: what is used, counted. `outcome`: what counts as an answer. `checks`: how good it is. `failure`: why there is none.
//! - `task`: what the definition says.
//! - `provider`: the models. [`cassette`]: recorded conversations in their place. [`evaluation`]: what comes of them with another model or prompt.

mod budget;
mod calls;
pub mod cassette;
mod checks;
pub mod evaluation;
mod failure;
mod metrics;
mod outcome;
mod person;
mod policy;
mod provider;
mod run;
mod task;
mod tools;
mod transcript;

use crate::{
    Common,
    secret::{self, Secrets},
};
use budget::Prices;
use cassette::{Cassette, Player};
use metrics::Metrics;
use provider::LlmProvider;
use std::{path::PathBuf, sync::Arc};
use tokio_util::sync::CancellationToken;
use tools::Servers;
use worker_sdk::{Job, JobFailure, Variables};

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
    #[command(flatten)]
    pub secrets: secret::Config,
    /// JSON file with what models cost, for budgets of money: `{"<model>": {"input": …, "output": …}}`, each of a million tokens.
    #[arg(long, env = "BATON_LLM_PRICES")]
    pub llm_prices: Option<PathBuf>,
    /// Folder of recorded conversations: they are played when BATON_LLM is `cassette`, else every run that ends is recorded there.
    #[arg(long, env = "BATON_CASSETTES")]
    pub cassettes: Option<PathBuf>,
}

/// The provider that plays cassettes.
const CASSETTE: &str = "cassette";

/// Works until shutdown.
pub async fn run(config: Config, shutdown: CancellationToken) -> anyhow::Result<()> {
    let agent = Arc::new(Agent::new(&config)?);
    let worker = config.common.worker(CONCURRENCY).metrics(|registry| agent.metrics.register(registry));
    let handler = move |job| {
        let agent = agent.clone();
        async move { agent.run(job).await }
    };
    Ok(worker.job("agent", handler).run(shutdown).await?)
}

type Environment = Box<dyn Fn(&str) -> Option<String> + Send + Sync>;

/// Does jobs of the type `agent`. What it keeps between them is the sessions with its MCP servers.
pub struct Agent {
    servers: Servers,
    llm: Option<String>,
    environment: Environment,
    prices: Prices,
    metrics: Metrics,
    played: Option<Arc<Vec<Cassette>>>,
    /// Where runs are recorded.
    recorder: Option<PathBuf>,
}

impl Agent {
    /// Of the configuration, what concerns models and tools is used. Starts nothing yet.
    pub fn new(config: &Config) -> anyhow::Result<Agent> {
        let secrets = Secrets::new(&config.secrets);
        let servers = Servers::from_config(config.mcp_config.as_deref(), config.mcp_command.as_deref(), secrets)?;
        let prices = Prices::load(config.llm_prices.as_deref())?;
        let mut agent = Agent::with(servers, config.llm.clone(), prices);
        if config.llm.as_deref() == Some(CASSETTE) {
            let folder = config.cassettes.as_deref();
            let folder = folder
                .ok_or_else(|| anyhow::anyhow!("BATON_LLM=cassette needs BATON_CASSETTES, a folder or a file"))?;
            agent.played = Some(Arc::new(Cassette::load(folder)?));
        } else {
            agent.recorder = config.cassettes.clone();
        }
        Ok(agent)
    }

    fn with(servers: Servers, llm: Option<String>, prices: Prices) -> Agent {
        let environment = Box::new(|name: &str| std::env::var(name).ok());
        Agent { servers, llm, environment, prices, metrics: Metrics::default(), played: None, recorder: None }
    }

    /// Chooses models by these variables and not by those of the process.
    #[must_use]
    pub fn environment(self, read: impl Fn(&str) -> Option<String> + Send + Sync + 'static) -> Agent {
        Agent { environment: Box::new(read), ..self }
    }

    /// One attempt at one job. It can be dropped at any point: the next attempt goes on from the transcript.
    pub async fn run(&self, job: Job<Variables>) -> Result<Variables, JobFailure> {
        run::run(job, self).await
    }

    fn provider(&self, model: &str) -> Box<dyn LlmProvider> {
        match &self.played {
            Some(cassettes) => Box::new(Player(cassettes.clone())),
            None => provider::choose(model, self.llm.as_deref(), &*self.environment),
        }
    }
}
