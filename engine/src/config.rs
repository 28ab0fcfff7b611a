//! What can be set.

use clap::Args;
use std::net::SocketAddr;

/// Of one engine replica. Every replica of an installation has the same database and the same NATS.
#[derive(Debug, Clone, Args)]
pub struct Config {
    /// Where the truth is: `postgres://user:password@host:port/database`.
    #[arg(long, env = "BATON_DATABASE_URL")]
    pub database_url: String,
    /// Where work is handed out: `nats://host:port`, several separated by commas.
    #[arg(long, env = "BATON_NATS_URL")]
    pub nats_url: String,
    /// Listener for health and metrics.
    #[arg(long, env = "BATON_HTTP_ADDR", default_value = "127.0.0.1:9100")]
    pub http_addr: SocketAddr,
    /// Transactions that may be under way at a time, each with its connection. 2 for each pair of cores of Postgres.
    #[arg(long, env = "BATON_ENGINE_LANES", default_value_t = 2)]
    pub lanes: usize,
    /// Commands that may wait in each lane; what comes on top is told to come again.
    #[arg(long, env = "BATON_ENGINE_LANE_DEPTH", default_value_t = 4096)]
    pub lane_depth: usize,
    /// Connections beside those of the lanes, for queries and housekeeping.
    #[arg(long, env = "BATON_ENGINE_CONNECTIONS", default_value_t = 8)]
    pub connections: usize,
    /// Instances that each lane remembers, in each of two generations, so that it need not read them again.
    #[arg(long, env = "BATON_ENGINE_CACHED_INSTANCES", default_value_t = 4096)]
    pub cached_instances: usize,
    /// Bytes of variables in one request.
    #[arg(long, env = "BATON_MAX_VARIABLES_BYTES", default_value_t = 256 * 1024)]
    pub max_variables_bytes: usize,
    /// Bytes of one result.
    #[arg(long, env = "BATON_MAX_RESULT_BYTES", default_value_t = 512 * 1024)]
    pub max_result_bytes: usize,
    /// Bytes of one job; NATS itself carries 1 MiB unless told otherwise.
    #[arg(long, env = "BATON_MAX_JOB_BYTES", default_value_t = 1000 * 1024)]
    pub max_job_bytes: usize,
    /// Bytes of jobs that NATS holds for workers; what comes on top waits in Postgres. -1: as many as NATS takes.
    #[arg(long, env = "BATON_JOBS_MAX_BYTES", default_value_t = -1, allow_negative_numbers = true)]
    pub jobs_max_bytes: i64,
    /// Days that the conversations of agents are kept; an agent that is started again after that begins anew.
    #[arg(long, env = "BATON_TRANSCRIPT_DAYS", default_value_t = 30)]
    pub transcript_days: u16,
    /// Days that history is kept, by whole weeks; for ever when not set.
    #[arg(long, env = "BATON_HISTORY_DAYS")]
    pub history_days: Option<u16>,
}
