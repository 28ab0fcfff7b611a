//! Deployed processes as tools: one for each that can be started by hand, with a schema from its start form.

use super::{form, operations::segment, server::Client};
use axum::http::Method;
use futures::{StreamExt, TryStreamExt, stream};
use rmcp::model::{JsonObject, Tool, ToolAnnotations};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

/// Processes looked at together.
const AT_ONCE: usize = 8;
/// What language models take for a tool's name.
const LONGEST_NAME: usize = 64;

/// The tools of whoever asks.
pub async fn tools(client: &Client) -> Result<Vec<Tool>, String> {
    let list = client.call(Method::GET, "/processes", None).await?;
    let processes = list["processes"].as_array().cloned().unwrap_or_default();
    let runnable = processes.into_iter().filter(|process| process["isExecutable"] == true);
    let tools = stream::iter(runnable).map(|process| tool(client, process)).buffered(AT_ONCE);
    let tools: Vec<_> = tools.try_collect().await?;
    Ok(tools.into_iter().flatten().collect())
}

/// The process that a tool's name stands for.
pub async fn named(client: &Client, name: &str) -> Result<Option<String>, String> {
    let list = client.call(Method::GET, "/processes", None).await?;
    let ids = list["processes"].as_array().into_iter().flatten().filter_map(|process| process["processId"].as_str());
    Ok(ids.map(str::to_owned).find(|id| tool_name(id) == name))
}

async fn tool(client: &Client, summary: Value) -> Result<Option<Tool>, String> {
    let id = summary["processId"].as_str().unwrap_or_default();
    let process = client.call(Method::GET, &format!("/processes/{}", segment(id)?), None).await?;
    let elements = process["elements"].as_array();
    let is_start = |element: &&Value| element["type"] == "startEvent" && element["parentId"].is_null();
    let Some(start) = elements.and_then(|elements| elements.iter().find(is_start)) else { return Ok(None) };
    let title = summary["name"].as_str().filter(|name| !name.is_empty()).unwrap_or(id);
    let description = format!(
        "Runs the process `{title}` and waits for its end. The arguments are its variables; the answer has what it ended with, or what it waits for."
    );
    let annotations = ToolAnnotations::new().read_only(false).destructive(true).idempotent(false);
    Ok(Some(Tool::new(tool_name(id), description, schema(start)).with_title(title).with_annotations(annotations)))
}

/// Without a form any variables are taken.
fn schema(start: &Value) -> JsonObject {
    let properties = &start["properties"];
    let forms = [&properties["custom"]["formFields"], &properties["formFields"]];
    let fields = forms.into_iter().find_map(Value::as_array);
    let schema = fields.map_or_else(|| json!({"type": "object"}), |fields| form::schema(fields));
    schema.as_object().cloned().unwrap_or_default()
}

/// `start_` and the id. What does not fit is replaced, and a digest keeps such names apart.
fn tool_name(id: &str) -> String {
    let fits = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    let name = format!("start_{id}");
    if name.len() <= LONGEST_NAME && name.chars().all(fits) {
        return name;
    }
    let kept: String = name.chars().map(|c| if fits(c) { c } else { '_' }).take(LONGEST_NAME - 9).collect();
    format!("{kept}_{}", crate::json::hexadecimal(&Sha256::digest(id.as_bytes())[..4]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_fit_and_stay_apart() {
        assert_eq!(tool_name("order-1"), "start_order-1");
        let names = ["a b", "a.b", &"x".repeat(80), &format!("{}y", "x".repeat(79))].map(tool_name);
        for (place, name) in names.iter().enumerate() {
            assert!(name.len() <= 64 && name.is_ascii() && !name.contains([' ', '.']), "{name}");
            assert!(!names[..place].contains(name), "{name}");
        }
    }

    #[test]
    fn the_start_form_is_the_schema() {
        let start = json!({"properties": {"custom": {"formFields": [{"name": "amount", "type": "number"}]}}});
        assert_eq!(schema(&start)["properties"]["amount"]["type"], "number");
        assert_eq!(Value::Object(schema(&json!({}))), json!({"type": "object"}));
    }
}
