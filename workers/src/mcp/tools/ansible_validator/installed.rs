//! Ansible's own programs, where they are on `PATH`. They run in a folder of their own, without a shell and with nothing
//! of our environment but `PATH`; a syntax check runs no task.

use super::Validated;
use crate::mcp::tool::cut;
use std::{
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

const LONGEST_RUN: Duration = Duration::from_secs(15);
const LONGEST_OUTPUT: usize = 4000;

pub fn check(text: &str, validated: &mut Validated) {
    let programs = [("ansible-playbook", &["--syntax-check"][..]), ("ansible-lint", &["--offline", "-q", "-p"][..])];
    let found: Vec<_> = programs.into_iter().filter_map(|(name, how)| Some((name, how, on_path(name)?))).collect();
    if found.is_empty() {
        return;
    }
    let folder = std::env::temp_dir().join(format!("baton-playbook-{}", uuid::Uuid::new_v4()));
    if std::fs::create_dir(&folder).and_then(|()| std::fs::write(folder.join("playbook.yaml"), text)).is_ok() {
        for (name, how, program) in found {
            run(name, how, &program, &folder, validated);
        }
    }
    let _ = std::fs::remove_dir_all(&folder);
}

fn on_path(name: &str) -> Option<PathBuf> {
    std::env::split_paths(&std::env::var_os("PATH")?).map(|folder| folder.join(name)).find(|file| file.is_file())
}

fn run(name: &'static str, how: &[&str], program: &Path, folder: &Path, validated: &mut Validated) {
    // A file takes the output: a pipe that nobody empties would block a talkative program.
    let output = folder.join("output");
    let Ok(file) = std::fs::File::create(&output) else { return };
    let Ok(errors) = file.try_clone() else { return };
    let path = std::env::var_os("PATH").unwrap_or_default();
    let child = Command::new(program)
        .args(how)
        .arg("playbook.yaml")
        .current_dir(folder)
        .env_clear()
        .envs([
            ("PATH", path),
            ("HOME", folder.into()),
            ("ANSIBLE_LOCAL_TEMP", folder.into()),
            ("LC_ALL", "C.UTF-8".into()),
        ])
        .stdin(Stdio::null())
        .stdout(file)
        .stderr(errors)
        .spawn();
    let Some(succeeded) = child.ok().and_then(wait) else {
        validated.warnings.push(format!("{name} did not finish and was not heard"));
        return;
    };
    validated.checked_by.push(name);
    if !succeeded {
        let said = std::fs::read(&output).map(|said| String::from_utf8_lossy(&said).into_owned()).unwrap_or_default();
        let said = format!("{name}: {}", cut(said.trim(), LONGEST_OUTPUT));
        // The linter is about style; only Ansible itself knows what it cannot read.
        if name == "ansible-lint" { validated.warnings.push(said) } else { validated.errors.push(said) }
    }
}

/// Whether it succeeded; none when it took too long.
fn wait(mut child: Child) -> Option<bool> {
    let deadline = Instant::now() + LONGEST_RUN;
    while Instant::now() < deadline {
        match child.try_wait() {
            Ok(Some(status)) => return Some(status.success()),
            Ok(None) => std::thread::sleep(Duration::from_millis(20)),
            Err(_) => break,
        }
    }
    let _ = child.kill();
    let _ = child.wait();
    None
}
