//! Decision tables written in YAML, as a business rule task carries them in `custom.rules`.
//!
//! A table is a list of rules, or an object with `rules` and with `hitPolicy` and `default` where wanted. A rule has
//! conditions and a result, in any of the spellings people use:
//!
//! ```yaml
//! - {when: "amount > 1000", then: {discount: 10}}
//! - {if: "amount > 500 and vip", then: 5}
//! - {conditions: {amount: "> 100", country: "DE, AT", age: "[18..65]"}, result: {discount: 2}}
//! - {else: {discount: 0}}
//! ```
//!
//! A condition on a variable is a value (equal to it), a comparison (`"> 100"`), a range (`"[18..65]"`, a round bracket
//! leaves the end out), several of these separated by commas (one of them), `not(…)`, or `-` (anything). Conditions of one rule
//! must all hold. A text result that is wholly `${…}` is an expression; other values are given out as they are written.
//!
//! Hit policies: `first` (default), `unique` (two matching rules are an error), `any` (all matching rules must agree), `collect` (the list of all
//! results). No match gives `default`, else null (`collect`: an empty list).

use crate::expression::{Expression, ExpressionError, Scope};
use crate::template::Template;
use serde_json::{Map, Value};

#[derive(Debug, Clone, PartialEq)]
pub struct DecisionTable {
    hit_policy: HitPolicy,
    rules: Vec<Rule>,
    otherwise: Option<Outcome>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HitPolicy {
    First,
    Unique,
    Any,
    Collect,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DecisionError {
    /// The table is not one; the text says which rule.
    #[error("decision table: {0}")]
    Malformed(String),
    #[error("decision table, rule {rule}: {source}")]
    Expression {
        /// Counted from 1.
        rule: usize,
        source: ExpressionError,
    },
    #[error("decision table: rules {first} and {second} both match, which its hit policy forbids")]
    Ambiguous { first: usize, second: usize },
}

#[derive(Debug, Clone, PartialEq)]
struct Rule {
    conditions: Vec<Expression>,
    outcome: Outcome,
}

/// What a rule gives out: written values, with expressions where a text is wholly `${…}`.
#[derive(Debug, Clone, PartialEq)]
enum Outcome {
    Value(Value),
    Template(Template),
    List(Vec<Outcome>),
    Object(Vec<(String, Outcome)>),
}

const CONDITION_KEYS: [&str; 5] = ["when", "if", "condition", "conditions", "inputs"];
const RESULT_KEYS: [&str; 6] = ["then", "result", "output", "outputs", "else", "otherwise"];

impl DecisionTable {
    /// Reads `custom.rules`.
    pub fn compile(rules: &Value) -> Result<DecisionTable, DecisionError> {
        let empty = Map::new();
        let (list, settings) = match rules {
            Value::Array(list) => (list, &empty),
            Value::Object(table) => match table.get("rules") {
                Some(Value::Array(list)) => (list, table),
                _ => return Err(malformed("`rules` must be a list")),
            },
            _ => return Err(malformed("expected a list of rules")),
        };
        let compiled: Result<Vec<Rule>, _> =
            list.iter().enumerate().map(|(index, rule)| compile_rule(index + 1, rule)).collect();
        let otherwise = ["default", "else", "otherwise"].iter().find_map(|key| settings.get(*key));
        Ok(DecisionTable {
            hit_policy: hit_policy(settings.get("hitPolicy"))?,
            rules: compiled?,
            otherwise: otherwise.map(|value| compile_outcome(list.len() + 1, value)).transpose()?,
        })
    }

    /// The result of the rules that match.
    pub fn decide(&self, scope: &dyn Scope) -> Result<Value, DecisionError> {
        let mut hits: Vec<(usize, Value)> = Vec::new();
        for (index, rule) in self.rules.iter().enumerate() {
            let number = index + 1;
            if !rule.matches(scope).map_err(|source| DecisionError::Expression { rule: number, source })? {
                continue;
            }
            let value =
                rule.outcome.value(scope).map_err(|source| DecisionError::Expression { rule: number, source })?;
            match (self.hit_policy, hits.first()) {
                (HitPolicy::First, _) => return Ok(value),
                (HitPolicy::Unique, Some((first, _))) => {
                    return Err(DecisionError::Ambiguous { first: *first, second: number });
                }
                (HitPolicy::Any, Some((first, earlier))) if *earlier != value => {
                    return Err(DecisionError::Ambiguous { first: *first, second: number });
                }
                _ => hits.push((number, value)),
            }
        }
        self.conclude(hits, scope)
    }

    fn conclude(&self, hits: Vec<(usize, Value)>, scope: &dyn Scope) -> Result<Value, DecisionError> {
        let none = hits.is_empty();
        match (&self.otherwise, self.hit_policy) {
            (Some(outcome), _) if none => {
                outcome.value(scope).map_err(|source| DecisionError::Expression { rule: self.rules.len() + 1, source })
            }
            (_, HitPolicy::Collect) => Ok(Value::Array(hits.into_iter().map(|(_, value)| value).collect())),
            _ => Ok(hits.into_iter().next().map_or(Value::Null, |(_, value)| value)),
        }
    }
}

impl Rule {
    fn matches(&self, scope: &dyn Scope) -> Result<bool, ExpressionError> {
        for condition in &self.conditions {
            if !condition.is_true(scope)? {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

impl Outcome {
    fn value(&self, scope: &dyn Scope) -> Result<Value, ExpressionError> {
        match self {
            Outcome::Value(value) => Ok(value.clone()),
            Outcome::Template(template) => template.evaluate(scope),
            Outcome::List(items) => items.iter().map(|item| item.value(scope)).collect(),
            Outcome::Object(fields) => {
                let fields = fields.iter().map(|(name, outcome)| Ok((name.clone(), outcome.value(scope)?)));
                fields.collect::<Result<Map<_, _>, _>>().map(Value::Object)
            }
        }
    }
}

fn hit_policy(written: Option<&Value>) -> Result<HitPolicy, DecisionError> {
    let Some(written) = written else { return Ok(HitPolicy::First) };
    match written.as_str().unwrap_or_default().to_lowercase().as_str() {
        "first" | "f" => Ok(HitPolicy::First),
        "unique" | "u" => Ok(HitPolicy::Unique),
        "any" | "a" => Ok(HitPolicy::Any),
        "collect" | "c" => Ok(HitPolicy::Collect),
        _ => Err(malformed(format!("`hitPolicy` is first, unique, any or collect, not {written}"))),
    }
}

fn compile_rule(number: usize, rule: &Value) -> Result<Rule, DecisionError> {
    let Value::Object(rule) = rule else {
        return Err(malformed(format!("rule {number} must be an object with `when` and `then`")));
    };
    let known = |key: &&String| {
        CONDITION_KEYS.contains(&key.as_str())
            || RESULT_KEYS.contains(&key.as_str())
            || matches!(key.as_str(), "id" | "name" | "description")
    };
    if let Some(unknown) = rule.keys().find(|key| !known(key)) {
        return Err(malformed(format!("rule {number} has the unknown key `{unknown}`")));
    }
    let result = RESULT_KEYS.iter().find_map(|key| rule.get(*key));
    let result = result.ok_or_else(|| malformed(format!("rule {number} has no `then`")))?;
    let mut conditions = Vec::new();
    for key in CONDITION_KEYS {
        if let Some(written) = rule.get(key) {
            conditions.extend(compile_conditions(number, written)?);
        }
    }
    Ok(Rule { conditions, outcome: compile_outcome(number, result)? })
}

fn compile_conditions(rule: usize, written: &Value) -> Result<Vec<Expression>, DecisionError> {
    let compile = |text: &str| Expression::compile(text).map_err(|source| DecisionError::Expression { rule, source });
    match written {
        Value::Null => Ok(Vec::new()),
        Value::Bool(true) => Ok(Vec::new()),
        Value::Bool(false) => Ok(vec![compile("false")?]),
        Value::String(text) if text.trim().is_empty() || text.trim() == "-" => Ok(Vec::new()),
        Value::String(text) => Ok(vec![compile(text)?]),
        Value::Array(all) => {
            let all: Result<Vec<Vec<Expression>>, _> = all.iter().map(|one| compile_conditions(rule, one)).collect();
            Ok(all?.into_iter().flatten().collect())
        }
        Value::Object(tests) => {
            let texts = tests.iter().filter_map(|(variable, test)| unary_test(variable, test));
            texts.map(|text| compile(&text)).collect()
        }
        Value::Number(_) => Err(malformed(format!("rule {rule}: a condition is a text or an object"))),
    }
}

/// A test of one variable as an expression; none when anything passes.
fn unary_test(variable: &str, test: &Value) -> Option<String> {
    match test {
        Value::Null => Some(format!("{variable} == null")),
        Value::String(text) if matches!(text.trim(), "" | "-") => None,
        Value::String(text) => Some(text_test(variable, text.trim())),
        Value::Array(choices) => {
            let tests: Vec<String> = choices.iter().filter_map(|choice| unary_test(variable, choice)).collect();
            Some(if tests.is_empty() { "false".to_owned() } else { any_of(tests) })
        }
        Value::Bool(_) | Value::Number(_) | Value::Object(_) => Some(format!("{variable} == {test}")),
    }
}

fn text_test(variable: &str, text: &str) -> String {
    if let Some(inner) = text.strip_prefix("not(").and_then(|rest| rest.strip_suffix(')')) {
        return format!("not ({})", text_test(variable, inner.trim()));
    }
    if let Some(test) = range_test(variable, text) {
        return test;
    }
    let choices = split_choices(text);
    if choices.len() > 1 {
        return any_of(choices.into_iter().map(|choice| text_test(variable, choice)).collect());
    }
    for comparison in ["==", "!=", ">=", "<=", ">", "<"] {
        if let Some(operand) = text.strip_prefix(comparison) {
            return format!("{variable} {comparison} ({})", operand.trim());
        }
    }
    let is_expression = text.starts_with("${") || text.starts_with(['\'', '"']);
    let is_literal = serde_json::from_str::<Value>(text).is_ok_and(|value| !value.is_string());
    match is_expression || is_literal {
        true => format!("{variable} == {text}"),
        false => format!("{variable} == {}", quoted(text)),
    }
}

/// `[18..65]`, `(0..1)`: square brackets take their end in, round ones leave it out.
fn range_test(variable: &str, text: &str) -> Option<String> {
    let (first, last) = (text.chars().next()?, text.chars().last()?);
    let lower = match first {
        '[' => ">=",
        '(' | ']' => ">",
        _ => return None,
    };
    let upper = match last {
        ']' => "<=",
        ')' | '[' => "<",
        _ => return None,
    };
    let (from, to) = text.get(1..text.len().checked_sub(1)?)?.split_once("..")?;
    Some(format!("({variable} {lower} ({from}) and {variable} {upper} ({to}))"))
}

/// Splits at commas that stand in no quotes and no brackets.
fn split_choices(text: &str) -> Vec<&str> {
    let (mut depth, mut quote, mut start) = (0i32, None, 0);
    let mut choices = Vec::new();
    for (at, c) in text.char_indices() {
        match (quote, c) {
            (Some(open), c) if c == open => quote = None,
            (Some(_), _) => {}
            (None, '\'' | '"') => quote = Some(c),
            (None, '(' | '[' | '{') => depth += 1,
            (None, ')' | ']' | '}') => depth -= 1,
            (None, ',') if depth == 0 => {
                choices.push(text[start..at].trim());
                start = at + 1;
            }
            (None, _) => {}
        }
    }
    choices.push(text[start..].trim());
    choices
}

fn any_of(tests: Vec<String>) -> String {
    format!("({})", tests.join(" or "))
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

fn compile_outcome(rule: usize, value: &Value) -> Result<Outcome, DecisionError> {
    Ok(match value {
        Value::String(text) if text.contains("${") => {
            Outcome::Template(Template::compile(text).map_err(|source| DecisionError::Expression { rule, source })?)
        }
        Value::Array(items) => {
            Outcome::List(items.iter().map(|item| compile_outcome(rule, item)).collect::<Result<_, _>>()?)
        }
        Value::Object(fields) => {
            let fields = fields.iter().map(|(name, value)| Ok((name.clone(), compile_outcome(rule, value)?)));
            Outcome::Object(fields.collect::<Result<_, DecisionError>>()?)
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Outcome::Value(value.clone()),
    })
}

fn malformed(message: impl Into<String>) -> DecisionError {
    DecisionError::Malformed(message.into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Timestamp;
    use serde_json::json;
    use std::borrow::Cow;

    struct Known(Value);

    impl Scope for Known {
        fn variable(&self, name: &str) -> Option<Cow<'_, Value>> {
            self.0.get(name).map(Cow::Borrowed)
        }

        fn now(&self) -> Timestamp {
            Timestamp(0)
        }
    }

    fn decide(rules: Value, variables: Value) -> Result<Value, DecisionError> {
        DecisionTable::compile(&rules)?.decide(&Known(variables))
    }

    #[test]
    fn the_first_rule_that_matches_decides() {
        let rules = json!([
            {"when": "amount > 1000", "then": {"discount": 10}},
            {"if": "amount > 500 and vip", "then": {"discount": 5}},
            {"else": {"discount": 0}},
        ]);
        assert_eq!(decide(rules.clone(), json!({"amount": 2000})), Ok(json!({"discount": 10})));
        assert_eq!(decide(rules.clone(), json!({"amount": 600, "vip": true})), Ok(json!({"discount": 5})));
        assert_eq!(decide(rules, json!({"amount": 600, "vip": false})), Ok(json!({"discount": 0})));
    }

    #[test]
    fn conditions_on_variables_must_all_hold() {
        let conditions =
            json!({"amount": "> 100", "country": "DE, AT", "age": "[18..65)", "kind": "-", "active": true});
        let rules = json!([{"conditions": conditions, "result": "ok"}]);
        let case = |country: &str, age: u32| json!({"amount": 101, "country": country, "age": age, "active": true});
        assert_eq!(decide(rules.clone(), case("AT", 18)), Ok(json!("ok")));
        assert_eq!(decide(rules.clone(), case("FR", 18)), Ok(json!(null)));
        assert_eq!(decide(rules, case("DE", 65)), Ok(json!(null)));
        let rules = json!([{"conditions": {"x": "not(1, 2)", "y": ["a", "${x}"]}, "result": true}]);
        assert_eq!(decide(rules.clone(), json!({"x": 3, "y": 3})), Ok(json!(true)));
        assert_eq!(decide(rules, json!({"x": 2, "y": "a"})), Ok(json!(null)));
    }

    #[test]
    fn hit_policies_say_what_several_matches_mean() {
        let table = |policy: &str| {
            json!({"hitPolicy": policy, "default": "none", "rules": [
                {"when": "x > 1", "then": "a"}, {"when": "x > 2", "then": "b"},
            ]})
        };
        let x = json!({"x": 3});
        assert_eq!(decide(table("first"), x.clone()), Ok(json!("a")));
        assert_eq!(decide(table("collect"), x.clone()), Ok(json!(["a", "b"])));
        assert_eq!(decide(table("unique"), x.clone()), Err(DecisionError::Ambiguous { first: 1, second: 2 }));
        assert_eq!(decide(table("any"), x), Err(DecisionError::Ambiguous { first: 1, second: 2 }));
        assert_eq!(decide(table("unique"), json!({"x": 2})), Ok(json!("a")));
        assert_eq!(decide(table("first"), json!({"x": 0})), Ok(json!("none")));
    }

    #[test]
    fn results_may_be_computed_but_values_are_not() {
        let rules = json!([{"then": {"net": "${amount * 2}", "note": "for ${who}", "raw": ["${who}"]}}]);
        let result = decide(rules, json!({"amount": 4, "who": "${amount}"}));
        assert_eq!(result, Ok(json!({"net": 8, "note": "for ${amount}", "raw": ["${amount}"]})));
    }

    #[test]
    fn what_is_no_table_is_refused() {
        for rules in [
            json!("x"),
            json!([1]),
            json!([{"when": "x"}]),
            json!([{"when": "x >", "then": 1}]),
            json!([{"then": 1, "wenn": "x"}]),
            json!({"rules": [], "hitPolicy": "luck"}),
        ] {
            assert!(DecisionTable::compile(&rules).is_err(), "{rules}");
        }
    }
}
