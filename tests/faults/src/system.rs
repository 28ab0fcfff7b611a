//! The whole system as processes: Postgres, NATS, engines, workers and gateways, with a link of its own between each program
//! and each server that it talks to.

use crate::{
    disk::Disk,
    program::Program,
    proxy::{Link, points::Points},
};
use anyhow::{Context, ensure};
use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, Instant},
};
use test_harness::{Servers, process::free_port};

pub const KEY: &str = "faults-key";
/// Of another tenant.
pub const STRANGER: &str = "strangers-key";
const ENGINES: usize = 3;
const WORKERS: usize = 4;
const GATEWAYS: usize = 2;
const STOCK: [&str; 2] = ["script", "agent"];

/// A program and the links that it uses.
pub struct Part {
    pub program: Program,
    /// Engines only.
    pub postgres: Option<Link>,
    pub nats: Link,
    /// Its listener.
    pub port: u16,
}

pub struct System {
    pub servers: Servers,
    /// Where the servers' data is, if there are faults of disks. Unmounted after the servers.
    pub disk: Option<Disk>,
    pub database: String,
    pub engines: Vec<Part>,
    pub workers: Vec<Part>,
    /// Workers that Baton brings: for scripts, and for agents.
    pub stock_workers: Vec<Part>,
    pub gateways: Vec<Part>,
    /// The program, for what it says when all is over.
    pub baton: PathBuf,
    /// Where the engines talk to the servers.
    pub points: Arc<Points>,
    /// Logs, ledgers, the timeline.
    pub folder: PathBuf,
}

/// The programs that a system is made of.
pub struct Programs {
    pub baton: PathBuf,
    /// This one, for its workers.
    pub faults: PathBuf,
    /// Settings of the engines beyond the usual ones.
    pub engine: Vec<(&'static str, String)>,
    /// The servers' data is on a disk that can be filled.
    pub on_small_disk: bool,
}

impl Programs {
    pub fn new(baton: PathBuf, faults: PathBuf) -> Programs {
        Programs { baton, faults, engine: Vec::new(), on_small_disk: false }
    }
}

impl System {
    pub async fn start(programs: &Programs, folder: PathBuf) -> anyhow::Result<System> {
        std::fs::create_dir_all(folder.join("ledgers"))?;
        let disk = programs.on_small_disk.then(|| Disk::mount(folder.join("disk"))).transpose()?;
        let base = disk.as_ref().map_or_else(std::env::temp_dir, |disk| disk.path().to_owned());
        let servers = tokio::task::spawn_blocking(move || Servers::start_in(&base)).await??;
        let database = servers.postgres.database().await?;
        let name = database.rsplit('/').next().unwrap_or_default().to_owned();
        let mut system = System {
            servers,
            disk,
            database,
            engines: vec![],
            workers: vec![],
            stock_workers: vec![],
            gateways: vec![],
            baton: programs.baton.clone(),
            points: Arc::default(),
            folder: folder.clone(),
        };
        let baton = programs.baton.display().to_string();
        for number in 1..=ENGINES {
            let link = system.link(&format!("engine-{number}/postgres"), system.servers.postgres.port()).await?;
            let url = format!("postgres://baton@127.0.0.1:{}/{name}", link.port());
            let words = vec![baton.clone(), "engine".to_owned()];
            let environment = [vec![("BATON_DATABASE_URL", url)], programs.engine.clone()].concat();
            let mut part = system.part(&format!("engine-{number}"), words, environment).await?;
            part.postgres = Some(link);
            system.engines.push(part);
        }
        for number in 1..=WORKERS {
            let name = format!("worker-{number}");
            let ledger = folder.join("ledgers").join(format!("{name}.jsonl")).display().to_string();
            let words = [&programs.faults.display().to_string(), "worker", "--name", &name, "--ledger", &ledger];
            let words = words.iter().map(ToString::to_string).collect();
            let part = system.part(&name, words, vec![]).await?;
            system.workers.push(part);
        }
        let files = ("BATON_STORE_URL", format!("file://{}", folder.join("files").display()));
        for what in STOCK {
            let words = vec![baton.clone(), "worker".to_owned(), what.to_owned()];
            let alone = ("BATON_ALLOW_UNSANDBOXED", "true".to_owned());
            let warm = ("BATON_SCRIPT_WARM", "1".to_owned());
            let environment = if what == "script" { vec![files.clone(), alone, warm] } else { vec![files.clone()] };
            let part = system.part(&format!("worker-{what}"), words, environment).await?;
            system.stock_workers.push(part);
        }
        for number in 1..=GATEWAYS {
            let words = vec![baton.clone(), "gateway".to_owned()];
            let keys = ("BATON_API_KEYS", format!("{KEY}=faults:admin,{STRANGER}=strangers:admin"));
            let environment = vec![keys, files.clone()];
            let part = system.part(&format!("gateway-{number}"), words, environment).await?;
            system.gateways.push(part);
        }
        for part in system.parts() {
            part.program.start()?;
        }
        system.ready(Duration::from_secs(60)).await?;
        Ok(system)
    }

