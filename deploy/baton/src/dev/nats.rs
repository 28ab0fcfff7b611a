//! A private nats-server with JetStream in the data folder, on loopback only.

use super::{Settings, Supervisor, brought::brought, supervisor::Program};
use anyhow::bail;
use std::{
    path::PathBuf,
    process::Command,
    time::{Duration, Instant},
};

const OLDEST: (u32, u32) = (2, 11);
const HELP: &str = "run `cargo xtask demo`, which brings one, or say where it is with BATON_NATS_BIN";

pub async fn start(settings: &Settings, supervisor: &Supervisor) -> anyhow::Result<()> {
    let program = find()?;
    let store = settings.data.join("nats");
    let arguments = [
        "--addr",
        "127.0.0.1",
        "--port",
        &settings.nats_port.to_string(),
        "--jetstream",
        "--store_dir",
        &store.display().to_string(),
    ];
    let words = vec!["setpriv".to_owned(), "--pdeathsig=TERM".to_owned(), program.display().to_string()];
    supervisor.supervise(Program::new("nats", words, arguments.map(str::to_owned).to_vec()))?;
    let deadline = Instant::now() + Duration::from_secs(15);
    while async_nats::connect(&settings.nats_url).await.is_err() {
        if Instant::now() > deadline {
            bail!("it does not answer; see {}", settings.log("nats").display());
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    Ok(())
}

/// `BATON_NATS_BIN`, else the one on the PATH when it is new enough, else what `cargo xtask` has brought.
fn find() -> anyhow::Result<PathBuf> {
    if let Some(program) = std::env::var_os("BATON_NATS_BIN") {
        return Ok(PathBuf::from(program));
    }
    let told = Command::new("nats-server").arg("--version").output();
    let told = told.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned()).ok();
    let is_new = told.as_deref().and_then(version).is_some_and(|version| version >= OLDEST);
    match (brought("nats-server"), told) {
        (_, Some(_)) if is_new => Ok(PathBuf::from("nats-server")),
        (Some(program), _) => Ok(program),
        (None, Some(old)) => bail!("the nats-server on the PATH is too old ({old}; {OLDEST:?} is needed): {HELP}"),
        (None, None) => bail!("no nats-server on the PATH: {HELP}"),
    }
}

fn version(text: &str) -> Option<(u32, u32)> {
    let (_, version) = text.trim().rsplit_once('v')?;
    let mut parts = version.split('.').map(|part| part.parse().ok());
    Some((parts.next()??, parts.next()??))
}

#[cfg(test)]
mod tests {
    use super::version;

    #[test]
    fn reads_what_the_server_prints() {
        assert_eq!(version("nats-server: v2.15.1\n"), Some((2, 15)));
        assert_eq!(version("nonsense"), None);
    }
}
