//! Whether new instances are let in. When Postgres is slow or away, when NATS takes no more jobs, or when too much waits in
//! the lanes, those who want to start something are told to come again, and what runs already has the room that is left.
//!
//! Each replica judges by what it meets itself; nobody is asked.

use crate::lanes::Lanes;
use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

/// A transaction that takes longer keeps others waiting.
const SLOW: Duration = Duration::from_secs(2);
/// How long a refused job speaks against new ones.
const REFUSED: Duration = Duration::from_secs(5);

#[derive(Clone)]
pub struct Admission {
    seen: Arc<Mutex<Seen>>,
}

struct Seen {
    /// Since when each lane has been at its present batch; the last is the sweep, which asks Postgres something every second.
    batches: Vec<Option<Instant>>,
    /// When NATS last did not take a job because it has no room.
    refused: Option<Instant>,
    /// When a transaction last failed because Postgres has no room.
    full: Option<Instant>,
}

impl Admission {
    pub fn new(lanes: usize) -> Admission {
        let seen = Seen { batches: vec![None; lanes + 1], refused: None, full: None };
        Admission { seen: Arc::new(Mutex::new(seen)) }
    }

    /// A lane takes a batch.
    pub fn begins(&self, lane: usize) {
        self.set(lane, Some(Instant::now()));
    }

    /// It is committed, or given up.
    pub fn ends(&self, lane: usize) {
        self.set(lane, None);
    }

    pub fn sweep_begins(&self) {
        self.set_sweep(Some(Instant::now()));
    }

    pub fn sweep_ends(&self) {
        self.set_sweep(None);
    }

    /// NATS has no room for a job.
    pub fn job_refused(&self) {
        self.seen().refused = Some(Instant::now());
    }

    /// Postgres has no room.
    pub fn disk_full(&self) {
        self.seen().full = Some(Instant::now());
    }

    /// Whether Postgres answers in time, and has room.
    pub fn is_postgres_well(&self) -> bool {
        let seen = self.seen();
        let is_slow = seen.batches.iter().flatten().any(|since| since.elapsed() > SLOW);
        !is_slow && !is_recent(seen.full)
    }

    /// Whether NATS takes jobs.
    pub fn is_nats_well(&self) -> bool {
        !is_recent(self.seen().refused)
    }

    /// Why nothing new is let in, for who wants to come in.
    pub fn refuses(&self, lanes: &Lanes) -> Option<&'static str> {
        if lanes.backlog() * 4 > lanes.capacity() {
            return Some("too much is waiting; what runs goes first");
        }
        if !self.is_nats_well() {
            return Some("as many jobs wait for workers as may; what runs goes first");
        }
        (!self.is_postgres_well()).then_some("the database is slow, away or full; what runs goes first")
    }

    fn set(&self, lane: usize, since: Option<Instant>) {
        if let Some(batch) = self.seen().batches.get_mut(lane) {
            *batch = since;
        }
    }

    fn set_sweep(&self, since: Option<Instant>) {
        if let Some(sweep) = self.seen().batches.last_mut() {
            *sweep = since;
        }
    }

    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn is_recent(at: Option<Instant>) -> bool {
    at.is_some_and(|at| at.elapsed() < REFUSED)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_new_comes_in_while_there_is_no_room() {
        let (lanes, _queues) = Lanes::new(1, 8);
        let admission = Admission::new(1);
        assert_eq!(admission.refuses(&lanes), None);
        admission.job_refused();
        assert!(admission.refuses(&lanes).is_some_and(|why| why.contains("jobs")));
        let admission = Admission::new(1);
        admission.disk_full();
        assert!(!admission.is_postgres_well() && admission.refuses(&lanes).is_some());
    }

    #[test]
    fn a_batch_that_takes_long_keeps_others_out_until_it_ends() {
        let admission = Admission::new(2);
        admission.begins(1);
        assert!(admission.is_postgres_well());
        admission.set(1, Instant::now().checked_sub(SLOW * 2));
        assert!(!admission.is_postgres_well());
        admission.ends(1);
        assert!(admission.is_postgres_well());
    }
}
