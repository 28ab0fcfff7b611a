//! Starts instances of the floor, keeps so many in flight, and sees them end.

use super::{ENDED, STEPS, Step, VARIABLES};
use crate::{
    bench::{driver::PATIENCE, report::Run},
    dev::Settings,
};
use anyhow::Context;
use futures::StreamExt;
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant, SystemTime},
};
use tokio::sync::Semaphore;

pub struct Driver {
    nats: async_nats::Client,
}

/// When each instance was asked for.
type Starts = Arc<Mutex<HashMap<i64, Instant>>>;

impl Driver {
    pub async fn connect(settings: &Settings) -> anyhow::Result<Driver> {
        Ok(Driver { nats: async_nats::connect(&settings.nats_url).await? })
    }

    /// Runs so many instances of so many tasks, at most `in_flight` at a time, to their ends.
    pub async fn run(&self, tasks: usize, instances: usize, in_flight: usize) -> anyhow::Result<Run> {
        let mut ended = self.nats.subscribe(ENDED).await?;
        self.nats.flush().await?;
        let (places, starts) = (Arc::new(Semaphore::new(in_flight)), Starts::default());
        let first = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH)?.as_micros() as i64;
        let steps =
            (0..instances as i64).map(|n| Step { instance: first + n, number: 1, tasks: tasks as i32 }).collect();
        let started = Instant::now();
        let starting = tokio::spawn(start_all(self.nats.clone(), steps, places.clone(), starts.clone()));
        let mut latencies = Vec::with_capacity(instances);
        while latencies.len() < instances {
            let message = tokio::time::timeout(PATIENCE, ended.next()).await;
            let message = message.with_context(|| format!("{} of {instances} ended, then nothing", latencies.len()))?;
            let step = Step::decode(&message.context("NATS is gone")?.payload).context("not a step")?;
            let start = starts.lock().unwrap_or_else(PoisonError::into_inner).remove(&step.instance);
            latencies.push(start.map_or(0.0, |start| start.elapsed().as_secs_f64() * 1000.0));
            places.add_permits(1);
        }
        starting.await??;
        Ok(Run::new(started.elapsed(), latencies))
    }
}

async fn start_all(
    nats: async_nats::Client,
    steps: Vec<Step>,
    places: Arc<Semaphore>,
    starts: Starts,
) -> anyhow::Result<()> {
    for step in steps {
        places.acquire().await?.forget();
        starts.lock().unwrap_or_else(PoisonError::into_inner).insert(step.instance, Instant::now());
        let nats = nats.clone();
        tokio::spawn(async move {
            // the engine may not listen yet
            while let Err(error) = nats.request(STEPS, step.encode(VARIABLES)).await {
                eprintln!("starting: {error}");
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        });
    }
    Ok(())
}
