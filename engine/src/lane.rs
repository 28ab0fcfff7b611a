//! One lane: takes all that has arrived, advances it in one transaction, and acts on it.
//!
//! When idle a transaction starts as soon as something is there, so batches are single commands; under load they grow by
//! themselves with what comes while the last one runs, and a little more by waiting for each other. A batch that cannot be committed is split in halves until the request that spoils it is alone.

use crate::{
    advance::{Committed, Failure, advance},
    backoff,
    cache::Cache,
    dispatch,
    queue::Queue,
    request::{Refusal, Request},
    world::World,
};
use futures::{FutureExt, future::BoxFuture};
use std::{
    panic::AssertUnwindSafe,
    sync::Arc,
    time::{Duration, Instant},
};
use store::Session;

/// Requests in one transaction.
const BATCH: usize = 256;
/// A transaction of no more than these is no load.
const FEW: usize = 16;
/// Enough for a transaction to be worth it.
const MANY: usize = 64;
const LONGEST_PAUSE: Duration = Duration::from_millis(4);
/// How long a request is kept while Postgres is away.
const PATIENCE: Duration = Duration::from_secs(5);
const RETRIES: u32 = 5;

pub struct Lane {
    world: World,
    number: usize,
    session: Option<Session>,
    cache: Cache,
}

/// Why a batch was given up.
enum GaveUp {
    /// Postgres is away.
    Unavailable,
    /// An instance that one of the requests has a claim for.
    Unreadable(String),
    /// One of the requests cannot be committed.
    Poisoned(String),
}

impl Lane {
    pub fn new(world: World, number: usize) -> Lane {
        let cache = Cache::new(world.config.cached_instances);
        Lane { world, number, session: None, cache }
    }

    pub async fn run(mut self, queue: Arc<Queue>) {
        let mut pace = Pace::default();
        loop {
            let mut requests = queue.take(BATCH).await;
            if let Some(pause) = pace.pause(requests.len()) {
                tokio::time::sleep(pause).await;
                queue.top_up(&mut requests, BATCH);
            }
            requests.sort_by_key(Request::place);
            self.world.admission.begins(self.number);
            let (count, began) = (requests.len(), Instant::now());
            self.process(requests).await;
            self.world.admission.ends(self.number);
            pace = Pace { requests: count, took: began.elapsed() };
        }
    }

