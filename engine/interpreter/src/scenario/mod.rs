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

mod coverage;
mod deploy;
mod effects;
mod expectations;
mod facts;
pub mod file;
mod log;
mod messages;
mod plan;
mod reading;
mod standing;
mod steps;
#[cfg(test)]
mod tests;
mod witness;
mod workers;
mod world;

pub use coverage::Coverage;
pub use expectations::{check, rejection};
pub use facts::{Counts, Facts, Happening};
pub use plan::Plan;
pub use standing::{Count, Open, Standing};
pub use workers::{Reply, reply};

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
    /// What happened, one line an event, with the time since the start; empty when it passed.
    pub log: Vec<String>,
    /// What each process was put through; empty when nothing ran.
    pub coverage: Vec<Coverage>,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Verdict {
    Passed,
    Failed(Vec<Mismatch>),
    /// The definitions were refused, and the scenario did not expect it.
    Refused(Vec<Diagnostic>),
    /// It was not run: each text says why. A simulated run skips nothing; one against an engine has to.
    Skipped(Vec<String>),
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

impl Verdict {
    /// Passed, when there is no mismatch.
    pub fn of(mismatches: Vec<Mismatch>) -> Verdict {
        if mismatches.is_empty() { Verdict::Passed } else { Verdict::Failed(mismatches) }
    }
}

impl Report {
    pub fn passed(&self) -> bool {
        self.verdict == Verdict::Passed
    }
}

/// Runs the scenario in `text`. `load` reads a file that stands beside it.
pub fn run(file_name: &str, text: &str, options: Options, load: &dyn Fn(&str) -> Result<String, String>) -> Report {
    match Plan::read(file_name, text, load) {
        Ok(plan) => plan.run(options),
        Err(message) => Report {
            name: file_name.to_owned(),
            verdict: Verdict::Malformed(message),
            log: Vec::new(),
            coverage: Vec::new(),
        },
    }
}
