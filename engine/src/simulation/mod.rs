//! The engine on models of Postgres and JetStream that crash, duplicate, reorder and lose under one seed.
//!
//! One thread runs several replicas of the engine ([`replicas`]: the engine's own [`Replica`](crate::replica::Replica), with its
//! lanes, timers, sweeps and reconcilers), workers, clients and people. Three things are not the real ones:
//!
//! - Postgres is [`store_model`], which speaks the protocol over a pipe in memory: the store and its driver are real.
//! - JetStream is [`broker`], behind the trait by which the engine asks for it ([`crate::streams`]).
//! - Time and random numbers come from [`outside`]: hours pass in seconds, and a seed always takes the same way.
//!
//! [`chaos`] draws what breaks: failures of serialization, deadlocks, cut connections, commits of unknown outcome, deaths before
//! and after a commit or at any moment, jobs lost, doubled, reordered, streams lost or fallen back, workers that die or come
//! back late, answers that are lost and requests that come twice. Then everything is healed, the rest is done, and [`check`] looks whether each
//! instance came to what its process and its seed say, whether history has no gaps, and whether nothing was left behind.
//!
//! `BATON_SIMULATIONS` says how many seeds, `BATON_SIMULATION_FIRST` from which on.

mod broker;
mod chaos;
mod check;
mod clients;
mod outside;
mod replicas;
mod special;
mod tests;
mod workers;

use broker::Broker;
use chaos::Chaos;
use check::Checker;
use clients::Clients;
use faults::{dice::Dice, process};
use replicas::Replicas;
use std::{
    collections::BTreeMap,
    sync::{Arc, PoisonError},
    time::Duration,
};
use store_model::{Bug, Model};
use tokio::{task::JoinSet, time::sleep};
use workers::{Ledger, Workers};

/// Instances that are started while things break.
const INSTANCES: u64 = 28;
const REPLICAS: usize = 3;
const WORKERS: usize = 6;
/// After this long without anything breaking, what is not done will never be.
const LONGEST_DRAIN: u64 = 1_200;

/// A mistake on purpose.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mistake {
    Of(Bug),
}

/// What one simulation came to.
#[derive(Debug, Default, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Report {
    pub wrong: Vec<String>,
    /// Transactions that wrote something.
    pub commits: u64,
    /// Simulated.
    pub seconds: u64,
    /// Real ones.
    pub milliseconds: u64,
    /// What broke, and how often.
    pub counts: BTreeMap<String, u64>,
    /// Of the history of everything.
    pub digest: u64,
}

/// In a thread of its own, which is what makes it the same each time.
pub fn simulate(seed: u64, mistake: Option<Mistake>) -> Report {
    let run = move || {
        outside::enter(seed);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let report = runtime.map_err(anyhow::Error::from).and_then(|runtime| runtime.block_on(run(seed, mistake)));
        report.unwrap_or_else(|error| Report { wrong: vec![format!("{error:#}")], ..Report::default() })
    };
    let began = std::time::Instant::now();
    let thread = std::thread::Builder::new().stack_size(16 << 20).spawn(run);
    let ended = thread.map(std::thread::JoinHandle::join);
    let report = ended.ok().and_then(Result::ok);
    let report = report.unwrap_or_else(|| Report { wrong: vec!["a panic".to_owned()], ..Report::default() });
    Report { milliseconds: began.elapsed().as_millis() as u64, ..report }
}

async fn run(seed: u64, mistake: Option<Mistake>) -> anyhow::Result<Report> {
    let chaos = Chaos::new(seed);
    let bug = mistake.map(|Mistake::Of(bug)| bug);
    let model = Model::new(chaos.clone(), bug);
    let broker = Arc::new(Broker::new(chaos.clone()));
    let replicas = Arc::new(Replicas::new(model.clone(), broker.clone(), chaos.clone()));
    for _ in 0..REPLICAS {
        replicas.start().await?;
    }
    let processes = process::all(seed, 4);
    let started = Default::default();
    let clients = Arc::new(Clients {
        replicas: replicas.clone(),
        model: model.clone(),
        chaos: chaos.clone(),
        processes,
        started,
    });
    sleep(Duration::from_millis(50)).await; // the replicas have begun, and wait
    outside::hold(true); // processes are compiled in another thread
    clients.deploy().await?;
    outside::hold(false);
    let ledger = Arc::new(Ledger::default());
    let workers = Workers { broker: broker.clone(), replicas: replicas.clone(), chaos: chaos.clone(), ledger };
    let workers = Arc::new(workers);
    let mut tasks = JoinSet::new();
    (0..WORKERS).for_each(|_| drop(tasks.spawn(workers::run(workers.clone()))));
    tasks.spawn(clients.clone().do_tasks());
    tasks.spawn(clients.clone().look_after());
    chaos.set_calm(false);
    let nemesis = tokio::spawn(torment(replicas.clone(), broker.clone(), chaos.clone()));
    load(&clients, seed).await?;
    nemesis.abort();
    heal(&replicas, &chaos).await?;
    let drained = drain(&model).await;
    let mut report = conclude(&clients, &workers.ledger, seed).await;
    if !drained {
        report.wrong.push("I18: after everything was healed, something is never done".to_owned());
    }
    Ok(report)
}

