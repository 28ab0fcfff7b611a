//! What counts as an answer: one JSON object, fitting the schema where there is one, with the model's confidence.

use super::{
    failure::Code,
    task::{Task, number},
};
use serde_json::{Map, Value};
use worker_sdk::JobFailure;

/// Whether answers can be judged at all: no model can mend a schema that is none.
pub fn check_schema(task: &Task) -> Result<(), JobFailure> {
    let Some(schema) = task.output_schema() else { return Ok(()) };
    match jsonschema::validator_for(schema) {
        Ok(_) => Ok(()),
        Err(error) => Err(Code::InvalidTask.bug(format!("custom.outputSchema is no JSON Schema: {error}"))),
    }
}

/// An answer that can be used, or why not, in words for the model.
pub fn read(text: &str, task: &Task) -> Result<Map<String, Value>, String> {
    let answer = object(text).ok_or("the answer is not one JSON object")?;
    if let Some(schema) = task.output_schema() {
        let validator = jsonschema::validator_for(schema).map_err(|error| format!("outputSchema is wrong: {error}"))?;
        let problems: Vec<String> =
            validator.iter_errors(&Value::Object(answer.clone())).take(5).map(|error| error.to_string()).collect();
        if !problems.is_empty() {
            return Err(format!("the answer does not fit the schema: {}", problems.join("; ")));
        }
    }
    Ok(answer)
}

/// What the answer says; none counts as none at all.
pub fn confidence(answer: &Map<String, Value>) -> f64 {
    answer.get("confidence").and_then(number).unwrap_or(0.0).clamp(0.0, 1.0)
}

/// The object in a text: the whole of it, or between the first brace and the last (models like to add words or fences).
fn object(text: &str) -> Option<Map<String, Value>> {
    let inside = text.find('{').and_then(|start| text.get(start..=text.rfind('}')?));
    [Some(text.trim()), inside].into_iter().flatten().find_map(|text| serde_json::from_str(text).ok())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn task(schema: Value) -> Task {
        serde_json::from_value(json!({"custom": {"outputSchema": schema}})).unwrap()
    }

    #[test]
    fn an_object_is_found_among_words() {
        let any = task(Value::Null);
        for text in ["{\"a\": 1}", "Here:\n```json\n{\"a\": 1}\n```"] {
            assert_eq!(read(text, &any).unwrap()["a"], 1, "{text}");
        }
        assert!(read("I do not know", &any).is_err());
    }

    #[test]
    fn the_schema_decides() {
        let strict = task(json!({"type": "object", "required": ["steps"]}));
        assert!(read("{\"a\": 1}", &strict).unwrap_err().contains("steps"));
        assert!(read("{\"steps\": []}", &strict).is_ok());
        assert!(check_schema(&strict).is_ok() && check_schema(&task(json!({"type": "thing"}))).is_err());
    }
}
