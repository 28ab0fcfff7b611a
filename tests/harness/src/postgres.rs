//! A private Postgres.

use crate::process::{folder_in, free_port, server, signal, spawn, wait_for};
use anyhow::{Context, bail};
use rustix::process::Signal;
use std::{
    path::{Path, PathBuf},
    process::{Child, Command},
    sync::{Mutex, PoisonError},
};
use tokio_postgres::NoTls;

pub struct Postgres {
    bin: PathBuf,
    data: PathBuf,
    port: u16,
    child: Mutex<Option<Child>>,
}

impl Postgres {
    pub fn start_in(base: &Path) -> anyhow::Result<Postgres> {
        let bin = find()?;
        let data = folder_in(base, "postgres")?;
        let mut initdb = server(&bin.join("initdb"), true);
        initdb.args(["--no-sync", "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8", "--username=baton", "-D"]);
        initdb.arg(&data);
        let status = spawn(initdb)?.wait()?;
        anyhow::ensure!(status.success(), "initdb failed in {}", data.display());
        let postgres = Postgres { bin, data, port: free_port()?, child: Mutex::new(None) };
        postgres.restart()?;
        Ok(postgres)
    }

    /// Creates an empty database; its URL.
    pub async fn database(&self) -> anyhow::Result<String> {
        let name = format!("test_{}", uuid::Uuid::new_v4().simple());
        let (client, connection) = tokio_postgres::connect(&self.url("postgres"), NoTls).await?;
        tokio::spawn(connection);
        client.batch_execute(&format!("CREATE DATABASE {name}")).await?;
        Ok(self.url(&name))
    }

    pub fn port(&self) -> u16 {
        self.port
    }

    pub fn url(&self, database: &str) -> String {
        format!("postgres://baton@127.0.0.1:{}/{database}", self.port)
    }

    /// Ends every session at once, as `pg_ctl stop -m immediate` does; the next start recovers from the log.
    pub fn stop_immediately(&self) {
        self.end(Signal::QUIT);
    }

    /// A crash of the server's main process.
    pub fn kill(&self) {
        self.end(Signal::KILL);
    }

    /// Starts it (again) on the same port and data.
    pub fn restart(&self) -> anyhow::Result<()> {
        self.end(Signal::INT);
        self.keep_running()
    }

    /// Starts it if it is not there any more, and waits for it.
    pub fn keep_running(&self) -> anyhow::Result<()> {
        let pg_isready = self.bin.join("pg_isready");
        wait_for("Postgres", || {
            // after a crash it refuses to start until the last child of its predecessor is gone
            if !self.is_running() {
                *self.child() = spawn(self.command()).ok();
            }
            let mut ask = server(&pg_isready, true);
            ask.args(["-h", "127.0.0.1", "-p", &self.port.to_string(), "-U", "baton"]);
            ask.status().is_ok_and(|status| status.success())
        })
    }

    /// From now on it takes connections over TLS only, with the certificate of [`tls`](crate::tls). False: it was built
    /// without.
    pub fn demand_tls(&self) -> anyhow::Result<bool> {
        self.end(Signal::INT);
        let (certificate, key) = (self.data.join("server.crt"), self.data.join("server.key"));
        std::fs::copy(crate::tls::certificate(), &certificate)?;
        std::fs::copy(crate::tls::key(), &key)?;
        std::fs::set_permissions(&key, std::os::unix::fs::PermissionsExt::from_mode(0o600))?;
        let owner = std::fs::metadata(&self.data)?;
        for file in [&certificate, &key] {
            use std::os::unix::fs::MetadataExt;
            std::os::unix::fs::chown(file, Some(owner.uid()), Some(owner.gid()))?;
        }
        std::fs::write(self.data.join("pg_hba.conf"), "hostssl all all 127.0.0.1/32 trust\n")?;
        let configuration = self.data.join("postgresql.conf");
        let before = std::fs::read_to_string(&configuration)?;
        std::fs::write(&configuration, before.clone() + "\nssl = on\n")?;
        let mut check = server(&self.bin.join("postgres"), true);
        let has_tls = check.arg("-D").arg(&self.data).args(["-C", "ssl"]).output()?.status.success();
        if has_tls {
            self.keep_running()?;
        } else {
            std::fs::write(&configuration, before)?;
        }
        Ok(has_tls)
    }

    /// A backup of its files, taken while it is stopped.
    pub fn copy_data(&self) -> anyhow::Result<PathBuf> {
        self.end(Signal::INT);
        let copy = folder_in(self.data.parent().unwrap_or(&self.data), "postgres-copy")?;
        let copied = Command::new("cp").arg("-a").arg(self.data.join(".")).arg(&copy).status()?;
        anyhow::ensure!(copied.success(), "copying {}", self.data.display());
        self.keep_running()?;
        Ok(copy)
    }

    /// Stops it, puts a backup in the place of its files, and starts it.
    pub fn roll_back(&self, copy: &Path) -> anyhow::Result<()> {
        self.end(Signal::QUIT);
        std::fs::remove_dir_all(&self.data)?;
        std::fs::rename(copy, &self.data)?;
        self.keep_running()
    }

    fn command(&self) -> Command {
        let mut postgres = server(&self.bin.join("postgres"), true);
        postgres.arg("-D").arg(&self.data).args(["-p", &self.port.to_string()]);
        for setting in ["listen_addresses=127.0.0.1", "unix_socket_directories=", "max_connections=200", "jit=off"] {
            postgres.args(["-c", setting]);
        }
        postgres
    }

    fn is_running(&self) -> bool {
        self.child().as_mut().is_some_and(|child| matches!(child.try_wait(), Ok(None)))
    }

    fn end(&self, with: Signal) {
        if let Some(mut child) = self.child().take() {
            signal(&child, with);
            let _ = child.wait();
        }
    }

    fn child(&self) -> std::sync::MutexGuard<'_, Option<Child>> {
        self.child.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        self.end(Signal::QUIT);
        let _ = std::fs::remove_dir_all(&self.data);
    }
}

fn find() -> anyhow::Result<PathBuf> {
    if let Some(bin) = std::env::var_os("BATON_PG_BIN") {
        return Ok(PathBuf::from(bin));
    }
    let installed = std::fs::read_dir("/usr/lib/postgresql").context("no Postgres: install it or set BATON_PG_BIN")?;
    let newest = installed.filter_map(Result::ok).map(|entry| entry.path().join("bin")).max();
    match newest {
        Some(bin) if bin.join("postgres").exists() => Ok(bin),
        _ => bail!("no Postgres in /usr/lib/postgresql: install it or set BATON_PG_BIN"),
    }
}
