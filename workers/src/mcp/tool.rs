//! What a tool is: a name, schemas made of its types, what it may change, and a function.

use super::root::Root;
use rmcp::{
    handler::server::common::{schema_for_input, schema_for_output},
    model::{JsonObject, Tool as Definition, ToolAnnotations},
};
use schemars::JsonSchema;
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;
use std::{any::Any, sync::Arc};

/// What went wrong, said so that a model can do better.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("{0}")]
pub struct ToolError(pub String);

/// What a call may change.
#[derive(Debug, Clone, Copy)]
pub enum Effect {
    Reads,
    /// Overwrites; the same call again changes nothing more, unless it appends.
    Writes,
}

type Run = Box<dyn Fn(&Root, JsonObject) -> Result<Value, ToolError> + Send + Sync>;

pub struct Tool {
    pub definition: Definition,
    run: Run,
}

impl Tool {
    /// `I` and `O` are objects. Fails when `I` makes no schema.
    pub fn new<I, O>(
        name: &'static str,
        description: &'static str,
        effect: Effect,
        run: fn(&Root, I) -> Result<O, ToolError>,
    ) -> Result<Self, String>
    where
        I: DeserializeOwned + JsonSchema + Any,
        O: Serialize + JsonSchema + Any,
    {
        let reads = matches!(effect, Effect::Reads);
        let annotations = ToolAnnotations::from_raw(None, Some(reads), Some(!reads), Some(reads), Some(false));
        let (input, output) = (schema_for_input::<I>()?, schema_for_output::<O>());
        let definition = Definition::new(name, description, plain(&input))
            .with_raw_output_schema(plain(&output))
            .with_annotations(annotations);
        let run: Run = Box::new(move |root, arguments| {
            let input = serde_json::from_value(Value::Object(arguments))
                .map_err(|error| ToolError(format!("the arguments of {name} do not fit: {error}")))?;
            serde_json::to_value(run(root, input)?)
                .map_err(|error| ToolError(format!("the result of {name} is not JSON: {error}")))
        });
        Ok(Tool { definition, run })
    }

    /// Blocks.
    pub fn call(&self, root: &Root, arguments: JsonObject) -> Result<Value, ToolError> {
        (self.run)(root, arguments)
    }
}

/// Without `format`: what Rust calls its numbers there (`uint64`) is no format of JSON Schema, so clients complain of it
/// and some models refuse it.
fn plain(schema: &JsonObject) -> Arc<JsonObject> {
    let mut schema = schema.clone();
    schema.values_mut().for_each(forget_formats);
    Arc::new(schema)
}

fn forget_formats(schema: &mut Value) {
    match schema {
        Value::Object(fields) => {
            fields.retain(|key, value| key != "format" || !value.is_string());
            fields.values_mut().for_each(forget_formats);
        }
        Value::Array(items) => items.iter_mut().for_each(forget_formats),
        _ => {}
    }
}

/// A text given at once, or in a file: what several tools take. Exactly one of the two.
pub fn text_of(root: &Root, path: Option<&str>, text: Option<String>) -> Result<String, ToolError> {
    const LONGEST: usize = 4 * 1024 * 1024;
    match (path, text) {
        (Some(path), None) => root.read(path),
        (None, Some(text)) if text.len() <= LONGEST => Ok(text),
        (None, Some(_)) => Err(ToolError("the text is too long; write it to a file and give its `path`".into())),
        _ => Err(ToolError("give either a `path` or the text itself".into())),
    }
}

/// A part of the text of at most this many bytes, cut between characters.
pub fn cut(text: &str, most: usize) -> &str {
    if text.len() <= most {
        return text;
    }
    let end = (0..=most).rev().find(|end| text.is_char_boundary(*end)).unwrap_or(0);
    &text[..end]
}

/// A pattern from outside: linear by the crate, bounded in size here.
pub fn pattern(pattern: &str, ignore_case: bool) -> Result<regex::Regex, ToolError> {
    const LARGEST: usize = 256 * 1024;
    let built = regex::RegexBuilder::new(pattern).case_insensitive(ignore_case).size_limit(LARGEST).build();
    built.map_err(|error| ToolError(format!("the pattern does not compile: {error}")))
}