    fn process(&mut self, mut requests: Vec<Request>) -> BoxFuture<'_, ()> {
        async move {
            let started = Instant::now();
            match self.commit(&requests).await {
                Ok(committed) => {
                    self.world.metrics.committed(requests.len(), started.elapsed());
                    dispatch::act(&self.world, &mut self.cache, requests, committed);
                }
                Err(GaveUp::Unavailable) => answer_all(requests, Refusal::Unavailable),
                Err(GaveUp::Unreadable(why)) if requests.len() == 1 => {
                    tracing::error!(instance = %requests[0].instance, why, "what was claimed is left for another engine");
                    answer_all(requests, Refusal::Unreadable(why));
                }
                Err(GaveUp::Poisoned(why)) if requests.len() == 1 => {
                    tracing::error!(instance = %requests[0].instance, why, "a command cannot be applied");
                    answer_all(requests, Refusal::Failed(why));
                }
                Err(GaveUp::Poisoned(_) | GaveUp::Unreadable(_)) => {
                    let second = requests.split_off(requests.len() / 2);
                    self.process(requests).await;
                    self.process(second).await;
                }
            }
        }
        .boxed()
    }

    /// Tries until it is committed, or is not going to be.
    async fn commit(&mut self, requests: &[Request]) -> Result<Committed, GaveUp> {
        let deadline = Instant::now() + PATIENCE;
        let (mut attempt, mut absences) = (0, 0);
        loop {
            let failure = match self.attempt(requests).await {
                Ok(committed) => return Ok(committed),
                Err(failure) => failure,
            };
            self.world.metrics.not_committed();
            if !matches!(&failure, Failure::Store(error) if error.is_connection_lost()) {
                attempt += 1;
            }
            match failure {
                Failure::Stale(ids) if attempt <= RETRIES => {
                    tracing::debug!(instances = ids.len(), "another replica has moved them on: reading them again");
                    self.cache.distrust();
                }
                Failure::Stale(_) => return Err(GaveUp::Poisoned("other replicas keep moving it on".to_owned())),
                Failure::Unknown { error, committed, proof } => {
                    tracing::warn!(%error, "the outcome of a commit is unknown: asking");
                    if self.was_committed(proof, deadline).await? {
                        return Ok(*committed);
                    }
                }
                Failure::Store(error) if error.is_connection_lost() => {
                    if error.is_disk_full() {
                        self.world.admission.disk_full();
                    }
                    self.cache.clear();
                    if Instant::now() > deadline {
                        return Err(GaveUp::Unavailable);
                    }
                    absences += 1;
                    tokio::time::sleep(backoff::delay(absences)).await;
                }
                // a unique violation is most often another replica with the same command id, whose answer is found next time
                Failure::Store(error)
                    if attempt <= RETRIES
                        && (error.is_transient() || (requests.len() == 1 && error.is_unique_violation())) =>
                {
                    tokio::time::sleep(backoff::delay(attempt)).await;
                }
                Failure::Store(error) => return Err(GaveUp::Poisoned(error.to_string())),
                Failure::Unreadable(why) => return Err(GaveUp::Unreadable(why)),
                Failure::Panicked => return Err(GaveUp::Poisoned("a step panicked; see the log".to_owned())),
            }
        }
    }

    /// One transaction. After a failure the instances it touched are not in the cache any more, and the session is not in
    /// a transaction.
    async fn attempt(&mut self, requests: &[Request]) -> Result<Committed, Failure> {
        let mut session = match self.session.take() {
            Some(session) if !session.is_closed() => session,
            _ => self.connect().await?,
        };
        let step = advance(&mut session, &mut self.cache, &self.world, requests);
        let failure = match AssertUnwindSafe(step).catch_unwind().await {
            Ok(Ok(committed)) => {
                self.session = Some(session);
                return Ok(committed);
            }
            Ok(Err(failure)) => failure,
            Err(_) => return Err(Failure::Panicked),
        };
        let is_usable = match &failure {
            Failure::Store(error) => !error.is_connection_lost(),
            Failure::Stale(_) | Failure::Unreadable(_) => true,
            Failure::Unknown { .. } | Failure::Panicked => false,
        };
        // a session that is dropped inside of a transaction is closed
        if is_usable && session.rollback().await.is_ok() {
            self.session = Some(session);
        } else {
            self.world.health.set("postgres", false);
        }
        Err(failure)
    }

    /// What is remembered is of the former life of a database that was restored.
    async fn connect(&mut self) -> Result<Session, Failure> {
        let session = self.world.lane_store.prepared_session().await;
        self.world.health.set("postgres", session.is_ok());
        let mut session = session?;
        self.world.epoch.refresh(&session).await?;
        session.only_in_transactions().await?;
        self.cache.clear();
        Ok(session)
    }

    /// Whether the transaction that wrote this row of history happened. Without a row nothing that matters was written.
    async fn was_committed(
        &mut self,
        proof: Option<(uuid::Uuid, i64, Vec<u8>)>,
        deadline: Instant,
    ) -> Result<bool, GaveUp> {
        self.session = None;
        self.cache.clear();
        let Some((instance, first_seq, events)) = proof else { return Ok(false) };
        let mut attempt = 0;
        loop {
            if let Ok(session) = self.connect().await
                && let Ok(found) = store::history::find(&session, instance, first_seq).await
            {
                self.session = Some(session);
                return Ok(found.is_some_and(|found| found == events));
            }
            if Instant::now() > deadline {
                return Err(GaveUp::Unavailable);
            }
            attempt += 1;
            tokio::time::sleep(backoff::delay(attempt)).await;
        }
    }
}

/// The last transaction: under load, a lane that was quick waits for more to come before the next. Transactions cost Postgres
/// the same whatever is in them, and there is always more to come soon; nobody waits longer than twice the last one took.
#[derive(Default)]
struct Pace {
    requests: usize,
    took: Duration,
}

impl Pace {
    /// When so many are there. None, and nobody waits, when there was little to do last time, or there is much.
    fn pause(&self, requests: usize) -> Option<Duration> {
        (self.requests > FEW && requests < MANY).then(|| self.took.min(LONGEST_PAUSE))
    }
}

fn answer_all(requests: Vec<Request>, refusal: Refusal) {
    for mut request in requests {
        request.answer(Err(refusal.clone()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_under_load_a_lane_waits_for_company() {
        let last = |requests, milliseconds| Pace { requests, took: Duration::from_millis(milliseconds) };
        assert_eq!(Pace::default().pause(1), None);
        assert_eq!(last(2, 3).pause(1), None, "little to do");
        assert_eq!(last(40, 3).pause(80), None, "enough is there");
        assert_eq!(last(40, 3).pause(20), Some(Duration::from_millis(3)));
        assert_eq!(last(40, 900).pause(20), Some(LONGEST_PAUSE));
    }
}
