//! `cargo xtask golden NAME`: keeps what the present version has in its database and in JetStream, of instances in every kind of
//! waiting state, for the tests of all versions to come.

use crate::{Result, place, shell, tools::Tools};

pub fn run(words: &[String]) -> Result<()> {
    let name = words.first().ok_or("how is it to be called? For instance: cargo xtask golden v2")?;
    let path = place::root().join(format!("engine/tests/golden/{name}.dump"));
    if path.exists() {
        return Err(format!("{} is kept already, and kept ones never change", path.display()));
    }
    let tools = Tools::for_faults()?;
    let arguments =
        ["test", "--locked", "--package", "engine", "--test", "golden", "--", "make", "--exact", "--ignored"];
    let mut make = shell::command("cargo", &arguments);
    tools.apply(&mut make);
    make.env("BATON_GOLDEN", &path);
    shell::aloud(make)?;
    println!("{} is written: look at it, and commit it", path.display());
    Ok(())
}