/// Starts instances, a few at a time.
async fn load(clients: &Arc<Clients>, seed: u64) -> anyhow::Result<()> {
    let mut dice = Dice::new(seed, "load");
    let mut starts = JoinSet::new();
    for number in 0..INSTANCES {
        let (clients, seed) = (clients.clone(), dice.below(1 << 40));
        starts.spawn(async move { clients.start(number, seed).await });
        sleep(Duration::from_millis(dice.below(400))).await;
    }
    while let Some(started) = starts.join_next().await {
        started??;
    }
    Ok(())
}

/// Replicas die and come back, streams are lost, until it is aborted.
async fn torment(replicas: Arc<Replicas>, broker: Arc<Broker>, chaos: Chaos) {
    let mut memory = None;
    loop {
        sleep(chaos.milliseconds(50, 400)).await;
        chaos.doomed().into_iter().for_each(|life| replicas.bury(life));
        if chaos.happens("a crash at any moment", 40) {
            replicas.kill_any();
        }
        if chaos.happens("a stream lost", 8) {
            broker.lose();
        }
        if chaos.happens("a stream that fell back", 15)
            && let Some(fall_back) = memory.take()
        {
            let fall_back: Box<dyn FnOnce(&Broker) + Send> = fall_back;
            fall_back(&broker);
        }
        if memory.is_none() || chaos.below(20) == 0 {
            memory = Some(Box::new(broker.remember()));
        }
        if replicas.count() < REPLICAS && chaos.below(3) == 0 {
            let _ = replicas.start().await;
        }
    }
}

async fn heal(replicas: &Replicas, chaos: &Chaos) -> anyhow::Result<()> {
    chaos.set_calm(true);
    chaos.doomed().into_iter().for_each(|life| replicas.bury(life));
    while replicas.count() < REPLICAS {
        replicas.start().await?;
    }
    Ok(())
}

/// Until nothing is left to be done, and a little longer for what comes late; false: it never came so far.
async fn drain(model: &Model) -> bool {
    let until = outside::seconds() + LONGEST_DRAIN;
    while !check::is_quiet(model) {
        if outside::seconds() > until {
            return false;
        }
        sleep(Duration::from_secs(2)).await;
    }
    sleep(Duration::from_secs(70)).await;
    true
}

async fn conclude(clients: &Clients, ledger: &Ledger, seed: u64) -> Report {
    let Some(world) = clients.replicas.any() else { return Report::default() };
    let started = clients.started.lock().unwrap_or_else(PoisonError::into_inner).clone();
    let model = &clients.model;
    let checker = Checker { model, definitions: &world.definitions, ledger, started: &started };
    let mut wrong = checker.check().await;
    match crate::verify::verify_all(&world.store).await {
        Ok(verified) => wrong.extend(verified.wrong.into_iter().map(|what| format!("I6: {what}"))),
        Err(error) => wrong.push(format!("I6: {error:#}")),
    }
    if wrong.len() > 12 {
        wrong.truncate(12);
    }
    let rows = model.rows("history");
    let digest = rows.iter().fold(seed, |digest, row| {
        faults::dice::mix(
            digest,
            row[4].bytes().iter().fold(0, |hash, byte| (hash * 31 + u64::from(*byte)) & 0xFFFF_FFFF),
        )
    });
    let counts = clients.chaos.counts().into_iter().map(|(what, times)| (what.to_owned(), times)).collect();
    Report { wrong, commits: model.commits(), seconds: outside::seconds(), counts, digest, milliseconds: 0 }
}
