//! Simulated replicas: the engine's own, on models. One that is killed leaves its tasks where they stand and its connections cut.

use super::{broker::Broker, chaos::Chaos};
use crate::{
    Config,
    bus::{self, Outgoing},
    clock::Clock,
    metrics::Metrics,
    replica::{Ground, Replica, done},
    world::World,
};
use prometheus_client::registry::Registry;
use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use store::Store;
use store_model::Model;
use telemetry::Health;
use tokio::{task::JoinSet, time::sleep};

pub struct Replicas {
    model: Model,
    broker: Arc<Broker>,
    chaos: Chaos,
    running: Mutex<Vec<Running>>,
    /// Lives are counted: one that starts again is another one.
    lives: Mutex<usize>,
}

struct Running {
    life: usize,
    world: World,
    _tasks: JoinSet<anyhow::Result<()>>,
}

impl Replicas {
    pub fn new(model: Model, broker: Arc<Broker>, chaos: Chaos) -> Replicas {
        Replicas { model, broker, chaos, running: Mutex::default(), lives: Mutex::default() }
    }

    fn running(&self) -> MutexGuard<'_, Vec<Running>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn count(&self) -> usize {
        self.running().len()
    }

    /// Any one that runs.
    pub fn any(&self) -> Option<World> {
        let running = self.running();
        running.get(self.chaos.below(running.len() as u64) as usize).map(|one| one.world.clone())
    }

    pub async fn start(&self) -> anyhow::Result<()> {
        let life = {
            let mut lives = self.lives.lock().unwrap_or_else(PoisonError::into_inner);
            *lives += 1;
            *lives
        };
        let config = config();
        let store = Store::over(self.model.connector(life), config.connections)?;
        let lane_store = Store::over(self.model.connector(life), config.lanes)?;
        let clock = loop {
            if let Ok(session) = store.session().await
                && let Ok(clock) = Clock::measure_first(&session).await
            {
                break clock;
            }
            sleep(Duration::from_millis(100)).await;
        };
        let metrics = Arc::new(Metrics::new(&mut Registry::default()));
        let streams = self.broker.clone();
        let ground = Ground { config, store, lane_store, clock, streams, metrics, health: Health::default() };
        let replica = Replica::new(ground).await;
        let world = replica.world.clone();
        let (mut tasks, queues) = replica.spawn();
        let publishing = publish(world.clone(), self.broker.clone(), self.chaos.clone(), queues.outgoing);
        tasks.spawn(done(publishing));
        tasks.spawn(done(bus::mark_unpublished(world.store.clone(), queues.failed)));
        self.running().push(Running { life, world, _tasks: tasks });
        Ok(())
    }

    /// At whatever its tasks are: nothing more of what it does reaches anyone.
    pub fn kill_any(&self) {
        let life = {
            let running = self.running();
            running.get(self.chaos.below(running.len() as u64) as usize).map(|one| one.life)
        };
        life.into_iter().for_each(|life| self.bury(life));
    }

    pub fn bury(&self, life: usize) {
        self.chaos.kill(life);
        self.running().retain(|one| one.life != life); // its tasks are aborted
    }
}

/// What a replica wants published, on its way to the stream. What it has not got to when it dies never arrives.
async fn publish(world: World, broker: Arc<Broker>, chaos: Chaos, mut outgoing: tokio::sync::mpsc::Receiver<Outgoing>) {
    while let Some(next) = outgoing.recv().await {
        let Outgoing::Jobs(jobs) = next else { continue };
        if chaos.happens("a slow publishing", 50) {
            sleep(chaos.milliseconds(1, 500)).await;
        }
        for job in jobs {
            if !broker.publish(&job.subject, job.message_id, job.payload) {
                world.bus.put_off(job.attempt);
            }
        }
    }
}

fn config() -> Config {
    Config {
        database_url: String::new(),
        nats_url: String::new(),
        http_addr: ([127, 0, 0, 1], 0).into(),
        lanes: 2,
        lane_depth: 4096,
        connections: 6,
        cached_instances: 4096,
        max_variables_bytes: 256 * 1024,
        max_result_bytes: 512 * 1024,
        max_job_bytes: 1000 * 1024,
        jobs_max_bytes: -1,
        transcript_days: 30,
        history_days: None,
    }
}
