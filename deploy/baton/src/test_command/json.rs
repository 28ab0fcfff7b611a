//! The results as JSON, for programs.

use super::coverage::percent;
use super::{Outcome, Summary};
use interpreter::scenario::{Coverage, Verdict};
use serde_json::{Value, json};

pub fn document(outcomes: &[Outcome], coverage: &[Coverage]) -> String {
    let Summary { passed, failed, skipped } = Summary::of(outcomes);
    let document = json!({
        "summary": {"total": passed + failed + skipped, "passed": passed, "failed": failed, "skipped": skipped},
        "scenarios": outcomes.iter().map(scenario).collect::<Vec<_>>(),
        "coverage": coverage.iter().map(process).collect::<Vec<_>>(),
    });
    format!("{document:#}\n")
}

fn scenario(outcome: &Outcome) -> Value {
    let (verdict, problems) = match &outcome.report.verdict {
        Verdict::Passed => ("passed", json!([])),
        Verdict::Skipped(reasons) => ("skipped", messages(reasons.iter().cloned())),
        Verdict::Malformed(message) => ("failed", messages([format!("not a scenario: {message}")].into_iter())),
        Verdict::Refused(diagnostics) => ("failed", messages(diagnostics.iter().map(ToString::to_string))),
        Verdict::Failed(mismatches) => {
            let all = mismatches.iter();
            let all = all.map(|it| json!({"what": it.what, "expected": it.expected, "happened": it.happened}));
            ("failed", all.collect())
        }
    };
    json!({
        "file": outcome.file.display().to_string(),
        "name": outcome.report.name,
        "verdict": verdict,
        "seconds": outcome.took.as_secs_f64(),
        "problems": problems,
        "log": outcome.report.log,
    })
}

fn messages(all: impl Iterator<Item = String>) -> Value {
    all.map(|message| json!({"message": message})).collect()
}

fn process(coverage: &Coverage) -> Value {
    let (reached, all) = coverage.share();
    json!({
        "process": coverage.process,
        "file": coverage.source,
        "percent": percent(coverage),
        "reached": reached,
        "total": all,
        "elements": coverage.elements,
        "flows": coverage.flows,
        "neverEntered": Coverage::never(&coverage.elements),
        "neverTaken": Coverage::never(&coverage.flows),
    })
}
