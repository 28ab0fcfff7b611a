//! `cargo xtask demo`: brings what is missing, builds, and hands over to `baton demo`.

use crate::{Result, place, shell, tools::Tools};
use std::{os::unix::process::CommandExt, time::Instant};

pub fn run(words: &[String]) -> Result<()> {
    let has = |word: &str| words.iter().any(|other| other == word);
    if has("--clean") && !has("--headless") {
        return clean();
    }
    let started = Instant::now();
    let tools = Tools::for_demo()?;
    build()?;
    println!("ready to start after {:.0} s", started.elapsed().as_secs_f64());
    let mut demo = shell::command("target/debug/baton", &["demo", "--data"]);
    demo.arg(place::home().join("dev")).args(words.iter().filter(|word| *word != "--clean"));
    tools.apply(&mut demo);
    if has("--clean") {
        shell::aloud(demo)?;
        return clean();
    }
    Err(format!("cannot start baton: {}", demo.exec()))
}

/// Builds the one binary, in the debug profile: it is there in minutes, and quick enough for a story.
pub fn build() -> Result<()> {
    println!("building (a first build takes some minutes) …");
    shell::aloud(shell::command("cargo", &["build", "--locked", "--package", "baton"]))
}

/// Removes what was brought and made, but not what Debian's packages brought.
fn clean() -> Result<()> {
    let root = place::root();
    let folders = [
        place::home(),
        root.join("gateway/ui/node_modules"),
        root.join("gateway/ui/vendor"),
        root.join("tests/browser/node_modules"),
        root.join("workers/tests/mcp-filesystem/node_modules"),
    ];
    for folder in folders.iter().filter(|folder| folder.exists()) {
        std::fs::remove_dir_all(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
        println!("removed {}", folder.display());
    }
    println!("what cargo built stays in target/ (cargo clean removes it)");
    Ok(())
}
