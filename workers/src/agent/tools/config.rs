//! The file that names MCP servers and says which of their tools a definition's name means.

use anyhow::Context;
use serde::Deserialize;
use std::{
    collections::{BTreeMap, HashMap},
    path::Path,
    time::Duration,
};

/// The server of the built-in tools.
pub const BUILT_IN: &str = "baton";

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Other programs call this key `mcpServers`.
    #[serde(default, alias = "mcpServers")]
    pub servers: BTreeMap<String, Server>,
    /// By the name that definitions use.
    #[serde(default)]
    pub tools: HashMap<String, Target>,
}

/// Where a tool is.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Target {
    pub server: String,
    pub tool: String,
    /// What its server has to say of it; see `pin`.
    #[serde(default)]
    pub pin: Option<String>,
}

/// A program spoken to over its stdin and stdout, or an address. Keys that other programs have are passed over.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Server {
    pub command: Option<String>,
    pub args: Vec<String>,
    pub env: HashMap<String, String>,
    /// Ours gets the worker's whole environment; others must not see its keys.
    #[serde(skip)]
    pub is_trusted: bool,
    /// What its tools say taints, and its hints count for nothing.
    pub untrusted: bool,
    pub url: Option<String>,
    /// May have `secret://name` of the worker's own in them, as `env` may.
    pub headers: HashMap<String, String>,
    /// Milliseconds.
    timeout: Option<u64>,
    start_timeout: Option<u64>,
}

impl Server {
    /// Of one call.
    pub fn timeout(&self) -> Duration {
        Duration::from_millis(self.timeout.unwrap_or(60_000))
    }

    /// Of the start, and of listing its tools.
    pub fn start_timeout(&self) -> Duration {
        Duration::from_millis(self.start_timeout.unwrap_or(30_000))
    }
}

impl Config {
    /// With the built-in server, unless the file has one of that name. `built_in` is its command line.
    pub fn load(file: Option<&Path>, built_in: Option<&str>) -> anyhow::Result<Config> {
        let mut config = file.map_or_else(|| Ok(Config::default()), read)?;
        if !config.servers.contains_key(BUILT_IN) {
            config.servers.insert(BUILT_IN.to_owned(), built_in_server(built_in)?);
        }
        for (name, server) in &config.servers {
            let is_one = server.command.is_some() != server.url.is_some();
            anyhow::ensure!(is_one, "the server `{name}` needs either a `command` or a `url`");
        }
        let strange = config.tools.iter().find(|(_, target)| !config.servers.contains_key(&target.server));
        if let Some((name, target)) = strange {
            anyhow::bail!("the tool `{name}` is of the server `{}`, which is not configured", target.server);
        }
        Ok(config)
    }
}

fn read(file: &Path) -> anyhow::Result<Config> {
    let text = std::fs::read(file).with_context(|| format!("reading {}", file.display()))?;
    serde_json::from_slice(&text).with_context(|| format!("{} is not a tool configuration", file.display()))
}

fn built_in_server(command: Option<&str>) -> anyhow::Result<Server> {
    let mut words: Vec<String> = match command {
        Some(command) => command.split_whitespace().map(str::to_owned).collect(),
        None => vec![std::env::current_exe()?.display().to_string(), "mcp".to_owned()],
    };
    anyhow::ensure!(!words.is_empty(), "BATON_MCP_COMMAND is empty");
    let command = Some(words.remove(0));
    Ok(Server { command, args: words, is_trusted: true, ..Server::default() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &str) {
        let file = std::env::temp_dir().join(format!("baton-mcp-{}.json", uuid::Uuid::new_v4()));
        std::fs::write(&file, text).unwrap();
        let told = match Config::load(Some(&file), None) {
            Ok(config) => config.servers.keys().cloned().collect::<Vec<_>>().join(" "),
            Err(error) => format!("{error:#}"),
        };
        std::fs::remove_file(file).unwrap();
        assert!(told.contains(expected), "{told}");
    }

    #[test]
    fn mistakes_are_told_at_the_start() {
        check(r#"{"tools": {"read": {"server": "files", "tool": "read_text_file"}}}"#, "the server `files`");
        check(r#"{"servers": {"files": {"args": ["x"]}}}"#, "`files` needs either");
        check(r#"{"servers": {"files": {"command": "x", "url": "http://x"}}}"#, "`files` needs either");
        check(r#"{"server": {}}"#, "unknown field `server`");
        check("[", "is not a tool configuration");
    }

    #[test]
    fn the_files_of_other_programs_can_be_used() {
        check(r#"{"mcpServers": {"files": {"type": "stdio", "command": "x"}}}"#, "baton files");
    }
}
