//! `faults`: breaks the whole system, and checks what must hold afterwards. `cargo xtask faults` builds and starts it.

use clap::{Parser, Subcommand};
use faults::{
    crash_points,
    nemesis::Kind,
    run::{self, Options},
    seeded_bugs,
    system::Programs,
    upgrade, worker,
};
use std::{path::PathBuf, process::ExitCode, time::Duration};
use tokio_util::sync::CancellationToken;

#[derive(Parser)]
#[command(name = "faults")]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    args: Args,
}

#[derive(Subcommand)]
enum Command {
    /// A worker of the run; started by it.
    #[command(hide = true)]
    Worker(worker::Args),
}

#[derive(clap::Args)]
struct Args {
    /// What is drawn: processes, instances, faults. A random one when absent; it is printed.
    #[arg(long)]
    seed: Option<u64>,
    /// How long there are faults.
    #[arg(long, default_value_t = 5.0)]
    minutes: f64,
    /// Short, with a seed that is always the same.
    #[arg(long)]
    smoke: bool,
    /// Instead of random faults: each place where an engine talks to a server, for each kind of block, is met by each fate.
    #[arg(long)]
    crash_points: bool,
    /// Instead of random faults: a rolling upgrade from this program, the one of the version before, and back.
    #[arg(long)]
    upgrade_from: Option<PathBuf>,
    /// Instead: engines with a mistake on purpose, each of which has to be noticed. `--baton` is one with the feature `seeded-bugs`.
    #[arg(long)]
    seeded_bugs: bool,
    /// Of the mistakes, these, separated by commas.
    #[arg(long, value_delimiter = ',')]
    bugs: Vec<String>,
    /// Of the crash points, every so many-th.
    #[arg(long, default_value_t = 1)]
    every: usize,
    /// The first of them: with `--every 4`, `--first 0` to `--first 3` are all.
    #[arg(long)]
    first: Option<usize>,
    /// Which faults, separated by commas; all when absent.
    #[arg(long, value_enum, value_delimiter = ',')]
    faults: Vec<Kind>,
    /// Instances at a time.
    #[arg(long, default_value_t = 60)]
    at_once: usize,
    /// The program of Baton.
    #[arg(long, env = "BATON_BIN", default_value = "target/debug/baton")]
    baton: PathBuf,
    /// Where the run's folder is made.
    #[arg(long)]
    folder: Option<PathBuf>,
    /// Keep the folder (ledgers, logs, timeline) also when nothing is wrong.
    #[arg(long)]
    keep: bool,
}

/// Of an upgrade.
const STAGES: f64 = 5.0;

#[tokio::main]
async fn main() -> ExitCode {
    let cli = Cli::parse();
    let done = match cli.command {
        Some(Command::Worker(args)) => worker::run(args, CancellationToken::new()).await,
        None => begin(cli.args).await,
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn begin(args: Args) -> anyhow::Result<()> {
    let programs = Programs::new(args.baton, std::env::current_exe()?);
    if args.crash_points {
        let seed = args.seed.unwrap_or(1);
        let options = crash_points::Options {
            seed,
            every: args.every,
            first: args.first,
            folder: args.folder,
            keep: args.keep,
            programs,
        };
        return crash_points::run(options).await;
    }
    if let Some(old) = args.upgrade_from {
        let seed = args.seed.unwrap_or_else(run::any_seed);
        let stage = Duration::from_secs_f64(args.minutes * 60.0 / STAGES);
        let Args { at_once, folder, keep, .. } = args;
        return upgrade::run(upgrade::Options { seed, stage, at_once, old, programs, folder, keep }).await;
    }
    if args.seeded_bugs {
        let (baton, faults) = (programs.baton, programs.faults);
        let seed = args.seed.unwrap_or(100);
        return seeded_bugs::run(seeded_bugs::Args { seed, baton, faults, folder: args.folder, only: args.bugs }).await;
    }
    let mut options = if args.smoke {
        Options::smoke(programs)
    } else {
        Options::new(args.seed.unwrap_or_else(run::any_seed), Duration::from_secs_f64(args.minutes * 60.0), programs)
    };
    let kinds = if args.faults.is_empty() { options.kinds.clone() } else { args.faults };
    options.programs.on_small_disk = kinds.contains(&Kind::Disk);
    run::run(Options { kinds, at_once: args.at_once, folder: args.folder, keep: args.keep, ..options }).await
}