    async fn link(&self, name: &str, server: u16) -> anyhow::Result<Link> {
        let points = name.starts_with("engine").then(|| self.points.clone());
        Link::open(name.to_owned(), server, points).await
    }

    async fn part(
        &self,
        name: &str,
        words: Vec<String>,
        mut environment: Vec<(&'static str, String)>,
    ) -> anyhow::Result<Part> {
        let nats = self.link(&format!("{name}/nats"), self.servers.nats.port()).await?;
        let port = free_port()?;
        environment.push(("BATON_NATS_URL", format!("nats://127.0.0.1:{}", nats.port())));
        environment.push(("BATON_HTTP_ADDR", format!("127.0.0.1:{port}")));
        let program = Program::new(name.to_owned(), words, environment, &self.folder);
        Ok(Part { program, postgres: None, nats, port })
    }

    pub fn parts(&self) -> impl Iterator<Item = &Part> {
        self.engines.iter().chain(&self.workers).chain(&self.stock_workers).chain(&self.gateways)
    }

    pub fn links(&self) -> impl Iterator<Item = &Link> {
        self.parts().flat_map(|part| part.postgres.iter().chain(Some(&part.nats)))
    }

    /// Every part says that it is ready.
    pub async fn ready(&self, within: Duration) -> anyhow::Result<()> {
        let deadline = Instant::now() + within;
        for part in self.parts() {
            self.part_ready(part, deadline.saturating_duration_since(Instant::now())).await?;
        }
        Ok(())
    }

    pub async fn part_ready(&self, part: &Part, within: Duration) -> anyhow::Result<()> {
        let deadline = Instant::now() + within;
        let url = format!("http://127.0.0.1:{}/healthz/ready", part.port);
        while !reqwest::get(&url).await.is_ok_and(|answer| answer.status().is_success()) {
            let name = &part.program.name;
            ensure!(Instant::now() < deadline, "{name} is not ready: {}", part.program.last_words(10));
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        Ok(())
    }

    /// Straight to Postgres, past every link.
    pub async fn sql(&self) -> anyhow::Result<tokio_postgres::Client> {
        let (client, connection) = tokio_postgres::connect(&self.database, tokio_postgres::NoTls).await?;
        tokio::spawn(connection);
        Ok(client)
    }
}

/// A new folder for a run.
pub fn folder(in_folder: Option<&Path>, seed: u64) -> anyhow::Result<PathBuf> {
    let base = in_folder.map_or_else(std::env::temp_dir, Path::to_owned);
    let folder = base.join(format!("baton-faults-{}-{seed}", std::process::id()));
    std::fs::create_dir_all(&folder).with_context(|| format!("making {}", folder.display()))?;
    Ok(folder)
}
