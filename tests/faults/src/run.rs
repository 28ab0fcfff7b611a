//! One run: start, load, break, heal, drain, check, and tell.

use crate::{
    check::{self, Facts},
    dice::Dice,
    live,
    load::{self, Load},
    nemesis::{Kind, Nemesis},
    operator, process,
    report::Report,
    system::{self, Programs, System},
    timeline::Timeline,
};
use anyhow::{Context, bail};
use serde_json::json;
use std::{
    path::PathBuf,
    process::Command,
    sync::Arc,
    time::{Duration, Instant},
};

pub struct Options {
    pub seed: u64,
    /// Of faults.
    pub lasts: Duration,
    pub kinds: Vec<Kind>,
    /// Instances at a time.
    pub at_once: usize,
    pub programs: Programs,
    pub folder: Option<PathBuf>,
    /// The run's folder stays also when nothing is wrong.
    pub keep: bool,
    /// Faults that must have met work in flight, of each hundred seconds.
    pub least_hits: u64,
    /// When nothing breaks any more, everything has ended by then.
    pub drains_within: Duration,
    /// What the summary begins with.
    pub row: Option<String>,
}

impl Options {
    pub fn new(seed: u64, lasts: Duration, programs: Programs) -> Options {
        Options {
            seed,
            lasts,
            kinds: Kind::ALL.to_vec(),
            at_once: 60,
            programs,
            folder: None,
            keep: false,
            least_hits: 20,
            drains_within: DRAIN,
            row: None,
        }
    }

    /// Short, and always the same.
    pub fn smoke(programs: Programs) -> Options {
        Options::new(20, Duration::from_secs(75), programs)
    }
}

/// Random processes beside those that have every kind of block.
const PROCESSES: u64 = 8;
/// A killed worker's jobs come again after half a minute, lost ones after three quarters; then there is work to be done.
pub(crate) const DRAIN: Duration = Duration::from_secs(150);
/// New instances after the last fault, and how soon the slowest has to end.
const PROBES: usize = 50;
const PROBE_WITHIN: Duration = Duration::from_secs(30);

/// Fails when something does not hold, or when too few faults hit.
pub async fn run(options: Options) -> anyhow::Result<()> {
    let folder = system::folder(options.folder.as_deref(), options.seed)?;
    println!("seed {}; {}", options.seed, load::describe(&folder));
    let report = attempt(&options, folder.clone()).await?;
    report.tell();
    if !report.wrong.is_empty() {
        bail!("{} things are wrong; seed {}; {}", report.wrong.len(), options.seed, load::describe(&folder));
    }
    if !options.keep {
        std::fs::remove_dir_all(&folder).with_context(|| format!("removing {}", folder.display()))?;
    }
    Ok(())
}

/// One run, with its files in this folder; what was seen.
pub async fn attempt(options: &Options, folder: PathBuf) -> anyhow::Result<Report> {
    let mut report = Report { row: options.row.clone(), begun: Some(Instant::now()), ..Report::default() };
    let system = Arc::new(System::start(&options.programs, folder.clone()).await?);
    let timeline = Arc::new(Timeline::new(&folder.join("timeline.jsonl"))?);
    let load = Load::new(&system, options.seed, options.at_once, process::whole(options.seed, PROCESSES))?;
    load.deploy().await?;
    let helpers = [
        tokio::spawn(load::watch_active(load.clone(), system.clone())),
        tokio::spawn(load.clone().do_tasks()),
        tokio::spawn(operator::run(load.clone(), options.seed)),
    ];
    let starting = tokio::spawn(load.clone().run());
    tokio::time::sleep(Duration::from_secs(2)).await;
    let mut nemesis = Nemesis::new(system.clone(), load.clone(), timeline.clone(), options.seed, options.kinds.clone());
    report.wrong.extend(nemesis.run(Instant::now() + options.lasts).await?);
    load.stop();
    starting.await?;
    match drain(&system, &timeline, options.drains_within).await {
        Ok(()) => {
            probe(&load, &system, &mut report).await?;
            verdict(&load, &system, &mut report).await?;
        }
        Err(error) => {
            report.wrong.push(format!("I2: {error:#}"));
            dump(&load, &system).await;
        }
    }
    for helper in helpers {
        helper.abort();
        let _ = helper.await;
    }
    report.count(&load, &timeline, &system);
    report.wrong.extend(too_tame(options, &report));
    Ok(report)
}

/// Waits until nothing is under way.
pub(crate) async fn drain(system: &System, timeline: &Timeline, within: Duration) -> anyhow::Result<()> {
    let deadline = Instant::now() + within;
    let begun = Instant::now();
    let sql = system.sql().await?;
    loop {
        let query = "SELECT (SELECT count(*) FROM instance WHERE state = 0), (SELECT count(*) FROM job), \
             (SELECT count(*) FROM command)";
        let row = sql.query_one(query, &[]).await?;
        let (active, jobs, orders): (i64, i64, i64) = (row.get(0), row.get(1), row.get(2));
        let messages = messages(system).await.unwrap_or(1);
        if active == 0 && jobs == 0 && orders == 0 && messages == 0 {
            timeline.note(&format!("drained in {:.1} s", begun.elapsed().as_secs_f32()));
            return Ok(());
        }
        if Instant::now() > deadline {
            bail!("after {within:?}: {active} instances are active, {jobs} jobs, {orders} orders, {messages} messages");
        }
        tokio::time::sleep(Duration::from_millis(250)).await;
    }
}

async fn messages(system: &System) -> anyhow::Result<u64> {
    let nats = system.servers.nats.connect().await?;
    let stream = async_nats::jetstream::new(nats).get_stream("JOBS").await?;
    Ok(stream.cached_info().state.messages)
}

