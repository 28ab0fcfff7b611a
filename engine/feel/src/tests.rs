use super::*;
use serde_json::{Value as Json, json};

/// 2026-03-01T12:00:00Z
const NOW: i64 = 1_772_366_400_000;

fn evaluate(source: &str, variables: &Json) -> Result<Json, FeelError> {
    let expression = Expression::parse(source, &[])?;
    let evaluation = Evaluation::new(Timestamp::from_millisecond(NOW).unwrap());
    let lookup = |name: &str| variables.get(name).map(Value::from_json);
    expression.evaluate(&lookup, &evaluation)?.to_json(&evaluation)
}

#[track_caller]
fn gives(source: &str, variables: Json, expected: Json) {
    assert_eq!(evaluate(source, &variables), Ok(expected), "{source}");
}

#[test]
fn expressions_of_the_language() {
    gives("x > 3 and y = \"a\"", json!({"x": 4, "y": "a"}), json!(true));
}
