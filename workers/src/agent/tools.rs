//! Tools by the Model Context Protocol: which server has the tool that a definition names, and calling it in bounded
//! time. A server is started or connected when it is first needed, shared by all jobs, and started again when it is gone.

use super::provider::ToolSpec;
use anyhow::Context;
use rmcp::{
    RoleClient, ServiceExt,
    model::CallToolRequestParams,
    service::RunningService,
    transport::{
        StreamableHttpClientTransport, TokioChildProcess, streamable_http_client::StreamableHttpClientTransportConfig,
    },
};
use serde::Deserialize;
use serde_json::Value;
use std::{
    collections::{BTreeMap, HashMap},
    path::Path,
    sync::Arc,
    time::Duration,
};
use tokio::sync::Mutex;

const START_WITHIN: Duration = Duration::from_secs(30);
const ANSWER_WITHIN: Duration = Duration::from_secs(60);
/// Of a result, in characters; what is longer is cut, and the model is told.
const MAX_RESULT: usize = 64 * 1024;
/// The server of the built-in tools.
const BUILT_IN: &str = "baton";

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct ConfigFile {
    #[serde(default)]
    servers: BTreeMap<String, Server>,
    #[serde(default)]
    tools: HashMap<String, Target>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
enum Server {
    Command {
        command: String,
        #[serde(default)]
        args: Vec<String>,
        #[serde(default)]
        env: HashMap<String, String>,
    },
    Http {
        url: String,
        #[serde(default)]
        headers: HashMap<String, String>,
    },
}

/// Where a tool is.
#[derive(Debug, Clone, Deserialize)]
struct Target {
    server: String,
    tool: String,
}

type Session = Arc<RunningService<RoleClient, ()>>;

pub struct Servers {
    config: ConfigFile,
    sessions: Mutex<HashMap<String, Session>>,
}

/// A tool of a task.
#[derive(Clone)]
pub struct Tool {
    pub spec: ToolSpec,
    target: Target,
    /// Calling it again does no harm, says its server.
    pub is_repeatable: bool,
}

/// What a call gave; errors of a tool are results for the model.
pub struct Answer {
    pub text: String,
    pub is_error: bool,
}

impl Servers {
    pub fn from_config(file: Option<&Path>, built_in: Option<&str>) -> anyhow::Result<Servers> {
        let mut config = match file {
            None => ConfigFile::default(),
            Some(file) => {
                let text = std::fs::read(file).with_context(|| format!("reading {}", file.display()))?;
                serde_json::from_slice(&text)
                    .with_context(|| format!("{} is not a tool configuration", file.display()))?
            }
        };
        if !config.servers.contains_key(BUILT_IN) {
            config.servers.insert(BUILT_IN.to_owned(), built_in_server(built_in)?);
        }
        if let Some((name, target)) =
            config.tools.iter().find(|(_, target)| !config.servers.contains_key(&target.server))
        {
            anyhow::bail!("the tool `{name}` is of the server `{}`, which is not configured", target.server);
        }
        Ok(Servers { config, sessions: Mutex::default() })
    }

    /// The tools of a task. The error names what is missing.
    pub async fn offer(&self, names: &[String]) -> anyhow::Result<Vec<Tool>> {
        let mut tools = Vec::new();
        for name in names {
            let target = self.config.tools.get(name).cloned();
            let target = target.unwrap_or_else(|| Target { server: BUILT_IN.to_owned(), tool: name.clone() });
            tools.push(self.find(name, target).await?);
        }
        Ok(tools)
    }

    async fn find(&self, alias: &str, target: Target) -> anyhow::Result<Tool> {
        let session = self.session(&target.server).await?;
        let listed = tokio::time::timeout(START_WITHIN, session.list_all_tools()).await;
        let listed = listed.context("the server does not list its tools")??;
        let found = listed.into_iter().find(|tool| tool.name == target.tool);
        let found = found.with_context(|| format!("the server `{}` has no tool `{}`", target.server, target.tool))?;
        let hints = found.annotations.unwrap_or_default();
        Ok(Tool {
            spec: ToolSpec {
                name: model_name(alias),
                description: found.description.unwrap_or_default().into_owned(),
                schema: Value::Object((*found.input_schema).clone()),
            },
            is_repeatable: hints.read_only_hint == Some(true) || hints.idempotent_hint == Some(true),
            target,
        })
    }

    /// Calls a tool. Bad arguments, a refusal, a server that dies or does not answer: all are told to the model.
    pub async fn call(&self, tool: &Tool, arguments: &Value) -> Answer {
        match self.try_call(tool, arguments).await {
            Ok(answer) => answer,
            Err(error) => Answer { text: format!("the tool could not be called: {error:#}"), is_error: true },
        }
    }

    async fn try_call(&self, tool: &Tool, arguments: &Value) -> anyhow::Result<Answer> {
        let arguments = arguments.as_object().context("the arguments must be a JSON object")?.clone();
        let session = self.session(&tool.target.server).await?;
        let call = CallToolRequestParams::new(tool.target.tool.clone()).with_arguments(arguments);
        let result = tokio::time::timeout(ANSWER_WITHIN, session.call_tool(call)).await;
        let result = result.with_context(|| format!("no answer within {ANSWER_WITHIN:?}"))??;
        let texts: Vec<String> =
            result.content.iter().filter_map(|block| Some(block.as_text()?.text.clone())).collect();
        let text = if texts.is_empty() {
            result.structured_content.map(|value| value.to_string()).unwrap_or_default()
        } else {
            texts.join("\n")
        };
        Ok(Answer { text: cut(text), is_error: result.is_error == Some(true) })
    }

    async fn session(&self, name: &str) -> anyhow::Result<Session> {
        let mut sessions = self.sessions.lock().await;
        if let Some(session) =
            sessions.get(name).filter(|session| !session.is_closed() && !session.is_transport_closed())
        {
            return Ok(session.clone());
        }
        let server = self.config.servers.get(name).with_context(|| format!("no MCP server `{name}` is configured"))?;
        let started = tokio::time::timeout(START_WITHIN, connect(server)).await;
        let started =
            started.with_context(|| format!("the MCP server `{name}` did not start within {START_WITHIN:?}"))?;
        let session = Arc::new(started.with_context(|| format!("starting the MCP server `{name}`"))?);
        sessions.insert(name.to_owned(), session.clone());
        Ok(session)
    }
}

async fn connect(server: &Server) -> anyhow::Result<RunningService<RoleClient, ()>> {
    match server {
        Server::Command { command, args, env } => {
            let mut process = tokio::process::Command::new(command);
            process.args(args).envs(env).kill_on_drop(true);
            Ok(().serve(TokioChildProcess::new(process)?).await?)
        }
        Server::Http { url, headers } => {
            let mut config = StreamableHttpClientTransportConfig::with_uri(url.as_str());
            for (name, value) in headers {
                config.custom_headers.insert(name.parse()?, value.parse()?);
            }
            Ok(().serve(StreamableHttpClientTransport::from_config(config)).await?)
        }
    }
}

fn built_in_server(command: Option<&str>) -> anyhow::Result<Server> {
    let mut words: Vec<String> = match command {
        Some(command) => command.split_whitespace().map(str::to_owned).collect(),
        None => vec![std::env::current_exe()?.display().to_string(), "mcp".to_owned()],
    };
    anyhow::ensure!(!words.is_empty(), "BATON_MCP_COMMAND is empty");
    let command = words.remove(0);
    Ok(Server::Command { command, args: words, env: HashMap::new() })
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

    #[test]
    fn a_tool_of_an_unknown_server_is_refused_at_start() {
        let file = std::env::temp_dir().join(format!("baton-mcp-{}.json", std::process::id()));
        std::fs::write(&file, r#"{"tools": {"read": {"server": "files", "tool": "read_text_file"}}}"#).unwrap();
        let refused = Servers::from_config(Some(&file), None).err().unwrap();
        std::fs::remove_file(file).unwrap();
        assert!(refused.to_string().contains("`files`"), "{refused}");
    }

    #[tokio::test]
    async fn a_server_that_ends_at_once_is_an_error_with_its_name() {
        let servers = Servers::from_config(None, Some("false")).unwrap();
        let error = servers.offer(&["filesystem-read".to_owned()]).await.err().unwrap();
        assert!(format!("{error:#}").contains("`baton`"), "{error:#}");
    }
}
