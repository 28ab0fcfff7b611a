//! Script tasks: Python and JavaScript, each job in a disposable sandboxed process of its own.
//!
//! - [`mod@sandbox`]: what that process may see and use, and the self-test at the start.
//! - [`runner`]: one run, from the variables to the result, within [`limits`] of time and size.
//! - `pool`: sandboxed processes that wait for a script.
//! - [`child`]: the program inside (`baton script-child`).

pub mod child;
mod files;
pub mod limits;
mod pool;
pub mod runner;
pub mod sandbox;

use crate::{Common, store::Store};
use limits::{Limits, Wanted};
use runner::{Language, Runner, Script};
use sandbox::Sandbox;
use std::{path::PathBuf, sync::Arc, time::Duration};
use tokio_util::sync::CancellationToken;
use worker_sdk::{Job, JobFailure, Variables};

/// Each script is a process with half a gigabyte of memory at most.
const CONCURRENCY: usize = 4;

#[derive(Debug, Clone, clap::Args)]
pub struct Config {
    #[command(flatten)]
    pub common: Common,
    /// Where files are kept; those that a script's variables name can be read by it.
    #[arg(long, env = "BATON_STORE_URL")]
    pub store_url: Option<String>,
    /// Runs scripts without isolation when the sandbox does not work here. Whoever can deploy a process then owns
    /// this machine.
    #[arg(long, env = "BATON_ALLOW_UNSANDBOXED")]
    pub allow_unsandboxed: bool,
    /// Seconds that a script may take.
    #[arg(long, env = "BATON_SCRIPT_TIMEOUT", default_value_t = 30)]
    pub script_timeout: u64,
    /// Mebibytes of memory that a script may use.
    #[arg(long, env = "BATON_SCRIPT_MEMORY", default_value_t = 512)]
    pub script_memory: u64,
    /// Lets scripts reach whatever this machine reaches, the services inside too. Without it they have no network.
    #[arg(long, env = "BATON_SCRIPT_NETWORK")]
    pub script_network: bool,
    /// Sandboxed processes of each language that wait for a script, so that it begins at once.
    #[arg(long, env = "BATON_SCRIPT_WARM", default_value_t = 4)]
    pub script_warm: usize,
    /// The program that is run in the sandbox; this one when missing.
    #[arg(long, env = "BATON_SCRIPT_CHILD")]
    pub script_child: Option<PathBuf>,
}

#[derive(serde::Deserialize)]
struct Task {
    #[serde(rename = "scriptFormat", default)]
    format: String,
    script: String,
    #[serde(rename = "resultVariable")]
    result_variable: Option<String>,
    #[serde(default)]
    custom: Custom,
}

#[derive(Default, serde::Deserialize)]
struct Custom {
    #[serde(default)]
    limits: Wanted,
}

/// Tests the sandbox, then works until shutdown. Refuses to start when a layer of the sandbox is missing.
pub async fn run(config: Config, shutdown: CancellationToken) -> anyhow::Result<()> {
    let sandbox = sandbox(&config).await?;
    let limits = Limits {
        wall: Duration::from_secs(config.script_timeout.max(1)),
        memory: config.script_memory.max(64) * 1024 * 1024,
        ..Limits::default()
    };
    let runner = Arc::new(Runner::warm(sandbox, limits, config.script_warm));
    let store = config.store_url.as_deref().map(Store::open).transpose()?;
    let worker = config.common.worker(CONCURRENCY);
    Ok(worker.job("script", move |job| execute(runner.clone(), store.clone(), job)).run(shutdown).await?)
}

async fn sandbox(config: &Config) -> anyhow::Result<Sandbox> {
    let sandbox = Sandbox::new(config.script_child.clone())?;
    let sandbox = if config.script_network { sandbox.with_network() } else { sandbox };
    match sandbox.self_test().await {
        Ok(()) => Ok(sandbox),
        Err(missing) if config.allow_unsandboxed => {
            tracing::error!("SCRIPTS RUN WITHOUT A SANDBOX, as --allow-unsandboxed says: {missing}");
            Ok(sandbox.without_isolation())
        }
        Err(missing) => Err(missing.into()),
    }
}

async fn execute(runner: Arc<Runner>, store: Option<Store>, job: Job<Variables>) -> Result<Variables, JobFailure> {
    let task: Task = job.task()?;
    let language = Language::parse(&task.format).ok_or_else(|| {
        JobFailure::bug(format!("scripts in `{}` are not run; python and javascript are", task.format))
    })?;
    let (variables, limits) = (job.input.clone(), task.custom.limits);
    let script = Script { language, text: task.script, variables, result: task.result_variable, limits };
    runner.run(&script, store.as_ref(), Some(&job.context)).await
}
