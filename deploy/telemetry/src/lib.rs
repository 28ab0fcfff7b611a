//! What every service shares to be seen: logs, traces, the W3C trace context over NATS, health and metrics.
//!
//! - [`init`]: logs to stderr (`BATON_LOG` filters, `BATON_LOG_FORMAT=json` for one JSON object a line, with trace
//!   ids), and spans by OTLP over HTTP when `OTEL_EXPORTER_OTLP_ENDPOINT` is set.
//! - [`propagation`]: trace context into and out of NATS headers and stored `traceparent` texts.
//! - [`nats`] and [`postgres`]: how services connect to the servers: credentials and certificates.
//! - [`Health`] and [`serve()`]: `/healthz/*` and `/metrics` of a service.

mod health;
mod logs;
pub mod nats;
pub mod postgres;
pub mod propagation;
mod serve;

pub use health::Health;
pub use serve::{health_router, metrics_router, router, serve};

use opentelemetry::trace::TracerProvider as _;
use opentelemetry_sdk::{Resource, propagation::TraceContextPropagator, trace::SdkTracerProvider};
use tracing_subscriber::{EnvFilter, Layer, layer::SubscriberExt, util::SubscriberInitExt};

/// Keeps telemetry going; dropping it sends what is left.
#[must_use]
pub struct Guard {
    provider: Option<SdkTracerProvider>,
}

impl Drop for Guard {
    fn drop(&mut self) {
        if let Some(provider) = self.provider.take() {
            let _ = provider.shutdown();
        }
    }
}

/// Starts logs and traces for the service `baton-<service>`. Call it once, inside the tokio runtime.
/// A second call in the same process changes nothing.
pub fn init(service: &str) -> Guard {
    opentelemetry::global::set_text_map_propagator(TraceContextPropagator::new());
    let provider = tracer_provider(service);
    let traces = provider.as_ref().map(|provider| {
        tracing_opentelemetry::layer()
            .with_tracer(provider.tracer("baton"))
            // rmcp puts what an MCP server says of itself into events, with whatever it has been told
            .with_filter(EnvFilter::new("info,h2=off,hyper=off,reqwest=off,async_nats=off,rmcp=off"))
    });
    let started = tracing_subscriber::registry().with(traces).with(logs::layer()).try_init();
    match started {
        Ok(()) => Guard { provider },
        Err(_) => Guard { provider: None },
    }
}

fn tracer_provider(service: &str) -> Option<SdkTracerProvider> {
    std::env::var_os("OTEL_EXPORTER_OTLP_ENDPOINT").filter(|endpoint| !endpoint.is_empty())?;
    let name = std::env::var("OTEL_SERVICE_NAME").unwrap_or_else(|_| format!("baton-{service}"));
    match opentelemetry_otlp::SpanExporter::builder().with_http().build() {
        Ok(exporter) => {
            let resource = Resource::builder().with_service_name(name).build();
            Some(SdkTracerProvider::builder().with_resource(resource).with_batch_exporter(exporter).build())
        }
        Err(error) => {
            eprintln!("traces are off: the OTLP exporter cannot be built: {error}");
            None
        }
    }
}
