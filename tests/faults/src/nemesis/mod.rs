//! Who breaks things: draws faults by the seed, does them to busy parts, and writes each into the timeline.
//!
//! Clocks are left alone: setting one for a single process needs a library that is not everywhere. Decisions about time are made
//! by the clock of Postgres alone, and the engine's tests of timers cover that.

mod programs;
mod servers;
mod wires;

use crate::{dice::Dice, load::Load, proxy::Mode, system::System, timeline::Timeline};
use serde_json::json;
use std::{
    sync::Arc,
    time::{Duration, Instant},
};
use tokio::task::JoinSet;

/// Kinds of faults, as the command line names them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, clap::ValueEnum)]
pub enum Kind {
    /// kill -9 of a busy engine, worker or gateway.
    Kill,
    /// SIGSTOP for a moment, or for longer than a lease: zombies.
    Stop,
    /// A link is cut, held back in one or both directions, slowed down.
    Net,
    /// A COMMIT, or its answer, is lost.
    Commit,
    /// Immediate stop and kill -9 of Postgres.
    Postgres,
    /// kill -9 of NATS.
    Nats,
    /// The stream of jobs is deleted, or the whole store of NATS.
    Stream,
    /// NATS falls back to what it had stored at an earlier time.
    Rollback,
    /// The disk of Postgres and NATS is full for a while. Only when asked for: their data is then on a disk of memory, on which
    /// a sync costs nothing, and which has to be mounted.
    Disk,
}

impl Kind {
    /// What there is when nothing is said.
    pub const ALL: [Kind; 8] =
        [Kind::Kill, Kind::Stop, Kind::Net, Kind::Commit, Kind::Postgres, Kind::Nats, Kind::Stream, Kind::Rollback];

    /// How often it is in the deck.
    fn weight(self) -> usize {
        match self {
            Kind::Kill => 8,
            Kind::Net => 4,
            Kind::Commit => 3,
            Kind::Stop => 2,
            Kind::Postgres | Kind::Nats | Kind::Stream | Kind::Rollback | Kind::Disk => 1,
        }
    }
}

pub struct Nemesis {
    system: Arc<System>,
    load: Arc<Load>,
    timeline: Arc<Timeline>,
    dice: Dice,
    deck: Vec<Kind>,
    kinds: Vec<Kind>,
    /// Zombies, until they wake.
    sleeping: JoinSet<()>,
}

impl Nemesis {
    pub fn new(system: Arc<System>, load: Arc<Load>, timeline: Arc<Timeline>, seed: u64, kinds: Vec<Kind>) -> Nemesis {
        let dice = Dice::new(seed, "nemesis");
        Nemesis { system, load, timeline, dice, deck: Vec::new(), kinds, sleeping: JoinSet::new() }
    }

    /// Until then; afterwards everything is healed, and it says what has ended without being told to.
    pub async fn run(&mut self, until: Instant) -> anyhow::Result<Vec<String>> {
        let mut deaths = Vec::new();
        while Instant::now() < until {
            tokio::time::sleep(Duration::from_millis(self.dice.between(200, 1200))).await;
            let Some(kind) = self.draw() else { break };
            match kind {
                Kind::Kill => self.kill().await?,
                Kind::Stop => self.stop().await?,
                Kind::Net => self.disturb().await,
                Kind::Commit => self.cut_commits().await,
                Kind::Postgres => self.crash_postgres().await?,
                Kind::Nats => self.kill_nats().await?,
                Kind::Stream => self.lose_stream().await?,
                Kind::Rollback => self.roll_back().await?,
                Kind::Disk => self.fill_disk().await?,
            }
            deaths.extend(self.dead()?);
        }
        self.heal().await?;
        Ok(deaths)
    }

    /// From a deck, shuffled anew when it is empty: so a short run has every kind.
    fn draw(&mut self) -> Option<Kind> {
        if self.deck.is_empty() {
            let all = self.kinds.iter().flat_map(|kind| std::iter::repeat_n(*kind, kind.weight()));
            self.deck = all.collect();
            for last in (1..self.deck.len()).rev() {
                let other = self.dice.below(last as u64 + 1) as usize;
                self.deck.swap(last, other);
            }
        }
        self.deck.pop()
    }

    /// Programs that have ended by themselves, which none may; they are started again.
    fn dead(&self) -> anyhow::Result<Vec<String>> {
        let mut deaths = Vec::new();
        for part in self.system.parts() {
            if let Some(death) = part.program.has_ended() {
                self.timeline.note(&death);
                deaths.push(death);
                part.program.start()?;
            }
        }
        Ok(deaths)
    }

    async fn heal(&mut self) -> anyhow::Result<()> {
        while self.sleeping.join_next().await.is_some() {}
        for link in self.system.links() {
            link.set(Mode::Open);
            link.spare_commits();
        }
        self.system.parts().for_each(|part| part.program.resume());
        self.timeline.note("healed");
        self.system.ready(Duration::from_secs(60)).await
    }

    /// Waits a moment for it to be so, and says whether it is.
    async fn soon(&self, within: Duration, is_so: impl Fn() -> bool) -> bool {
        let deadline = Instant::now() + within;
        while !is_so() {
            if Instant::now() > deadline {
                return false;
            }
            tokio::time::sleep(Duration::from_micros(500)).await;
        }
        true
    }

    fn note(&self, fault: &'static str, target: &str, hit: bool, after: Instant) {
        self.timeline.fault(fault, target, hit, json!({"seconds": after.elapsed().as_secs_f32()}));
    }
}
