//! `baton`: every service as a subcommand, the development server, and the tools of a process author.

mod agent_command;
mod audit_command;
mod bench;
mod client;
mod convert_command;
mod demo;
mod deploy_command;
mod dev;
mod lint_command;
mod mcp_command;
mod new_command;
mod operate_command;
mod remote;
mod test_command;

use clap::{CommandFactory, Parser, Subcommand};
use std::process::ExitCode;
use tokio_util::sync::CancellationToken;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Runs BPMN processes across services, people and AI agents.
#[derive(Parser)]
#[command(name = "baton", version)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Start everything on this machine: Postgres, NATS, engine, workers and gateway, with the examples deployed.
    Dev(dev::Args),
    /// The development server, and the log-analysis story in it.
    Demo(demo::Args),
    /// Advance instances: Postgres and NATS in, jobs and events out.
    Engine(engine::Config),
    /// Bring the database to this version's schema, and exit.
    Migrate {
        /// Postgres, as a URL.
        #[arg(long, env = "BATON_DATABASE_URL")]
        database_url: String,
    },
    /// Fold the history of every instance, and compare it with the state that is stored.
    Verify {
        /// Postgres, as a URL.
        #[arg(long, env = "BATON_DATABASE_URL")]
        database_url: String,
    },
    /// Verify or export the audit log.
    #[command(subcommand)]
    Audit(audit_command::Audit),
    /// Say that the database is an older one than before: results of jobs from after the backup are not taken any more.
    Restored {
        /// Postgres, as a URL.
        #[arg(long, env = "BATON_DATABASE_URL")]
        database_url: String,
    },
    /// REST, live messages and the page.
    Gateway(gateway::Config),
    /// Do jobs.
    #[command(subcommand)]
    Worker(Worker),
    /// Serve the Model Context Protocol: the ten built-in tools, or with `serve` the deployed processes.
    Mcp(mcp_command::Args),
    /// Evaluate agents on recorded conversations.
    #[command(subcommand)]
    Agent(agent_command::Agent),
    /// Write the beginnings of something of your own.
    #[command(subcommand)]
    New(new_command::New),
    /// Run process tests (scenario files).
    Test(test_command::Args),
    /// Write a process file in the other spelling: YAML as BPMN 2.0 XML, or XML as YAML.
    Convert(convert_command::Args),
    /// Check files of processes and decisions as a deployment does, without a server.
    Lint(lint_command::Args),
    /// Check and deploy process files through a gateway.
    Deploy(deploy_command::Args),
    #[command(flatten)]
    Remote(remote::Remote),
    /// Operate on instances through a gateway: suspend, resume, retry, cancel, modify, migrate, in batches too.
    Operate(operate_command::Args),
    /// Print what completes commands in a shell: `source <(baton completions bash)`.
    Completions { shell: clap_complete::Shell },
    /// Measure ten service tasks in a row, or other work, on this machine.
    Bench(bench::Args),
    /// What the benchmark starts beside the engine.
    #[command(hide = true)]
    BenchPart { part: bench::Part },
    /// The disposable process that a script runs in; started by the script worker.
    #[command(hide = true)]
    ScriptChild,
}

#[derive(Subcommand)]
enum Worker {
    /// HTTP calls and file storage.
    Service(workers::service::Config),
    /// Python and JavaScript, each job in a sandboxed process of its own.
    Script(workers::script::Config),
    /// Mail and webhooks.
    Send(workers::send::Config),
    /// Language models with MCP tools.
    Agent(workers::agent::Config),
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    if let Command::ScriptChild = cli.command {
        return workers::script::child::main();
    }
    match run(cli.command) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {error:#}");
            remote::exit::code(&error)
        }
    }
}

#[tokio::main]
async fn run(command: Command) -> anyhow::Result<ExitCode> {
    match command {
        Command::Dev(args) => return dev::run(args).await,
        Command::Demo(args) => return demo::run(args).await,
        Command::Test(args) => return test_command::run(args).await,
        Command::New(new) => return new_command::run(&new),
        Command::Agent(agent) => return agent_command::run(agent).await,
        Command::Convert(args) => return convert_command::run(&args),
        Command::Lint(args) => return lint_command::run(&args),
        Command::Deploy(args) => return deploy_command::run(args).await,
        Command::Remote(command) => return remote::run(command).await,
        Command::Completions { shell } => {
            clap_complete::generate(shell, &mut Cli::command(), "baton", &mut std::io::stdout());
        }
        Command::Operate(args) => return operate_command::run(args).await,
        Command::Bench(args) => return bench::run(args).await,
        Command::BenchPart { part } => {
            dev::die_with_parent();
            part.run(stopped_by_signal()).await?;
        }
        Command::ScriptChild => return Ok(workers::script::child::main()),
        Command::Migrate { database_url } => engine::migrate(&database_url).await?,
        Command::Restored { database_url } => {
            let epoch = engine::renew_epoch(&database_url).await?;
            println!("epoch {epoch} has begun: engines publish every open job again, and refuse results from before");
        }
        Command::Audit(audit) => return audit_command::run(audit).await,
        Command::Verify { database_url } => return verify(&database_url).await,
        Command::Mcp(args) => mcp_command::run(args, stopped_by_signal()).await?,
        service => serve(service).await?,
    }
    Ok(ExitCode::SUCCESS)
}

async fn verify(database_url: &str) -> anyhow::Result<ExitCode> {
    let engine::Verified { instances, without_history, wrong } = engine::verify(database_url).await?;
    for line in &wrong {
        println!("{line}");
    }
    println!(
        "{instances} instances: {} are not as their histories say, {without_history} have no complete history any more",
        wrong.len()
    );
    Ok(if wrong.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

async fn serve(service: Command) -> anyhow::Result<()> {
    dev::die_with_parent();
    let shutdown = stopped_by_signal();
    let _telemetry = telemetry::init(match &service {
        Command::Engine(_) => "engine",
        Command::Gateway(_) => "gateway",
        Command::Worker(Worker::Service(_)) => "worker-service",
        Command::Worker(Worker::Script(_)) => "worker-script",
        Command::Worker(Worker::Send(_)) => "worker-send",
        _ => "worker-agent",
    });
    match service {
        Command::Engine(config) => engine::run(config, shutdown).await,
        Command::Gateway(config) => gateway::run(config, shutdown).await,
        Command::Worker(Worker::Service(config)) => workers::service::run(config, shutdown).await,
        Command::Worker(Worker::Script(config)) => workers::script::run(config, shutdown).await,
        Command::Worker(Worker::Send(config)) => workers::send::run(config, shutdown).await,
        Command::Worker(Worker::Agent(config)) => workers::agent::run(config, shutdown).await,
        _ => Ok(()),
    }
}

/// Cancelled by the first SIGTERM or Ctrl-C; a second one ends the process at once.
fn stopped_by_signal() -> CancellationToken {
    let token = CancellationToken::new();
    let stop = token.clone();
    tokio::spawn(async move {
        dev::signal().await;
        stop.cancel();
        dev::signal().await;
        std::process::exit(130);
    });
    token
}
