//! The checker checked on the whole system: engines with a mistake on purpose (the feature `seeded-bugs` of the engine), under the
//! load and the faults that bring it to light. Each has to be noticed, by an invariant that it breaks.

use crate::{
    nemesis::Kind,
    run::{self, Options},
    system::{self, Programs},
};
use anyhow::ensure;
use std::{
    path::PathBuf,
    time::{Duration, Instant},
};

/// A mistake, as the engine calls it; the faults that bring it to light; the invariants by one of which it is noticed.
struct Sown {
    bug: &'static str,
    kinds: &'static [Kind],
    breaks: &'static [&'static str],
    /// Most of what it spoils mends itself: it takes a while until something shows.
    is_rare: bool,
}

const fn sown(bug: &'static str, kinds: &'static [Kind], breaks: &'static [&'static str]) -> Sown {
    Sown { bug, kinds, breaks, is_rare: false }
}

const fn rare(bug: &'static str, kinds: &'static [Kind], breaks: &'static [&'static str]) -> Sown {
    Sown { bug, kinds, breaks, is_rare: true }
}

const SOWN: [Sown; 14] = [
    rare("CommitErrorIsSuccess", &[Kind::Commit], &["I1", "I2", "I3", "I14", "I16"]),
    sown("TornCommit", &[Kind::Commit, Kind::Kill], &["I2", "I3"]),
    sown("NoVersionFence", &[Kind::Kill], &["I2", "I4", "I5", "I6", "I11"]),
    sown("NoAttemptFence", &[Kind::Kill], &["I8", "I9"]),
    sown("NoCommandIds", &[Kind::Kill], &["I1", "I2"]),
    sown("NoMessageIds", &[Kind::Kill], &["I1"]),
    sown("NoOutboxSweep", &[Kind::Kill, Kind::Postgres], &["I2"]),
    sown("NoReconciler", &[Kind::Stream], &["I2"]),
    sown("ReusedMessageId", &[Kind::Kill], &["I2", "I18"]),
    sown("EarlyTimers", &[Kind::Kill], &["I13"]),
    sown("TimersLeft", &[Kind::Kill], &["I10"]),
    sown("EverybodyWins", &[Kind::Kill], &["I14"]),
    sown("MixedResults", &[Kind::Kill], &["I8", "I9"]),
    sown("Unaudited", &[Kind::Kill], &["I16"]),
];

pub struct Args {
    pub seed: u64,
    /// An engine with the feature.
    pub baton: PathBuf,
    pub faults: PathBuf,
    pub folder: Option<PathBuf>,
    /// These only; all when empty.
    pub only: Vec<String>,
}

/// What is not done so long after the last fault is lost.
const DRAIN: Duration = Duration::from_secs(50);

/// Fails when one of them is not noticed.
pub async fn run(args: Args) -> anyhow::Result<()> {
    let mut told = Vec::new();
    let chosen = SOWN.iter().filter(|sown| args.only.is_empty() || args.only.iter().any(|only| only == sown.bug));
    for (number, sown) in chosen.enumerate() {
        let begun = Instant::now();
        let by = noticed(&args, sown, args.seed + number as u64).await?;
        let says = by.as_deref().unwrap_or("NOBODY HAS NOTICED IT");
        let line = format!("{:<22} {:>4.0} s  {says}", sown.bug, begun.elapsed().as_secs_f32());
        println!("{line}");
        told.push((line, by.is_some()));
    }
    println!("\nmistakes on purpose, and what was noticed:");
    told.iter().for_each(|(line, _)| println!("{line}"));
    let caught = told.iter().filter(|(_, caught)| *caught).count();
    println!("seen: {caught} of {} mistakes were noticed", told.len());
    ensure!(caught == told.len() && !told.is_empty(), "{} mistakes were not noticed", told.len() - caught);
    Ok(())
}

/// What gives it away: the first violation of an invariant that it breaks.
async fn noticed(args: &Args, sown: &Sown, seed: u64) -> anyhow::Result<Option<String>> {
    let mut programs = Programs::new(args.baton.clone(), args.faults.clone());
    programs.engine = vec![("BATON_SEEDED_BUG", sown.bug.to_owned())];
    let kinds = sown.kinds.to_vec();
    let lasts = Duration::from_secs(if sown.is_rare { 60 } else { 20 });
    let options = Options { kinds, drains_within: DRAIN, ..Options::new(seed, lasts, programs) };
    let folder = system::folder(args.folder.as_deref(), seed)?;
    let report = run::attempt(&options, folder.clone()).await?;
    std::fs::remove_dir_all(folder)?;
    let is_telling = |text: &&String| sown.breaks.iter().any(|id| text.starts_with(&format!("{id}:")));
    Ok(report.wrong.iter().find(is_telling).map(|text| text.chars().take(150).collect()))
}
