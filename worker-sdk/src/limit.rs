//! How often jobs may begin. A limit is a clock of permits: each permit moves the time of the next one on by an interval, and
//! who comes early waits. One of a worker's own is kept here; one that all replicas share is kept in a key-value bucket of
//! NATS and moved on by compare-and-set.
//!
//! Workers' clocks need not agree: every permit moves the shared time on by its interval whatever the clock of who takes it
//! says, so a clock that is ahead brings no more than one burst.

use crate::report::jittered;
use async_nats::jetstream::{self, kv, stream::StorageType};
use std::{
    sync::{Mutex, PoisonError},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

/// The bucket of shared limits.
const BUCKET: &str = "BATON_LIMITS";
const PAUSE: Duration = Duration::from_millis(20);
const PAUSE_WITHOUT_SERVER: Duration = Duration::from_millis(500);

/// So many in so much time, evenly: ten in a second is one each tenth of a second.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    interval: Duration,
    burst: u32,
}

impl Rate {
    /// So many times (at least once) in each period.
    pub fn new(times: u32, per: Duration) -> Rate {
        Rate { interval: per / times.max(1), burst: 1 }
    }

    /// So many times a second.
    pub fn per_second(times: u32) -> Rate {
        Rate::new(times, Duration::from_secs(1))
    }

    /// So many times a minute.
    pub fn per_minute(times: u32) -> Rate {
        Rate::new(times, Duration::from_secs(60))
    }

    /// So many may come at once after a time without any; 1 unless told.
    #[must_use]
    pub fn burst(mut self, times: u32) -> Rate {
        self.burst = times.max(1);
        self
    }

    /// When a permit begins that is asked for now, and when the one after it could. Nanoseconds since 1970.
    fn permit(&self, next: u64, now: u64) -> (u64, u64) {
        let saved = nanoseconds(self.interval).saturating_mul(u64::from(self.burst - 1));
        let begins = next.max(now.saturating_sub(saved));
        (begins, begins.saturating_add(nanoseconds(self.interval)))
    }
}

/// One limit of a job type.
pub(crate) enum Limit {
    Own { rate: Rate, next: Mutex<u64> },
    Shared { rate: Rate, key: String, bucket: Box<tokio::sync::Mutex<Option<kv::Store>>> },
}

impl Limit {
    pub fn own(rate: Rate) -> Limit {
        Limit::Own { rate, next: Mutex::new(0) }
    }

    pub fn shared(name: &str, rate: Rate) -> Limit {
        // a key has no `%`
        let key = proto::subject::token(name).replace('%', "=");
        Limit::Shared { rate, key, bucket: Box::default() }
    }

    /// Returns when a job may begin. A shared limit waits for NATS when it is away.
    pub async fn wait(&self, nats: &async_nats::Client) {
        let begins = match self {
            Limit::Own { rate, next } => {
                let mut next = next.lock().unwrap_or_else(PoisonError::into_inner);
                let (begins, after) = rate.permit(*next, now());
                *next = after;
                begins
            }
            Limit::Shared { rate, key, bucket } => {
                // one at a time of this worker: they would only overtake each other
                let mut bucket = bucket.lock().await;
                loop {
                    match take(nats, &mut bucket, key, rate).await {
                        Ok(Some(begins)) => break begins,
                        Ok(None) => tokio::time::sleep(jittered(PAUSE)).await,
                        Err(error) => {
                            tracing::warn!(limit = key, "a shared limit cannot be asked: {error}");
                            *bucket = None;
                            tokio::time::sleep(jittered(PAUSE_WITHOUT_SERVER)).await;
                        }
                    }
                }
            }
        };
        tokio::time::sleep(Duration::from_nanos(begins.saturating_sub(now()))).await;
    }
}

/// A permit; none when another worker was faster.
async fn take(
    nats: &async_nats::Client,
    bucket: &mut Option<kv::Store>,
    key: &str,
    rate: &Rate,
) -> Result<Option<u64>, async_nats::Error> {
    let bucket = match bucket {
        Some(bucket) => bucket,
        None => bucket.insert(open(nats).await?),
    };
    let entry = bucket.entry(key).await?;
    let (next, revision) = entry.map_or((0, 0), |entry| (read(&entry.value), entry.revision));
    let (begins, after) = rate.permit(next, now());
    match bucket.update(key, after.to_string().into(), revision).await {
        Ok(_) => Ok(Some(begins)),
        Err(error) if error.kind() == kv::UpdateErrorKind::WrongLastRevision => Ok(None),
        Err(error) => Err(error.into()),
    }
}

async fn open(nats: &async_nats::Client) -> Result<kv::Store, async_nats::Error> {
    let jetstream = jetstream::new(nats.clone());
    if let Ok(bucket) = jetstream.get_key_value(BUCKET).await {
        return Ok(bucket);
    }
    let config = kv::Config { bucket: BUCKET.to_owned(), storage: StorageType::Memory, ..kv::Config::default() };
    Ok(jetstream.create_key_value(config).await?)
}

/// What cannot be read is long ago.
fn read(value: &[u8]) -> u64 {
    std::str::from_utf8(value).ok().and_then(|text| text.parse().ok()).unwrap_or(0)
}

fn now() -> u64 {
    nanoseconds(SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default())
}

fn nanoseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: u64 = 1_000_000_000;

    fn begins(rate: Rate, asked_at: &[u64]) -> Vec<u64> {
        let mut next = 0;
        let permit = |now: &u64| {
            let (begins, after) = rate.permit(next, *now);
            next = after;
            begins.max(*now)
        };
        asked_at.iter().map(permit).collect()
    }

    #[test]
    fn permits_are_an_interval_apart() {
        let rate = Rate::per_second(2);
        assert_eq!(begins(rate, &[9 * SECOND; 3]), [9 * SECOND, 9 * SECOND + SECOND / 2, 10 * SECOND]);
        assert_eq!(begins(rate, &[9 * SECOND, 20 * SECOND]), [9 * SECOND, 20 * SECOND], "nothing is saved up");
    }

    #[test]
    fn a_burst_is_what_may_be_saved_up() {
        let rate = Rate::per_second(1).burst(3);
        assert_eq!(begins(rate, &[9 * SECOND; 5]), [9, 9, 9, 10, 11].map(|at| at * SECOND));
    }

    #[test]
    fn a_clock_that_is_ahead_brings_no_more_than_a_burst() {
        let rate = Rate::per_second(1);
        let mixed = begins(rate, &[9 * SECOND, 12 * SECOND, 9 * SECOND, 12 * SECOND]);
        assert_eq!(mixed, [9, 12, 13, 14].map(|at| at * SECOND));
    }
}
