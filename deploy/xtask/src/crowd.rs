//! `cargo xtask crowd`: many WebSocket clients before one gateway, optimised (`gateway/tests/crowd`).

use crate::{Result, shell, tools::Tools};

const HELP: &str = "\
cargo xtask crowd [--clients N]   how many (10000); a tenth of them do not read
                  [--kills N]     kills of the gateway (20)
                  [--rate N]      events a second (500), each for ten clients
                  [--seconds S]   how long (300)
                  [--storm S]     within how many seconds everyone comes back (10)
                  Two open files for each client are needed, a process each: `ulimit -n`.";

/// Options, the variables that they become, and what they are unless told.
const OPTIONS: [(&str, &str, &str); 5] = [
    ("--clients", "BATON_CROWD", "10000"),
    ("--kills", "BATON_CROWD_KILLS", "20"),
    ("--rate", "BATON_CROWD_RATE", "500"),
    ("--seconds", "BATON_CROWD_SECONDS", "300"),
    ("--storm", "BATON_CROWD_STORM", "10"),
];

pub fn run(words: &[String]) -> Result<()> {
    let known = |word: &str| OPTIONS.iter().any(|(option, ..)| *option == word);
    if words.len() % 2 == 1 || words.iter().step_by(2).any(|word| !known(word)) {
        println!("{HELP}");
        return if words.iter().any(|word| word == "--help") {
            Ok(())
        } else {
            Err("these options are not known".into())
        };
    }
    let tools = Tools::for_faults()?;
    let arguments =
        ["test", "--locked", "--package", "gateway", "--test", "crowd", "--profile", "campaign", "--", "--nocapture"];
    let mut crowd = shell::command("cargo", &arguments);
    tools.apply(&mut crowd);
    for (option, variable, otherwise) in OPTIONS {
        let told = words.chunks(2).find(|pair| pair[0] == option).map_or(otherwise, |pair| &pair[1]);
        crowd.env(variable, told);
    }
    shell::aloud(crowd)
}
