//! Putting a worker together and running it.

use crate::{
    Job, JobFailure, JobService, Rate, Variables,
    context::Context,
    handler::{self, Erased},
    layer::{self, Wrap},
    limit::Limit,
    live::Live,
    metrics::Metrics,
    needs::Needs,
    pull,
    report::Reporter,
    running::{self, Running},
    state::{States, Wanted},
};
use prometheus_client::registry::Registry;
use serde::{Serialize, de::DeserializeOwned};
use std::{
    net::SocketAddr,
    sync::{Arc, OnceLock},
    time::Duration,
};
use telemetry::Health;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use tower::{BoxError, Layer, Service};

const DEFAULT_CONCURRENCY: usize = 16;
const DEFAULT_DRAIN: Duration = Duration::from_secs(20);
/// Two of these without an answer, and the connection is taken for lost.
const PING: Duration = Duration::from_secs(5);

/// Entry point; see [`Worker::builder`].
pub struct Worker;

/// Why a worker could not start. Once it runs, it outlives every failure of NATS and of the engine.
#[derive(Debug, thiserror::Error)]
pub enum WorkerError {
    /// The URL is not one. (A server that is not there, or refuses, is tried again, with a warning in the log.)
    #[error("cannot use NATS at `{url}`")]
    Connect {
        /// As given to the builder.
        url: String,
        /// What NATS says.
        source: async_nats::ConnectError,
    },
    /// A file that the environment names cannot be read.
    #[error("the credentials for NATS cannot be used")]
    Credentials(#[source] std::io::Error),
    /// There would be nothing to do.
    #[error("the worker has no job types: call `job`")]
    NoJobs,
    /// A handler takes a state of a type that [`Builder::state`] was not given.
    #[error("the handler of `{job_type}` takes a `{state}`, and the worker was given none: call `state`")]
    NoState {
        /// Whose handler.
        job_type: String,
        /// The Rust type.
        state: &'static str,
    },
    /// Worker and engine do not understand each other; one of them has to be updated.
    #[error("worker and engine do not fit together: {0}")]
    Incompatible(String),
}

impl Worker {
    /// A worker on the NATS server at this URL. Credentials and certificates are taken from the environment:
    /// `BATON_NATS_CREDS` (a file), `BATON_NATS_USER` with `BATON_NATS_PASSWORD`, `BATON_NATS_TOKEN`, `BATON_NATS_CA`,
    /// `BATON_NATS_CERT` with `BATON_NATS_KEY` (PEM files).
    pub fn builder(nats_url: impl Into<String>) -> Builder {
        Builder {
            nats_url: nats_url.into(),
            name: format!("worker-{}", uuid::Uuid::new_v4().simple()),
            jobs: Vec::new(),
            layers: Vec::new(),
            states: States::default(),
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
    layers: Vec<Wrap>,
    states: States,
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
    pub limits: Vec<Limit>,
    wanted: Option<Wanted>,
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
    pub states: States,
    /// Why the worker ends although nobody has told it to.
    incompatible: OnceLock<String>,
    shutdown: CancellationToken,
}

impl Shared {
    /// Drains and ends: going on cannot help.
    pub fn give_up(&self, why: String) {
        tracing::error!("worker and engine do not fit together: {why}");
        let _ = self.incompatible.set(why);
        self.shutdown.cancel();
    }
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
    pub fn job<I, O, F, Fut>(self, job_type: impl Into<String>, handler: F) -> Self
    where
        I: DeserializeOwned + Send + 'static,
        O: Serialize,
        F: Fn(Job<I>) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<O, JobFailure>> + Send + 'static,
    {
        let (handler, needs) = (handler::erase(handler), Needs::of::<I>());
        self.add(job_type.into(), handler, needs, None)
    }

    /// As [`job`](Self::job), with a handler that also takes what [`state`](Self::state) was given of that type.
    ///
    /// ```
    /// # use worker_sdk::{Job, JobFailure, Worker};
    /// # use std::sync::Arc;
    /// struct Bank { url: String }
    ///
    /// async fn charge(job: Job<serde_json::Value>, bank: Arc<Bank>) -> Result<String, JobFailure> {
    ///     Ok(format!("{} was told", bank.url))
    /// }
    ///
    /// Worker::builder("nats://127.0.0.1:4222").state(Bank { url: "bank".into() }).job_with("charge-card", charge);
    /// ```
    #[must_use]
    pub fn job_with<S, I, O, F, Fut>(self, job_type: impl Into<String>, handler: F) -> Self
    where
        S: Send + Sync + 'static,
        I: DeserializeOwned + Send + 'static,
        O: Serialize + 'static,
        F: Fn(Job<I>, Arc<S>) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<O, JobFailure>> + Send + 'static,
    {
        self.add(job_type.into(), handler::with_state(handler), Needs::of::<I>(), Some(Wanted::of::<S>()))
    }

    fn add(mut self, name: String, handler: Erased, needs: Needs, wanted: Option<Wanted>) -> Self {
        self.jobs.push(JobType { name, handler, needs, limits: Vec::new(), wanted, concurrency: None });
        self
    }

    /// What handlers share (a pool of connections, a client): one value of each type. Handlers take it by
    /// [`job_with`](Self::job_with), everything else by [`Context::state`].
    #[must_use]
    pub fn state<S: Send + Sync + 'static>(mut self, state: S) -> Self {
        self.states.insert(state);
        self
    }

    /// A layer of tower around every job, from its context to its output variables; the first is the outermost. An error of
    /// the layer's own becomes a retryable failure. It goes around the handler only: fetching, leases and reporting
    /// are not its business.
    #[must_use]
    pub fn layer<L>(mut self, layer: L) -> Self
    where
        L: Layer<JobService> + Send + Sync + 'static,
        L::Service: Service<Context, Response = Variables> + Clone + Send + Sync + 'static,
        <L::Service as Service<Context>>::Error: Into<BoxError> + 'static,
        <L::Service as Service<Context>>::Future: Send + 'static,
    {
        self.layers.push(layer::wrap(layer));
        self
    }

    /// Jobs of the type added last begin no more often than this in this worker.
    #[must_use]
    pub fn rate(self, rate: Rate) -> Self {
        self.limited(Limit::own(rate))
    }

    /// Jobs of the type added last begin no more often than this in all workers together that name the same limit: name it
    /// after the outside system that it spares. All of them should say the same rate. Jobs that wait keep their leases
    /// and their places among those that run at once.
    #[must_use]
    pub fn shared_rate(self, limit: &str, rate: Rate) -> Self {
        self.limited(Limit::shared(limit, rate))
    }

    fn limited(mut self, limit: Limit) -> Self {
        if let Some(last) = self.jobs.last_mut() {
            last.limits.push(limit);
        }
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
        self.check_states()?;
        let shutdown = shutdown.child_token();
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
            states: self.states,
            incompatible: OnceLock::new(),
            shutdown: shutdown.clone(),
        });
        let stopped = CancellationToken::new();
        if let Some(addr) = self.http {
            tokio::spawn(serve(addr, self.registry, self.health, stopped.clone()));
        }
        let leases = tokio::spawn(running::keep_leases(shared.clone(), stopped.clone()));
        // tasks of their own, so that they run beside the connection that feeds them, not on the thread that waits here
        let mut pulls = JoinSet::new();
        for mut job_type in self.jobs {
            job_type.handler = layer::layered(job_type.handler, &self.layers);
            let at_once = job_type.concurrency.unwrap_or(self.concurrency);
            pulls.spawn(pull::run(shared.clone(), Arc::new(job_type), at_once, shutdown.clone()));
        }
        pulls.join_all().await;
        stopped.cancel();
        let _ = leases.await;
        let _ = tokio::time::timeout(Duration::from_secs(2), shared.nats.flush()).await;
        shared.incompatible.get().map_or(Ok(()), |why| Err(WorkerError::Incompatible(why.clone())))
    }

    fn check_states(&self) -> Result<(), WorkerError> {
        let missing = |job: &&JobType| job.wanted.is_some_and(|wanted| !self.states.has(wanted));
        match self.jobs.iter().find(missing) {
            Some(JobType { name, wanted: Some(wanted), .. }) => {
                Err(WorkerError::NoState { job_type: name.clone(), state: wanted.name })
            }
            _ => Ok(()),
        }
    }
}

async fn connect(url: &str, name: &str, health: Health) -> Result<async_nats::Client, WorkerError> {
    health.set("nats", false);
    let options = telemetry::nats::options().await.map_err(WorkerError::Credentials)?;
    options
        .name(name)
        .ping_interval(PING)
        .retry_on_initial_connect()
        .event_callback(move |event| {
            let health = health.clone();
            async move {
                match event {
                    async_nats::Event::Connected => health.set("nats", true),
                    async_nats::Event::Disconnected | async_nats::Event::Closed => health.set("nats", false),
                    // also that it refuses the credentials, which somebody may be about to mend
                    error @ (async_nats::Event::ClientError(_) | async_nats::Event::ServerError(_)) => {
                        tracing::warn!("NATS: {error}");
                    }
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
