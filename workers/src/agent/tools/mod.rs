//! Tools by the Model Context Protocol: which server has the tool that a definition names, and calling it.
//!
//! - [`config`]: the file that names servers. [`connection`]: the session with one of them.

mod config;
mod connection;

use super::provider::ToolSpec;
use config::{BUILT_IN, Config, Target};
use connection::{CallError, Connection};
use rmcp::model::{CallToolRequestParams, CallToolResult, Tool as Listed};
use serde_json::Value;
use std::{
    collections::{BTreeMap, HashMap},
    path::Path,
};

/// Of a result, in characters; what is longer is cut, and the model is told.
const MAX_RESULT: usize = 64 * 1024;

pub struct Servers {
    connections: BTreeMap<String, Connection>,
    targets: HashMap<String, Target>,
}

/// A tool of a task.
#[derive(Clone)]
pub struct Tool {
    pub spec: ToolSpec,
    /// As the definition calls it.
    pub alias: String,
    target: Target,
    /// Calling it again does no harm, says its server.
    pub is_repeatable: bool,
}

/// What a call gave; errors of a tool are results for the model.
pub struct Answer {
    pub text: String,
    pub is_error: bool,
}

/// Why the tools of a task cannot be offered.
#[derive(Debug, thiserror::Error)]
pub enum OfferError {
    /// A server is not there: it may be later.
    #[error("{0:#}")]
    Unavailable(anyhow::Error),
    /// The definition, or the configuration, is wrong.
    #[error("{0}")]
    Unknown(String),
}

impl Servers {
    pub fn from_config(file: Option<&Path>, built_in: Option<&str>) -> anyhow::Result<Servers> {
        let config = Config::load(file, built_in)?;
        let connect = |(name, server): (String, _)| (name.clone(), Connection::new(name, server));
        Ok(Servers { connections: config.servers.into_iter().map(connect).collect(), targets: config.tools })
    }

    /// The tools of a task, by the names of its definition.
    pub async fn offer(&self, names: &[String]) -> Result<Vec<Tool>, OfferError> {
        let mut listings = HashMap::new();
        let mut tools: Vec<Tool> = Vec::new();
        for name in names {
            let target = self.target(name);
            if !listings.contains_key(&target.server) {
                let listed = self.connection(&target)?.tools().await.map_err(OfferError::Unavailable)?;
                listings.insert(target.server.clone(), listed);
            }
            let listed = listings.get(&target.server).into_iter().flatten().find(|tool| tool.name == target.tool);
            let missing = || format!("the MCP server `{}` has no tool `{}`", target.server, target.tool);
            let tool = offered(name, listed.ok_or_else(|| OfferError::Unknown(missing()))?, target);
            if tools.iter().any(|other| other.spec.name == tool.spec.name) {
                return Err(OfferError::Unknown(format!("two tools are called `{}`", tool.spec.name)));
            }
            tools.push(tool);
        }
        Ok(tools)
    }

    fn target(&self, name: &str) -> Target {
        let built_in = || Target { server: BUILT_IN.to_owned(), tool: name.to_owned() };
        self.targets.get(name).cloned().unwrap_or_else(built_in)
    }

    fn connection(&self, target: &Target) -> Result<&Connection, OfferError> {
        let missing = || OfferError::Unknown(format!("no MCP server `{}` is configured", target.server));
        self.connections.get(&target.server).ok_or_else(missing)
    }

    /// Calls a tool. Bad arguments, a refusal, a server that dies or does not answer: all are told to the model.
    pub async fn call(&self, tool: &Tool, arguments: &Value) -> Answer {
        match self.try_call(tool, arguments).await {
            Ok(result) => Answer { is_error: result.is_error == Some(true), text: cut(text(result)) },
            Err(error) => Answer { text: cut(told(&error, tool)), is_error: true },
        }
    }

    async fn try_call(&self, tool: &Tool, arguments: &Value) -> Result<CallToolResult, CallError> {
        let arguments = arguments.as_object().filter(|fields| fields.len() != 1 || !fields.contains_key("_raw"));
        let arguments =
            arguments.ok_or_else(|| CallError::NotDone("the arguments are not a JSON object".to_owned()))?;
        let call = CallToolRequestParams::new(tool.target.tool.clone()).with_arguments(arguments.clone());
        let connection = self.connection(&tool.target).map_err(|error| CallError::NotDone(error.to_string()))?;
        connection.call(call).await
    }
}

fn offered(alias: &str, listed: &Listed, target: Target) -> Tool {
    let hint = |hint: fn(&rmcp::model::ToolAnnotations) -> Option<bool>| listed.annotations.as_ref().and_then(hint);
    let is_repeatable =
        hint(|hints| hints.read_only_hint) == Some(true) || hint(|hints| hints.idempotent_hint) == Some(true);
    let spec = ToolSpec {
        name: model_name(alias),
        description: listed.description.clone().unwrap_or_default().into_owned(),
        schema: Value::Object((*listed.input_schema).clone()),
    };
    Tool { spec, alias: alias.to_owned(), target, is_repeatable }
}

fn text(result: CallToolResult) -> String {
    let texts: Vec<String> = result.content.iter().filter_map(|block| Some(block.as_text()?.text.clone())).collect();
    if texts.is_empty() {
        return result.structured_content.map(|value| value.to_string()).unwrap_or_default();
    }
    texts.join("\n")
}

fn told(error: &CallError, tool: &Tool) -> String {
    match error {
        CallError::Unknown(reason) if !tool.is_repeatable => {
            format!("the tool did not answer ({reason}); whether the call took effect is unknown")
        }
        CallError::Unknown(reason) | CallError::NotDone(reason) => format!("the tool could not be called: {reason}"),
    }
}

/// Providers take letters, digits, `_` and `-`, at most 64 of them.
fn model_name(alias: &str) -> String {
    alias.chars().map(|c| if c.is_ascii_alphanumeric() || c == '-' || c == '_' { c } else { '_' }).take(64).collect()
}

fn cut(mut text: String) -> String {
    if let Some((end, _)) = text.char_indices().nth(MAX_RESULT) {
        text.truncate(end);
        text.push_str("\n… (cut: the result is longer)");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_fit_every_provider() {
        assert_eq!(model_name("files/read.text"), "files_read_text");
        assert_eq!(model_name(&"x".repeat(80)).len(), 64);
    }

    #[tokio::test]
    async fn a_server_that_ends_at_once_is_an_error_with_its_name() {
        let servers = Servers::from_config(None, Some("false")).unwrap();
        let error = servers.offer(&["filesystem-read".to_owned()]).await.err().unwrap();
        assert!(matches!(error, OfferError::Unavailable(_)) && error.to_string().contains("`baton`"), "{error}");
    }
}
