//! What the tests put together: a folder, tool servers, an agent that is pointed at them, and jobs.

use crate::model::Model;
use serde_json::{Value, json};
use std::{
    path::{Path, PathBuf},
    sync::Arc,
};
use worker_sdk::{JobFailure, Variables, testing::TestJob};
use workers::{
    Common,
    agent::{Agent, Config},
};

/// A folder of one test, removed with it: the files of tools, and what the misbehaving server has done.
pub struct Folder(PathBuf);

impl Folder {
    pub fn new() -> Folder {
        Folder::at(std::env::temp_dir().join(format!("agents-{}", uuid::Uuid::new_v4())))
    }

    pub fn at(path: PathBuf) -> Folder {
        std::fs::create_dir_all(path.join("files")).unwrap();
        Folder(path)
    }

    pub fn path(&self) -> &Path {
        &self.0
    }

    /// What the tools of files see.
    pub fn files(&self) -> PathBuf {
        self.0.join("files")
    }

    pub fn read(&self, file: &str) -> String {
        std::fs::read_to_string(self.files().join(file)).unwrap_or_default()
    }

    /// A secret of the worker's own.
    pub fn keep_secret(&self, name: &str, value: &str) {
        std::fs::create_dir_all(self.0.join("secrets")).unwrap();
        std::fs::write(self.0.join("secrets").join(name), value).unwrap();
    }

    fn effects_file(&self) -> PathBuf {
        self.0.join("effects")
    }

    /// How often a tool of the misbehaving server has been called.
    pub fn effects(&self, tool: &str) -> usize {
        let effects = std::fs::read_to_string(self.effects_file()).unwrap_or_default();
        effects.lines().filter(|line| *line == tool).count()
    }

    /// The misbehaving server, as the configuration names servers.
    pub fn misbehaving(&self, habits: &[&str]) -> Value {
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/agents/server.py");
        let mut args = vec![script.to_owned(), self.effects_file().display().to_string()];
        args.extend(habits.iter().map(|habit| (*habit).to_owned()));
        json!({"command": "python3", "args": args})
    }

    /// An agent whose tools are the built-in ones and all of the misbehaving server.
    pub fn agent(&self, model: &Model) -> Arc<Agent> {
        self.agent_of(model, &self.misbehaving(&[]))
    }

    /// The same, with this entry for the misbehaving server.
    pub fn agent_of(&self, model: &Model, server: &Value) -> Arc<Agent> {
        let names = ["count", "look", "stuck", "stuck-look", "die", "refuse", "chatter", "environment", "long"];
        let tools = names.iter().map(|name| ((*name).to_owned(), json!({"server": "bad", "tool": name})));
        let tools: serde_json::Map<_, _> = tools.collect();
        self.agent_with(model, &json!({"servers": {"bad": server}, "tools": tools}))
    }

    /// An agent with this tool configuration.
    pub fn agent_with(&self, model: &Model, tools: &Value) -> Arc<Agent> {
        self.agent_using(model.url.clone(), tools)
    }

    /// An agent with the built-in tools and the model at this address.
    pub fn agent_at(&self, model: String) -> Arc<Agent> {
        self.agent_using(model, &json!({}))
    }

    fn agent_using(&self, model: String, tools: &Value) -> Arc<Agent> {
        let agent = Agent::new(&self.config(tools)).unwrap();
        Arc::new(agent.environment(move |name| (name == "BATON_LLM_BASE_URL").then(|| model.clone())))
    }

    /// An agent that has no model.
    pub fn scripted(&self, tools: &Value) -> Arc<Agent> {
        Arc::new(Agent::new(&self.config(tools)).unwrap().environment(|_| None))
    }

    /// Where the agents of [`recording`](Self::recording) put their cassettes.
    pub fn cassettes(&self) -> PathBuf {
        self.0.join("cassettes")
    }

    /// An agent of the misbehaving server that records.
    pub fn recording(&self, model: &Model) -> Arc<Agent> {
        let url = model.url.clone();
        let agent = Agent::new(&self.config_of(None, Some(self.cassettes()))).unwrap();
        Arc::new(agent.environment(move |name| (name == "BATON_LLM_BASE_URL").then(|| url.clone())))
    }

    /// An agent of the same tools that plays what was recorded.
    pub fn playing(&self) -> Arc<Agent> {
        Arc::new(Agent::new(&self.config_of(Some("cassette"), Some(self.cassettes()))).unwrap())
    }

    /// With the misbehaving server's harmless tools.
    pub fn config_of(&self, llm: Option<&str>, cassettes: Option<PathBuf>) -> Config {
        let tools = json!({"count": {"server": "bad", "tool": "count"}, "look": {"server": "bad", "tool": "look"}});
        let tools = json!({"servers": {"bad": self.misbehaving(&[])}, "tools": tools});
        Config { llm: llm.map(str::to_owned), cassettes, ..self.config(&tools) }
    }

    fn config(&self, tools: &Value) -> Config {
        let file = self.0.join("mcp.json");
        std::fs::write(&file, tools.to_string()).unwrap();
        let common = Common { nats_url: String::new(), http_addr: None, concurrency: None };
        let built_in = format!("{} --root {}", built_in().display(), self.files().display());
        let secrets = workers::secret::Config { secrets_dir: Some(self.0.join("secrets")), ..Default::default() };
        Config {
            common,
            llm: None,
            mcp_config: Some(file),
            mcp_command: Some(built_in),
            secrets,
            llm_prices: None,
            cassettes: None,
        }
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// The program of the built-in tools.
pub fn built_in() -> &'static Path {
    Path::new(env!("CARGO_BIN_EXE_mcp"))
}

/// A job of an agentic task that may use these tools.
pub fn job(tools: &[&str], custom: Value) -> TestJob {
    let mut custom = custom;
    custom["mcpTools"] = json!(tools);
    let task = json!({"agentType": "clerk", "model": "vendor/model", "custom": custom});
    TestJob::new("agent").task(task).variables(json!({"order": 7}))
}

pub async fn run(agent: &Arc<Agent>, job: TestJob) -> Result<Variables, JobFailure> {
    let agent = agent.clone();
    let handler = move |job| {
        let agent = agent.clone();
        async move { agent.run(job).await }
    };
    job.run(handler).await.result
}

/// A failure that a person, or an error boundary event, has to handle; its code is given.
#[track_caller]
pub fn assert_bug(result: &Result<Variables, JobFailure>, code: &str) {
    match result {
        Err(JobFailure::Bug { message }) => assert!(message.starts_with(&format!("{code}: ")), "{message}"),
        other => panic!("not a bug: {other:?}"),
    }
}

/// A failure that is tried again.
#[track_caller]
pub fn assert_retryable(result: &Result<Variables, JobFailure>, code: &str) {
    match result {
        Err(JobFailure::Retryable { message, .. }) => assert!(message.starts_with(&format!("{code}: ")), "{message}"),
        other => panic!("not to be tried again: {other:?}"),
    }
}
