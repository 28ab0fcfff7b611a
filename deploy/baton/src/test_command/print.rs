//! One scenario's outcome on the terminal.

use super::{Args, Outcome};
use interpreter::scenario::Verdict;

pub fn outcome(outcome: &Outcome, args: &Args) {
    let Outcome { file, report, .. } = outcome;
    let word = match report.verdict {
        Verdict::Passed => "pass",
        Verdict::Skipped(_) => "skip",
        Verdict::Failed(_) | Verdict::Refused(_) | Verdict::Malformed(_) => "FAIL",
    };
    if args.quiet && word != "FAIL" {
        return;
    }
    println!("{word}  {}  ({})", file.display(), report.name);
    for line in details(&report.verdict) {
        println!("      {}", line.replace('\n', "\n      "));
    }
    if word == "FAIL" && !args.no_log {
        report.log.iter().for_each(|line| println!("      | {line}"));
    }
}

/// One line or more for each thing that is wrong.
pub fn details(verdict: &Verdict) -> Vec<String> {
    match verdict {
        Verdict::Passed => Vec::new(),
        Verdict::Failed(mismatches) => mismatches.iter().map(ToString::to_string).collect(),
        Verdict::Refused(diagnostics) => diagnostics.iter().map(ToString::to_string).collect(),
        Verdict::Skipped(reasons) => reasons.clone(),
        Verdict::Malformed(message) => vec![format!("not a scenario: {message}")],
    }
}
