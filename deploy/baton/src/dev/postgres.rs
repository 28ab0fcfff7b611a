//! A private Postgres of the development server: found on the machine, initialised in the data folder, listening on
//! loopback only. Postgres refuses to run as root, so root runs it as the user `nobody`.

use super::{Settings, Supervisor, brought::brought, supervisor::Program};
use anyhow::{Context, bail};
use rustix::process::Signal;
use std::{
    fs,
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
    process::Command,
    time::{Duration, Instant},
};

const OLDEST: u32 = 15;
const NOBODY: u32 = 65534;
const SMALL: &[&str] = &["shared_buffers=128MB"];
/// What `engine/docs/performance.md` advises, for a machine with a few gigabytes.
const AS_FOR_PRODUCTION: &[&str] =
    &["shared_buffers=1GB", "max_wal_size=8GB", "checkpoint_timeout=30min", "wal_compression=lz4"];

pub async fn start(settings: &Settings, supervisor: &Supervisor, for_benchmarks: bool) -> anyhow::Result<()> {
    let bin = find()?;
    let data = folder(&settings.data)?;
    initialise(&bin, &data)?;
    supervisor.supervise(server(settings, &bin, &data, for_benchmarks))?;
    create_database(settings).await
}

/// `BATON_PG_BIN`, else the newest of the system's that is new enough, else what `cargo xtask` has brought.
fn find() -> anyhow::Result<PathBuf> {
    if let Some(bin) = std::env::var_os("BATON_PG_BIN") {
        return Ok(PathBuf::from(bin));
    }
    let mut found: Vec<(u32, PathBuf)> = fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .filter_map(|entry| entry.ok())
        .filter_map(|entry| Some((entry.file_name().to_str()?.parse().ok()?, entry.path().join("bin"))))
        .filter(|(version, bin)| *version >= OLDEST && bin.join("postgres").exists())
        .collect();
    found.sort();
    match found.pop().map(|(_, bin)| bin).or_else(|| brought("postgres")) {
        Some(bin) => Ok(bin),
        None => bail!(
            "no Postgres {OLDEST} or later here. Install it (Debian: apt-get install postgresql), run `cargo xtask demo`, \
             which brings one, or say where its programs are with BATON_PG_BIN"
        ),
    }
}

/// In the data folder. Where that is private to root, who may not run Postgres: in one of the same use that everyone can enter.
fn folder(data: &Path) -> anyhow::Result<PathBuf> {
    let can_enter = |folder: &Path| fs::metadata(folder).is_ok_and(|found| found.mode() & 0o001 != 0);
    if !is_root() || data.ancestors().all(can_enter) {
        return Ok(data.join("postgres"));
    }
    let name: String = data.display().to_string().chars().map(|c| if c.is_alphanumeric() { c } else { '-' }).collect();
    let instead = Path::new("/var/tmp").join(format!("baton{name}"));
    fs::create_dir_all(&instead).with_context(|| format!("making {}", instead.display()))?;
    println!(
        "Postgres runs as another user, who cannot enter {}: its data are in {}",
        data.display(),
        instead.display()
    );
    Ok(instead.join("postgres"))
}

fn initialise(bin: &Path, data: &Path) -> anyhow::Result<()> {
    if data.join("PG_VERSION").exists() {
        return Ok(());
    }
    fs::create_dir_all(data)?;
    if is_root() {
        std::os::unix::fs::chown(data, Some(NOBODY), Some(NOBODY))?;
    }
    let output = unprivileged(&bin.join("initdb"))
        .args(["--no-sync", "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8", "--username=baton", "-D"])
        .arg(data)
        .current_dir("/")
        .output()
        .context("running initdb")?;
    if !output.status.success() {
        bail!("initdb failed: {}", String::from_utf8_lossy(&output.stderr).trim());
    }
    Ok(())
}

fn server(settings: &Settings, bin: &Path, data: &Path, for_benchmarks: bool) -> Program {
    let port = settings.postgres_port.to_string();
    let common = ["listen_addresses=127.0.0.1", "unix_socket_directories=", "max_connections=100", "jit=off"];
    let by_use = if for_benchmarks { AS_FOR_PRODUCTION } else { SMALL };
    let mut arguments = vec!["-D".to_owned(), data.display().to_string(), "-p".to_owned(), port];
    for setting in common.iter().chain(by_use) {
        arguments.extend(["-c".to_owned(), (*setting).to_owned()]);
    }
    Program::new("postgres", unprivileged_words(&bin.join("postgres"), "INT"), arguments).stop_with(Signal::INT)
}

async fn create_database(settings: &Settings) -> anyhow::Result<()> {
    let url = format!("postgres://baton@127.0.0.1:{}/postgres", settings.postgres_port);
    let deadline = Instant::now() + Duration::from_secs(30);
    let (client, connection) = loop {
        match tokio_postgres::connect(&url, tokio_postgres::NoTls).await {
            Ok(connected) => break connected,
            Err(error) if Instant::now() > deadline => {
                return Err(error).with_context(|| format!("see {}", settings.log("postgres").display()));
            }
            Err(_) => tokio::time::sleep(Duration::from_millis(50)).await,
        }
    };
    tokio::spawn(connection);
    if client.query_opt("SELECT 1 FROM pg_database WHERE datname = 'baton'", &[]).await?.is_none() {
        client.batch_execute("CREATE DATABASE baton").await?;
    }
    Ok(())
}

fn unprivileged(program: &Path) -> Command {
    let words = unprivileged_words(program, "KILL");
    let mut command = Command::new(&words[0]);
    command.args(&words[1..]);
    command
}

/// The program, dying with this process, and as `nobody` when this process is root's.
fn unprivileged_words(program: &Path, death_signal: &str) -> Vec<String> {
    let mut words = vec!["setpriv".to_owned(), format!("--pdeathsig={death_signal}")];
    if is_root() {
        words.extend([format!("--reuid={NOBODY}"), format!("--regid={NOBODY}"), "--clear-groups".to_owned()]);
    }
    words.push(program.display().to_string());
    words
}

fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}
