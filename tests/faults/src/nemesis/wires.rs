//! Faults of the network.

use super::Nemesis;
use crate::proxy::{CommitFate, Link, Mode};
use serde_json::json;
use std::time::{Duration, Instant};

/// Longer than anybody waits for an answer.
const LONG: Duration = Duration::from_secs(22);

/// COMMITs that are met in a row.
const COMMITS: u64 = 4;

impl Nemesis {
    /// A link, or all of a program's, is disturbed for a while.
    pub(super) async fn disturb(&mut self) {
        let system = self.system.clone();
        let parts: Vec<_> = system.parts().collect();
        let Some(part) = self.dice.pick(&parts).copied() else { return };
        let links: Vec<&Link> = match &part.postgres {
            Some(postgres) => match self.dice.below(3) {
                0 => vec![postgres],
                1 => vec![&part.nats],
                _ => vec![postgres, &part.nats],
            },
            None => vec![&part.nats],
        };
        let mode = self.mode();
        // now and then so long that only who has a limit of his own gets out of it
        let is_long = mode == Mode::Silent && self.dice.chance(40);
        let lasts = if is_long { LONG } else { Duration::from_millis(self.dice.between(300, 7_000)) };
        let hit = links.iter().any(|link| link.connections() > 0);
        links.iter().for_each(|link| link.set(mode));
        let names: Vec<&str> = links.iter().map(|link| link.name.as_str()).collect();
        let more = json!({"mode": format!("{mode:?}"), "seconds": lasts.as_secs_f32()});
        self.timeline.fault(name_of(mode), &names.join("+"), hit, more);
        tokio::time::sleep(lasts).await;
        links.iter().for_each(|link| link.set(Mode::Open));
    }

    fn mode(&mut self) -> Mode {
        match self.dice.below(7) {
            0 | 1 => Mode::Cut,
            2 => Mode::Silent,
            3 => Mode::Deaf,
            4 => Mode::Mute,
            5 => Mode::Slow(Duration::from_millis(self.dice.between(20, 400))),
            _ => Mode::Narrow(self.dice.between(2_000, 40_000)),
        }
    }

    /// COMMITs of an engine are lost, or their answers.
    pub(super) async fn cut_commits(&mut self) {
        let system = self.system.clone();
        let Some(link) = self.dice.pick(&system.engines).and_then(|engine| engine.postgres.as_ref()) else { return };
        for _ in 0..COMMITS {
            let fate = if self.dice.chance(70) { CommitFate::Unanswered } else { CommitFate::Lost };
            let (before, began) = (link.cut_commits(), Instant::now());
            link.doom_commit(fate);
            let hit = self.soon(Duration::from_secs(2), || link.cut_commits() > before).await;
            link.spare_commits();
            let fault = if fate == CommitFate::Lost { "commit lost" } else { "commit unanswered" };
            self.note(fault, &link.name, hit, began);
        }
    }
}

fn name_of(mode: Mode) -> &'static str {
    match mode {
        Mode::Open => "open",
        Mode::Cut => "cut",
        Mode::Silent => "silent",
        Mode::Deaf => "deaf",
        Mode::Mute => "mute",
        Mode::Slow(_) => "slow",
        Mode::Narrow(_) => "narrow",
    }
}
