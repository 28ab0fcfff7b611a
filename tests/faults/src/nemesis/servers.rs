//! Faults of Postgres and NATS.

use super::Nemesis;
use anyhow::Context;
use std::{
    path::PathBuf,
    time::{Duration, Instant},
};

impl Nemesis {
    /// As `pg_ctl stop -m immediate` does, or a crash of its main process.
    pub(super) async fn crash_postgres(&mut self) -> anyhow::Result<()> {
        let (kill, away) = (self.dice.chance(30), self.away());
        let (system, began) = (self.system.clone(), Instant::now());
        let hit = self.soon(Duration::from_secs(2), || is_any_engine_busy(self)).await;
        tokio::task::spawn_blocking(move || {
            let postgres = &system.servers.postgres;
            if kill {
                postgres.kill()
            } else {
                postgres.stop_immediately()
            }
            std::thread::sleep(away);
            postgres.restart()
        })
        .await??;
        self.note(if kill { "kill postgres" } else { "stop postgres" }, "postgres", hit, began);
        Ok(())
    }

    pub(super) async fn kill_nats(&mut self) -> anyhow::Result<()> {
        let (system, away, began) = (self.system.clone(), self.away(), Instant::now());
        let hit = self.jobs_in_stream().await > 0;
        tokio::task::spawn_blocking(move || {
            system.servers.nats.kill();
            std::thread::sleep(away);
            system.servers.nats.restart()
        })
        .await??;
        self.note("kill nats", "nats", hit, began);
        Ok(())
    }

    /// The stream is deleted under everybody's hands, or the store is empty after a restart.
    pub(super) async fn lose_stream(&mut self) -> anyhow::Result<()> {
        let began = Instant::now();
        let hit = self.jobs_in_stream().await > 0;
        if self.dice.chance(70) {
            let nats = self.system.servers.nats.connect().await?;
            // it may be gone already, from the last time
            let is_deleted = async_nats::jetstream::new(nats).delete_stream("JOBS").await.is_ok();
            self.note("delete stream", "JOBS", hit && is_deleted, began);
            return Ok(());
        }
        let system = self.system.clone();
        tokio::task::spawn_blocking(move || {
            system.servers.nats.lose_everything()?;
            system.servers.nats.restart()
        })
        .await??;
        self.note("empty store", "nats", hit, began);
        Ok(())
    }

    /// What a machine without power forgets: everything since its last sync.
    pub(super) async fn roll_back(&mut self) -> anyhow::Result<()> {
        let forgotten = Duration::from_millis(self.dice.between(300, 4_000));
        let (system, began) = (self.system.clone(), Instant::now());
        let copy: PathBuf = tokio::task::spawn_blocking(move || system.servers.nats.copy_store()).await??;
        tokio::time::sleep(forgotten).await;
        let hit = self.jobs_in_stream().await > 0;
        let system = self.system.clone();
        tokio::task::spawn_blocking(move || {
            system.servers.nats.roll_back(&copy)?;
            system.servers.nats.restart()
        })
        .await??;
        self.note("roll back nats", "nats", hit, began);
        Ok(())
    }

    /// Nothing can be written for a while. NATS turns its streams off then, and needs a restart once there is room.
    pub(super) async fn fill_disk(&mut self) -> anyhow::Result<()> {
        let (lasts, began) = (Duration::from_millis(self.dice.between(2_000, 8_000)), Instant::now());
        let hit = self.soon(Duration::from_secs(2), || is_any_engine_busy(self)).await;
        let system = self.system.clone();
        tokio::task::spawn_blocking(move || {
            let disk = system.disk.as_ref().context("there is no disk to fill")?;
            disk.fill()?;
            std::thread::sleep(lasts);
            disk.make_room()?;
            system.servers.postgres.keep_running()?;
            system.servers.nats.restart()
        })
        .await??;
        self.note("disk full", "disk", hit, began);
        Ok(())
    }

    fn away(&mut self) -> Duration {
        Duration::from_millis(self.dice.between(100, 4_000))
    }

    async fn jobs_in_stream(&self) -> u64 {
        let counted = async {
            let nats = self.system.servers.nats.connect().await?;
            let stream = async_nats::jetstream::new(nats).get_stream("JOBS").await?;
            anyhow::Ok(stream.cached_info().state.messages)
        };
        tokio::time::timeout(Duration::from_secs(2), counted).await.ok().and_then(Result::ok).unwrap_or(0)
    }
}

fn is_any_engine_busy(nemesis: &Nemesis) -> bool {
    nemesis.system.engines.iter().any(|engine| engine.postgres.as_ref().is_some_and(|link| link.is_busy()))
}
