//! Service tasks that need no code of their own: calls of the outside by connectors, and the topics that store files.
//!
//! A connector is one file with a `CONNECTOR`, and its line in [`CONNECTORS`]: `web` (HTTP), `openapi` (HTTP, described),
//! `sql` (Postgres). Which one a `web-service` task means is told by the key that it has in `custom`.
//! The keys of each job type are in `engine/docs/jobs.md`.

mod answer;
mod artifact_storage;
mod auth;
pub mod egress;
mod file_storage;
mod openapi;
mod regeneration;
mod signature;
mod sql;
pub mod web;

use crate::{
    Common,
    secret::{self, Opened, Secrets},
    store::Store,
};
use egress::Egress;
use futures::future::BoxFuture;
pub use signature::hmac;
use std::{path::PathBuf, sync::Arc};
use tokio_util::sync::CancellationToken;
use worker_sdk::{Job, JobFailure, Variables};

const CONCURRENCY: usize = 32;

/// The first whose key is in `custom` does the call.
const CONNECTORS: &[&Connector] = &[&sql::CONNECTOR, &openapi::CONNECTOR, &web::CONNECTOR];

/// One way to call the outside.
pub struct Connector {
    /// Of `custom`: what tells that a task means this one.
    pub key: &'static str,
    pub call: Call,
}

/// What it reads of the task it takes from the job; secrets it reads by [`Opened`], which hides them in the outcome.
type Call = for<'a> fn(&'a Outside, &'a Opened<'a>, &'a Job<Variables>) -> BoxFuture<'a, Outcome>;
pub type Outcome = Result<Variables, JobFailure>;

#[derive(Debug, Clone, clap::Args)]
pub struct Config {
    #[command(flatten)]
    pub common: Common,
    #[command(flatten)]
    pub egress: egress::Config,
    #[command(flatten)]
    pub secrets: secret::Config,
    /// Where files are kept: `file:///folder` or `s3://bucket/prefix`.
    #[arg(long, env = "BATON_STORE_URL")]
    pub store_url: Option<String>,
    /// PEM file of certificate authorities that databases are trusted by, beside the public ones.
    #[arg(long, env = "BATON_SQL_CA")]
    pub sql_ca: Option<PathBuf>,
}

/// What connectors work with.
pub struct Outside {
    pub egress: Egress,
    pub secrets: Secrets,
    pub tokens: auth::Tokens,
    pub documents: openapi::Documents,
    pub databases: sql::Databases,
}

impl Outside {
    pub fn new(egress: &egress::Config, secrets: Secrets) -> anyhow::Result<Self> {
        Ok(Outside {
            egress: Egress::new(egress)?,
            secrets,
            tokens: auth::Tokens::default(),
            documents: openapi::Documents::default(),
            databases: sql::Databases::new(None)?,
        })
    }
}

/// Works until shutdown.
pub async fn run(config: Config, shutdown: CancellationToken) -> anyhow::Result<()> {
    let mut outside = Outside::new(&config.egress, Secrets::new(&config.secrets))?;
    outside.databases = sql::Databases::new(config.sql_ca.as_deref())?;
    let outside = Arc::new(outside);
    let mut worker = config
        .common
        .worker(CONCURRENCY)
        .job("web-service", move |job| call(outside.clone(), job))
        .job("playbook-regeneration", regeneration::regenerate);
    match &config.store_url {
        Some(url) => {
            let files = Arc::new(Store::open(url)?);
            let artifacts = files.clone();
            worker = worker
                .job("file-storage", move |job| file_storage::store(files.clone(), job))
                .job("artifact-storage", move |job| artifact_storage::store(artifacts.clone(), job));
        }
        None => tracing::warn!("BATON_STORE_URL is not set: file-storage and artifact-storage jobs are not taken"),
    }
    Ok(worker.run(shutdown).await?)
}

/// `web-service`: by the connector that the task means.
async fn call(outside: Arc<Outside>, job: Job<Variables>) -> Outcome {
    let custom = job.task_properties().get("custom");
    let means = |connector: &&&Connector| custom.is_some_and(|custom| custom.get(connector.key).is_some());
    let connector = CONNECTORS.iter().find(means).copied().unwrap_or(&web::CONNECTOR);
    let opened = outside.secrets.open(job.tenant());
    let outcome = tokio::select! {
        outcome = (connector.call)(&outside, &opened, &job) => outcome,
        () = job.cancellation().cancelled() => Err(JobFailure::retryable("canceled")),
    };
    opened.guard(outcome)
}

/// A store that fails may work again; a path that is wrong stays wrong.
fn store_failure(error: crate::store::StoreError) -> JobFailure {
    match error {
        crate::store::StoreError::Objects(_) | crate::store::StoreError::Folder(_) => JobFailure::from(error),
        error => JobFailure::bug(error.to_string()),
    }
}
