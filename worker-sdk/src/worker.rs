//! Putting a worker together and running it.

use crate::{
    Job, JobFailure,
    handler::{self, Erased},
    live::Live,
    metrics::Metrics,
    needs::Needs,
    pull,
    report::Reporter,
    running::{self, Running},
};
use prometheus_client::registry::Registry;
use serde::{Serialize, de::DeserializeOwned};
use std::{net::SocketAddr, sync::Arc, time::Duration};
use telemetry::Health;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

const DEFAULT_CONCURRENCY: usize = 16;
const DEFAULT_DRAIN: Duration = Duration::from_secs(20);
/// Two of these without an answer, and the connection is taken for lost.
const PING: Duration = Duration::from_secs(5);

/// Entry point; see [`Worker::builder`].
pub struct Worker;

/// Why a worker could not start. Once it runs, it outlives every failure of NATS and of the engine.
#[derive(Debug, thiserror::Error)]
pub enum WorkerError {
    #[error("cannot use NATS at `{url}`")]
    Connect { url: String, source: async_nats::ConnectError },
    #[error("the worker has no job types: call `job`")]
    NoJobs,
}

impl Worker {
    /// A worker on the NATS server at this URL.
    pub fn builder(nats_url: impl Into<String>) -> Builder {
        Builder {
            nats_url: nats_url.into(),
            name: format!("worker-{}", uuid::Uuid::new_v4().simple()),
            jobs: Vec::new(),
            concurrency: DEFAULT_CONCURRENCY,
            drain: DEFAULT_DRAIN,
            http: None,
            health: Health::default(),
            registry: Registry::with_prefix("baton"),
        }
    }
}

/// What a worker does and how.
pub struct Builder {
    nats_url: String,
    name: String,
    jobs: Vec<JobType>,
    concurrency: usize,
    drain: Duration,
    http: Option<SocketAddr>,
    health: Health,
    registry: Registry,
}

pub(crate) struct JobType {
    pub name: String,
    pub handler: Erased,
    pub needs: Needs,
    /// None: the worker's.
    concurrency: Option<usize>,
}

/// What the loops of a running worker share.
pub(crate) struct Shared {
    pub nats: async_nats::Client,
    pub worker: String,
    pub running: Running,
    pub reporter: Reporter,
    pub metrics: Metrics,
    pub live: Live,
    pub health: Health,
    pub drain: Duration,
}

impl Builder {
    /// Shown in history and logs. Must tell replicas apart; the default is random.
    #[must_use]
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = name.into();
        self
    }

    /// Jobs of this type are done by this handler. Its input is the job's variables, read by serde; of its output an
    /// object's fields become variables, and any other value becomes the task's result. Large variables do not travel with
    /// the job: a handler whose input is a struct gets those that are its fields, any other gets them all.
    #[must_use]
    pub fn job<I, O, F, Fut>(mut self, job_type: impl Into<String>, handler: F) -> Self
    where
        I: DeserializeOwned + Send + 'static,
        O: Serialize,
        F: Fn(Job<I>) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<O, JobFailure>> + Send + 'static,
    {
        let (handler, needs) = (handler::erase(handler), Needs::of::<I>());
        self.jobs.push(JobType { name: job_type.into(), handler, needs, concurrency: None });
        self
    }

    /// How many jobs of each type run at once; 16 unless told.
    #[must_use]
    pub fn concurrency(mut self, jobs: usize) -> Self {
        self.concurrency = jobs.max(1);
        self
    }

    /// The same for the job type added last only.
    #[must_use]
    pub fn at_once(mut self, jobs: usize) -> Self {
        if let Some(last) = self.jobs.last_mut() {
            last.concurrency = Some(jobs.max(1));
        }
        self
    }

    /// How long running jobs may go on after shutdown, before they are given back. 20 s unless told.
    #[must_use]
    pub fn drain(mut self, at_most: Duration) -> Self {
        self.drain = at_most;
        self
    }

    /// Serves `/healthz/*` and `/metrics` here.
    #[must_use]
    pub fn http(mut self, addr: Option<SocketAddr>) -> Self {
        self.http = addr;
        self
    }

    /// Health that the caller adds components to; the worker's own are `nats` and `engine`.
    #[must_use]
    pub fn health(mut self, health: Health) -> Self {
        self.health = health;
        self
    }

    /// Adds metrics of the caller's own to those that are served.
    #[must_use]
    pub fn metrics(mut self, register: impl FnOnce(&mut Registry)) -> Self {
        register(&mut self.registry);
        self
    }

    /// Works until shutdown, then drains. Waits for a server that is not there yet.
    pub async fn run(mut self, shutdown: CancellationToken) -> Result<(), WorkerError> {
        if self.jobs.is_empty() {
            return Err(WorkerError::NoJobs);
        }
        let nats = connect(&self.nats_url, &self.name, self.health.clone()).await?;
        let shared = Arc::new(Shared {
            live: Live::published(nats.clone()),
            reporter: Reporter::start(nats.clone()),
            nats,
            worker: self.name,
            running: Running::default(),
            metrics: Metrics::register(&mut self.registry),
            health: self.health.clone(),
            drain: self.drain,
        });
        let stopped = CancellationToken::new();
        if let Some(addr) = self.http {
            tokio::spawn(serve(addr, self.registry, self.health, stopped.clone()));
        }
        let leases = tokio::spawn(running::keep_leases(shared.clone(), stopped.clone()));
        // tasks of their own, so that they run beside the connection that feeds them, not on the thread that waits here
        let mut pulls = JoinSet::new();
        for job_type in self.jobs {
            let at_once = job_type.concurrency.unwrap_or(self.concurrency);
            pulls.spawn(pull::run(shared.clone(), Arc::new(job_type), at_once, shutdown.clone()));
        }
        pulls.join_all().await;
        stopped.cancel();
        let _ = leases.await;
        let _ = tokio::time::timeout(Duration::from_secs(2), shared.nats.flush()).await;
        Ok(())
    }
}

async fn connect(url: &str, name: &str, health: Health) -> Result<async_nats::Client, WorkerError> {
    health.set("nats", false);
    async_nats::ConnectOptions::new()
        .name(name)
        .ping_interval(PING)
        .retry_on_initial_connect()
        .event_callback(move |event| {
            let health = health.clone();
            async move {
                match event {
                    async_nats::Event::Connected => health.set("nats", true),
                    async_nats::Event::Disconnected | async_nats::Event::Closed => health.set("nats", false),
                    other => tracing::debug!(event = %other, "NATS"),
                }
            }
        })
        .connect(url)
        .await
        .map_err(|source| WorkerError::Connect { url: url.to_owned(), source })
}

async fn serve(addr: SocketAddr, registry: Registry, health: Health, stopped: CancellationToken) {
    if let Err(error) = telemetry::serve(addr, Arc::new(registry), health, stopped).await {
        tracing::error!(%addr, "health and metrics cannot be served: {error:#}");
    }
}
