//! What an answer has to satisfy beyond its schema: `custom.checks`. A model's own word for its confidence is bounded by the share of
//! the checks that hold.

use interpreter::{
    Timestamp,
    expression::{Expression, Scope},
};
use serde::Deserialize;
use serde_json::{Map, Value};
use std::borrow::Cow;
use worker_sdk::Variables;

/// One of them.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
pub enum Check {
    Expression(String),
    /// With what the model is told when it does not hold.
    Explained {
        that: String,
        says: Option<String>,
    },
    /// So many answers are asked for, and those that agree with this one in these fields are counted.
    Agreement {
        agreement: u32,
        on: Vec<String>,
    },
}

/// How sure one can be of an answer, and what does not hold, in words for the model.
#[derive(Debug, Clone, PartialEq)]
pub struct Assessed {
    pub confidence: f64,
    pub failed: Vec<String>,
}

/// Of those that can be judged by the answer alone: the share that holds.
pub fn assess(checks: &[Check], answer: &Map<String, Value>, variables: &Variables, claimed: f64) -> Assessed {
    let result = Value::Object(answer.clone());
    let scope = Answered { result: &result, variables };
    let judged: Vec<Option<String>> = checks.iter().filter_map(|check| judge(check, &scope)).collect();
    let failed: Vec<String> = judged.iter().flatten().cloned().collect();
    let share = if judged.is_empty() { 1.0 } else { 1.0 - failed.len() as f64 / judged.len() as f64 };
    Assessed { confidence: claimed.min(share), failed }
}

/// None: not to be judged like this. Some of none: it holds.
fn judge(check: &Check, scope: &Answered<'_>) -> Option<Option<String>> {
    let (expression, says) = match check {
        Check::Expression(expression) => (expression, None),
        Check::Explained { that, says } => (that, says.clone()),
        Check::Agreement { .. } => return None,
    };
    let holds = Expression::compile(expression).and_then(|compiled| compiled.is_true(scope));
    Some(match holds {
        Ok(true) => None,
        Ok(false) => Some(says.unwrap_or_else(|| format!("this does not hold: {expression}"))),
        Err(error) => Some(says.unwrap_or_else(|| format!("{expression} cannot be judged: {error}"))),
    })
}

/// Whether two answers say the same in these fields; what neither says is not agreed upon.
pub fn agree(one: &Map<String, Value>, other: &Map<String, Value>, on: &[String]) -> bool {
    on.iter().all(|field| one.get(field).is_some_and(|said| other.get(field) == Some(said)))
}

/// The answer as `result`, and the variables that the task sees.
struct Answered<'a> {
    result: &'a Value,
    variables: &'a Variables,
}

impl Scope for Answered<'_> {
    fn variable(&self, name: &str) -> Option<Cow<'_, Value>> {
        let found = if name == "result" { Some(self.result) } else { self.variables.get(name) };
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
    fn the_share_that_holds_bounds_what_a_model_claims() {
        let checks: Vec<Check> = serde_json::from_value(json!([
            "${result.n > limit}", {"that": "= result.kind = \"a\"", "says": "kind is a"}, {"agreement": 3, "on": ["n"]}, "${result.m > 0}"
        ]))
        .unwrap();
        let object = |value: Value| value.as_object().cloned().unwrap();
        let variables = object(json!({"limit": 3}));
        let good = assess(&checks, &object(json!({"n": 4, "kind": "a", "m": 1})), &variables, 0.9);
        assert_eq!(good, Assessed { confidence: 0.9, failed: vec![] });
        let bad = assess(&checks, &object(json!({"n": 4, "kind": "b"})), &variables, 0.9);
        assert!((bad.confidence - 1.0 / 3.0).abs() < 1e-9, "{bad:?}");
        assert!(bad.failed == ["kind is a", "this does not hold: ${result.m > 0}"], "{bad:?}");
        assert!(!agree(&object(json!({"x": 1})), &object(json!({"x": 1})), &["n".to_owned()]), "neither says it");
        assert!(agree(&object(json!({"n": 1, "x": 2})), &object(json!({"n": 1})), &["n".to_owned()]));
    }
}
