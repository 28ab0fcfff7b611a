//! How long to wait before trying again.

use std::time::Duration;

/// Doubles from 20 ms to 2 s, with jitter, so that replicas do not come back in step.
pub fn delay(attempt: u32) -> Duration {
    let ceiling = 20u64.saturating_mul(1 << attempt.min(7)).min(2_000);
    let random = uuid::Uuid::new_v4().as_u64_pair().0;
    Duration::from_millis(ceiling / 2 + random % (ceiling / 2 + 1))
}

#[cfg(test)]
mod tests {
    use super::delay;

    #[test]
    fn waits_longer_each_time_and_never_too_long() {
        assert!(delay(0).as_millis() <= 20);
        assert!(delay(5).as_millis() >= 300);
        assert!(delay(1_000).as_millis() <= 2_000);
    }
}
