//! A server as a child process. It dies with us, whatever happens to us (`setpriv --pdeathsig`): that signal comes when the
//! *thread* that started the child ends, so children are started by one thread that never does.

use anyhow::Context;
use std::{
    net::TcpListener,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::{
        OnceLock,
        atomic::{AtomicU16, Ordering},
        mpsc,
    },
    thread,
    time::{Duration, Instant},
};

pub const NOBODY: u32 = 65534;
const PORTS: u16 = 20_000;

type Spawned = std::io::Result<Child>;

/// Starts the command from the thread that lives as long as the process.
pub fn spawn(command: Command) -> anyhow::Result<Child> {
    static STARTER: OnceLock<mpsc::Sender<(Command, mpsc::Sender<Spawned>)>> = OnceLock::new();
    let starter = STARTER.get_or_init(|| {
        let (sender, receiver) = mpsc::channel::<(Command, mpsc::Sender<Spawned>)>();
        thread::spawn(move || {
            for (mut command, answer) in receiver {
                let _ = answer.send(command.spawn());
            }
        });
        sender
    });
    let (answer, spawned) = mpsc::channel();
    starter.send((command, answer)).ok().context("the starting thread is gone")?;
    Ok(spawned.recv()??)
}

/// `program`, dying with us; as `nobody` when we are root and it refuses to run as root.
pub fn server(program: &Path, unprivileged: bool) -> Command {
    let mut command = Command::new("setpriv");
    command.arg("--pdeathsig=KILL");
    if unprivileged && is_root() {
        command.args([&format!("--reuid={NOBODY}"), &format!("--regid={NOBODY}"), "--clear-groups"]);
    }
    command.arg(program).current_dir("/").stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command
}

pub fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

pub fn signal(child: &Child, signal: rustix::process::Signal) {
    if let Some(id) = rustix::process::Pid::from_raw(child.id() as i32) {
        let _ = rustix::process::kill_process(id, signal);
    }
}

/// Below those that the system gives to outgoing connections, one of which could take it before it is used, or while a server
/// is away that is started again.
pub fn free_port() -> anyhow::Result<u16> {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let first = std::process::id() as u16;
    for _ in 0..PORTS {
        let port = 10_000 + first.wrapping_mul(97).wrapping_add(NEXT.fetch_add(1, Ordering::Relaxed)) % PORTS;
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return Ok(port);
        }
    }
    anyhow::bail!("no port is free")
}

/// Waits until `ready` says so; `what` for the message otherwise.
pub fn wait_for(what: &str, mut ready: impl FnMut() -> bool) -> anyhow::Result<()> {
    let deadline = Instant::now() + Duration::from_secs(30);
    while !ready() {
        anyhow::ensure!(Instant::now() < deadline, "{what} did not come up in 30 s");
        thread::sleep(Duration::from_millis(20));
    }
    Ok(())
}

/// A new folder `baton-test-<process id>-<n>` in this one; folders that dead test processes left behind are removed.
pub fn folder_in(base: &Path, name: &str) -> anyhow::Result<PathBuf> {
    remove_left_over();
    let folder = base.join(format!("baton-test-{}-{name}-{}", std::process::id(), uuid::Uuid::new_v4()));
    std::fs::create_dir_all(&folder)?;
    if is_root() {
        std::os::unix::fs::chown(&folder, Some(NOBODY), Some(NOBODY))?;
    }
    Ok(folder)
}

fn remove_left_over() {
    let folders = std::fs::read_dir(std::env::temp_dir()).into_iter().flatten().filter_map(Result::ok);
    for folder in folders {
        let name = folder.file_name();
        let owner =
            name.to_str().and_then(|name| name.strip_prefix("baton-test-")).and_then(|rest| rest.split('-').next());
        if let Some(owner) = owner
            && owner.parse::<u32>().is_ok()
            && !Path::new("/proc").join(owner).exists()
        {
            let _ = std::fs::remove_dir_all(folder.path());
        }
    }
}
