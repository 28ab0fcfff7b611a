//! The floor: what Postgres and NATS alone cost for instances of service tasks in a row, as a measure for Baton.
//!
//! The same parts do the same with nothing in between: an [`engine`] that puts what has come into one transaction, a work
//! queue in JetStream, a [`worker`] that asks for work and is answered after the commit, and a [`driver`]. There are no
//! processes: an instance is a number and counts its steps. What Baton has to add (BPMN, variables, history that can be
//! read, events for whoever watches, leases, tenants) is what it may cost more than this.

mod driver;
mod engine;
mod worker;

pub use driver::Driver;
pub use engine::run as run_engine;
pub use worker::run as run_worker;

use anyhow::Context;
use bytes::Bytes;

const STREAM: &str = "FLOOR";
const CONSUMER: &str = "floor";
const JOBS: &str = "floor.jobs";
/// Starts and results alike: an instance goes on to a step.
const STEPS: &str = "floor.steps";
const ENDED: &str = "floor.ended";
/// What a job carries, and what comes back with its result.
const VARIABLES: &[u8] = br#"{"orderId":1,"customer":"c-123","amount":12.5}"#;
const RESULT: &[u8] = br#"{"result":true}"#;

/// An instance at a step: 1 has been started, each further one has done a task more.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Step {
    instance: i64,
    number: i32,
    /// After which it ends.
    tasks: i32,
}

impl Step {
    fn encode(self, carried: &[u8]) -> Bytes {
        let Step { instance, number, tasks } = self;
        [&instance.to_le_bytes()[..], &number.to_le_bytes(), &tasks.to_le_bytes(), carried].concat().into()
    }

    fn decode(bytes: &[u8]) -> Option<Step> {
        let part = |from: usize, to: usize| bytes.get(from..to);
        Some(Step {
            instance: i64::from_le_bytes(part(0, 8)?.try_into().ok()?),
            number: i32::from_le_bytes(part(8, 12)?.try_into().ok()?),
            tasks: i32::from_le_bytes(part(12, 16)?.try_into().ok()?),
        })
    }
}

async fn connect() -> anyhow::Result<async_nats::Client> {
    let url = std::env::var("BATON_NATS_URL").context("BATON_NATS_URL is not set")?;
    Ok(async_nats::connect(url).await?)
}

#[cfg(test)]
mod tests {
    use super::Step;

    #[test]
    fn a_step_is_read_as_it_was_written() {
        let step = Step { instance: 1 << 40, number: 3, tasks: 10 };
        assert_eq!(Step::decode(&step.encode(b"{}")), Some(step));
        assert_eq!(Step::decode(b"short"), None);
    }
}
