//! Scenarios on a running engine: deployed, started and looked at through the gateway, their jobs done by a worker here.
//!
//! What the simulated world knows at once, this has to wait for: a step waits until the engine has come to rest, and an
//! expectation until it holds, both as long as `--timeout` says. One scenario runs after the other, because a worker
//! gets the jobs of its types from every instance.

mod session;
mod skip;
mod steps;
mod view;
mod work;

use super::{Args, Outcome, files, print};
use crate::client::Client;
use anyhow::{Context, Result};
use interpreter::scenario::{Mismatch, Plan, Report, Verdict, rejection};
use model::{Diagnostic, Location};
use serde_json::{Value, json};
use session::Session;
use std::path::PathBuf;
use std::time::{Duration, Instant};

/// Where the engine is.
struct Target {
    client: Client,
    nats: Option<String>,
    timeout: Duration,
}

pub async fn run_all(files: &[PathBuf], gateway: &str, args: &Args) -> Result<Vec<Outcome>> {
    let timeout = Duration::from_secs(args.timeout.clamp(1, 3600));
    let target = Target { client: Client::new(gateway, &args.key), nats: args.nats.clone(), timeout };
    target.client.get("/me").await.context("asking the gateway who we are")?;
    let mut outcomes = Vec::new();
    for file in files {
        let started = Instant::now();
        let report = match files::plan(file, args.filter.as_deref())? {
            None => continue,
            Some(Err(report)) => report,
            Some(Ok(plan)) => run(plan, &target).await,
        };
        let outcome = Outcome { file: file.clone(), report, took: started.elapsed() };
        print::outcome(&outcome, args);
        outcomes.push(outcome);
    }
    Ok(outcomes)
}

async fn run(plan: Plan, target: &Target) -> Report {
    let name = plan.name.clone();
    let verdict = match before_running(&plan, target).await {
        Ok(None) => return Session::play(plan, target).await,
        Ok(Some(verdict)) => verdict,
        Err(error) => Verdict::Failed(vec![broken(&error)]),
    };
    Report { name, verdict, log: Vec::new(), coverage: Vec::new() }
}

/// Deploys; the verdict, where nothing is to run after that.
async fn before_running(plan: &Plan, target: &Target) -> Result<Option<Verdict>> {
    let expected = plan.scenario.expect.as_ref().and_then(|expect| expect.deployment.as_ref());
    if let Some(expected) = expected {
        let diagnostics = deploy(plan, target, true).await?;
        return Ok(Some(rejection(expected, &diagnostics)));
    }
    if let Some(verdict) = plan.without_running() {
        return Ok(Some(verdict));
    }
    let reasons = skip::reasons(plan, target.nats.is_some());
    if !reasons.is_empty() {
        return Ok(Some(Verdict::Skipped(reasons)));
    }
    let diagnostics = deploy(plan, target, false).await?;
    Ok(Some(Verdict::Refused(diagnostics)).filter(|verdict| *verdict != Verdict::Refused(Vec::new())))
}

/// The errors for which the engine refuses the files; none when it takes them.
async fn deploy(plan: &Plan, target: &Target, dry_run: bool) -> Result<Vec<Diagnostic>> {
    let files: Vec<Value> =
        plan.files.iter().map(|(name, content)| json!({"name": name, "content": content})).collect();
    let (status, answer) = target.client.ask("/deployments", json!({"files": files, "dryRun": dry_run})).await?;
    let diagnostics = answer["diagnostics"].as_array();
    match (status, diagnostics) {
        (200..300, _) => Ok(Vec::new()),
        (_, Some(all)) if !all.is_empty() => Ok(all.iter().map(diagnostic).collect()),
        _ => anyhow::bail!("deploying: {status} {}", answer["detail"].as_str().unwrap_or_default()),
    }
}

fn diagnostic(wire: &Value) -> Diagnostic {
    let text = |name: &str| wire[name].as_str().unwrap_or_default().to_owned();
    let number = |name: &str| wire[name].as_u64().and_then(|number| u32::try_from(number).ok()).unwrap_or_default();
    let location = Location { line: number("line"), column: number("column") };
    let diagnostic = Diagnostic::error(&text("code"), location, text("message"));
    Diagnostic { file: text("file"), hint: wire["hint"].as_str().map(str::to_owned), ..diagnostic }
}

fn broken(error: &anyhow::Error) -> Mismatch {
    Mismatch {
        what: "the run".to_owned(),
        expected: "every step to be possible".to_owned(),
        happened: format!("{error:#}"),
    }
}
