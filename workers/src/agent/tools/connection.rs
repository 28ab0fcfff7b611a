//! The session with one MCP server: begun when it is first needed, shared by all jobs, begun again when it is gone. Nothing
//! waits without a limit, and one server's slowness is not another's.

use super::config::Server;
use crate::secret::{self, Secrets, Seen};
use anyhow::Context;
use reqwest::header::HeaderValue;
use rmcp::{
    RoleClient, ServiceError, ServiceExt,
    model::{CallToolRequestParams, CallToolResult, ClientRequest, PingRequest, Tool},
    service::RunningService,
    transport::{
        StreamableHttpClientTransport, TokioChildProcess, streamable_http_client::StreamableHttpClientTransportConfig,
    },
};
use std::{sync::Arc, time::Duration};
use tokio::{process::Command, sync::Mutex, time::timeout};

/// A server that let a call go by has at most this long to show that it lives.
const SIGN_OF_LIFE: Duration = Duration::from_secs(5);
/// What a server's process gets of the worker's environment, where the keys of models and stores are.
const HANDED_ON: [&str; 7] = ["PATH", "HOME", "USER", "LANG", "LC_ALL", "TMPDIR", "TZ"];

type Session = Arc<RunningService<RoleClient, ()>>;

pub struct Connection {
    name: String,
    server: Server,
    secrets: Arc<Secrets>,
    /// The secrets that its server has been given: nothing that it says brings them further.
    seen: Seen,
    session: Mutex<Option<Session>>,
}

/// Why there is no result of a call.
#[derive(Debug, thiserror::Error)]
pub enum CallError {
    /// The server was not reached, or said no.
    #[error("{0}")]
    NotDone(String),
    /// It was asked, and then silent or gone.
    #[error("{0}")]
    Unknown(String),
}

impl Connection {
    pub fn new(name: String, server: Server, secrets: Arc<Secrets>) -> Self {
        Connection { name, server, secrets, seen: Seen::default(), session: Mutex::default() }
    }

    pub fn seen(&self) -> &Seen {
        &self.seen
    }

    pub fn is_untrusted(&self) -> bool {
        self.server.untrusted
    }

    pub async fn tools(&self) -> anyhow::Result<Vec<Tool>> {
        let session = self.session().await?;
        match timeout(self.server.start_timeout(), session.list_all_tools()).await {
            Ok(listed) => listed.with_context(|| format!("listing the tools of the MCP server `{}`", self.name)),
            Err(_) => {
                self.forget(&session).await;
                anyhow::bail!("the MCP server `{}` does not list its tools", self.name)
            }
        }
    }

    pub async fn call(&self, call: CallToolRequestParams) -> Result<CallToolResult, CallError> {
        let session = self.session().await.map_err(|error| CallError::NotDone(format!("{error:#}")))?;
        match timeout(self.server.timeout(), session.call_tool(call)).await {
            Ok(Ok(result)) => Ok(result),
            Ok(Err(ServiceError::McpError(error))) => Err(CallError::NotDone(error.message.into_owned())),
            Ok(Err(error)) => Err(CallError::Unknown(error.to_string())),
            Err(_) => {
                self.forget_if_dead(&session).await;
                Err(CallError::Unknown(format!("no answer within {:?}", self.server.timeout())))
            }
        }
    }

    async fn session(&self) -> anyhow::Result<Session> {
        let mut slot = self.session.lock().await;
        if let Some(session) = slot.as_ref().filter(|session| !session.is_closed() && !session.is_transport_closed()) {
            return Ok(session.clone());
        }
        *slot = None;
        let limit = self.server.start_timeout();
        let started = timeout(limit, self.connect()).await;
        let started = started.with_context(|| format!("the MCP server `{}` did not start within {limit:?}", self.name));
        let session = Arc::new(started?.with_context(|| format!("starting the MCP server `{}`", self.name))?);
        *slot = Some(session.clone());
        Ok(session)
    }

    async fn connect(&self) -> anyhow::Result<RunningService<RoleClient, ()>> {
        let server = &self.server;
        if let Some(command) = &server.command {
            let mut process = process(command, server);
            for (name, value) in &server.env {
                process.env(name, self.secrets.configured_seen(value, &self.seen)?.expose());
            }
            return Ok(().serve(TokioChildProcess::new(process)?).await?);
        }
        let mut config = StreamableHttpClientTransportConfig::with_uri(server.url.as_deref().unwrap_or_default());
        for (name, value) in &server.headers {
            let secret = self.secrets.configured_seen(value, &self.seen)?;
            let mut value: HeaderValue = secret.expose().parse().context("a header that cannot be sent")?;
            value.set_sensitive(true);
            config.custom_headers.insert(name.parse()?, value);
        }
        Ok(().serve(StreamableHttpClientTransport::from_config(config)).await?)
    }

    /// One call that takes long is that call's matter; a server that answers nothing at all is replaced.
    async fn forget_if_dead(&self, session: &Session) {
        let limit = self.server.timeout().min(SIGN_OF_LIFE);
        let ping = ClientRequest::PingRequest(PingRequest::default());
        if !matches!(timeout(limit, session.send_request(ping)).await, Ok(Ok(_))) {
            self.forget(session).await;
        }
    }

    /// The next call begins a new session. This one ends with the last call that uses it.
    async fn forget(&self, session: &Session) {
        tracing::warn!(server = self.name, "the MCP server does not answer; it is replaced");
        let mut slot = self.session.lock().await;
        if slot.as_ref().is_some_and(|current| Arc::ptr_eq(current, session)) {
            *slot = None;
        }
    }
}

fn process(command: &str, server: &Server) -> Command {
    let mut process = Command::new(command);
    if !server.is_trusted {
        let kept = HANDED_ON.iter().filter_map(|name| Some((name, std::env::var_os(name)?)));
        process.env_clear().envs(kept);
    }
    // nobody but the worker itself reads these
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with(secret::VARIABLE)) {
        process.env_remove(name);
    }
    process.args(&server.args).kill_on_drop(true);
    process
}
