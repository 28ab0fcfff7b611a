//! Service tasks that need no code of their own: HTTP calls, and the topics that store files.
//!
//! The keys of each job type are in `engine/docs/jobs.md`.

mod artifact_storage;
pub mod egress;
mod file_storage;
mod regeneration;
pub mod web;

use crate::{Common, store::Store};
use egress::Egress;
use std::sync::Arc;
use tokio_util::sync::CancellationToken;
use worker_sdk::JobFailure;

const CONCURRENCY: usize = 32;

#[derive(Debug, Clone, clap::Args)]
pub struct Config {
    #[command(flatten)]
    pub common: Common,
    #[command(flatten)]
    pub egress: egress::Config,
    /// Where files are kept: `file:///folder` or `s3://bucket/prefix`.
    #[arg(long, env = "BATON_STORE_URL")]
    pub store_url: Option<String>,
}

/// Works until shutdown.
pub async fn run(config: Config, shutdown: CancellationToken) -> anyhow::Result<()> {
    let egress = Arc::new(Egress::new(&config.egress)?);
    let mut worker = config
        .common
        .worker(CONCURRENCY)
        .job("web-service", move |job| web::call(egress.clone(), job))
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

/// A store that fails may work again; a path that is wrong stays wrong.
fn store_failure(error: crate::store::StoreError) -> JobFailure {
    match error {
        crate::store::StoreError::Objects(_) | crate::store::StoreError::Folder(_) => JobFailure::from(error),
        error => JobFailure::bug(error.to_string()),
    }
}
