//! A service's own listener: `/healthz/live` (the process turns), `/healthz/startup`, `/healthz/ready` (it can do its
//! work; 503 and the components otherwise) and `/metrics` (OpenMetrics text).

use crate::Health;
use axum::{
    Json, Router, extract::State, http::StatusCode, http::header::CONTENT_TYPE, response::IntoResponse, routing::get,
};
use prometheus_client::{encoding::text::encode, registry::Registry};
use std::{net::SocketAddr, sync::Arc};
use tokio_util::sync::CancellationToken;

/// Serves until shutdown.
pub async fn serve(
    addr: SocketAddr,
    registry: Arc<Registry>,
    health: Health,
    shutdown: CancellationToken,
) -> anyhow::Result<()> {
    let listener = tokio::net::TcpListener::bind(addr).await?;
    tracing::debug!(addr = %listener.local_addr()?, "health and metrics");
    axum::serve(listener, router(registry, health)).with_graceful_shutdown(shutdown.cancelled_owned()).await?;
    Ok(())
}

/// The same routes on a listener that is there.
pub fn router(registry: Arc<Registry>, health: Health) -> Router {
    health_router(health).merge(metrics_router(registry))
}

/// Health alone, to be merged into a service that people reach, too.
pub fn health_router(health: Health) -> Router {
    Router::new()
        .route("/healthz/live", get(|| async { "alive" }))
        .route("/healthz/startup", get(|| async { "started" }))
        .route("/healthz/ready", get(ready).with_state(health))
}

/// Metrics alone, for those who may read them.
pub fn metrics_router(registry: Arc<Registry>) -> Router {
    Router::new().route("/metrics", get(metrics).with_state(registry))
}

async fn ready(State(health): State<Health>) -> impl IntoResponse {
    let status = if health.is_ready() { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, Json(health.components()))
}

async fn metrics(State(registry): State<Arc<Registry>>) -> impl IntoResponse {
    let mut text = String::new();
    match encode(&mut text, &registry) {
        Ok(()) => {
            ([(CONTENT_TYPE, "application/openmetrics-text; version=1.0.0; charset=utf-8")], text).into_response()
        }
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}
