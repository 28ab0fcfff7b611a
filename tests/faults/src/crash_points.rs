//! Crash points, one after the other: what an engine says to a server while an instance of each kind of block goes through it
//! is met by each fate (the engine is killed, or the connection breaks; before the words arrive, or after). Everything is
//! checked in the end, by the same rules as a run of random faults.
//!
//! While an instance waits for what a crash has delayed (an order that is claimed again, a job that was lost), the next point is
//! met; so a point may now and then be met by an older instance, which is as good.

use crate::{
    load::{self, Load},
    operator,
    process::{Block, Process},
    proxy::{
        Mode,
        points::{Fate, Place},
    },
    report::Report,
    run::{DRAIN, drain, dump, probe, verdict},
    system::{self, Part, Programs, System},
    timeline::Timeline,
};
use anyhow::{Context, bail};
use std::{
    collections::BTreeMap,
    path::PathBuf,
    sync::Arc,
    time::{Duration, Instant},
};
use tokio::{sync::oneshot, task::JoinSet};

pub struct Options {
    pub seed: u64,
    /// Of all cases, every so many-th.
    pub every: usize,
    /// The first of them; the middle one of so many when absent.
    pub first: Option<usize>,
    pub folder: Option<PathBuf>,
    pub keep: bool,
    pub programs: Programs,
}

/// An instance of the slowest kind of block has ended by then, when nothing is wrong.
const UNHURT: Duration = Duration::from_secs(20);
/// A point is met by then, or not at all.
const MET_WITHIN: Duration = Duration::from_millis(2500);
/// Of all cases, so many in a hundred must have been met: the others are places that were passed by chance when they were counted.
const LEAST_MET: usize = 60;

/// One point and what becomes of it.
#[derive(Debug, Clone, Copy)]
struct Case {
    block: usize,
    place: Place,
    /// The same place was passed so often before.
    before: u32,
    fate: Fate,
}

/// Cases, and how many of them were met.
#[derive(Default, Clone, Copy)]
struct Tally {
    cases: usize,
    met: usize,
}

/// Fails when something does not hold, or when too few points were met.
pub async fn run(options: Options) -> anyhow::Result<()> {
    let begun = Instant::now();
    let folder = system::folder(options.folder.as_deref(), options.seed)?;
    println!("crash points, every {}.; {}", options.every, load::describe(&folder));
    let system = Arc::new(System::start(&options.programs, folder.clone()).await?);
    let load = Load::new(&system, options.seed, usize::MAX, Process::of_each_kind())?;
    load.deploy().await?;
    load.stop(); // nobody starts anything beside us, and operators only resolve what is stuck
    let people = [tokio::spawn(load.clone().do_tasks()), tokio::spawn(operator::run(load.clone(), options.seed))];
    let cases = cases(&system, &load).await?;
    let chosen: Vec<Case> =
        cases.iter().skip(options.first.unwrap_or(options.every / 2)).step_by(options.every.max(1)).copied().collect();
    println!("{} points and fates, {} of them are tried", cases.len(), chosen.len());
    let tally = try_all(&system, &load, &chosen).await?;
    let mut report = Report::default();
    let timeline = Timeline::new(&folder.join("timeline.jsonl"))?;
    match drain(&system, &timeline, DRAIN).await {
        Ok(()) => {
            probe(&load, &system, &mut report).await?;
            verdict(&load, &system, &mut report).await?;
        }
        Err(error) => {
            report.wrong.push(format!("I2: {error:#}"));
            dump(&load, &system).await;
        }
    }
    people.iter().for_each(|helper| helper.abort());
    let Report { mut wrong, instances, events, .. } = report;
    tell(&tally);
    let met: usize = tally.values().map(|tally| tally.met).sum();
    if met * 100 < chosen.len() * LEAST_MET {
        wrong.push(format!("I19: only {met} of {} points were met", chosen.len()));
    }
    println!("{met} of {} points were met; {:.0} s in all", chosen.len(), begun.elapsed().as_secs_f32());
    wrong.iter().take(40).for_each(|text| println!("WRONG {text}"));
    let (tried, violations) = (chosen.len(), wrong.len());
    println!("seen: {met} of {tried} points met; {instances} instances, {events} events; {violations} violations");
    if !wrong.is_empty() {
        bail!("{} things are wrong; {}", wrong.len(), load::describe(&folder));
    }
    drop(system);
    if !options.keep {
        std::fs::remove_dir_all(&folder).with_context(|| format!("removing {}", folder.display()))?;
    }
    Ok(())
}

