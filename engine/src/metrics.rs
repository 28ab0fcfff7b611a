//! What is counted, for Prometheus. Labels are of few values: at most so many processes and job types, never an id.

use crate::writes::Writes;
use interpreter::InstanceState;
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
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Mutex, PoisonError, atomic::AtomicU64},
    time::Duration,
};
use store::survey;

/// Processes that are counted by name; those that come later are counted as [`OTHERS`].
const PROCESSES: usize = 200;
const OTHERS: &str = "others";

#[derive(Default)]
pub struct Metrics {
    processes: Mutex<BTreeSet<String>>,
    started: Family<Process, Counter>,
    ended: Family<End, Counter>,
    batch: Commands,
    step: Seconds,
    failed_commits: Counter,
    requests: Family<Request, Counter>,
    request: Seconds,
    jobs_created: Counter,
    jobs_completed: Counter,
    jobs_republished: Counter,
    jobs_open: Family<JobType, Gauge>,
    jobs_wait: Family<JobType, Gauge<f64, AtomicU64>>,
    incidents: Counter,
    incidents_open: Gauge,
    orders: Gauge,
    orders_late: Gauge<f64, AtomicU64>,
    timers_late_seconds: Gauge<f64, AtomicU64>,
    pub backlog: Gauge,
    pub late_timers: Gauge,
}

/// What an instance is of.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Process {
    process: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct End {
    process: String,
    state: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct JobType {
    job_type: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Request {
    /// ok; refused: what was asked cannot be; later: not now; failed: something is wrong here.
    outcome: &'static str,
}

struct Commands(Histogram);

impl Default for Commands {
    fn default() -> Self {
        Commands(Histogram::new(exponential_buckets(1.0, 2.0, 10)))
    }
}

struct Seconds(Histogram);

impl Default for Seconds {
    fn default() -> Self {
        Seconds(Histogram::new(exponential_buckets(0.000_5, 2.0, 14)))
    }
}

impl Metrics {
    pub fn new(registry: &mut Registry) -> Metrics {
        let metrics = Metrics::default();
        let registry = registry.sub_registry_with_prefix("baton");
        registry.register("instances_started", "Instances by process", metrics.started.clone());
        registry.register("instances_ended", "Instances by process and how they ended", metrics.ended.clone());
        registry.register("commit_batch_size", "Commands in one transaction", metrics.batch.0.clone());
        registry.register("step_seconds", "From taking a batch to its commit", metrics.step.0.clone());
        let help = "Transactions that were not committed, or not known to be; most are tried again";
        registry.register("commits_failed", help, metrics.failed_commits.clone());
        registry.register("api_requests", "Requests to the engine by outcome", metrics.requests.clone());
        registry.register("api_request_seconds", "Until they were answered", metrics.request.0.clone());
        registry.register("lane_backlog", "Commands that wait in lanes", metrics.backlog.clone());
        metrics.register_work(registry);
        metrics
    }

    fn register_work(&self, registry: &mut Registry) {
        registry.register("jobs_created", "Attempts of jobs handed out", self.jobs_created.clone());
        registry.register("jobs_completed", "Jobs completed", self.jobs_completed.clone());
        registry.register("jobs_republished", "Jobs thought lost and sent again", self.jobs_republished.clone());
        registry.register("jobs_open", "Jobs without a result, 10,000 when more", self.jobs_open.clone());
        let help = "Since the oldest job that no worker is at was published";
        registry.register("jobs_wait_seconds", help, self.jobs_wait.clone());
        registry.register("incidents_raised", "Incidents raised", self.incidents.clone());
        registry.register(
            "incidents_open",
            "Incidents that wait for somebody, 10,000 when more",
            self.incidents_open.clone(),
        );
        registry.register("outbox_orders", "Orders between instances, not obeyed yet", self.orders.clone());
        registry.register("outbox_late_seconds", "Of the oldest of those orders", self.orders_late.clone());
        registry.register("timers_late", "Timers late by more than a second", self.late_timers.clone());
        registry.register("timers_late_seconds", "By how much the latest is late", self.timers_late_seconds.clone());
    }

    pub fn committed(&self, requests: usize, took: Duration) {
        self.batch.0.observe(requests as f64);
        self.step.0.observe(took.as_secs_f64());
    }

    pub fn not_committed(&self) {
        self.failed_commits.inc();
    }

    pub fn answered(&self, outcome: &'static str, took: Duration) {
        self.requests.get_or_create(&Request { outcome }).inc();
        self.request.0.observe(took.as_secs_f64());
    }

    pub fn count(&self, writes: &Writes) {
        self.jobs_created.inc_by(writes.jobs.len() as u64);
        self.jobs_completed.inc_by(writes.completed_jobs);
        self.incidents.inc_by(writes.raised_incidents);
        for ((process, state), count) in &writes.instances {
            let process = self.process(process);
            match state_name(*state) {
                None => self.started.get_or_create(&Process { process }).inc_by(*count),
                Some(state) => self.ended.get_or_create(&End { process, state }).inc_by(*count),
            };
        }
    }

    fn process(&self, id: &str) -> String {
        let mut known = self.processes.lock().unwrap_or_else(PoisonError::into_inner);
        if !known.contains(id) {
            if known.len() >= PROCESSES {
                return OTHERS.to_owned();
            }
            known.insert(id.to_owned());
        }
        id.to_owned()
    }

    pub fn republished(&self, jobs: usize) {
        self.jobs_republished.inc_by(jobs as u64);
    }

    /// Types that are gone have nothing open.
    pub fn surveyed_jobs(&self, jobs: &[survey::Jobs]) {
        let now: BTreeMap<_, _> = jobs.iter().map(|jobs| (jobs.job_type.as_str(), jobs)).collect();
        self.jobs_open.clear();
        self.jobs_wait.clear();
        for (job_type, jobs) in now {
            let labels = JobType { job_type: job_type.to_owned() };
            self.jobs_open.get_or_create(&labels).set(jobs.open);
            self.jobs_wait.get_or_create(&labels).set(jobs.waits);
        }
    }

    pub fn surveyed(&self, rest: &survey::Rest) {
        self.incidents_open.set(rest.incidents);
        self.orders.set(rest.orders);
        self.orders_late.set(rest.orders_late);
        self.timers_late_seconds.set(rest.timers_late);
    }
}

/// None: it has just begun.
fn state_name(state: InstanceState) -> Option<&'static str> {
    match state {
        InstanceState::Active => None,
        InstanceState::Completed => Some("completed"),
        InstanceState::Terminated => Some("terminated"),
        InstanceState::Canceled => Some("canceled"),
        InstanceState::Failed => Some("failed"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn processes_beyond_the_bound_are_counted_together() {
        let metrics = Metrics::new(&mut Registry::default());
        for number in 0..PROCESSES {
            assert_eq!(metrics.process(&format!("p{number}")), format!("p{number}"));
        }
        assert_eq!(metrics.process("one more"), OTHERS);
        assert_eq!(metrics.process("p7"), "p7");
    }
}
