//! From the evidence to the analysis.

use super::super::{
    conversation::{field, rounded, shortened},
    kind::Kind,
};
use super::evidence::{Evidence, text};
use serde_json::{Value, json};

const MOST_EVIDENCE: usize = 3;
const LONGEST_EVIDENCE: usize = 240;
const CLEAN: f64 = 0.9;
/// Trouble that only our own words classify.
const BY_WORDS: f64 = 0.72;
const PRICE_OF_A_FAILURE: f64 = 0.15;
/// Nothing that looks at the whole log has answered.
const BLIND: f64 = 0.2;

struct Finding {
    category: String,
    message: String,
    severity: String,
    count: u64,
    confidence: f64,
    evidence: Vec<String>,
}

pub fn without_a_log() -> Value {
    analysis("No log was given: the input `logPath` is missing.", "low", "unknown", &[], 0.1)
}

pub fn conclude(path: &str, evidence: &Evidence) -> Value {
    let mut findings = classified(evidence);
    if findings.is_empty() {
        findings = by_words(&evidence.lines());
    }
    let confidence = confidence(&findings, evidence);
    if !evidence.has_looked() && findings.is_empty() {
        let summary = format!("{path} could not be looked at: no tool answered.");
        return analysis(&summary, "low", "unknown", &[], confidence);
    }
    let severity = findings.iter().map(|finding| finding.severity.as_str()).min_by_key(|name| rank(name));
    let root = findings.first().map_or_else(|| "none: the log shows no trouble".to_owned(), root_cause);
    analysis(&summary(path, evidence, &findings), severity.unwrap_or("low"), &root, &findings, confidence)
}

fn analysis(summary: &str, severity: &str, root: &str, findings: &[Finding], confidence: f64) -> Value {
    let told = findings.iter().map(
        |one| json!({"category": one.category, "message": one.message, "count": one.count, "evidence": one.evidence}),
    );
    json!({
        "summary": summary,
        "severity": severity,
        "issueCount": findings.len(),
        "rootCause": root,
        "findings": told.collect::<Vec<_>>(),
        "confidence": rounded(confidence),
    })
}

/// What the classifier found, in its order: the first is the most likely root cause.
fn classified(evidence: &Evidence) -> Vec<Finding> {
    let Some(answer) = evidence.classified.as_ref().filter(|answer| !answer.failed) else { return Vec::new() };
    let Some(json) = &answer.json else {
        return by_words(&answer.text.lines().map(str::to_owned).collect::<Vec<_>>());
    };
    let list = field(json, &["classifications", "findings", "categories", "errors", "results"]).unwrap_or(json);
    match list {
        Value::Array(items) => items.iter().filter_map(finding).collect(),
        one => finding(one).into_iter().collect(),
    }
}

fn finding(item: &Value) -> Option<Finding> {
    let said = |keys: &[&str]| field(item, keys).and_then(Value::as_str);
    let category = said(&["category", "type", "kind", "label", "class"]).filter(|category| *category != "none")?;
    let kind = Kind::of(category);
    let severity = said(&["severity", "level"]).map_or_else(|| kind.severity().to_owned(), str::to_lowercase);
    let evidence = field(item, &["evidence", "examples", "samples", "messages"]).map(texts).unwrap_or_default();
    let count = field(item, &["count", "occurrences", "matches"]).and_then(Value::as_u64);
    Some(Finding {
        category: category.to_owned(),
        message: said(&["cause", "message", "description", "reason"]).unwrap_or(kind.cause()).to_owned(),
        severity: if rank(&severity) < 4 { severity } else { kind.severity().to_owned() },
        count: count.unwrap_or(evidence.len().max(1) as u64),
        confidence: field(item, &["confidence", "score"]).and_then(Value::as_f64).unwrap_or(BY_WORDS),
        evidence: evidence.iter().take(MOST_EVIDENCE).map(|line| shortened(line, LONGEST_EVIDENCE)).collect(),
    })
}

fn texts(value: &Value) -> Vec<String> {
    match value {
        Value::Array(items) => items.iter().filter_map(text).collect(),
        one => text(one).into_iter().collect(),
    }
}

/// Without a classifier's answer: the kinds that the lines' own words tell, deepest cause first.
fn by_words(lines: &[String]) -> Vec<Finding> {
    const DEEPEST_FIRST: [Kind; 7] =
        [Kind::Disk, Kind::Memory, Kind::SlowQuery, Kind::Pool, Kind::Authentication, Kind::Network, Kind::Other];
    let of = |kind: Kind| lines.iter().filter(move |line| !line.trim().is_empty() && Kind::of(line) == kind);
    let kinds = DEEPEST_FIRST.into_iter().filter(|kind| of(*kind).next().is_some());
    kinds
        .map(|kind| Finding {
            category: kind.name().to_owned(),
            message: kind.cause().to_owned(),
            severity: kind.severity().to_owned(),
            count: of(kind).count() as u64,
            confidence: BY_WORDS,
            evidence: of(kind).take(MOST_EVIDENCE).map(|line| shortened(line, LONGEST_EVIDENCE)).collect(),
        })
        .collect()
}

fn confidence(findings: &[Finding], evidence: &Evidence) -> f64 {
    let sure = match findings.first() {
        Some(first) => first.confidence,
        None if evidence.has_looked() => CLEAN,
        None => return BLIND,
    };
    // Exact enough: there are four tools.
    sure - PRICE_OF_A_FAILURE * evidence.failures() as f64
}

fn root_cause(finding: &Finding) -> String {
    let witness = finding.evidence.first().map(|line| format!(" First seen in: {line}"));
    format!("{}: {}{}", finding.category, finding.message, witness.unwrap_or_default())
}

fn summary(path: &str, evidence: &Evidence, findings: &[Finding]) -> String {
    let mut summary = match evidence.parsed_text("lines") {
        Some(lines) => format!("{path} has {lines} lines"),
        None => format!("{path} was searched"),
    };
    if let (Some(from), Some(to)) = (evidence.parsed_text("from"), evidence.parsed_text("to")) {
        summary += &format!(" from {from} to {to}");
    }
    if let Some(errors) = evidence.level(&["fatal", "critical", "error"]) {
        let warnings = evidence.level(&["warning", "warn"]).unwrap_or(0);
        summary += &format!(", {errors} of them errors and {warnings} warnings");
    }
    let kinds: Vec<String> = findings.iter().map(|one| format!("{} ({})", one.category, one.count)).collect();
    if kinds.is_empty() { summary + ". No trouble was found." } else { summary + ". Found: " + &kinds.join(", ") + "." }
}

fn rank(severity: &str) -> u8 {
    match severity {
        "critical" => 0,
        "high" => 1,
        "medium" => 2,
        "low" => 3,
        _ => 4,
    }
}
