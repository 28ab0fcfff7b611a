//! The walls around a script. From the outside in:
//!
//! 1. bubblewrap: namespaces of its own for users, processes, network (unless it is granted), mounts, IPC and host name; an empty environment;
//!    `/usr` read-only, a small `/tmp` in memory, nothing else; no capabilities; killed with its parent.
//! 2. Inside ([`super::child`]): resource limits, Landlock where the kernel has it, and a seccomp allow list.
//!
//! At the start a self-test tries to get out. When it succeeds anywhere, no script is run.

use super::limits::Limits;
use std::{
    os::unix::fs::{MetadataExt, PermissionsExt},
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};
use tokio::process::Command;

/// The user and group inside; also outside when the worker is root.
const NOBODY: u32 = 65534;
const SELF_TEST_WITHIN: Duration = Duration::from_secs(20);
/// What an ordinary Linux has at its root besides `/usr`: links into it, or folders of their own on older ones.
const ROOT_FOLDERS: [&str; 4] = ["/bin", "/lib", "/lib64", "/sbin"];
/// What names and certificates are looked up in.
pub const NETWORK_FILES: [&str; 4] = ["/etc/resolv.conf", "/etc/hosts", "/etc/nsswitch.conf", "/etc/ssl"];

#[derive(Debug, Clone)]
pub struct Sandbox {
    child: PathBuf,
    /// None: without isolation.
    bubblewrap: Option<PathBuf>,
    is_root: bool,
    has_network: bool,
}

/// A layer that is missing, and what to do about it.
#[derive(Debug, thiserror::Error)]
pub enum SandboxError {
    #[error("bubblewrap (`bwrap`) is not installed; install it (`apt install bubblewrap`), or use --allow-unsandboxed")]
    NoBubblewrap,
    #[error("the program to run in the sandbox cannot be found or made readable")]
    Child(#[source] std::io::Error),
    #[error(
        "the sandbox cannot be entered (user namespaces may be forbidden here; containers need an unconfined seccomp \
         and AppArmor profile): {0}; or use --allow-unsandboxed"
    )]
    Entering(String),
    #[error("the sandbox is missing: {}; scripts are not run (see --allow-unsandboxed)", .0.join(", "))]
    MissingLayers(Vec<String>),
}

impl Sandbox {
    /// `child` is the program with the subcommand `script-child`; this program when missing.
    pub fn new(child: Option<PathBuf>) -> Result<Self, SandboxError> {
        let child = child.map_or_else(std::env::current_exe, std::fs::canonicalize).map_err(SandboxError::Child)?;
        let is_root = rustix::process::geteuid().is_root();
        let child = if is_root { reachable(child).map_err(SandboxError::Child)? } else { child };
        Ok(Sandbox { child, bubblewrap: on_path("bwrap"), is_root, has_network: false })
    }

    /// The same program without walls around it, for machines that cannot have them.
    pub fn without_isolation(mut self) -> Self {
        self.bubblewrap = None;
        self
    }

    /// Scripts reach whatever this machine reaches.
    pub fn with_network(mut self) -> Self {
        self.has_network = true;
        self
    }

    /// Where the child finds the folder that it was given.
    pub fn folder_inside(&self, folder: &Path) -> String {
        if self.bubblewrap.is_some() { "/work".to_owned() } else { folder.display().to_string() }
    }

    /// Tries to get out; names every layer that let it.
    pub async fn self_test(&self) -> Result<(), SandboxError> {
        if self.bubblewrap.is_none() {
            return Err(SandboxError::NoBubblewrap);
        }
        let mut command = self.command("self-test", &Limits::default(), None);
        let output = tokio::time::timeout(SELF_TEST_WITHIN, command.stdin(Stdio::null()).output());
        let output = output.await.map_err(|_| SandboxError::Entering("it does not answer".to_owned()))?;
        let output = output.map_err(|error| SandboxError::Entering(error.to_string()))?;
        match serde_json::from_slice::<Vec<String>>(&output.stdout) {
            Ok(missing) if missing.is_empty() => Ok(()),
            Ok(missing) => Err(SandboxError::MissingLayers(missing)),
            Err(_) => Err(SandboxError::Entering(String::from_utf8_lossy(&output.stderr).trim().to_owned())),
        }
    }

