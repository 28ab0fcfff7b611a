//! Compares what happened with what was expected.

use super::facts::{Counts, Facts};
use super::file::{Deployment, Expect, State};
use super::{Mismatch, Verdict};
use crate::{Variables, expression};
use model::Diagnostic;
use serde_json::Value;
use std::collections::BTreeMap;
use std::fmt::{Debug, Display};

/// Everything that does not hold.
pub fn check(facts: &Facts, expect: &Expect) -> Vec<Mismatch> {
    let mut found = check_all(facts, expect);
    if expect.incident_or_error && !facts.went_wrong {
        found.push(mismatch("incidentOrError", "an incident or an uncaught error", "neither"));
    }
    found
}

/// When an incident or an error is expected, a refused deployment is one; all else must hold of a world in which nothing ran.
pub(super) fn check_refused(expect: &Expect) -> Vec<Mismatch> {
    check_all(&Facts::default(), expect)
}

fn check_all(facts: &Facts, expect: &Expect) -> Vec<Mismatch> {
    let mut found = Vec::new();
    if let Some(state) = expect.state {
        found.extend(check_state(facts, state));
    }
    let counts = [
        ("entered", &expect.entered, &facts.entered),
        ("completed", &expect.completed, &facts.completed),
        ("canceled", &expect.canceled, &facts.canceled),
        ("waiting", &expect.waiting, &facts.waiting),
    ];
    for (what, expected, happened) in counts {
        let Some(expected) = expected else { continue };
        found.extend(check_counts(what, expected, happened, facts));
    }
    if expect.exactly {
        found.extend(check_exactly(facts, expect.entered.as_ref().unwrap_or(&Counts::new())));
    }
    if let Some(jobs) = &expect.jobs {
        found.extend(check_jobs(facts, jobs, &expect.ignore_jobs));
    }
    if let Some(order) = &expect.order {
        found.extend(check_order(facts, order));
    }
    if let Some(variables) = &expect.variables {
        found.extend(check_variables(facts, variables));
    }
    if let Some(incidents) = &expect.incidents {
        found.extend(check_incidents(facts, incidents));
    }
    found
}

/// Judges a deployment that was expected to be refused, by the codes of its errors.
pub fn rejection(expected: &Deployment, diagnostics: &[Diagnostic]) -> Verdict {
    let happened: Vec<&str> = diagnostics.iter().map(|diagnostic| diagnostic.code.as_str()).collect();
    if happened.is_empty() {
        return Verdict::Failed(vec![mismatch("deployment", "rejected", "accepted")]);
    }
    let missing = expected.rejected.iter().filter(|code| !happened.contains(&code.as_str()));
    let missing: Vec<Mismatch> = missing
        .map(|code| {
            mismatch("deployment", format!("rejected with {code}"), format!("rejected with {}", list(&happened)))
        })
        .collect();
    if missing.is_empty() { Verdict::Passed } else { Verdict::Failed(missing) }
}

fn mismatch(what: impl Into<String>, expected: impl Display, happened: impl Display) -> Mismatch {
    Mismatch { what: what.into(), expected: expected.to_string(), happened: happened.to_string() }
}

fn check_state(facts: &Facts, expected: State) -> Vec<Mismatch> {
    if facts.roots.is_empty() {
        return vec![mismatch("state", expected, "no instance was started")];
    }
    let wrong = facts.roots.iter().enumerate().filter(|(_, state)| !expected.holds_for(**state));
    let number = |index: usize| match facts.roots.len() {
        1 => String::new(),
        all => format!(" (instance {} of {all})", index + 1),
    };
    wrong.map(|(index, state)| mismatch("state", expected, format!("{state}{}", number(index)))).collect()
}

fn check_counts(what: &str, expected: &Counts, happened: &Counts, facts: &Facts) -> Vec<Mismatch> {
    let count = |id: &String| happened.get(id).copied().unwrap_or(0);
    let wrong = expected.iter().filter(|(id, wanted)| count(id) != **wanted || !facts.knows(id));
    wrong.map(|(id, wanted)| mismatch(format!("{what}.{id}"), wanted, facts.count_or_unknown(id, count(id)))).collect()
}

impl Facts {
    /// Whether a process has the element; all are known where nothing was deployed.
    fn knows(&self, id: &str) -> bool {
        self.known.is_empty() || self.known.contains(id)
    }

