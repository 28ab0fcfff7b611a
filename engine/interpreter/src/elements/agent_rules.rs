//! What an agentic task says of people, of what may be used and of what its answers have to satisfy, looked at before it is deployed:
//! `toolPolicy`, `approvalTimeout`, `unknownOutcome`, `budget`, `checks` and `fallbackModels` in its `custom`.

use super::job::{CHECKS, TOOL_POLICY};
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
    if let Some(message) = of(CHECKS).and_then(checks_problem) {
        return Some(("CHECKS_INVALID", format!("custom.checks: {message}")));
    }
    if let Some(message) = of("fallbackModels").and_then(models_problem) {
        return Some(("FALLBACK_MODELS_INVALID", format!("custom.fallbackModels: {message}")));
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
        Some(text) => expression_problem(text),
    }
}

fn checks_problem(checks: &Value) -> Option<String> {
    let Some(checks) = checks.as_array() else { return Some("not a list".to_owned()) };
    checks.iter().find_map(|check| {
        let problem = match check {
            Value::String(expression) => expression_problem(expression),
            Value::Object(fields) if fields.contains_key("agreement") => agreement_problem(fields),
            Value::Object(fields) => match fields.get("that").and_then(Value::as_str) {
                Some(expression) => expression_problem(expression)
                    .or_else(|| fields.keys().find(|key| *key != "that" && *key != "says").map(|key| unknown_key(key))),
                None => Some("`that`, an expression, is missing".to_owned()),
            },
            _ => Some("not an expression, {that, says} or {agreement, on}".to_owned()),
        };
        problem.map(|problem| format!("{check}: {problem}"))
    })
}

fn unknown_key(key: &str) -> String {
    format!("`{key}` is not a key here")
}

fn agreement_problem(fields: &serde_json::Map<String, Value>) -> Option<String> {
    if !fields["agreement"].as_u64().is_some_and(|runs| (2..=9).contains(&runs)) {
        return Some("`agreement` is a number of answers from 2 to 9".to_owned());
    }
    let names = fields.get("on").and_then(Value::as_array).filter(|names| !names.is_empty());
    if !names.is_some_and(|names| names.iter().all(Value::is_string)) {
        return Some("`on` is a list of fields of the answer".to_owned());
    }
    fields.keys().find(|key| *key != "agreement" && *key != "on").map(|key| unknown_key(key))
}

fn expression_problem(text: &str) -> Option<String> {
    Expression::compile(text).err().map(|error| error.to_string())
}

fn models_problem(models: &Value) -> Option<String> {
    let is_named = |model: &Value| model.as_str().is_some_and(|name| !name.trim().is_empty());
    let are_named = models.as_array().is_some_and(|models| models.iter().all(is_named));
    (!are_named).then(|| "not a list of models".to_owned())
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
    fn checks_are_expressions_or_agreements() {
        let good =
            json!(["${result.x > 1}", {"that": "= result.x > 1", "says": "more"}, {"agreement": 3, "on": ["x"]}]);
        assert_eq!(checks_problem(&good), None);
        for (wrong, part) in [
            (json!("${result.x}"), "not a list"),
            (json!(["${result.x >}"]), "${result.x >}"),
            (json!([{"says": "more"}]), "`that`"),
            (json!([{"that": "true", "say": "more"}]), "`say`"),
            (json!([{"agreement": 1, "on": ["x"]}]), "2 to 9"),
            (json!([{"agreement": 3}]), "`on`"),
        ] {
            let problem = checks_problem(&wrong).unwrap_or_default();
            assert!(problem.contains(part), "{problem}");
        }
        assert!(models_problem(&json!(["a/b", ""])).is_some() && models_problem(&json!(["a/b"])).is_none());
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
