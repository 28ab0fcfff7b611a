//! Scenarios: a process, a script and an expectation, run without workers, clock or network.
//!
//! ```text
//! scenario text ── file ──▶ Scenario ── deploy ──▶ World ── steps, workers, messages ──▶ histories ── expectations ──▶ Report
//! ```
//!
//! The world drives [`step`](crate::step()) as the engine does: it acts on effects, answers jobs, correlates messages and
//! moves a simulated clock from one due time to the next. After every command it folds the events of the step onto the
//! state before it, and the result must be the state after it; at the end, the whole history must give the whole state.
//!
//! The format is described in `engine/docs/scenarios.md`.

mod deploy;
mod effects;
mod expectations;
mod file;
mod log;
mod messages;
mod steps;
mod workers;
mod world;

use model::Diagnostic;
use std::fmt;

/// How a scenario is run.
#[derive(Debug, Clone, Copy, Default)]
pub struct Options {
    /// Write the state to JSON and read it again between any two commands.
    pub restart_every_step: bool,
}

/// What came of a scenario.
#[derive(Debug, Clone, PartialEq)]
pub struct Report {
    /// `scenario:` of the file, or the file's name.
    pub name: String,
    pub verdict: Verdict,
    /// What happened, one line an event, with the time since the start.
    pub log: Vec<String>,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Verdict {
    Passed,
    Failed(Vec<Mismatch>),
    /// The definitions were refused, and the scenario did not expect it.
    Refused(Vec<Diagnostic>),
    /// The scenario asks for something that this runner cannot do; each text names it.
    Unsupported(Vec<String>),
    /// The file is no scenario.
    Malformed(String),
}

/// One expectation that did not hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mismatch {
    /// The key, as the file writes it: `entered.charge`.
    pub what: String,
    pub expected: String,
    pub happened: String,
}

impl fmt::Display for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: expected {}, happened {}", self.what, self.expected, self.happened)
    }
}

impl Report {
    pub fn passed(&self) -> bool {
        self.verdict == Verdict::Passed
    }
}

/// Runs the scenario in `text`. `load` reads a file that stands beside it.
pub fn run(file_name: &str, text: &str, options: Options, load: &dyn Fn(&str) -> Result<String, String>) -> Report {
    let scenario = match file::read(text) {
        Ok(scenario) => scenario,
        Err(message) => {
            return Report { name: file_name.to_owned(), verdict: Verdict::Malformed(message), log: Vec::new() };
        }
    };
    let name = scenario.scenario.clone().unwrap_or_else(|| file_name.to_owned());
    let (verdict, log) = judge(file_name, &scenario, options, load);
    Report { name, verdict, log }
}

type Judgement = (Verdict, Vec<String>);

fn judge(
    file_name: &str,
    scenario: &file::Scenario,
    options: Options,
    load: &dyn Fn(&str) -> Result<String, String>,
) -> Judgement {
    let deployment = match deploy::deploy(file_name, scenario, load) {
        Ok(deployment) => deployment,
        Err(verdict) => return (verdict, Vec::new()),
    };
    let rejection = scenario.expect.as_ref().and_then(|expect| expect.deployment.as_ref());
    if let Some(expected) = rejection {
        return (expectations::rejection(expected, &deployment.diagnostics), Vec::new());
    }
    if !deployment.diagnostics.is_empty() {
        if let Some(expect) = scenario.expect.as_ref().filter(|expect| expect.incident_or_error) {
            let nothing_ran = world::World::new(Vec::new(), &scenario.workers, options);
            let mismatches = expectations::check_refused(&nothing_ran, expect);
            let verdict = if mismatches.is_empty() { Verdict::Passed } else { Verdict::Failed(mismatches) };
            return (verdict, Vec::new());
        }
        return (Verdict::Refused(deployment.diagnostics), Vec::new());
    }
    let mut world = world::World::new(deployment.processes, &scenario.workers, options);
    let verdict = match steps::play(&mut world, scenario) {
        Ok(mismatches) if mismatches.is_empty() => Verdict::Passed,
        Ok(mismatches) => Verdict::Failed(mismatches),
        Err(what) => Verdict::Failed(vec![Mismatch {
            what: "the run".to_owned(),
            expected: "every step to be possible".to_owned(),
            happened: what,
        }]),
    };
    (verdict, log::lines(&world))
}
