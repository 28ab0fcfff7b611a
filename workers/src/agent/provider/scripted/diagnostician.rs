//! The writer of diagnostic steps: for each kind of trouble that an analysis found, what confirms it and what repairs it.

use super::{
    Turn,
    conversation::{Conversation, find, rounded, shortened},
    kind::{Finding, findings},
};
use serde_json::{Value, json};

const MOST_KINDS: usize = 4;
const LONGEST_EVIDENCE: usize = 120;
/// These rules know the trouble by its kind only.
const SUREST: f64 = 0.9;

pub fn turn(conversation: &Conversation) -> Turn {
    let analysis = conversation.input("analysis").unwrap_or_else(|| conversation.inputs());
    let findings = findings(analysis);
    let said = find(analysis, "confidence").and_then(Value::as_f64);
    let confidence = rounded(said.unwrap_or(0.3).min(SUREST));
    if findings.is_empty() {
        return Turn::Answer(json!({
            "steps": [watch()],
            "estimatedImpact": "None: the analysis names no trouble",
            "confidence": confidence,
        }));
    }
    let steps: Vec<Value> = findings.iter().take(MOST_KINDS).flat_map(steps).collect();
    Turn::Answer(json!({"steps": steps, "estimatedImpact": impact(&findings), "confidence": confidence}))
}

fn steps(finding: &Finding) -> impl Iterator<Item = Value> {
    let reason = reason(finding);
    finding
        .kind
        .steps()
        .iter()
        .map(move |step| json!({"title": step.title, "reason": reason, "command": step.command, "risk": step.risk}))
}

fn reason(finding: &Finding) -> String {
    let times = if finding.count == 1 { "once".to_owned() } else { format!("{} times", finding.count) };
    let evidence = finding.evidence.map(|line| format!(", such as: {}", shortened(line, LONGEST_EVIDENCE)));
    format!("{} was found {times}{}", finding.category, evidence.unwrap_or_default())
}

fn impact(findings: &[Finding]) -> String {
    let restarts = findings.iter().any(|finding| finding.kind.steps().iter().any(|step| step.risk == "medium"));
    let kinds: Vec<&str> = findings.iter().map(|finding| finding.category).collect();
    let meanwhile = if restarts { "a short interruption when the service restarts" } else { "no interruption" };
    format!("Removes {}; {meanwhile}", kinds.join(", "))
}

fn watch() -> Value {
    json!({
        "title": "Keep watching the log",
        "reason": "The analysis names no trouble",
        "command": "journalctl --follow --priority=warning",
        "risk": "none",
    })
}

#[cfg(test)]
mod tests {
    use super::super::testing::play;
    use super::*;

    #[test]
    fn each_finding_has_its_steps() {
        let analysis = json!({"summary": "s", "confidence": 0.97, "findings": [
            {"category": "connection-pool-exhaustion", "message": "m", "count": 41, "evidence": ["pool exhausted"]},
            {"category": "disk-full", "message": "m", "count": 1, "evidence": "No space left on device"},
        ]});
        let result = play("diagnostic-generator", &json!({"analysis": analysis}), &[]).result;
        let steps = result["steps"].as_array().unwrap();
        assert!(steps[0]["reason"].as_str().unwrap().contains("41 times, such as: pool exhausted"));
        assert!(steps.iter().any(|step| step["command"] == "df -h"));
        assert!(
            steps.iter().all(|step| ["title", "reason", "command", "risk"].iter().all(|key| step[key].is_string()))
        );
        assert_eq!(result["confidence"], 0.9);
    }

    #[test]
    fn an_unsure_analysis_makes_an_unsure_diagnosis() {
        let analysis = json!({"confidence": 0.4, "findings": [{"category": "odd"}]});
        let result = play("diagnostic-generator", &json!({"analysis": analysis}), &[]).result;
        assert_eq!(result["confidence"], 0.4);
    }

    #[test]
    fn no_trouble_is_watched() {
        let analysis = json!({"confidence": 0.9, "findings": []});
        let result = play("diagnostic-generator", &json!({"analysis": analysis}), &[]).result;
        assert_eq!(result["steps"].as_array().unwrap().len(), 1);
        assert_eq!(result["confidence"], 0.9);
    }
}
