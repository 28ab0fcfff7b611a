//! The pin of a tool: a fingerprint of what its server says of it. A server that changes a description or a schema after
//! people have looked at it, or calls a tool harmless that was not, is not offered to a model.

use rmcp::model::Tool;
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

/// What is pinned, in the order of the pin's parts.
const PARTS: [&str; 3] = ["description", "schema", "hints"];
/// Of the digest of one part, in bytes.
const LENGTH: usize = 16;

/// Three digests in hexadecimal, with dots between them: of the description, of the schema of the arguments, and of the hints
/// (`readOnlyHint` and the like).
pub fn of(tool: &Tool) -> String {
    let description = Value::from(tool.description.as_deref().unwrap_or_default());
    let schema = Value::Object((*tool.input_schema).clone());
    let hints = serde_json::to_value(&tool.annotations).unwrap_or_default();
    [description, schema, hints].map(digest).join(".")
}

/// Which parts are not those of the pin.
pub fn changed(pinned: &str, actual: &str) -> Option<String> {
    if pinned == actual {
        return None;
    }
    let old: Vec<&str> = pinned.split('.').collect();
    let differs = PARTS.iter().zip(actual.split('.')).zip(0..).filter(|((_, now), at)| old.get(*at) != Some(now));
    Some(differs.map(|((part, _), _)| part.to_owned()).collect::<Vec<_>>().join(" and "))
}

fn digest(value: Value) -> String {
    let digest = Sha256::digest(sorted(value).to_string());
    digest.iter().take(LENGTH).map(|byte| format!("{byte:02x}")).collect()
}

/// A server may write the keys of an object in any order.
fn sorted(value: Value) -> Value {
    match value {
        Value::Array(values) => values.into_iter().map(sorted).collect(),
        Value::Object(fields) => {
            let mut fields: Vec<_> = fields.into_iter().map(|(name, value)| (name, sorted(value))).collect();
            fields.sort_by(|a, b| a.0.cmp(&b.0));
            Value::Object(Map::from_iter(fields))
        }
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn pin(tool: Value) -> String {
        of(&serde_json::from_value(tool).unwrap())
    }

    #[track_caller]
    fn check(tool: Value, expected: Option<&str>) {
        let pinned = pin(
            json!({"name": "pay", "description": "Pays.", "inputSchema": {"type": "object", "a": {"b": 1, "c": 2}}}),
        );
        assert_eq!(changed(&pinned, &pin(tool)).as_deref(), expected);
    }

    #[test]
    fn a_pin_tells_what_has_changed() {
        let schema = json!({"type": "object", "a": {"b": 1, "c": 2}});
        check(
            json!({"name": "pay", "description": "Pays.", "inputSchema": {"a": {"c": 2, "b": 1}, "type": "object"}}),
            None,
        );
        check(json!({"name": "pay", "description": "Pays!", "inputSchema": schema}), Some("description"));
        check(json!({"name": "pay", "description": "Pays.", "inputSchema": {}}), Some("schema"));
        let harmless = json!({"name": "pay", "inputSchema": schema, "annotations": {"readOnlyHint": true}});
        check(harmless, Some("description and hints"));
        assert_eq!(changed("", "a.b.c").as_deref(), Some("description and schema and hints"));
        assert!(changed("a.b.c.d", "a.b.c").is_some());
    }
}
