//! `cargo xtask demo` and `cargo xtask test`: the two commands that a fresh machine needs, and `cargo xtask faults` and
//! `cargo xtask campaign`, which last longer. They find or install what is missing, build, and run. Standard library only,
//! so that they are compiled in seconds.

mod campaign;
mod chart_tools;
mod crowd;
mod demo;
mod faults;
mod full;
mod golden;
mod install;
mod place;
mod shell;
mod test;
mod tools;
mod upgrade;

use std::process::ExitCode;

const HELP: &str = "\
cargo xtask demo [--headless] [--log FILE] [--port N]   run the log-analysis story; Ctrl-C stops it
cargo xtask demo --clean                                remove everything the demo and the tests have put here
cargo xtask test [FILTER]                               check and test everything (FILTER: only cargo tests of that name)
cargo xtask faults [--seed N] [--minutes M] [--smoke]   break the whole system under load, and check what must hold
            [--faults kill,stop,net,…] [--crash-points] [--seeded-bugs] (--help says everything)
cargo xtask faults --full [ROW …]                       all of it, in an hour, and a table: required, seen, ok or not
cargo xtask campaign [--models N] [--hostile N]         the long tests of the interpreter, optimised, and one table
            [--seed N] [--minutes M]                    (--help says everything)
cargo xtask crowd [--clients N] [--kills N] [--rate N]  ten thousand WebSocket clients before one gateway, some of them slow,
            [--seconds S] [--storm S]                   and gateways that are killed
cargo xtask upgrade-drill [--from COMMIT]               a rolling upgrade under load from an older version, and back
cargo xtask golden NAME                                 keep the database of this version for the tests of upgrades
cargo xtask setup                                       only install what is missing

What is installed goes to .baton/ in this folder; missing Debian packages are installed when you are root, and named
when you are not.";

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let done = match words.first().map(String::as_str) {
        Some("demo") => demo::run(&words[1..]),
        Some("test") => test::run(&words[1..]),
        Some("faults") => faults::run(&words[1..]),
        Some("upgrade-drill") => upgrade::run(&words[1..]),
        Some("golden") => golden::run(&words[1..]),
        Some("campaign") => campaign::run(&words[1..]),
        Some("crowd") => crowd::run(&words[1..]),
        Some("setup") => tools::Tools::for_tests().map(|_| ()),
        _ => {
            println!("{HELP}");
            return if words.is_empty() { ExitCode::FAILURE } else { ExitCode::SUCCESS };
        }
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("\nxtask: {error}");
            ExitCode::FAILURE
        }
    }
}

/// What went wrong and what to do about it, for the person at the terminal.
pub type Result<T> = std::result::Result<T, String>;
