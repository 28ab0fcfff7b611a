//! A private nats-server with JetStream.

use crate::process::{folder_in, free_port, server, signal, spawn, wait_for};
use rustix::process::Signal;
use std::{
    net::TcpStream,
    path::{Path, PathBuf},
    process::Child,
    sync::{Mutex, PoisonError},
};

pub struct Nats {
    program: PathBuf,
    store: PathBuf,
    /// Beside those that every one has.
    arguments: Vec<String>,
    port: u16,
    child: Mutex<Option<Child>>,
}

impl Nats {
    pub fn start() -> anyhow::Result<Nats> {
        Nats::start_in(&std::env::temp_dir())
    }

    pub fn start_in(base: &Path) -> anyhow::Result<Nats> {
        Nats::start_with(base, &[])
    }

    /// With more arguments: TLS, users.
    pub fn start_with(base: &Path, arguments: &[&str]) -> anyhow::Result<Nats> {
        let arguments = arguments.iter().map(ToString::to_string).collect();
        let program = std::env::var_os("BATON_NATS_BIN").map_or_else(|| PathBuf::from("nats-server"), PathBuf::from);
        if std::process::Command::new(&program).arg("--version").output().is_err() {
            anyhow::bail!("no {}: `cargo xtask test` brings one; else set BATON_NATS_BIN", program.display());
        }
        let (store, port) = (folder_in(base, "nats")?, free_port()?);
        let nats = Nats { program, store, arguments, port, child: Mutex::new(None) };
        nats.restart()?;
        Ok(nats)
    }

    pub fn port(&self) -> u16 {
        self.port
    }

    pub fn url(&self) -> String {
        format!("nats://127.0.0.1:{}", self.port)
    }

    /// Stops it as an operator would.
    pub fn stop(&self) {
        self.end(Signal::TERM);
    }

    pub fn kill(&self) {
        self.end(Signal::KILL);
    }

    /// A copy of what it has stored, taken while it stands still: what a machine would have after losing its power now.
    pub fn copy_store(&self) -> anyhow::Result<PathBuf> {
        let copy = folder_in(self.store.parent().unwrap_or(&self.store), "nats-copy")?;
        self.signal(Signal::STOP);
        let copied = std::process::Command::new("cp").arg("-a").arg(self.store.join(".")).arg(&copy).status();
        self.signal(Signal::CONT);
        anyhow::ensure!(copied?.success(), "copying {}", self.store.display());
        Ok(copy)
    }

    /// Kills it and puts back what it had stored at an earlier time.
    pub fn roll_back(&self, copy: &Path) -> anyhow::Result<()> {
        self.lose_everything()?;
        Ok(std::fs::rename(copy, &self.store)?)
    }

    /// To the running server, if there is one.
    pub fn signal(&self, with: Signal) {
        if let Some(child) = self.child().as_ref() {
            signal(child, with);
        }
    }

    /// Kills it and throws away everything it has stored.
    pub fn lose_everything(&self) -> anyhow::Result<()> {
        self.kill();
        Ok(std::fs::remove_dir_all(&self.store)?)
    }

    /// Starts it (again) on the same port and store.
    pub fn restart(&self) -> anyhow::Result<()> {
        self.end(Signal::TERM);
        let mut nats = server(&self.program, false);
        nats.args(["--addr", "127.0.0.1", "--port", &self.port.to_string(), "--jetstream", "--store_dir"]);
        nats.arg(&self.store).args(&self.arguments);
        *self.child() = Some(spawn(nats)?);
        wait_for("NATS", || TcpStream::connect(("127.0.0.1", self.port)).is_ok())
    }

    pub async fn connect(&self) -> anyhow::Result<async_nats::Client> {
        Ok(async_nats::connect(self.url()).await?)
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

impl Drop for Nats {
    fn drop(&mut self) {
        self.end(Signal::KILL);
        let _ = std::fs::remove_dir_all(&self.store);
    }
}
