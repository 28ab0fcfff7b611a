//! The listener, the router and its layers.

use crate::{
    agui, approval,
    config::Config,
    http::{authorize, deadline, no_such_route, observe, panicked, secure, wrong_method},
    live::{hub::Hub, websocket},
    mcp,
    metrics::Metrics,
    page, rest,
    state::App,
};
use anyhow::Context;
use async_nats::{Client, Event};
use axum::{
    Json, Router,
    extract::DefaultBodyLimit,
    middleware::{from_fn, from_fn_with_state},
    routing::get,
};
use prometheus_client::registry::Registry;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use std::{net::SocketAddr, sync::Arc, time::Duration};
use telemetry::Health;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tower_http::catch_panic::CatchPanicLayer;

/// A body's size at most, in bytes; files have their own.
const MAX_BODY: usize = 1024 * 1024;

/// Two of these without an answer, and the connection to the bus is taken for lost.
const PING: Duration = Duration::from_secs(5);

/// A connection is an open file, and the usual limit of 1,024 is soon met. As many as the system lets this process have.
pub fn raise_open_files() {
    let limit = getrlimit(Resource::Nofile);
    if let Err(error) = setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, maximum: limit.maximum }) {
        tracing::warn!(%error, "the limit of open files stays as it is");
    }
}

/// Runs the gateway until shutdown.
pub async fn run(config: Config, shutdown: CancellationToken) -> anyhow::Result<()> {
    raise_open_files();
    let listener = TcpListener::bind(config.http_addr)
        .await
        .with_context(|| format!("listening on {} (BATON_HTTP_ADDR)", config.http_addr))?;
    let metrics = match config.metrics_addr {
        Some(addr) => {
            Some(TcpListener::bind(addr).await.with_context(|| format!("listening on {addr} (BATON_METRICS_ADDR)"))?)
        }
        None => None,
    };
    serve(config, listener, metrics, shutdown).await
}

/// The same on listeners that are there already; the second is for metrics alone.
pub async fn serve(
    config: Config,
    listener: TcpListener,
    metrics_listener: Option<TcpListener>,
    shutdown: CancellationToken,
) -> anyhow::Result<()> {
    let health = Health::default();
    let metrics = Arc::new(Metrics::default());
    let mut registry = Registry::default();
    metrics.register(&mut registry);
    let hub = Hub::new(Arc::clone(&metrics));
    let client = connect(&config, &health, &hub).await?;
    hub.start(&client, shutdown.clone()).await?;
    let app = Arc::new(App::new(config, client.clone(), hub, metrics, shutdown.clone())?);
    let router = router(&app, telemetry::health_router(health.clone()));
    if let Some(listener) = metrics_listener {
        let served = axum::serve(listener, telemetry::metrics_router(Arc::new(registry)));
        tokio::spawn(served.with_graceful_shutdown(shutdown.clone().cancelled_owned()).into_future());
    }
    tracing::info!(addr = %listener.local_addr()?, "the gateway listens");
    let stopping = async move {
        shutdown.cancelled().await;
        health.set("running", false);
    };
    let service = router.into_make_service_with_connect_info::<SocketAddr>();
    axum::serve(listener, service).with_graceful_shutdown(stopping).await.context("serving HTTP")?;
    client.drain().await.context("leaving the bus")
}

/// Connects in the background: without the bus the gateway answers 503 and is not ready, but it is there.
async fn connect(config: &Config, health: &Health, hub: &Hub) -> anyhow::Result<Client> {
    let (health, hub) = (health.clone(), hub.clone());
    health.set("nats", false);
    let options = telemetry::nats::options().await.context("reading the bus's credentials")?;
    let options =
        options.name("baton gateway").ping_interval(PING).retry_on_initial_connect().event_callback(move |event| {
            let (health, hub) = (health.clone(), hub.clone());
            async move {
                match event {
                    Event::Connected => {
                        health.set("nats", true);
                        hub.resync();
                    }
                    Event::Disconnected | Event::Closed => health.set("nats", false),
                    Event::SlowConsumer(_) => hub.resync(),
                    event => tracing::debug!(%event, "the bus"),
                }
            }
        });
    options.connect(config.nats_url.as_str()).await.context("connecting to the bus (BATON_NATS_URL)")
}

/// The probes are neither recorded nor asked for a key.
fn router(app: &Arc<App>, probes: Router) -> Router {
    let (routes, _) = rest::routes().split_for_parts();
    let (files, _) = rest::file_routes().split_for_parts();
    let document = Arc::new(rest::openapi());
    let api = routes
        .route("/api/v1/openapi.json", get(move || async move { Json(document.as_ref().clone()) }))
        .route("/api/v1/ws", get(websocket))
        .merge(agui::routes())
        .layer(DefaultBodyLimit::max(MAX_BODY))
        .merge(files.layer(DefaultBodyLimit::max(rest::MAX_UPLOAD)))
        .method_not_allowed_fallback(wrong_method)
        .route_layer(from_fn_with_state(Arc::clone(app), authorize));
    let mcp = mcp::http::routes(app, api.clone().with_state(Arc::clone(app)), MAX_BODY)
        .route_layer(from_fn_with_state(Arc::clone(app), authorize));
    api.merge(mcp)
        .merge(approval::routes(app))
        .route("/api/{*rest}", get(no_such_route).fallback(no_such_route))
        .route("/metrics", get(no_such_route).fallback(no_such_route))
        .fallback(page::serve)
        .layer(from_fn(deadline))
        .layer(CatchPanicLayer::custom(panicked))
        .layer(from_fn_with_state(Arc::clone(app), observe))
        .with_state(Arc::clone(app))
        .merge(probes)
        .layer(from_fn(secure))
}
