//! `cargo xtask faults`: the whole system under load while its parts are killed, stopped and cut off, and what must hold
//! afterwards. What it says is said by the harness itself (`tests/faults`).

use crate::{Result, full, place, shell, tools::Tools};
use std::path::PathBuf;

pub fn run(words: &[String]) -> Result<()> {
    let tools = Tools::for_faults()?;
    let has = |word: &str| words.iter().any(|other| other == word);
    if has("--full") {
        let only = words.iter().filter_map(|word| word.parse().ok()).collect::<Vec<u32>>();
        return full::run(&tools, &only);
    }
    let baton = if has("--seeded-bugs") { build_mistaken()? } else { place::root().join("target/debug/baton") };
    build()?;
    let mut faults = shell::command(&place::root().join("target/debug/faults").display().to_string(), &[]);
    faults.args(words);
    tools.apply(&mut faults);
    faults.env("BATON_BIN", baton);
    shell::aloud(faults)
}

pub fn build() -> Result<()> {
    shell::aloud(shell::command("cargo", &["build", "--locked", "--package", "baton", "--package", "faults"]))
}

/// Engines that can be told to make a mistake, kept apart from the others.
pub fn build_mistaken() -> Result<PathBuf> {
    let words = ["build", "--locked", "--package", "baton", "--features", "baton/seeded-bugs"];
    shell::aloud(shell::command("cargo", &words))?;
    let built = place::root().join("target/debug/baton");
    let mistaken = place::root().join("target/debug/baton-with-seeded-bugs");
    std::fs::copy(&built, &mistaken).map_err(|error| format!("keeping {}: {error}", mistaken.display()))?;
    Ok(mistaken)
}
