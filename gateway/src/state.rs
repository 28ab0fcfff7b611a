//! What every handler shares.

use crate::{
    config::Config,
    engine::Engine,
    live::{Connections, PAGES_AT_ONCE, Sources, hub::Hub, shape::Shapes},
    metrics::Metrics,
};
use anyhow::Context;
use async_nats::Client;
use object_store::{
    ObjectStore, aws::AmazonS3Builder, local::LocalFileSystem, path::Path as StorePath, prefix::PrefixStore,
};
use std::sync::Arc;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

pub struct App {
    pub config: Config,
    pub engine: Engine,
    pub store: Arc<dyn ObjectStore>,
    pub sources: Sources,
    pub connections: Connections,
    pub metrics: Arc<Metrics>,
    pub shutdown: CancellationToken,
}

impl App {
    pub fn new(
        config: Config,
        client: Client,
        hub: Hub,
        metrics: Arc<Metrics>,
        shutdown: CancellationToken,
    ) -> anyhow::Result<Self> {
        let engine = Engine::new(client, config.engine_timeout());
        let sources = Sources {
            engine: engine.clone(),
            hub,
            shapes: Shapes::new(engine.clone()),
            pages: Arc::new(Semaphore::new(PAGES_AT_ONCE)),
        };
        let connections =
            Connections::new(config.max_connections, config.max_connections_per_address, Arc::clone(&metrics));
        let store = open_store(&config.store_url)?;
        Ok(Self { config, engine, store, sources, connections, metrics, shutdown })
    }
}

/// `file:///folder` or `s3://bucket/prefix`; S3's credentials come from the usual `AWS_*` variables.
fn open_store(url: &str) -> anyhow::Result<Arc<dyn ObjectStore>> {
    if let Some(folder) = url.strip_prefix("file://") {
        std::fs::create_dir_all(folder).with_context(|| format!("creating the folder of files, {folder}"))?;
        let store = LocalFileSystem::new_with_prefix(folder).with_context(|| format!("opening {folder}"))?;
        return Ok(Arc::new(store.with_automatic_cleanup(true)));
    }
    let place =
        url.strip_prefix("s3://").with_context(|| format!("BATON_STORE_URL: `{url}` is neither file:// nor s3://"))?;
    let (bucket, prefix) = place.split_once('/').unwrap_or((place, ""));
    let store = AmazonS3Builder::from_env().with_bucket_name(bucket).build().context("opening the S3 bucket")?;
    Ok(Arc::new(PrefixStore::new(store, StorePath::from(prefix))))
}