    fn count_or_unknown(&self, id: &str, count: usize) -> String {
        if self.knows(id) {
            return count.to_string();
        }
        unknown_element(id, self.known.iter().map(String::as_str))
    }
}

/// Says that no process has such an element, and which one was probably meant.
pub(super) fn unknown_element<'a>(id: &str, known: impl Iterator<Item = &'a str>) -> String {
    let hint = model::near_miss::did_you_mean(id, known).map(|hint| format!(" ({hint})")).unwrap_or_default();
    format!("no process has an element `{id}`{hint}")
}

fn check_exactly(facts: &Facts, expected: &Counts) -> Vec<Mismatch> {
    let unnamed = facts.entered.iter().filter(|(id, _)| !expected.contains_key(*id));
    unnamed.map(|(id, count)| mismatch(format!("entered.{id}"), "0 (exactly)", count)).collect()
}

fn check_jobs(facts: &Facts, expected: &Counts, ignored: &[String]) -> Vec<Mismatch> {
    let zero = 0;
    let count = |counts: &Counts, id: &String| *counts.get(id).unwrap_or(&zero);
    let types: std::collections::BTreeSet<&String> = expected.keys().chain(facts.jobs.keys()).collect();
    let wrong = types.into_iter().filter(|id| !ignored.contains(id) && count(expected, id) != count(&facts.jobs, id));
    wrong.map(|id| mismatch(format!("jobs.{id}"), count(expected, id), count(&facts.jobs, id))).collect()
}

fn check_order(facts: &Facts, expected: &[String]) -> Vec<Mismatch> {
    let mut rest = facts.order.iter();
    let Some(missing) = expected.iter().find(|wanted| !rest.any(|id| id == *wanted)) else { return Vec::new() };
    if !facts.knows(missing) {
        return vec![mismatch(
            "order",
            list(expected),
            unknown_element(missing, facts.known.iter().map(String::as_str)),
        )];
    }
    vec![mismatch("order", format!("{missing} in {}", list(expected)), list(&facts.order))]
}

/// Null and missing are the same.
fn check_variables(facts: &Facts, expected: &Variables) -> Vec<Mismatch> {
    let Some(variables) = &facts.variables else {
        return vec![mismatch("variables", "an instance", "no instance was started")];
    };
    let happened = |name: &String| variables.get(name).unwrap_or(&Value::Null);
    let wrong = expected.iter().filter(|(name, value)| !expression::equal(value, happened(name)));
    wrong.map(|(name, value)| mismatch(format!("variables.{name}"), value, value_or_near(variables, name))).collect()
}

fn value_or_near(variables: &Variables, name: &str) -> String {
    let hint = model::near_miss::did_you_mean(name, variables.keys().map(String::as_str));
    match (variables.get(name), hint) {
        (Some(value), _) => value.to_string(),
        (None, Some(hint)) => format!("no such variable ({hint})"),
        (None, None) => "no such variable".to_owned(),
    }
}

/// The open incidents: each named one is there, and `{}` means none at all.
fn check_incidents(facts: &Facts, expected: &BTreeMap<String, String>) -> Vec<Mismatch> {
    let open: Vec<String> = facts.incidents.iter().map(|(id, code)| format!("{id}: {code}")).collect();
    let happened = if open.is_empty() { "none".to_owned() } else { list(&open) };
    if expected.is_empty() && !open.is_empty() {
        return vec![mismatch("incidents", "none", happened)];
    }
    let is_missing =
        |(id, code): &(&String, &String)| !facts.incidents.iter().any(|(other, found)| (other, found) == (*id, *code));
    let missing = expected.iter().filter(is_missing);
    missing.map(|(id, code)| mismatch(format!("incidents.{id}"), code, &happened)).collect()
}

/// At most so many, so that a line can be read.
fn list<T: AsRef<str> + Debug>(items: &[T]) -> String {
    const SHOWN: usize = 40;
    let shown: Vec<&str> = items.iter().take(SHOWN).map(AsRef::as_ref).collect();
    let more = if items.len() > SHOWN { format!(", … {} more", items.len() - SHOWN) } else { String::new() };
    format!("[{}{more}]", shown.join(", "))
}
