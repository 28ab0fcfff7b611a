//! A server as a child process. It dies with us, whatever happens to us (`setpriv --pdeathsig`): that signal comes when the
//! *thread* that started the child ends, so children are started by one thread that never does.

use anyhow::Context;
use std::{
    net::TcpListener,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::{OnceLock, mpsc},
    thread,
    time::{Duration, Instant},
};

pub const NOBODY: u32 = 65534;

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

pub fn free_port() -> anyhow::Result<u16> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
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

/// A new folder `baton-test-<process id>-<n>`; folders that dead test processes left behind are removed.
pub fn folder(name: &str) -> anyhow::Result<PathBuf> {
    remove_left_over();
    let folder =
        std::env::temp_dir().join(format!("baton-test-{}-{name}-{}", std::process::id(), uuid::Uuid::new_v4()));
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
