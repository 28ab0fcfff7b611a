//! A bucket of tokens: how many messages one client may send.

use std::time::Instant;

/// Messages at once.
const BURST: f64 = 100.0;
/// Messages a second in the long run.
const PER_SECOND: f64 = 20.0;

pub struct Bucket {
    tokens: f64,
    filled: Instant,
}

impl Bucket {
    pub fn full(now: Instant) -> Self {
        Self { tokens: BURST, filled: now }
    }

    /// Whether one more is allowed.
    pub fn take(&mut self, now: Instant) -> bool {
        let passed = now.saturating_duration_since(self.filled).as_secs_f64();
        self.filled = now;
        self.tokens = (self.tokens + passed * PER_SECOND).min(BURST);
        let allowed = self.tokens >= 1.0;
        if allowed {
            self.tokens -= 1.0;
        }
        allowed
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn allows_a_burst_and_then_a_rate() {
        let start = Instant::now();
        let mut bucket = Bucket::full(start);
        assert_eq!((0..150).filter(|_| bucket.take(start)).count(), 100);
        let later = start + Duration::from_secs(1);
        assert_eq!((0..150).filter(|_| bucket.take(later)).count(), 20);
    }
}
