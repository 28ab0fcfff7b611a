//! `baton bench`: workloads on private servers with everything durable and a trivial worker in a process of its own. It
//! prints what each run achieved and what it cost, and against what [`floor`] if that is asked for.

mod beside;
mod cost;
mod driver;
mod fill;
mod floor;
mod idle;
mod plot;
mod report;
mod workload;

use crate::dev;
use anyhow::Context;
use beside::Beside;
use cost::Cost;
use driver::Driver;
use report::{Measured, Report, Run, System};
use std::{path::PathBuf, process::ExitCode};
use tokio_util::sync::CancellationToken;
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
    /// Instances that have ended before the first run.
    #[arg(long, default_value_t = 0)]
    finished: usize,
    /// Instances that wait all the time: for a worker that never comes.
    #[arg(long, default_value_t = 0)]
    waiting: usize,
    /// Shows what the instances notice of something large beside them.
    #[arg(long, value_enum)]
    beside: Option<Beside>,
    /// Tokens, or instances, of what is beside them.
    #[arg(long, default_value_t = 100_000)]
    beside_size: usize,
    /// Shows what an engine costs in so many seconds of nothing to do.
    #[arg(long, value_name = "SECONDS")]
    idle: Option<u64>,
    /// Runs after a first one that does not count; the median is what to quote.
    #[arg(long, default_value_t = 5)]
    runs: usize,
    /// Runs the floor after each run of Baton: the same transactions, jobs and answers with nothing in between.
    #[arg(long)]
    against_floor: bool,
    /// One JSON object a run, and one for their medians, instead of text.
    #[arg(long)]
    json: bool,
    /// A picture of the runs and their medians, as SVG.
    #[arg(long, value_name = "FILE")]
    plot: Option<PathBuf>,
    /// Folder for the servers' data; removed afterwards.
    #[arg(long, default_value = "/tmp/baton-bench")]
    data: PathBuf,
    /// An empty database on this server instead of a private server; its CPU is not seen then.
    #[arg(long)]
    database_url: Option<String>,
    /// This NATS server instead of a private one; its CPU is not seen then.
    #[arg(long)]
    nats_url: Option<String>,
}

const TOPIC: &str = "bench";
/// Of an instance with many jobs, beside the others.
const HOT_TOPIC: &str = "bench-hot";

pub async fn run(args: Args) -> anyhow::Result<ExitCode> {
    anyhow::ensure!(
        !args.against_floor || matches!(args.workload, Workload::Tasks),
        "the floor knows service tasks in a row only: leave --workload away"
    );
    let dev_args = dev::Args {
        database_url: args.database_url.clone(),
        nats_url: args.nats_url.clone(),
        for_benchmarks: true,
        ..dev::Args::in_folder(&args.data)
    };
    let settings = dev::Settings::prepare(&dev_args)?;
    let supervisor = dev::Supervisor::new(settings.clone());
    let measured = measure(&args, &dev_args, &settings, &supervisor).await;
    supervisor.stop().await;
    let removed = std::fs::remove_dir_all(&args.data);
    measured?.finish(args.json, args.plot.as_deref())?;
    removed.with_context(|| format!("removing {}", args.data.display()))?;
    Ok(ExitCode::SUCCESS)
}

async fn measure(
    args: &Args,
    dev_args: &dev::Args,
    settings: &dev::Settings,
    supervisor: &dev::Supervisor,
) -> anyhow::Result<Report> {
    dev::start_servers(settings, supervisor, dev_args).await?;
    supervisor.start_service("engine", &["engine"], dev::free_port()?)?;
    supervisor.start_service("worker", &["bench-part", "worker"], dev::free_port()?)?;
    let mut bench = Bench { args, settings, baton: Driver::connect(settings, args).await?, floor: None };
    if args.against_floor {
        supervisor.start_service("floor-engine", &["bench-part", "floor-engine"], dev::free_port()?)?;
        supervisor.start_service("floor-worker", &["bench-part", "floor-worker"], dev::free_port()?)?;
        bench.floor = Some(floor::Driver::connect(settings).await?);
    }
    fill::fill(settings, args.finished, args.waiting).await.context("filling the database")?;
    if let Some(seconds) = args.idle {
        idle::watch(settings, seconds).await?.print(args.json)?;
        return Ok(Report::default());
    }
    if let Some(beside) = args.beside {
        beside::run(args, beside, &bench.baton).await?.print(args.json)?;
        return Ok(Report::default());
    }
    bench.runs().await
}

struct Bench<'a> {
    args: &'a Args,
    settings: &'a dev::Settings,
    baton: Driver,
    floor: Option<floor::Driver>,
}

impl Bench<'_> {
    /// Baton and the floor in turns, so that whatever else goes on meets both.
    async fn runs(&self) -> anyhow::Result<Report> {
        let warm_up = self.args.in_flight.min(self.args.instances);
        let systems = if self.floor.is_some() { &[System::Baton, System::Floor][..] } else { &[System::Baton] };
        for system in systems {
            self.once(*system, warm_up).await.context("the run before the first")?;
        }
        let mut report = Report::default();
        for _ in 0..self.args.runs {
            for system in systems {
                let before = Cost::so_far(self.settings, *system).await?;
                let run = self.once(*system, self.args.instances).await?;
                let cost = Cost::so_far(self.settings, *system).await?.since(&before);
                let completions = self.args.instances * self.args.workload.completions(self.args);
                let measured = Measured::of(*system, &run, completions as f64, &cost);
                measured.print(self.args.json)?;
                report.runs.push(measured);
            }
        }
        Ok(report)
    }

    async fn once(&self, system: System, instances: usize) -> anyhow::Result<Run> {
        match (&self.floor, system) {
            (Some(floor), System::Floor) => floor.run(self.args.tasks, instances, self.args.in_flight).await,
            _ => self.baton.run(self.args, instances).await,
        }
    }
}

/// What runs beside the engine in a process of its own.
#[derive(Debug, Clone, Copy, clap::ValueEnum)]
pub enum Part {
    Worker,
    FloorEngine,
    FloorWorker,
}

impl Part {
    pub async fn run(self, shutdown: CancellationToken) -> anyhow::Result<()> {
        match self {
            Part::Worker => worker(shutdown).await,
            Part::FloorEngine => floor::run_engine(shutdown).await,
            Part::FloorWorker => floor::run_worker(shutdown).await,
        }
    }
}

/// The worker that does nothing, as fast as it can.
async fn worker(shutdown: CancellationToken) -> anyhow::Result<()> {
    let url = std::env::var("BATON_NATS_URL").context("BATON_NATS_URL is not set")?;
    #[derive(serde::Deserialize)]
    struct Nothing {}
    let handler = |_: worker_sdk::Job<Nothing>| async { Ok::<_, JobFailure>(serde_json::json!({"result": true})) };
    let worker = Worker::builder(&url).name("bench").job(TOPIC, handler).job(HOT_TOPIC, handler);
    worker.concurrency(256).run(shutdown).await?;
    Ok(())
}
