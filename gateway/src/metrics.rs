//! What can be measured of a gateway, at `/metrics` of its own listener.

use prometheus_client::{
    encoding::EncodeLabelSet,
    metrics::{
        counter::Counter,
        family::Family,
        gauge::Gauge,
        histogram::{Histogram, exponential_buckets},
    },
    registry::Registry,
};
use std::time::Duration;

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct RequestLabels {
    method: String,
    /// As routed, with `{id}` for ids.
    route: String,
    status: u16,
}

pub struct Metrics {
    requests: Family<RequestLabels, Counter>,
    request_seconds: Histogram,
    fan_out_seconds: Histogram,
    pub live_clients: Gauge,
    pub dropped_clients: Counter,
}

impl Default for Metrics {
    fn default() -> Self {
        Self {
            requests: Family::default(),
            request_seconds: Histogram::new(exponential_buckets(0.001, 2.0, 14)),
            fan_out_seconds: Histogram::new(exponential_buckets(0.001, 2.0, 14)),
            live_clients: Gauge::default(),
            dropped_clients: Counter::default(),
        }
    }
}

impl Metrics {
    pub fn register(&self, registry: &mut Registry) {
        let gateway = registry.sub_registry_with_prefix("baton_gateway");
        gateway.register("requests", "HTTP requests by route and status", self.requests.clone());
        gateway.register("request_seconds", "Time until the answer began", self.request_seconds.clone());
        let help = "From the engine's time of an event until it was handed to the live clients";
        gateway.register("fan_out_seconds", help, self.fan_out_seconds.clone());
        gateway.register("live_clients", "Open WebSocket and event stream connections", self.live_clients.clone());
        let help = "Live connections that were cut because they read too slowly";
        gateway.register("dropped_clients", help, self.dropped_clients.clone());
    }

    pub fn observe_request(&self, method: &str, route: &str, status: u16, took: Duration) {
        let labels = RequestLabels { method: method.to_owned(), route: route.to_owned(), status };
        self.requests.get_or_create(&labels).inc();
        self.request_seconds.observe(took.as_secs_f64());
    }

    /// `at`: milliseconds since 1970.
    pub fn observe_fan_out(&self, at: i64) {
        let late = jiff::Timestamp::now().as_millisecond().saturating_sub(at).max(0);
        self.fan_out_seconds.observe(late as f64 / 1000.0);
    }
}
