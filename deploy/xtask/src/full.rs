//! `cargo xtask faults --full`: the failures that Baton is measured against, one row after the other, and a table of what is
//! required and what was seen. About fifty minutes on two cores, after everything is built.
//!
//! A row is one command or several. Each says what it has seen on lines that begin with `seen: ` or `campaign: `, or is a test
//! of cargo's, whose count is taken; a row is right when all of its commands succeed and have said something.

use crate::{Result, place, shell, tools::Tools};
use std::{
    path::{Path, PathBuf},
    process::Command,
    time::Instant,
};

/// One row: its number among the targets of reliability, its name, what is required of it, and how it is seen.
struct Row {
    number: u32,
    name: &'static str,
    required: &'static str,
    runs: Vec<Run>,
}

enum Run {
    /// The fault harness, with these words.
    Faults(&'static [&'static str]),
    /// … with engines that can be told to make mistakes.
    SeededBugs,
    /// A test of cargo's: its words, and what it finds in its environment.
    Test(&'static [&'static str], &'static [(&'static str, &'static str)]),
    /// The benchmark, with these words.
    Bench(&'static [&'static str]),
}

/// What became of a row.
struct Done {
    row: Row,
    seen: Vec<String>,
    seconds: f64,
    is_right: bool,
}

const ORACLE: &[&str] = &["--profile", "campaign", "--package", "interpreter", "--test", "oracle", "--", "--nocapture"];
const SIMULATION: &[&str] = &[
    "--profile",
    "campaign",
    "--package",
    "engine",
    "--lib",
    "simulation::tests::nothing_is_lost",
    "--",
    "--nocapture",
];

/// In the order in which the most is learnt soonest.
fn rows() -> Vec<Row> {
    let row = |number, name, required, runs| Row { number, name, required, runs };
    let engine = |test: &'static [&'static str]| Run::Test(test, &[]);
    vec![
        row(22, "mistakes on purpose", "each is noticed", vec![Run::SeededBugs]),
        row(
            2,
            "crash points, every tenth",
            "0 violations, 60 % met",
            vec![Run::Faults(&["--crash-points", "--every", "10"])],
        ),
        row(1, "storm of all faults", "0 violations, 20 hits in 100 s", vec![Run::Faults(&["--minutes", "10"])]),
        row(
            3,
            "pauses and zombies",
            "0 violations, 0 late results taken",
            vec![Run::Faults(&["--minutes", "3", "--faults", "stop"])],
        ),
        row(
            4,
            "network cut, silent, one-way, slow",
            "0 violations",
            vec![Run::Faults(&["--minutes", "3", "--faults", "net"])],
        ),
        row(
            5,
            "broker: killed, rolled back, emptied",
            "0 violations",
            vec![Run::Faults(&["--minutes", "3", "--faults", "nats,stream,rollback"])],
        ),
        row(
            6,
            "Postgres: crashes, lost commits, a backup",
            "0 answered is lost but what came after the backup",
            vec![
                Run::Faults(&["--minutes", "3", "--faults", "postgres,commit"]),
                engine(&["--package", "engine", "--test", "restore"]),
                engine(&["--package", "faults", "--test", "admission"]),
            ],
        ),
        row(
            7,
            "random models against the oracle",
            "0 differences",
            vec![
                Run::Test(ORACLE, &[("BATON_ORACLE_MODELS", "60000")]),
                Run::Test(SIMULATION, &[("BATON_SIMULATIONS", "60")]),
            ],
        ),
        row(
            8,
            "a restart at every step",
            "the same state each time",
            vec![engine(&["--package", "interpreter", "--test", "scenarios"])],
        ),
        row(
            9,
            "timers due in one moment; wrong clocks",
            "each once, none early, all within 120 s",
            vec![Run::Faults(&["--herd", "20000"]), engine(&["--package", "engine", "--test", "clocks"])],
        ),
        row(
            10,
            "hot and big instances",
            "all end; bounds hold",
            vec![
                Run::Bench(&["--beside", "hot", "--beside-size", "20000", "--instances", "500", "--runs", "1"]),
                engine(&["--package", "engine", "--test", "large"]),
                engine(&["--package", "interpreter", "--test", "hostile"]),
            ],
        ),
        row(
            11,
            "poison among the healthy",
            "each one is an incident, 0 programs end",
            vec![Run::Faults(&["--poison", "40"])],
        ),
        row(
            21,
            "upgrades, from kept databases",
            "0 violations",
            vec![engine(&["--package", "engine", "--test", "golden"])],
        ),
    ]
}

