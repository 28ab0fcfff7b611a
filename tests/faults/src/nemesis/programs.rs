//! Faults of our own programs: killed while they are at it, or made to stand still.

use super::Nemesis;
use crate::{
    proxy::Mode,
    system::{Part, System},
    worker,
};
use std::{
    sync::Arc,
    time::{Duration, Instant},
};

/// Longer than a lease, and than what NATS waits for an acknowledgement.
const BEYOND_THE_LEASE: Duration = Duration::from_secs(33);

/// One of the parts.
#[derive(Clone, Copy)]
enum Target {
    Engine(usize),
    Worker(usize),
    Stock(usize),
    Gateway(usize),
}

impl Target {
    fn part(self, system: &System) -> &Part {
        match self {
            Target::Engine(n) => &system.engines[n],
            Target::Worker(n) => &system.workers[n],
            Target::Stock(n) => &system.stock_workers[n],
            Target::Gateway(n) => &system.gateways[n],
        }
    }
}

impl Nemesis {
    /// Engines most often: they have the most to lose.
    fn target(&mut self) -> Target {
        let system = self.system.clone();
        let mut one_of = |count: usize| self.dice.below(count as u64) as usize;
        match one_of(20) {
            0..=10 => Target::Engine(one_of(system.engines.len())),
            11..=15 => Target::Worker(one_of(system.workers.len())),
            16 => Target::Stock(one_of(system.stock_workers.len())),
            _ => Target::Gateway(one_of(system.gateways.len())),
        }
    }

    pub(super) async fn kill(&mut self) -> anyhow::Result<()> {
        let target = self.target();
        let (system, began) = (self.system.clone(), Instant::now());
        let part = target.part(&system);
        let is_busy = self.catch_busy(target).await;
        let life = life(part);
        part.program.kill();
        let hit = match target {
            Target::Worker(_) => unfinished(&system, part, &life) > 0,
            _ => is_busy,
        };
        let fault = match target {
            Target::Engine(_) => "kill engine",
            Target::Worker(_) => "kill worker",
            Target::Stock(_) => "kill stock worker",
            Target::Gateway(_) => "kill gateway",
        };
        tokio::time::sleep(Duration::from_millis(self.dice.between(0, 1500))).await;
        part.program.start()?;
        self.note(fault, &part.program.name, hit, began);
        Ok(())
    }

    /// Waits for a moment at which it has something in hand.
    async fn catch_busy(&self, target: Target) -> bool {
        let within = Duration::from_secs(2);
        match target {
            Target::Engine(n) => {
                let link = self.system.engines[n].postgres.clone();
                self.soon(within, || link.as_ref().is_some_and(|link| link.is_busy())).await
            }
            Target::Gateway(n) => self.soon(within, || self.load.client.outstanding(n) > 0).await,
            Target::Stock(_) => self.has_stock_jobs().await,
            Target::Worker(n) => {
                let (system, part) = (self.system.clone(), &self.system.workers[n]);
                let life = life(part);
                let busy = || unfinished(&system, part, &life) > 0;
                self.soon(within, busy).await
            }
        }
    }

    /// A part stands still: for a moment, or until its leases are over and others do its work, and then goes on as if
    /// nothing had been.
    pub(super) async fn stop(&mut self) -> anyhow::Result<()> {
        while self.sleeping.try_join_next().is_some() {}
        let long = self.sleeping.is_empty();
        if long && self.dice.chance(40) {
            self.lose_acknowledgements();
            return Ok(());
        }
        let target = if long {
            Target::Worker(self.dice.below(self.system.workers.len() as u64) as usize)
        } else {
            self.target()
        };
        let pause = if long { BEYOND_THE_LEASE } else { Duration::from_millis(self.dice.between(300, 8_000)) };
        let is_busy = self.catch_busy(target).await;
        let system: Arc<System> = self.system.clone();
        let part = target.part(&self.system);
        part.program.pause();
        let hit = match target {
            Target::Worker(_) => unfinished(&system, part, &life(part)) > 0,
            _ => is_busy,
        };
        let (fault, name) = (if long { "zombie" } else { "stop" }, part.program.name.clone());
        self.timeline.fault(fault, &name, hit, serde_json::json!({"seconds": pause.as_secs_f32()}));
        let sleep = async move {
            tokio::time::sleep(pause).await;
            target.part(&system).program.resume();
        };
        if long {
            self.sleeping.spawn(sleep);
        } else {
            sleep.await;
        }
        Ok(())
    }
}

impl Nemesis {
    /// What a worker says reaches nobody for longer than NATS waits: others are given its jobs too, and in the end all of them
    /// have results.
    fn lose_acknowledgements(&mut self) {
        let system = self.system.clone();
        let Some(part) = self.dice.pick(&system.workers) else { return };
        let hit = unfinished(&system, part, &life(part)) > 0;
        let link = part.nats.clone();
        self.timeline.fault("acks lost", &link.name, hit, serde_json::json!({"seconds": BEYOND_THE_LEASE.as_secs()}));
        link.set(Mode::Deaf);
        self.sleeping.spawn(async move {
            tokio::time::sleep(BEYOND_THE_LEASE).await;
            link.set(Mode::Open);
        });
    }
}

impl Nemesis {
    /// Whether a script or an agent is at work, or waits for it.
    async fn has_stock_jobs(&self) -> bool {
        let Ok(sql) = self.system.sql().await else { return false };
        let query = "SELECT EXISTS (SELECT FROM job WHERE type IN ('script', 'agent'))";
        sql.query_one(query, &[]).await.is_ok_and(|row| row.get(0))
    }
}

/// How the runs of a worker's present life begin.
fn life(part: &Part) -> String {
    format!("{}.{}.", part.program.name, part.program.id())
}

/// Executions that a life of a worker has begun and not ended.
fn unfinished(system: &System, part: &Part, life: &str) -> usize {
    let lines = worker::read(&system.folder.join("ledgers").join(format!("{}.jsonl", part.program.name)));
    let mine = lines.iter().filter(|line| line.run.starts_with(life));
    let (ended, begun): (Vec<_>, Vec<_>) = mine.partition(|line| line.effect.is_some());
    begun.len().saturating_sub(ended.len())
}