const BLOCKS: usize = Block::ALL.len() + Block::FURTHER.len();

fn block_of(number: usize) -> Option<&'static Block> {
    Block::ALL.iter().chain(&Block::FURTHER).nth(number)
}

/// Goes through each kind of block once, unhurt, and counts.
async fn cases(system: &System, load: &Arc<Load>) -> anyhow::Result<Vec<Case>> {
    let quiet = Timeline::new(&system.folder.join("unhurt.jsonl"))?;
    let mut cases = Vec::new();
    for block in 0..BLOCKS {
        system.points.counted();
        anyhow::ensure!(load.start(Some(block)).await.is_some(), "{:?} cannot be started", block_of(block));
        drain(system, &quiet, UNHURT).await.with_context(|| format!("{:?}, unhurt", block_of(block)))?;
        for (place, count) in system.points.counted() {
            for before in 0..count {
                cases.extend(Fate::ALL.map(|fate| Case { block, place, before, fate }));
            }
        }
    }
    Ok(cases)
}

async fn try_all(
    system: &Arc<System>,
    load: &Arc<Load>,
    cases: &[Case],
) -> anyhow::Result<BTreeMap<(usize, Place), Tally>> {
    let mut tally: BTreeMap<(usize, Place), Tally> = BTreeMap::new();
    let mut starting = JoinSet::new();
    for (number, case) in cases.iter().enumerate() {
        if number % 100 == 99 {
            println!("{number} of {} are tried", cases.len());
        }
        let met = system.points.arm(case.place, case.before, case.fate);
        let (load, block) = (load.clone(), case.block);
        starting.spawn(async move { load.start(Some(block)).await });
        let engine = is_met(system, met).await;
        let entry = tally.entry((case.block, case.place)).or_default();
        entry.cases += 1;
        if let Some(engine) = engine {
            entry.met += 1;
            if case.fate.kills() {
                let part = system.engines.iter().find(|part| part.program.name == engine);
                again(part.with_context(|| format!("there is no {engine}"))?).await?;
            }
        }
        while starting.try_join_next().is_some() {}
    }
    starting.join_all().await;
    Ok(tally)
}

/// The name of the engine, when the point was met in time.
async fn is_met(system: &System, mut met: oneshot::Receiver<String>) -> Option<String> {
    if let Ok(engine) = tokio::time::timeout(MET_WITHIN, &mut met).await {
        return engine.ok();
    }
    if system.points.disarm() { None } else { met.await.ok() }
}

/// The engine dies, and is started again; the others go on.
async fn again(engine: &Part) -> anyhow::Result<()> {
    let links = || engine.postgres.iter().chain(Some(&engine.nats));
    engine.program.kill();
    links().for_each(|link| link.set(Mode::Cut));
    while links().any(|link| link.connections() > 0) {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    links().for_each(|link| link.set(Mode::Open));
    engine.program.start()
}

/// Every cell: the kind of block, the place, how many of its cases were met.
fn tell(tally: &BTreeMap<(usize, Place), Tally>) {
    let names: Vec<String> = Place::ALL.iter().map(|place| format!("{place:>9?}")).collect();
    println!("{:<12} {}", "met of tried", names.join(" "));
    for (block, kind) in Block::ALL.iter().chain(&Block::FURTHER).enumerate() {
        let cell = |place: &Place| match tally.get(&(block, *place)) {
            Some(Tally { cases, met }) => format!("{:>9}", format!("{met}/{cases}")),
            None => format!("{:>9}", "-"),
        };
        let cells: Vec<String> = Place::ALL.iter().map(cell).collect();
        println!("{:<12} {}", format!("{kind:?}"), cells.join(" "));
    }
}