/// I18: what is started now is soon done.
pub(crate) async fn probe(load: &Arc<Load>, system: &System, report: &mut Report) -> anyhow::Result<()> {
    let begun = Instant::now();
    let started = futures::future::join_all((0..PROBES).map(|_| load.start_one())).await;
    let timeline = Timeline::new(&system.folder.join("probe.jsonl"))?;
    if started.iter().any(Option::is_none) {
        report.wrong.push("I18: an instance could not be started after the last fault".to_owned());
    }
    if let Err(error) = drain(system, &timeline, PROBE_WITHIN).await {
        report.wrong.push(format!("I18: of {PROBES} instances that were started after the last fault: {error:#}"));
    }
    println!("{PROBES} instances after the last fault took {:.1} s", begun.elapsed().as_secs_f32());
    Ok(())
}

pub(crate) async fn verdict(load: &Load, system: &System, report: &mut Report) -> anyhow::Result<()> {
    let facts = Facts::gather(system, &load.client).await.context("reading what there is")?;
    report.wrong.extend(load.with_ledger(|ledger| check::check(&facts, ledger, &load.processes)));
    let transcripts = load.transcripts().await;
    report.wrong.extend(live::check(&load.client, &transcripts).await);
    report.wrong.extend(folds(system)?);
    report.followed = transcripts.len();
    report.breaks = transcripts.iter().map(|transcript| transcript.breaks).sum();
    report.events = facts.instances.values().map(|instance| instance.events.len()).sum();
    report.instances = facts.instances.len();
    report.effects = facts.effects.len();
    report.repeated = facts.repeated();
    report.forged = facts.forged.iter().sum();
    report.operations = load.with_ledger(|ledger| ledger.operations.len());
    Ok(())
}

/// I6, byte for byte, by the interpreter itself.
fn folds(system: &System) -> anyhow::Result<Option<String>> {
    let verified = Command::new(&system.baton).args(["verify", "--database-url", &system.database]).output()?;
    let said = String::from_utf8_lossy(&verified.stdout);
    Ok((!verified.status.success()).then(|| format!("I6: {}", said.trim())))
}

/// I19: a run without faults that hit proves nothing.
fn too_tame(options: &Options, report: &Report) -> Vec<String> {
    let hits = report.hits();
    let least = options.least_hits * options.lasts.as_secs() / 100;
    let mut tame = Vec::new();
    if hits < least {
        tame.push(format!("I19: only {hits} faults have met work in flight; {least} should"));
    }
    let is_long = options.lasts >= Duration::from_secs(60);
    if is_long && options.kinds.contains(&Kind::Commit) && report.unknown == 0 {
        tame.push("I19: no engine has met a commit of unknown outcome".to_owned());
    }
    if is_long && options.kinds.contains(&Kind::Stop) && report.late == 0 {
        tame.push("I19: no worker has had a result that came too late".to_owned());
    }
    if is_long && report.forged == 0 {
        tame.push("I19: no result of an attempt that was over has reached an engine".to_owned());
    }
    tame
}

async fn dump_stream(system: &System) -> anyhow::Result<()> {
    use futures::TryStreamExt;
    let nats = system.servers.nats.connect().await?;
    let stream = async_nats::jetstream::new(nats).get_stream("JOBS").await?;
    println!("stream: {:?}", stream.cached_info().state);
    let consumers: Vec<_> = stream.consumers().try_collect().await?;
    for info in consumers {
        let (waits, held) = (info.num_pending, info.num_ack_pending);
        println!(
            "consumer {}: {waits} wait, {held} held, delivered {:?}, acknowledged {:?}",
            info.name, info.delivered, info.ack_floor
        );
    }
    Ok(())
}

/// Why it hangs: what waits, in its own words, and what lies where.
pub(crate) async fn dump(load: &Load, system: &System) {
    if let Err(error) = dump_stream(system).await {
        println!("the stream cannot be looked at: {error:#}");
    }
    let Ok(sql) = system.sql().await else { return };
    let query = "SELECT id::text FROM instance WHERE state = 0 ORDER BY created_at LIMIT 10";
    for row in sql.query(query, &[]).await.unwrap_or_default() {
        let id: String = row.get(0);
        match load.client.get(&format!("/instances/{id}")).await {
            Ok(instance) => {
                let why = json!({"instance": id, "elements": instance["elements"], "incidents": instance["incidents"],
                    "joins": instance["joins"]});
                println!("waits: {why}");
            }
            Err(error) => println!("waits: {id}: {error:#}"),
        }
    }
    for query in [
        "SELECT 'job ' || row_to_json(job)::text FROM job LIMIT 20",
        "SELECT 'timer ' || row_to_json(timer)::text FROM timer LIMIT 20",
        "SELECT 'order ' || (row_to_json(command)::jsonb - 'payload')::text || convert_from(payload, 'UTF8') \
         FROM command LIMIT 20",
        "SELECT 'subscription ' || row_to_json(message_subscription)::text FROM message_subscription LIMIT 20",
        "SELECT 'statement ' || pid || ' ' || state || ' ' || coalesce(wait_event, '') || ' ' || query \
         FROM pg_stat_activity WHERE state <> 'idle'",
    ] {
        for row in sql.query(query, &[]).await.unwrap_or_default() {
            println!("{}", row.get::<_, String>(0));
        }
    }
}

/// A seed for who has not said one.
pub fn any_seed() -> u64 {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    Dice::new(now.as_nanos() as u64, "seed").below(1_000_000)
}