    /// The command that runs the child in `mode` (a language, or `self-test`); it dies when dropped.
    /// It sees `files` as `/work`.
    pub fn command(&self, mode: &str, limits: &Limits, files: Option<&Path>) -> Command {
        let settings = [
            ("BATON_CHILD_MODE", mode.to_owned()),
            ("BATON_CHILD_MEMORY", limits.memory.to_string()),
            ("BATON_CHILD_CPU", limits.cpu.as_secs().max(1).to_string()),
            ("BATON_CHILD_PROCESSES", limits.processes.to_string()),
            ("BATON_CHILD_FILE", limits.scratch.to_string()),
            ("BATON_CHILD_NETWORK", u8::from(self.has_network).to_string()),
        ];
        let mut command = match &self.bubblewrap {
            Some(bubblewrap) => self.walled(bubblewrap, &settings, limits, files),
            None => {
                let mut command = Command::new(&self.child);
                command.arg("script-child").env_clear().envs(settings).env("BATON_CHILD_UNSANDBOXED", "1");
                command.current_dir(std::env::temp_dir());
                command
            }
        };
        if self.is_root {
            command.uid(NOBODY).gid(NOBODY);
        }
        command.kill_on_drop(true).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    fn walled(&self, bubblewrap: &Path, settings: &[(&str, String)], limits: &Limits, files: Option<&Path>) -> Command {
        let mut command = Command::new(bubblewrap);
        command.env_clear();
        command.args(["--unshare-all", "--unshare-user", "--disable-userns", "--die-with-parent", "--new-session"]);
        command.args(["--clearenv", "--cap-drop", "ALL", "--hostname", "script", "--uid", "65534", "--gid", "65534"]);
        command.args(["--ro-bind", "/usr", "/usr"]);
        for folder in ROOT_FOLDERS {
            match std::fs::read_link(folder) {
                Ok(target) => command.arg("--symlink").arg(target).arg(folder),
                Err(_) => command.args(["--ro-bind-try", folder, folder]),
            };
        }
        command.args(["--ro-bind-try", "/etc/ld.so.cache", "/etc/ld.so.cache"]);
        command.args(["--proc", "/proc", "--dev", "/dev", "--size", &limits.scratch.to_string(), "--tmpfs", "/tmp"]);
        command.arg("--ro-bind").arg(&self.child).arg("/run/baton");
        if let Some(folder) = files {
            command.arg("--ro-bind").arg(folder).arg("/work");
        }
        if self.has_network {
            command.arg("--share-net");
            for file in NETWORK_FILES {
                command.args(["--ro-bind-try", file, file]);
            }
        }
        command.args(["--chdir", "/tmp"]);
        for (name, value) in settings {
            command.args(["--setenv", name, value]);
        }
        command.args(["--", "/run/baton", "script-child"]);
        command
    }
}

fn on_path(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_else(|| "/usr/local/bin:/usr/bin:/bin".into());
    std::env::split_paths(&path).map(|folder| folder.join(program)).find(|file| file.is_file())
}

/// Root runs scripts as nobody, who may not be able to reach a program in root's folders: then a copy is used.
fn reachable(program: PathBuf) -> std::io::Result<PathBuf> {
    let open = |path: &Path| path.metadata().is_ok_and(|found| found.mode() & 0o001 != 0);
    if program.ancestors().all(open) {
        return Ok(program);
    }
    let folder = std::env::temp_dir().join(format!("baton-script-{}", uuid::Uuid::new_v4()));
    std::fs::create_dir(&folder)?;
    std::fs::set_permissions(&folder, std::fs::Permissions::from_mode(0o755))?;
    let copy = folder.join("baton");
    std::fs::copy(&program, &copy)?;
    std::fs::set_permissions(&copy, std::fs::Permissions::from_mode(0o755))?;
    Ok(copy)
}
