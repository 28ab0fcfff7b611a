//! `cargo xtask faults`: the whole system under load while its parts are killed, stopped and cut off, and what must hold
//! afterwards. What it says is said by the harness itself (`tests/faults`).

use crate::{Result, place, shell, tools::Tools};

pub fn run(words: &[String]) -> Result<()> {
    let tools = Tools::for_faults()?;
    shell::aloud(shell::command("cargo", &["build", "--locked", "--package", "baton", "--package", "faults"]))?;
    let mut faults = shell::command(&place::root().join("target/debug/faults").display().to_string(), &[]);
    faults.args(words);
    tools.apply(&mut faults);
    faults.env("BATON_BIN", place::root().join("target/debug/baton"));
    shell::aloud(faults)
}
