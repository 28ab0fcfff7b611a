//! What is counted, for Prometheus.

use crate::writes::Writes;
use prometheus_client::{
    metrics::{
        counter::Counter,
        gauge::Gauge,
        histogram::{Histogram, exponential_buckets},
    },
    registry::Registry,
};
use std::time::Duration;

pub struct Metrics {
    batch: Histogram,
    step: Histogram,
    jobs_created: Counter,
    jobs_completed: Counter,
    jobs_republished: Counter,
    incidents: Counter,
    pub backlog: Gauge,
    pub late_timers: Gauge,
}

impl Metrics {
    pub fn new(registry: &mut Registry) -> Metrics {
        let metrics = Metrics {
            batch: Histogram::new(exponential_buckets(1.0, 2.0, 10)),
            step: Histogram::new(exponential_buckets(0.000_5, 2.0, 14)),
            jobs_created: Counter::default(),
            jobs_completed: Counter::default(),
            jobs_republished: Counter::default(),
            incidents: Counter::default(),
            backlog: Gauge::default(),
            late_timers: Gauge::default(),
        };
        registry.register("baton_commit_batch_size", "Commands in one transaction", metrics.batch.clone());
        registry.register("baton_step_seconds", "From taking a batch to its commit", metrics.step.clone());
        registry.register("baton_jobs_created", "Attempts of jobs handed out", metrics.jobs_created.clone());
        registry.register("baton_jobs_completed", "Jobs completed", metrics.jobs_completed.clone());
        registry.register(
            "baton_jobs_republished",
            "Jobs thought lost and sent again",
            metrics.jobs_republished.clone(),
        );
        registry.register("baton_incidents_raised", "Incidents raised", metrics.incidents.clone());
        registry.register("baton_lane_backlog", "Commands that wait in lanes", metrics.backlog.clone());
        registry.register("baton_timers_late", "Timers late by more than a second", metrics.late_timers.clone());
        metrics
    }

    pub fn committed(&self, requests: usize, took: Duration) {
        self.batch.observe(requests as f64);
        self.step.observe(took.as_secs_f64());
    }

    pub fn count(&self, writes: &Writes) {
        self.jobs_created.inc_by(writes.jobs.len() as u64);
        self.jobs_completed.inc_by(writes.completed_jobs);
        self.incidents.inc_by(writes.raised_incidents);
    }

    pub fn republished(&self, jobs: usize) {
        self.jobs_republished.inc_by(jobs as u64);
    }
}
