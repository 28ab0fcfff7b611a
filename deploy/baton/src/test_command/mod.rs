//! `baton test`: runs scenario files, and says what was expected and what happened.
//!
//! A scenario needs nothing but its file: no server, no worker, no clock. Folders are searched for `*.scenario.yaml`.
//! With `--against` the same files are played on a running engine.
//!
//! Exit codes: 0 when every scenario passed or was skipped, 1 when one failed, 2 when nothing could be run.

mod coverage;
mod files;
mod json;
mod junit;
mod live;
mod pool;
mod print;
mod reasons;

use anyhow::{Context, Result, bail};
use interpreter::scenario::{Options, Report, Verdict};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

#[derive(Debug, Clone, clap::Args)]
pub struct Args {
    /// Scenario files, or folders to search for `*.scenario.yaml`.
    #[arg(required = true)]
    pub paths: Vec<PathBuf>,
    /// Run only scenarios whose name or path has this text in it.
    #[arg(long, value_name = "TEXT")]
    pub filter: Option<String>,
    /// How many run at once; as many as there are processors unless told. Against an engine it is one after the other.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    pub jobs: Option<u16>,
    /// Write the state of every instance to JSON and read it again between any two commands.
    #[arg(long)]
    pub restart_every_step: bool,
    /// Play the scenarios on a running engine, through the gateway at this address.
    #[arg(long, value_name = "URL")]
    pub against: Option<String>,
    /// The same, at the address in BATON_URL.
    #[arg(long, conflicts_with = "against", requires = "url")]
    pub live: bool,
    #[arg(long, env = "BATON_URL", hide = true)]
    pub url: Option<String>,
    /// API key of the gateway; its role must be admin, to deploy.
    #[arg(long, env = "BATON_API_KEY", hide_env_values = true, default_value = "", hide_default_value = true)]
    pub key: String,
    /// NATS of the engine, where this command does the jobs of the scenarios as a worker.
    #[arg(long, env = "BATON_NATS_URL", value_name = "URL")]
    pub nats: Option<String>,
    /// How many seconds a step or an expectation is waited for on a running engine.
    #[arg(long, value_name = "SECONDS", default_value_t = 10)]
    pub timeout: u64,
    /// Print how much of each process the scenarios reached, and what they never did.
    #[arg(long)]
    pub coverage: bool,
    /// Write the results to this file as JUnit XML.
    #[arg(long, value_name = "FILE")]
    pub junit: Option<PathBuf>,
    /// Write the results, logs of failures and coverage to this file as JSON.
    #[arg(long, value_name = "FILE")]
    pub json: Option<PathBuf>,
    /// At the end, group the scenarios that did not pass by reason, for example by the element type that was refused.
    #[arg(long)]
    pub list_unsupported: bool,
    /// Print only failures and the summary.
    #[arg(long, short)]
    pub quiet: bool,
    /// Leave out the event log of failures.
    #[arg(long)]
    pub no_log: bool,
}

/// One scenario and what came of it.
pub struct Outcome {
    pub file: PathBuf,
    pub report: Report,
    pub took: Duration,
}

/// How many of which verdict.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Summary {
    pub passed: usize,
    pub failed: usize,
    pub skipped: usize,
}

pub async fn run(args: Args) -> Result<ExitCode> {
    match run_all(&args).await {
        Ok(Summary { failed: 0, .. }) => Ok(ExitCode::SUCCESS),
        Ok(_) => Ok(ExitCode::FAILURE),
        Err(error) => {
            eprintln!("error: {error:#}");
            Ok(ExitCode::from(2))
        }
    }
}

async fn run_all(args: &Args) -> Result<Summary> {
    let files = files::find(&args.paths)?;
    let gateway = args.against.as_ref().or(args.url.as_ref().filter(|_| args.live));
    let outcomes = match gateway {
        Some(gateway) => live::run_all(&files, gateway, args).await?,
        None => simulated(&files, args)?,
    };
    if outcomes.is_empty() {
        bail!("no scenario has `{}` in its name or path", args.filter.as_deref().unwrap_or_default());
    }
    let coverage = coverage::of_all(&outcomes);
    if args.coverage {
        coverage.iter().for_each(coverage::print);
    }
    if args.list_unsupported {
        reasons::print(&outcomes);
    }
    let summary = Summary::of(&outcomes);
    if let Some(path) = &args.junit {
        write(path, &junit::document(&outcomes))?;
    }
    if let Some(path) = &args.json {
        write(path, &json::document(&outcomes, &coverage))?;
    }
    println!("{summary}");
    Ok(summary)
}

fn simulated(files: &[PathBuf], args: &Args) -> Result<Vec<Outcome>> {
    let options = Options { restart_every_step: args.restart_every_step };
    let jobs = args.jobs.map(usize::from).or_else(|| std::thread::available_parallelism().ok().map(usize::from));
    let run = |file: &PathBuf| files::run(file, args.filter.as_deref(), options);
    pool::run(files, jobs.unwrap_or(1), run, |outcome| print::outcome(outcome, args))
}

fn write(path: &Path, text: &str) -> Result<()> {
    std::fs::write(path, text).with_context(|| format!("writing {}", path.display()))
}

impl Summary {
    pub fn of(outcomes: &[Outcome]) -> Summary {
        let mut summary = Summary::default();
        for outcome in outcomes {
            match outcome.report.verdict {
                Verdict::Passed => summary.passed += 1,
                Verdict::Skipped(_) => summary.skipped += 1,
                Verdict::Failed(_) | Verdict::Refused(_) | Verdict::Malformed(_) => summary.failed += 1,
            }
        }
        summary
    }
}

impl std::fmt::Display for Summary {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Summary { passed, failed, skipped } = self;
        write!(f, "{} scenarios: {passed} passed, {failed} failed, {skipped} skipped", passed + failed + skipped)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use interpreter::scenario::Mismatch;

    pub fn outcome(file: &str, verdict: Verdict) -> Outcome {
        let report = Report { name: format!("<{file}>"), verdict, log: Vec::new(), coverage: Vec::new() };
        Outcome { file: PathBuf::from(file), report, took: Duration::from_millis(1500) }
    }

    fn three() -> Vec<Outcome> {
        let wrong = Mismatch { what: "state".into(), expected: "\"a\" & b".into(), happened: "\u{1}".into() };
        vec![
            outcome("a", Verdict::Passed),
            outcome("b", Verdict::Failed(vec![wrong])),
            outcome("c", Verdict::Skipped(vec!["the clock".into()])),
        ]
    }

    #[test]
    fn the_summary_counts_each_verdict() {
        assert_eq!(Summary::of(&three()).to_string(), "3 scenarios: 1 passed, 1 failed, 1 skipped");
    }

    #[test]
    fn junit_is_xml_whatever_the_names_are() {
        let text = junit::document(&three());
        assert!(text.contains("tests=\"3\" failures=\"1\" errors=\"0\" skipped=\"1\" time=\"4.500\""), "{text}");
        assert!(text.contains("name=\"&lt;b&gt;\""), "{text}");
        assert!(text.contains("expected &quot;a&quot; &amp; b, happened \u{fffd}"), "{text}");
        assert!(text.contains("<skipped message=\"the clock\"/>"), "{text}");
    }

    #[test]
    fn json_says_the_same() {
        let value: serde_json::Value = serde_json::from_str(&json::document(&three(), &[])).unwrap();
        assert_eq!(value["summary"], serde_json::json!({"total": 3, "passed": 1, "failed": 1, "skipped": 1}));
        assert_eq!(value["scenarios"][1]["problems"][0]["expected"], "\"a\" & b");
    }
}