/// `only`: numbers of rows; all when empty.
pub fn run(tools: &Tools, only: &[u32]) -> Result<()> {
    let mistaken = super::faults::build_mistaken()?;
    super::faults::build()?;
    let (mut done, begun) = (Vec::new(), Instant::now());
    for row in rows().into_iter().filter(|row| only.is_empty() || only.contains(&row.number)) {
        println!("\n── row {}: {}", row.number, row.name);
        done.push(see(row, tools, &mistaken)?);
    }
    done.sort_by_key(|done| done.row.number);
    println!("\n{}", table(&done));
    println!("{:.0} minutes, without what was built before", begun.elapsed().as_secs_f64() / 60.0);
    let wrong: Vec<String> =
        done.iter().filter(|done| !done.is_right).map(|done| done.row.number.to_string()).collect();
    if wrong.is_empty() { Ok(()) } else { Err(format!("not ok: row {}", wrong.join(", row "))) }
}

fn see(row: Row, tools: &Tools, mistaken: &Path) -> Result<Done> {
    let (begun, mut seen, mut is_right) = (Instant::now(), Vec::new(), true);
    for run in &row.runs {
        let before = seen.len();
        let mut command = command(run, mistaken);
        tools.apply(&mut command);
        is_right &= shell::watched(command, |line| seen.extend(seen_in(line)))? && seen.len() > before;
    }
    Ok(Done { row, seen, seconds: begun.elapsed().as_secs_f64(), is_right })
}

fn command(run: &Run, mistaken: &Path) -> Command {
    let built = |name: &str| place::root().join("target/debug").join(name).display().to_string();
    let with = |program: &str, words: &[&str], baton: PathBuf| {
        let mut command = shell::command(program, words);
        command.env("BATON_BIN", baton);
        command
    };
    let baton = PathBuf::from(built("baton"));
    match run {
        Run::Faults(words) => with(&built("faults"), words, baton),
        Run::SeededBugs => with(&built("faults"), &["--seeded-bugs"], mistaken.to_owned()),
        Run::Bench(words) => with(&built("baton"), &[&["bench"], *words].concat(), baton),
        Run::Test(words, environment) => {
            let mut command = with("cargo", &[&["test", "--locked"], *words].concat(), baton);
            command.envs(environment.iter().copied());
            command
        }
    }
}

/// What a line says of what was seen.
fn seen_in(line: &str) -> Option<String> {
    let said = line.strip_prefix("seen: ").or_else(|| line.strip_prefix("campaign: "));
    let tests = || {
        let passed = line.strip_prefix("test result: ")?.split(';').next()?;
        (!passed.contains(" 0 passed")).then_some(passed)
    };
    let benched = || line.strip_prefix("beside ").map(|_| line);
    said.or_else(tests).or_else(benched).map(str::to_owned)
}

fn table(done: &[Done]) -> String {
    let mut lines = vec![format!("{:>3}  {:<42} {:<50} {:<6} {:>6}", "row", "what", "required", "", "s")];
    for Done { row, seen, seconds, is_right } in done {
        let verdict = if *is_right { "ok" } else { "NOT OK" };
        lines.push(format!("{:>3}  {:<42} {:<50} {verdict:<6} {seconds:>6.0}", row.number, row.name, row.required));
        lines.extend(seen.iter().map(|seen| format!("       seen: {seen}")));
    }
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_seen_is_found_among_what_is_said() {
        assert_eq!(seen_in("seen: 3 of 3"), Some("3 of 3".to_owned()));
        assert_eq!(seen_in("test result: ok. 2 passed; 0 failed"), Some("ok. 2 passed".to_owned()));
        assert_eq!(seen_in("test result: ok. 0 passed; 0 failed"), None);
        assert_eq!(seen_in("drained"), None);
    }

    #[test]
    fn every_row_is_there_once() {
        let mut numbers: Vec<u32> = rows().iter().map(|row| row.number).collect();
        numbers.sort_unstable();
        assert_eq!(numbers, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 21, 22]);
    }
}
