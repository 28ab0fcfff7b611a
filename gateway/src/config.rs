//! What the gateway can be told. Every value is an option of the command line and a variable of the environment.

use crate::{approval::LinkKey, auth::ApiKeys};
use std::{net::SocketAddr, path::PathBuf, time::Duration};

#[derive(Debug, Clone, clap::Args)]
pub struct Config {
    /// Where the bus is; several servers are separated by commas.
    #[arg(long, env = "BATON_NATS_URL", default_value = "nats://127.0.0.1:4222")]
    pub nats_url: String,

    /// The address that people, browsers and probes reach.
    #[arg(long, env = "BATON_HTTP_ADDR", default_value = "127.0.0.1:8080")]
    pub http_addr: SocketAddr,

    /// The address of `/metrics`, which is not for everyone who reaches the gateway. Without it there is none.
    #[arg(long, env = "BATON_METRICS_ADDR")]
    pub metrics_addr: Option<SocketAddr>,

    /// Where files are kept: `file:///folder` or `s3://bucket/prefix`.
    #[arg(long, env = "BATON_STORE_URL", default_value = "file:///tmp/baton/files")]
    pub store_url: String,

    /// Who may ask, as `key=tenant:role`, separated by commas. Roles: admin, operator, user, viewer. Without a key
    /// nobody gets in.
    #[arg(long, env = "BATON_API_KEYS", default_value = "", hide_env_values = true)]
    pub api_keys: ApiKeys,

    /// What approval links in mails are signed with, at least 16 characters; the send workers have the same. Without it no
    /// link is good.
    #[arg(long, env = "BATON_LINK_KEY", hide_env_values = true)]
    pub link_key: Option<LinkKey>,

    /// Origins whose pages may open a WebSocket, separated by commas. Empty: only the gateway's own page.
    #[arg(long, env = "BATON_ALLOWED_ORIGINS", value_delimiter = ',')]
    pub allowed_origins: Vec<String>,

    /// Folder of caught mails, shown at `/api/v1/mail`; for development only.
    #[arg(long, env = "BATON_DEV_MAIL_DIR")]
    pub dev_mail_dir: Option<PathBuf>,

    /// How long the engine may take to answer, in milliseconds; then the answer is 503.
    #[arg(long, env = "BATON_ENGINE_TIMEOUT_MS", default_value_t = 10_000)]
    pub engine_timeout_ms: u64,

    /// Open live connections (WebSocket and SSE) of the whole gateway; the next one is refused with 503.
    #[arg(long, env = "BATON_MAX_CONNECTIONS", default_value_t = 20_000)]
    pub max_connections: usize,

    /// Open live connections from one address; the next one is refused with 429.
    #[arg(long, env = "BATON_MAX_CONNECTIONS_PER_ADDRESS", default_value_t = 20_000)]
    pub max_connections_per_address: usize,

    /// Seconds between heartbeats on live connections; a client that is silent for three of them is let go.
    #[arg(long, env = "BATON_HEARTBEAT_SECONDS", default_value_t = 20)]
    pub heartbeat_seconds: u64,
}

impl Config {
    pub(crate) fn engine_timeout(&self) -> Duration {
        Duration::from_millis(self.engine_timeout_ms.max(1))
    }

    pub(crate) fn heartbeat(&self) -> Duration {
        Duration::from_secs(self.heartbeat_seconds.max(1))
    }
}
