//! Python: this process becomes the interpreter, isolated (`-I`), with [`RUNNER`] around the script.

use anyhow::Context;
use std::{os::unix::process::CommandExt, path::Path, process::Command};

const RUNNER: &str = include_str!("runner.py");
const INTERPRETERS: [&str; 3] = ["/usr/bin/python3", "/usr/local/bin/python3", "/bin/python3"];

/// Returns only when it cannot.
pub fn become_interpreter() -> anyhow::Result<()> {
    let found = INTERPRETERS.into_iter().find(|path| Path::new(path).exists());
    let python = found.context("python3 is not installed where the script worker runs")?;
    let error = Command::new(python)
        .args(["-I", "-B", "-X", "utf8", "-c", RUNNER])
        .env_clear()
        .env("PATH", "/usr/local/bin:/usr/bin:/bin")
        .env("HOME", "/tmp")
        .exec();
    Err(error).context("python3 cannot be started")
}
