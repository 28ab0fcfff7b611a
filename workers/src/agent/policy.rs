//! What an agent may do with each tool: `custom.toolPolicy`, by the names of `custom.mcpTools`.
//!
//! The engine has checked it at deployment. What cannot be read here all the same asks a person: never less.

use interpreter::{
    Timestamp,
    expression::{Expression, Scope},
};
use serde_json::{Map, Value};
use std::borrow::Cow;
use worker_sdk::Variables;

/// The key of what holds for all tools that have no entry, and are not read-only or idempotent.
const DEFAULT: &str = "default";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    Allow,
    /// It is not offered.
    Deny,
    /// A person has to agree to each call.
    Approve,
}

/// What is written for one tool.
enum Rule<'a> {
    Always(Verdict),
    /// A person has to agree to the calls for which it holds.
    ApproveWhen(&'a str),
}

pub struct Policy<'a>(Option<&'a Map<String, Value>>);

impl<'a> Policy<'a> {
    pub fn of(custom: &'a Map<String, Value>) -> Policy<'a> {
        Policy(custom.get("toolPolicy").and_then(Value::as_object))
    }

    pub fn is_denied(&self, tool: &str) -> bool {
        matches!(self.0.and_then(|rules| rules.get(tool)).map(rule), Some(Rule::Always(Verdict::Deny)))
    }

    /// Of a call with these arguments.
    pub fn verdict(&self, tool: &str, is_repeatable: bool, arguments: &Value, variables: &Variables) -> Verdict {
        let Some(rules) = self.0 else { return Verdict::Allow };
        let fallback = || rules.get(DEFAULT).filter(|_| !is_repeatable);
        match rules.get(tool).or_else(fallback).map(rule) {
            None => Verdict::Allow,
            Some(Rule::Always(verdict)) => verdict,
            Some(Rule::ApproveWhen(expression)) if is_true(expression, arguments, variables) => Verdict::Approve,
            Some(Rule::ApproveWhen(_)) => Verdict::Allow,
        }
    }
}

fn rule(written: &Value) -> Rule<'_> {
    match written {
        Value::String(text) if text == "allow" => Rule::Always(Verdict::Allow),
        Value::String(text) if text == "deny" => Rule::Always(Verdict::Deny),
        Value::Object(fields) => match fields.get("approveWhen").and_then(Value::as_str) {
            Some(expression) => Rule::ApproveWhen(expression),
            None => Rule::Always(Verdict::Approve),
        },
        _ => Rule::Always(Verdict::Approve),
    }
}

/// An expression that fails, or that names an argument which the call lacks, holds: then a person looks at it.
fn is_true(expression: &str, arguments: &Value, variables: &Variables) -> bool {
    if named_arguments(expression).any(|name| arguments.get(name).is_none_or(Value::is_null)) {
        return true;
    }
    let scope = Call { arguments, variables };
    Expression::compile(expression).and_then(|compiled| compiled.is_true(&scope)).unwrap_or(true)
}

/// Every `name` in `arguments.name` and `arguments['name']`.
fn named_arguments(expression: &str) -> impl Iterator<Item = &str> {
    let is_part = |c: char| c.is_alphanumeric() || c == '_';
    expression.match_indices("arguments").filter_map(move |(at, word)| {
        if expression[..at].ends_with(is_part) {
            return None;
        }
        let path = expression[at + word.len()..].trim_start();
        let name = path.strip_prefix('.').or_else(|| path.strip_prefix('['))?;
        let name = name.trim_start().trim_start_matches(['\'', '"']);
        let end = name.find(|c| !is_part(c)).unwrap_or(name.len());
        Some(&name[..end]).filter(|name| !name.is_empty())
    })
}

/// The variables that the task sees, and the `arguments` of the call.
struct Call<'a> {
    arguments: &'a Value,
    variables: &'a Variables,
}

impl Scope for Call<'_> {
    fn variable(&self, name: &str) -> Option<Cow<'_, Value>> {
        let found = if name == "arguments" { Some(self.arguments) } else { self.variables.get(name) };
        found.map(Cow::Borrowed)
    }

    fn now(&self) -> Timestamp {
        Timestamp(super::transcript::now())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_tool_then_the_default_then_nothing_decides() {
        let custom = json!({"toolPolicy": {
            "default": "approve", "drop": "deny", "list": "allow",
            "pay": {"approveWhen": "${arguments.amount > limit}"},
        }});
        let policy = Policy::of(custom.as_object().unwrap());
        let variables = Map::from_iter([("limit".to_owned(), json!(100))]);
        let verdict = |tool: &str, repeatable, with: Value| policy.verdict(tool, repeatable, &with, &variables);
        assert!(policy.is_denied("drop") && !policy.is_denied("list"));
        assert_eq!(verdict("list", false, json!({})), Verdict::Allow);
        assert_eq!(verdict("other", false, json!({})), Verdict::Approve);
        assert_eq!(verdict("other", true, json!({})), Verdict::Allow);
        assert_eq!(verdict("pay", false, json!({"amount": 100})), Verdict::Allow);
        assert_eq!(verdict("pay", false, json!({"amount": 101})), Verdict::Approve);
        for unknown in [json!({}), json!({"amount": null}), json!({"amount": {}}), json!("all")] {
            assert_eq!(verdict("pay", false, unknown), Verdict::Approve, "what cannot be judged is shown to a person");
        }
    }

    #[test]
    fn the_arguments_that_an_expression_names() {
        let named = |expression| named_arguments(expression).collect::<Vec<_>>();
        assert_eq!(named("${arguments.a > 1 and x.arguments.b == my_arguments.c}"), ["a", "b"]);
        assert_eq!(named("= arguments . to = \"x\" or len(arguments['list']) > 3"), ["to", "list"]);
        assert!(named("arguments == null").is_empty());
    }
}
