//! Form fields as JSON Schema: of a start event for a tool's arguments, of a user task for a question.

use serde_json::{Map, Value, json};

/// The fields of a form as an object's schema. A field is a name, or a map with `name`, `type`, `label`, `required` and
/// `options`.
pub fn schema(fields: &[Value]) -> Value {
    let named = fields.iter().filter_map(|field| Some((name(field)?.to_owned(), property(field))));
    let properties: Map<_, _> = named.collect();
    let required: Vec<_> = fields.iter().filter(|field| field["required"] == true).filter_map(name).collect();
    json!({"type": "object", "properties": properties, "required": required})
}

/// Whether a client can ask a person for all of it: the protocol's forms are flat.
pub fn is_flat(fields: &[Value]) -> bool {
    fields.iter().all(|field| !matches!(field["type"].as_str(), Some("file" | "json")))
}

fn name(field: &Value) -> Option<&str> {
    field.as_str().or_else(|| field["name"].as_str()).filter(|name| !name.is_empty())
}

fn property(field: &Value) -> Value {
    let mut schema = match field["type"].as_str() {
        Some("number") => json!({"type": "number"}),
        Some("boolean") => json!({"type": "boolean"}),
        Some("date") => json!({"type": "string", "format": "date"}),
        Some("file") => json!({"type": "object", "description": "A file, as an upload answers it"}),
        Some("json") => json!({}),
        _ => json!({"type": "string"}),
    };
    if let Some(options) = field["options"].as_array().filter(|options| !options.is_empty()) {
        schema["enum"] = json!(options);
    }
    if let Some(title) = field["label"].as_str().or(name(field)) {
        schema["title"] = json!(title);
    }
    schema
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_become_properties() {
        let fields = [
            json!("comment"),
            json!({"name": "amount", "type": "number", "label": "Amount", "required": true}),
            json!({"name": "size", "type": "select", "options": ["s", "l"]}),
        ];
        let expected = json!({
            "type": "object",
            "properties": {
                "comment": {"type": "string", "title": "comment"},
                "amount": {"type": "number", "title": "Amount"},
                "size": {"type": "string", "enum": ["s", "l"], "title": "size"},
            },
            "required": ["amount"],
        });
        assert_eq!(schema(&fields), expected);
        assert!(is_flat(&fields) && !is_flat(&[json!({"name": "a", "type": "file"})]));
    }
}
