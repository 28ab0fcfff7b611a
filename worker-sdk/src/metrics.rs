//! What a worker counts: jobs by outcome, how long they take, how many run.

use prometheus_client::{
    encoding::EncodeLabelSet,
    metrics::{counter::Counter, family::Family, gauge::Gauge, histogram::Histogram},
    registry::Registry,
};
use std::time::Duration;

/// Seconds: from a quick lookup to an agent's run.
const BUCKETS: [f64; 12] = [0.001, 0.005, 0.025, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0, 30.0, 120.0, 600.0];

#[derive(Debug, Clone)]
pub(crate) struct Metrics {
    jobs: Family<Outcome, Counter>,
    seconds: Family<Type, Histogram>,
    in_flight: Family<Type, Gauge>,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Type {
    job_type: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Outcome {
    job_type: String,
    outcome: &'static str,
}

impl Metrics {
    pub fn register(registry: &mut Registry) -> Self {
        let metrics = Metrics {
            jobs: Family::default(),
            seconds: Family::new_with_constructor(|| Histogram::new(BUCKETS)),
            in_flight: Family::default(),
        };
        registry.register("worker_jobs", "Jobs that were handled, by outcome", metrics.jobs.clone());
        registry.register("worker_job_duration_seconds", "Time in the handler", metrics.seconds.clone());
        registry.register("worker_jobs_in_flight", "Jobs being handled", metrics.in_flight.clone());
        metrics
    }

    pub fn of_type(&self, job_type: &str) -> OfType {
        let labels = Type { job_type: job_type.to_owned() };
        let completed = Outcome { job_type: job_type.to_owned(), outcome: COMPLETED };
        OfType {
            seconds: self.seconds.get_or_create(&labels).clone(),
            in_flight: self.in_flight.get_or_create(&labels).clone(),
            completed: self.jobs.get_or_create(&completed).clone(),
            others: self.jobs.clone(),
            job_type: labels.job_type,
        }
    }
}

pub(crate) const COMPLETED: &str = "completed";

/// Of one job type: found once, not with each job.
#[derive(Debug)]
pub(crate) struct OfType {
    seconds: Histogram,
    in_flight: Gauge,
    completed: Counter,
    others: Family<Outcome, Counter>,
    job_type: String,
}

impl OfType {
    pub fn started(&self) {
        self.in_flight.inc();
    }

    /// `outcome`: completed, retryable, error, bug, canceled.
    pub fn finished(&self, outcome: &'static str, took: Duration) {
        self.in_flight.dec();
        self.seconds.observe(took.as_secs_f64());
        if outcome == COMPLETED {
            self.completed.inc();
        } else {
            self.others.get_or_create(&Outcome { job_type: self.job_type.clone(), outcome }).inc();
        }
    }
}
