//! `baton bench`: instances of a number of service tasks in a row, with a trivial worker in a process of its own, on
//! private servers with everything durable. It prints what a run achieved and what it cost.

mod cost;
mod driver;

use crate::dev;
use anyhow::Context;
use cost::Cost;
use driver::Driver;
use std::{path::PathBuf, process::ExitCode};
use worker_sdk::{JobFailure, Worker};

#[derive(clap::Args)]
pub struct Args {
    /// Instances of a run.
    #[arg(long, default_value_t = 2000)]
    instances: usize,
    /// Instances at a time.
    #[arg(long, default_value_t = 500)]
    in_flight: usize,
    /// Service tasks of an instance.
    #[arg(long, default_value_t = 10)]
    tasks: usize,
    /// Runs after a first one that does not count; the median is what to quote.
    #[arg(long, default_value_t = 5)]
    runs: usize,
    /// One JSON object a run instead of text.
    #[arg(long)]
    json: bool,
    /// Folder for the servers' data; removed afterwards.
    #[arg(long, default_value = "/tmp/baton-bench")]
    data: PathBuf,
}

const TOPIC: &str = "bench";

pub async fn run(args: Args) -> anyhow::Result<ExitCode> {
    let dev_args = dev::Args::in_folder(&args.data);
    let settings = dev::Settings::prepare(&dev_args)?;
    let supervisor = dev::Supervisor::new(settings.clone());
    let measured = measure(&args, &dev_args, &settings, &supervisor).await;
    supervisor.stop().await;
    let removed = std::fs::remove_dir_all(&args.data);
    measured?;
    removed.with_context(|| format!("removing {}", args.data.display()))?;
    Ok(ExitCode::SUCCESS)
}

async fn measure(
    args: &Args,
    dev_args: &dev::Args,
    settings: &dev::Settings,
    supervisor: &dev::Supervisor,
) -> anyhow::Result<()> {
    dev::start_servers(settings, supervisor, dev_args).await?;
    supervisor.start_service("engine", &["engine"], dev::free_port()?)?;
    supervisor.start_service("worker", &["bench-worker"], dev::free_port()?)?;
    let driver = Driver::connect(settings, args.tasks).await?;
    driver.run(args.in_flight.min(args.instances), args.in_flight).await.context("the run before the first")?;
    for _ in 0..args.runs {
        let before = Cost::so_far(settings).await?;
        let run = driver.run(args.instances, args.in_flight).await?;
        let cost = Cost::so_far(settings).await?.since(&before);
        let tasks = (args.instances * args.tasks) as f64;
        if args.json {
            println!("{}", run.as_json(tasks, &cost));
        } else {
            println!("{}", run.as_text(tasks, &cost));
        }
    }
    Ok(())
}

/// The worker that does nothing, as fast as it can.
pub async fn worker(shutdown: tokio_util::sync::CancellationToken) -> anyhow::Result<()> {
    let url = std::env::var("BATON_NATS_URL").context("BATON_NATS_URL is not set")?;
    let handler =
        |_: worker_sdk::Job<serde_json::Value>| async { Ok::<_, JobFailure>(serde_json::json!({"result": true})) };
    Worker::builder(&url).name("bench").job(TOPIC, handler).concurrency(256).run(shutdown).await?;
    Ok(())
}
