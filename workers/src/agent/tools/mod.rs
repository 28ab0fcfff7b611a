//! Tools by the Model Context Protocol: which server has the tool that a definition names, and calling it.
//!
//! - [`config`]: the file that names servers. [`connection`]: the session with one of them. [`pin`]: that a tool is still the one that
//!   people have looked at. [`recorded`]: tools that are not there.

mod config;
mod connection;
mod pin;
mod recorded;

use super::{cassette::Cassette, provider::ToolSpec};
use crate::secret::Secrets;
use config::{BUILT_IN, Config, Target};
use connection::{CallError, Connection};
use rmcp::model::{CallToolRequestParams, CallToolResult, Tool as Listed};
use serde_json::{Map, Value};
use std::{
    collections::{BTreeMap, HashMap},
    path::Path,
    sync::Arc,
};

/// Of a result, in characters; what is longer is cut, and the model is told.
const MAX_RESULT: usize = 64 * 1024;

pub struct Servers {
    connections: BTreeMap<String, Connection>,
    targets: HashMap<String, Target>,
    /// Answers in the place of all of them.
    recorded: Option<Cassette>,
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
    /// It changes nothing, says its server.
    pub is_read_only: bool,
    /// What it says taints.
    pub is_untrusted: bool,
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
    /// A server says something else of a tool than what is pinned.
    #[error("{0}")]
    Changed(String),
}

impl Servers {
    pub fn from_config(file: Option<&Path>, built_in: Option<&str>, secrets: Secrets) -> anyhow::Result<Servers> {
        let (config, secrets) = (Config::load(file, built_in)?, Arc::new(secrets));
        let connect = |(name, server): (String, _)| (name.clone(), Connection::new(name, server, secrets.clone()));
        let connections = config.servers.into_iter().map(connect).collect();
        Ok(Servers { connections, targets: config.tools, recorded: None })
    }

    /// The tools of a cassette, which answer as they did then.
    pub fn recorded(cassette: Cassette) -> Servers {
        Servers { connections: BTreeMap::new(), targets: HashMap::new(), recorded: Some(cassette) }
    }

    /// The tools of a task, by the names of its definition, when they are still those of its `pins` and of the configuration's.
    pub async fn offer(&self, names: &[String], pins: &Map<String, Value>) -> Result<Vec<Tool>, OfferError> {
        if let Some(cassette) = &self.recorded {
            return Ok(recorded::offered(cassette, names));
        }
        let mut listings = HashMap::new();
        let mut tools: Vec<Tool> = Vec::new();
        for name in names {
            let target = self.target(name);
            if !listings.contains_key(&target.server) {
                let connection = self.connection(&target)?;
                let unavailable =
                    |error| OfferError::Unavailable(anyhow::Error::msg(connection.seen().hide(&format!("{error:#}"))));
                let listed = connection.tools().await.map_err(unavailable)?;
                listings.insert(target.server.clone(), listed);
            }
            let listed = listings.get(&target.server).into_iter().flatten().find(|tool| tool.name == target.tool);
            let missing = || format!("the MCP server `{}` has no tool `{}`", target.server, target.tool);
            let listed = listed.ok_or_else(|| OfferError::Unknown(missing()))?;
            check_pins(name, listed, &target, pins.get(name))?;
            let tool = offered(name, listed, self.connection(&target)?, target);
            if tools.iter().any(|other| other.spec.name == tool.spec.name) {
                return Err(OfferError::Unknown(format!("two tools are called `{}`", tool.spec.name)));
            }
            tools.push(tool);
        }
        Ok(tools)
    }

    fn target(&self, name: &str) -> Target {
        let built_in = || Target { server: BUILT_IN.to_owned(), tool: name.to_owned(), pin: None };
        self.targets.get(name).cloned().unwrap_or_else(built_in)
    }

    fn connection(&self, target: &Target) -> Result<&Connection, OfferError> {
        let missing = || OfferError::Unknown(format!("no MCP server `{}` is configured", target.server));
        self.connections.get(&target.server).ok_or_else(missing)
    }

    /// Calls a tool. Bad arguments, a refusal, a server that dies or does not answer: all are told to the model.
    pub async fn call(&self, tool: &Tool, arguments: &Value) -> Answer {
        if let Some(cassette) = &self.recorded {
            return recorded::answer(cassette, tool, arguments);
        }
        let (is_error, text) = match self.try_call(tool, arguments).await {
            Ok(result) => (result.is_error == Some(true), text(result)),
            Err(error) => (true, told(&error, tool)),
        };
        let shown = self.connections.get(&tool.target.server).map(|connection| connection.seen().hide(&text));
        Answer { text: cut(shown.unwrap_or(text)), is_error }
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

/// Both pins count where there are two: the definition's, and the configuration's.
fn check_pins(name: &str, listed: &Listed, target: &Target, pinned: Option<&Value>) -> Result<(), OfferError> {
    let actual = pin::of(listed);
    let of_definition = pinned.map(|pin| pin.as_str().unwrap_or_default());
    for pinned in of_definition.into_iter().chain(target.pin.as_deref()) {
        if let Some(parts) = pin::changed(pinned, &actual) {
            let Target { server, tool, .. } = target;
            return Err(OfferError::Changed(format!(
                "the tool `{name}` (`{tool}` of the MCP server `{server}`) is not the one that is pinned: {parts} changed; \
                 look at it, and if it may be used, pin it as {actual}"
            )));
        }
    }
    Ok(())
}

/// What is offered is free of the secrets that the server has been given.
fn offered(alias: &str, listed: &Listed, connection: &Connection, target: Target) -> Tool {
    let hint = |hint: fn(&rmcp::model::ToolAnnotations) -> Option<bool>| listed.annotations.as_ref().and_then(hint);
    let is_untrusted = connection.is_untrusted();
    let is_read_only = !is_untrusted && hint(|hints| hints.read_only_hint) == Some(true);
    let is_idempotent = !is_untrusted && hint(|hints| hints.idempotent_hint) == Some(true);
    let description = listed.description.as_deref().unwrap_or_default();
    let spec = ToolSpec {
        name: model_name(alias),
        description: connection.seen().hide(description),
        schema: connection.seen().hide_in(Value::Object((*listed.input_schema).clone())),
    };
    let (alias, is_repeatable) = (alias.to_owned(), is_read_only || is_idempotent);
    Tool { spec, alias, target, is_repeatable, is_read_only, is_untrusted }
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
        let servers = Servers::from_config(None, Some("false"), Secrets::new(&Default::default())).unwrap();
        let error = servers.offer(&["filesystem-read".to_owned()], &Map::new()).await.err().unwrap();
        assert!(matches!(error, OfferError::Unavailable(_)) && error.to_string().contains("`baton`"), "{error}");
    }
}
