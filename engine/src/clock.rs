//! Postgres's clock, without asking it each time: every decision about time is made by one clock, whatever the clocks of
//! the replicas say. A background loop measures; between two measurements our own clock only tells how much time has passed.

use interpreter::Timestamp;
use std::{
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};
use store::Session;

/// A measurement that took longer may be wrong by half of that.
const LONGEST: Duration = Duration::from_millis(400);
/// So often it is tried to begin with a good one.
const FIRST_TRIES: u32 = 4;

#[derive(Clone)]
pub struct Clock {
    measured: Arc<Mutex<(Instant, i64)>>,
}

impl Clock {
    pub async fn measure_first(session: &Session) -> store::Result<Clock> {
        let clock = Clock { measured: Arc::new(Mutex::new((Instant::now(), 0))) };
        for _ in 0..FIRST_TRIES {
            if clock.measure(session).await? <= LONGEST {
                break;
            }
        }
        Ok(clock)
    }

    /// How long the answer took.
    pub async fn measure(&self, session: &Session) -> store::Result<Duration> {
        let asked = Instant::now();
        let answered = session.clock().await?.as_millisecond();
        let took = asked.elapsed();
        if took > LONGEST && self.is_measured() {
            return Ok(took); // whatever held the answer up, nobody knows on which way
        }
        let middle = asked + took / 2;
        *self.measured.lock().unwrap_or_else(PoisonError::into_inner) = (middle, answered);
        Ok(took)
    }

    fn is_measured(&self) -> bool {
        self.measured.lock().unwrap_or_else(PoisonError::into_inner).1 != 0
    }

    pub fn now(&self) -> Timestamp {
        let (at, milliseconds) = *self.measured.lock().unwrap_or_else(PoisonError::into_inner);
        Timestamp(milliseconds + at.elapsed().as_millis() as i64)
    }
}
