//! `baton test`: runs scenario files, and says what was expected and what happened.
//!
//! A scenario needs nothing but its file: no server, no worker, no clock. Folders are searched for `*.scenario.yaml`.

use anyhow::{Context, Result, bail};
use interpreter::scenario::{self, Options, Report, Verdict};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

#[derive(Debug, clap::Args)]
pub struct Args {
    /// Scenario files, or folders to search for `*.scenario.yaml`.
    #[arg(required = true)]
    pub paths: Vec<PathBuf>,
    /// Write the state of every instance to JSON and read it again between any two commands.
    #[arg(long)]
    pub restart_every_step: bool,
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

/// Succeeds when every scenario passes.
pub fn run(args: Args) -> Result<ExitCode> {
    let mut files = Vec::new();
    for path in &args.paths {
        collect(path, true, &mut files).with_context(|| format!("looking for scenarios in {}", path.display()))?;
    }
    if files.is_empty() {
        bail!("no scenario found; their names end in `.scenario.yaml`");
    }
    let options = Options { restart_every_step: args.restart_every_step };
    let mut tally = Tally::default();
    for file in &files {
        let report = run_file(file, options)?;
        print_report(file, &report, &args);
        tally.count(file, &report);
    }
    if args.list_unsupported {
        tally.print_reasons();
    }
    println!("{} scenarios: {} passed, {} failed", files.len(), tally.passed, files.len() - tally.passed);
    Ok(if tally.passed == files.len() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// A file that was named is taken whatever its name; in folders, only scenarios are.
fn collect(path: &Path, named: bool, files: &mut Vec<PathBuf>) -> Result<()> {
    if path.is_dir() {
        let mut entries: Vec<PathBuf> =
            std::fs::read_dir(path)?.map(|entry| entry.map(|entry| entry.path())).collect::<Result<_, _>>()?;
        entries.sort();
        return entries.iter().try_for_each(|entry| collect(entry, false, files));
    }
    let name = path.to_string_lossy();
    if named || name.ends_with(".scenario.yaml") || name.ends_with(".scenario.yml") {
        files.push(path.to_owned());
    }
    Ok(())
}

fn run_file(file: &Path, options: Options) -> Result<Report> {
    let text = std::fs::read_to_string(file).with_context(|| format!("reading {}", file.display()))?;
    let load = |path: &str| {
        let beside = file.parent().unwrap_or(Path::new(".")).join(path);
        let bytes = std::fs::read(beside).map_err(|error| error.to_string())?;
        model::bpmn::decode(&bytes).map_err(|problem| problem.to_string())
    };
    let name = file.file_name().map(|name| name.to_string_lossy()).unwrap_or_default();
    Ok(scenario::run(&name, &text, options, &load))
}

fn print_report(file: &Path, report: &Report, args: &Args) {
    if report.passed() {
        if !args.quiet {
            println!("pass  {}  ({})", file.display(), report.name);
        }
        return;
    }
    println!("FAIL  {}  ({})", file.display(), report.name);
    for line in details(&report.verdict) {
        println!("      {line}");
    }
    if !args.no_log {
        report.log.iter().for_each(|line| println!("      | {line}"));
    }
}

fn details(verdict: &Verdict) -> Vec<String> {
    match verdict {
        Verdict::Passed => Vec::new(),
        Verdict::Failed(mismatches) => mismatches.iter().map(ToString::to_string).collect(),
        Verdict::Refused(diagnostics) => diagnostics.iter().map(ToString::to_string).collect(),
        Verdict::Unsupported(what) => what.iter().map(|what| format!("not supported: {what}")).collect(),
        Verdict::Malformed(message) => vec![format!("not a scenario: {message}")],
    }
}

#[derive(Default)]
struct Tally {
    passed: usize,
    reasons: BTreeMap<String, Vec<String>>,
}

impl Tally {
    fn count(&mut self, file: &Path, report: &Report) {
        if report.passed() {
            self.passed += 1;
        }
        for reason in reasons(&report.verdict) {
            let files = self.reasons.entry(reason).or_default();
            let name = file.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
            if files.last() != Some(&name) {
                files.push(name);
            }
        }
    }

    fn print_reasons(&self) {
        for (reason, files) in &self.reasons {
            println!("{:>4}  {reason}", files.len());
            files.iter().for_each(|file| println!("        {file}"));
        }
    }
}

/// What the scenario needs and did not get; the same words for the same cause, whatever the names in the file.
fn reasons(verdict: &Verdict) -> Vec<String> {
    match verdict {
        Verdict::Passed => Vec::new(),
        Verdict::Failed(_) => vec!["expectations that did not hold".to_owned()],
        Verdict::Refused(diagnostics) => {
            diagnostics.iter().map(|it| format!("{}: {}", it.code, without_names(&it.message))).collect()
        }
        Verdict::Unsupported(what) => what.iter().map(|what| format!("not supported: {what}")).collect(),
        Verdict::Malformed(_) => vec!["not a scenario".to_owned()],
    }
}

/// The message with what stands in backquotes left out.
fn without_names(message: &str) -> String {
    let parts = message.split('`').enumerate();
    parts.map(|(index, part)| if index % 2 == 0 { part } else { "…" }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reasons_do_not_depend_on_names() {
        assert_eq!(
            without_names("`a` is of the type `b`, which is not known"),
            "… is of the type …, which is not known"
        );
    }
}
