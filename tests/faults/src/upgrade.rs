//! A rolling upgrade under load, and back: engines of the version before, then both beside each other, then the new ones are
//! taken away again and what they have touched waits for them, then everything is new. Jobs that were published and
//! leased under one version go on under the other. Checked in the end by the same rules as a run of random faults.

use crate::{
    load::{self, Load},
    process,
    report::Report,
    run::{DRAIN, drain, dump, probe, verdict},
    system::{self, Part, Programs, System},
    timeline::Timeline,
};
use anyhow::{Context, bail, ensure};
use serde_json::json;
use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, Instant},
};

pub struct Options {
    pub seed: u64,
    /// How long each stage lasts.
    pub stage: Duration,
    /// Instances at a time.
    pub at_once: usize,
    /// The program of the version before; `programs` has the new one.
    pub old: PathBuf,
    pub programs: Programs,
    pub folder: Option<PathBuf>,
    pub keep: bool,
}

const PROCESSES: u64 = 8;
/// A program that is told to end does.
const ENDS_WITHIN: Duration = Duration::from_secs(30);

/// Fails when something does not hold, or when a stage has moved nothing.
pub async fn run(options: Options) -> anyhow::Result<()> {
    let begun = Instant::now();
    let folder = system::folder(options.folder.as_deref(), options.seed)?;
    println!("an upgrade, seed {}; {}", options.seed, load::describe(&folder));
    let new = options.programs.baton.clone();
    let before = Programs { baton: options.old.clone(), ..options.programs };
    let system = Arc::new(System::start(&before, folder.clone()).await?);
    let timeline = Timeline::new(&folder.join("timeline.jsonl"))?;
    let load = Load::new(&system, options.seed, options.at_once, process::all(options.seed, PROCESSES))?;
    load.deploy().await?;
    let helpers =
        [tokio::spawn(load::watch_active(load.clone(), system.clone())), tokio::spawn(load.clone().do_tasks())];
    let starting = tokio::spawn(load.clone().run());
    let drill = Drill { system: &system, load: &load, timeline: &timeline, stage: options.stage };
    drill.go(&options.old, &new).await?;
    load.stop();
    starting.await?;
    let mut report = Report::default();
    report.wrong.extend(system.parts().filter_map(|part| part.program.has_ended()));
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
    for helper in helpers {
        helper.abort();
        let _ = helper.await;
    }
    let left_alone: usize = system.engines.iter().map(|part| part.program.said("by a newer version of Baton")).sum();
    println!("{} starts; engines left {left_alone} instances to a newer version", load.count());
    println!("{:.0} s in all", begun.elapsed().as_secs_f32());
    let wrong = report.wrong;
    wrong.iter().take(40).for_each(|text| println!("WRONG {text}"));
    if !wrong.is_empty() {
        bail!("{} things are wrong; seed {}; {}", wrong.len(), options.seed, load::describe(&folder));
    }
    drop(system);
    if !options.keep {
        std::fs::remove_dir_all(&folder).with_context(|| format!("removing {}", folder.display()))?;
    }
    Ok(())
}

struct Drill<'a> {
    system: &'a System,
    load: &'a Arc<Load>,
    timeline: &'a Timeline,
    stage: Duration,
}

impl Drill<'_> {
    /// An engine of the version before cannot be started any more when the new one has migrated: the last of them stays up
    /// until the end.
    async fn go(&self, old: &Path, new: &Path) -> anyhow::Result<()> {
        let engines = &self.system.engines;
        let [first, second, last] = engines.as_slice() else { bail!("there are to be three engines") };
        self.stage("the version before").await?;
        let migrations = self.migrations().await?;
        self.replace(first, new).await?;
        self.stage("one engine is new").await?;
        self.replace(second, new).await?;
        self.stage("two engines are new").await?;
        first.program.end(ENDS_WITHIN)?;
        second.program.end(ENDS_WITHIN)?;
        if self.migrations().await? == migrations {
            self.replace(first, old).await?;
        }
        self.stage("back: engines of the version before").await?;
        for engine in [first, second, last] {
            self.replace(engine, new).await?;
        }
        for gateway in &self.system.gateways {
            self.replace(gateway, new).await?;
        }
        self.stage("everything is new").await
    }

    /// Politely ended, and started again as this program.
    async fn replace(&self, part: &Part, by: &Path) -> anyhow::Result<()> {
        part.program.end(ENDS_WITHIN)?;
        part.program.run_by(by);
        part.program.start()?;
        self.timeline.fault("replaced", &part.program.name, true, json!({"by": by.display().to_string()}));
        let others = Duration::from_secs(90);
        self.system.part_ready(part, others).await
    }

    async fn migrations(&self) -> anyhow::Result<i64> {
        Ok(self.system.sql().await?.query_one("SELECT count(*) FROM migration", &[]).await?.get(0))
    }

    /// Lets it run for a while, in which instances end and others begin.
    async fn stage(&self, what: &str) -> anyhow::Result<()> {
        let sql = self.system.sql().await?;
        let count = "SELECT count(*) FILTER (WHERE state <> 0), count(*) FILTER (WHERE state = 0) FROM instance";
        let before: i64 = sql.query_one(count, &[]).await?.get(0);
        let starts = self.load.count();
        tokio::time::sleep(self.stage).await;
        let row = sql.query_one(count, &[]).await?;
        let (ended, active) = (row.get::<_, i64>(0) - before, row.get::<_, i64>(1));
        let begun = self.load.count() - starts;
        self.timeline.note(&format!("{what}: {begun} begun, {ended} ended, {active} under way"));
        ensure!(begun > 0 && ended > 0, "nothing has moved: {what}");
        Ok(())
    }
}
