//! What an agentic task says of people and of what may be used, looked at before it is deployed: `toolPolicy`, `approvalTimeout`,
//! `unknownOutcome` and `budget` in its `custom`.

use super::job::TOOL_POLICY;
use crate::compile::Compiler;
use crate::expression::Expression;
use crate::{Timestamp, time};
use serde_json::Value;

const LIMITS: [&str; 6] = ["modelCalls", "toolCalls", "tokens", "money", "wallTime", "sameCall"];

pub(super) fn check(compiler: &mut Compiler, element: &model::Element) -> Option<()> {
    match problem(element) {
        None => Some(()),
        Some((code, message)) => compiler.reject(element, code, message),
    }
}

fn problem(element: &model::Element) -> Option<(&'static str, String)> {
    let of = |key: &str| element.custom.iter().find(|(name, _)| *name == key).map(|(_, value)| value);
    if let Some(message) = of(TOOL_POLICY).and_then(policy_problem) {
        return Some(("TOOL_POLICY_INVALID", format!("custom.toolPolicy: {message}")));
    }
    if let Some(message) = of("approvalTimeout").and_then(duration_problem) {
        return Some(("APPROVAL_TIMEOUT_INVALID", format!("custom.approvalTimeout: {message}")));
    }
    if let Some(other) = of("unknownOutcome").filter(|told| *told != "tell" && *told != "ask") {
        return Some(("UNKNOWN_OUTCOME_INVALID", format!("custom.unknownOutcome is `tell` or `ask`, not {other}")));
    }
    let message = of("budget").and_then(budget_problem)?;
    Some(("BUDGET_INVALID", format!("custom.budget: {message}")))
}

fn policy_problem(policy: &Value) -> Option<String> {
    let Some(rules) = policy.as_object() else { return Some("not an object with names of tools".to_owned()) };
    rules.iter().find_map(|(tool, rule)| Some(format!("`{tool}`: {}", rule_problem(tool, rule)?)))
}

fn rule_problem(tool: &str, rule: &Value) -> Option<String> {
    if rule == "deny" && tool == "default" {
        return Some("what is not to be used is not named in mcpTools; `default` is `allow` or `approve`".to_owned());
    }
    if let Some(verdict) = rule.as_str() {
        let is_known = ["allow", "deny", "approve"].contains(&verdict);
        return (!is_known).then(|| format!("`{verdict}` is not `allow`, `deny` or `approve`"));
    }
    let Some(when) = rule.as_object().filter(|fields| fields.len() == 1).and_then(|fields| fields.get("approveWhen"))
    else {
        return Some("not `allow`, `deny`, `approve` or {approveWhen: an expression}".to_owned());
    };
    match when.as_str() {
        None => Some("approveWhen is no expression".to_owned()),
        Some(text) => Expression::compile(text).err().map(|error| error.to_string()),
    }
}

fn budget_problem(budget: &Value) -> Option<String> {
    let Some(limits) = budget.as_object() else { return Some("not an object with limits".to_owned()) };
    limits.iter().find_map(|(name, limit)| {
        if !LIMITS.contains(&name.as_str()) {
            return Some(format!("there is no limit `{name}`; there are: {}", LIMITS.join(", ")));
        }
        let problem = if name == "wallTime" { duration_problem(limit) } else { number_problem(limit) };
        problem.map(|problem| format!("`{name}`: {problem}"))
    })
}

/// An expression is a number later.
fn number_problem(limit: &Value) -> Option<String> {
    let is_later = limit.as_str().is_some_and(|text| text.contains("${"));
    let number = limit.as_f64().or_else(|| limit.as_str()?.trim().parse().ok());
    (!is_later && !number.is_some_and(|number| number >= 0.0)).then(|| format!("{limit} is not a number from 0 on"))
}

fn duration_problem(written: &Value) -> Option<String> {
    let text = written.as_str().map_or_else(|| written.to_string(), str::to_owned);
    if text.contains("${") {
        return None;
    }
    time::milliseconds(&text, Timestamp(0)).err().map(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_policy_is_checked_to_its_expressions() {
        let good = json!({"default": "approve", "a": "deny", "b": {"approveWhen": "${arguments.x > 1}"}});
        assert_eq!(policy_problem(&good), None);
        let wrong = |policy: Value, part: &str| {
            let problem = policy_problem(&policy).unwrap_or_default();
            assert!(problem.contains(part), "{problem}");
        };
        wrong(json!(["a"]), "not an object");
        wrong(json!({"a": "ask"}), "`a`: `ask` is not");
        wrong(json!({"a": {"approveWhen": "${arguments.x >}"}}), "`a`: ");
        wrong(json!({"a": {"when": "x"}}), "approveWhen");
        wrong(json!({"default": "deny"}), "mcpTools");
    }

    #[test]
    fn limits_are_known_numbers_and_durations_or_expressions() {
        let good = json!({"modelCalls": 3, "tokens": "${limit}", "wallTime": "PT1H", "money": 0.5, "sameCall": "2"});
        assert_eq!(budget_problem(&good), None);
        for wrong in [json!({"calls": 1}), json!({"tokens": -1}), json!({"wallTime": "soon"}), json!({"money": "much"})]
        {
            assert!(budget_problem(&wrong).is_some(), "{wrong}");
        }
    }
}
