//! `baton bench`: workloads on private servers with everything durable and a trivial worker in a process of its own. It
//! prints what each run achieved and what it cost.

mod cost;
mod driver;
mod report;
mod workload;

use crate::dev;
use anyhow::Context;
use cost::Cost;
use driver::Driver;
use std::{path::PathBuf, process::ExitCode};
use worker_sdk::{JobFailure, Worker};
use workload::Workload;

#[derive(clap::Args)]
pub struct Args {
    #[arg(long, value_enum, default_value_t = Workload::Tasks)]
    workload: Workload,
    /// Instances of a run.
    #[arg(long, default_value_t = 2000)]
    instances: usize,
    /// Instances at a time.
    #[arg(long, default_value_t = 500)]
    in_flight: usize,
    /// Tasks, or what the workload has in their place, of an instance.
    #[arg(long, default_value_t = 10)]
    tasks: usize,
    /// Elements that the process has at least; those beyond its tasks are never reached.
    #[arg(long, default_value_t = 0)]
    elements: usize,
    /// KiB of variables in each instance that nobody touches.
    #[arg(long, default_value_t = 0)]
    variable_kib: usize,
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
    let workload = args.workload;
    let driver = Driver::connect(settings, workload.process(args)).await?;
    let warm_up = args.in_flight.min(args.instances);
    driver.run(workload, args, warm_up, args.in_flight).await.context("the run before the first")?;
    for _ in 0..args.runs {
        let before = Cost::so_far(settings).await?;
        let run = driver.run(workload, args, args.instances, args.in_flight).await?;
        let cost = Cost::so_far(settings).await?.since(&before);
        let tasks = (args.instances * workload.completions(args)) as f64;
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
    #[derive(serde::Deserialize)]
    struct Nothing {}
    let handler = |_: worker_sdk::Job<Nothing>| async { Ok::<_, JobFailure>(serde_json::json!({"result": true})) };
    Worker::builder(&url).name("bench").job(TOPIC, handler).concurrency(256).run(shutdown).await?;
    Ok(())
}
