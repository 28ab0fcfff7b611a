//! Write workers for Baton: an async function per job type; the rest (pulling, leases, retries, draining, metrics,
//! traces) is done here.
//!
//! ```no_run
//! use worker_sdk::{Job, JobFailure, Worker};
//!
//! #[derive(serde::Deserialize)]
//! struct Order {
//!     total: f64,
//! }
//!
//! #[derive(serde::Serialize)]
//! struct Charged {
//!     receipt: String,
//! }
//!
//! async fn charge(job: Job<Order>) -> Result<Charged, JobFailure> {
//!     if job.input.total > 1000.0 {
//!         return Err(JobFailure::bpmn_error("CARD_DECLINED", "over the limit"));
//!     }
//!     job.progress(0.5, "asking the bank");
//!     Ok(Charged { receipt: format!("receipt for {}", job.id()) })
//! }
//!
//! # async fn example() -> Result<(), worker_sdk::WorkerError> {
//! let shutdown = tokio_util::sync::CancellationToken::new();
//! Worker::builder("nats://127.0.0.1:4222").job("charge-card", charge).run(shutdown).await
//! # }
//! ```
//!
//! A job is delivered at least once: towards the outside use [`Context::id`] as the idempotency key, which is the same
//! in every attempt. Its result is applied exactly once.

#![deny(missing_docs)]

mod context;
mod failure;
mod fetch;
mod handler;
mod layer;
mod limit;
mod live;
mod metrics;
mod needs;
mod process;
mod pull;
mod question;
mod report;
mod running;
mod state;
pub mod testing;
mod worker;

pub use context::{Context, Job};
pub use failure::JobFailure;
pub use handler::{TaskResult, Variables};
pub use layer::{Failed, JobService};
pub use limit::Rate;
pub use question::{Answer, Question};
pub use worker::{Builder, Worker, WorkerError};

// What a worker's `main` needs, so that its Cargo.toml stays short.
pub use proto;
/// Starts logs to stderr (`BATON_LOG` filters them, `BATON_LOG_FORMAT=json` makes objects of them), and traces when
/// `OTEL_EXPORTER_OTLP_ENDPOINT` is set. Keep what it returns until the worker has ended: dropping it sends what is left.
pub use telemetry::init as start_telemetry;
#[doc(no_inline)]
pub use tokio_util::sync::CancellationToken;
