//! `cargo xtask campaign`: the long tests, optimised, and one table of what they have seen.
//!
//! - **oracle**: random processes, run by the interpreter and worked out by an oracle that was written differently;
//! - **token game**: the same processes flattened and changed at random, played in every order;
//! - **hostile**: definitions that want to do harm.
//!
//! Each prints its figures on a line that begins with `campaign`; this collects those. With `--minutes` the oracle goes on
//! with seeds that nobody has seen, in rounds, until the time is over. The first seed is printed, and `--seed` takes it
//! again.

use crate::{Result, shell};
use std::{
    process::Command,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

const HELP: &str = "\
cargo xtask campaign [--models N]     random processes for the oracle (200000)
                     [--hostile N]    hostile definitions (10000)
                     [--simulations N] seeds of the simulated engine (1000)
                     [--seed N]       of the first process; the next ones follow (0: those of the last campaign again)
                     [--minutes M]    afterwards, rounds of further processes until so long has passed";

struct Plan {
    models: u64,
    hostile: u64,
    simulations: u64,
    seed: u64,
    minutes: u64,
}

/// One line of the table.
struct Row {
    name: String,
    figures: Vec<(String, String)>,
    seconds: f64,
    is_right: bool,
}

pub fn run(words: &[String]) -> Result<()> {
    if words.iter().any(|word| word == "--help") {
        println!("{HELP}");
        return Ok(());
    }
    let plan = plan(words)?;
    shell::aloud(tests("oracle", &["--no-run"]))?;
    shell::aloud(tests("hostile", &["--no-run"]))?;
    shell::aloud(simulated(&["--no-run"]))?;
    let begun = Instant::now();
    let mut rows = vec![
        oracle("oracle", "the_engine", plan.seed, plan.models)?,
        oracle("token game", "an_unstructured", plan.seed, plan.models)?,
        hostile(plan.hostile)?,
        simulation(plan.seed, plan.simulations)?,
    ];
    let until = begun + Duration::from_secs(plan.minutes * 60);
    let mut seed = unseen();
    while Instant::now() < until && rows.iter().all(|row| row.is_right) {
        rows.push(oracle(&format!("oracle from {seed}"), "the_engine", seed, ROUND)?);
        seed += ROUND;
    }
    println!("\n{}", table(&rows));
    let wrong: Vec<&str> = rows.iter().filter(|row| !row.is_right).map(|row| row.name.as_str()).collect();
    match wrong.as_slice() {
        [] => Ok(()),
        wrong => Err(format!("{} went wrong; the seeds are above, and `--seed` begins with one", wrong.join(", "))),
    }
}

/// Processes of one further round.
const ROUND: u64 = 20_000;

/// Seeds that hardly anybody has begun with.
fn unseen() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(1, |since| since.as_secs()) * 1_000
}

fn plan(words: &[String]) -> Result<Plan> {
    let mut plan = Plan { models: 200_000, hostile: 10_000, simulations: 1_000, seed: 0, minutes: 0 };
    for pair in words.chunks(2) {
        let number = pair.get(1).and_then(|number| number.replace('_', "").parse().ok());
        match (pair[0].as_str(), number) {
            ("--models", Some(number)) => plan.models = number,
            ("--hostile", Some(number)) => plan.hostile = number,
            ("--simulations", Some(number)) => plan.simulations = number,
            ("--seed", Some(number)) => plan.seed = number,
            ("--minutes", Some(number)) => plan.minutes = number,
            _ => return Err(format!("`{}` is not understood\n{HELP}", pair.join(" "))),
        }
    }
    Ok(plan)
}

fn tests(name: &str, words: &[&str]) -> Command {
    let mut arguments =
        vec!["test", "--locked", "--quiet", "--profile", "campaign", "--package", "interpreter", "--test", name];
    arguments.extend(words);
    shell::command("cargo", &arguments)
}

fn oracle(name: &str, filter: &str, seed: u64, models: u64) -> Result<Row> {
    println!("\n── {name}: {models} processes from seed {seed}");
    let mut command = tests("oracle", &[filter, "--", "--nocapture"]);
    command.env("BATON_ORACLE_MODELS", models.to_string()).env("BATON_ORACLE_FIRST", seed.to_string());
    let mut row = watched(name, command)?;
    row.figures.insert(0, ("first seed".to_owned(), seed.to_string()));
    Ok(row)
}

fn hostile(definitions: u64) -> Result<Row> {
    println!("\n── hostile: {definitions} definitions");
    let mut command = tests("hostile", &["hostile_definitions", "--", "--nocapture"]);
    command.env("BATON_HOSTILE", definitions.to_string()).env("BATON_HOSTILE_MS", "100");
    watched("hostile", command)
}

fn simulated(words: &[&str]) -> Command {
    let mut arguments = vec!["test", "--locked", "--quiet", "--profile", "campaign", "--package", "engine", "--lib"];
    arguments.extend(words);
    shell::command("cargo", &arguments)
}

fn simulation(seed: u64, simulations: u64) -> Result<Row> {
    println!("\n── simulation: {simulations} seeds");
    let mut command = simulated(&["simulation::tests::nothing_is_lost", "--", "--nocapture"]);
    command.env("BATON_SIMULATIONS", simulations.to_string()).env("BATON_SIMULATION_FIRST", (seed + 1).to_string());
    watched("simulation", command)
}

/// Runs one, shows it, and takes down the figures that it gives.
fn watched(name: &str, command: Command) -> Result<Row> {
    let (begun, mut figures) = (Instant::now(), Vec::new());
    let is_right = shell::watched(command, |line| figures.extend(figures_of(line)))?;
    // A test that was not found has passed, and says nothing.
    let is_right = is_right && !figures.is_empty();
    Ok(Row { name: name.to_owned(), figures, seconds: begun.elapsed().as_secs_f64(), is_right })
}

/// `campaign: agree=3 rarest=a, b: 17` as its pairs; the last value may have anything in it but `=`.
fn figures_of(line: &str) -> Vec<(String, String)> {
    let Some(text) = line.strip_prefix("campaign: ") else { return Vec::new() };
    let mut pairs: Vec<(String, String)> = Vec::new();
    for part in text.split("; ") {
        if let Some((name, value)) = part.split_once('=') {
            pairs.push((name.to_owned(), value.to_owned()));
        }
    }
    pairs
}

fn table(rows: &[Row]) -> String {
    let lines = rows.iter().map(|row| {
        let figures: Vec<String> = row.figures.iter().map(|(name, value)| format!("{name} {value}")).collect();
        let verdict = if row.is_right { "right" } else { "WRONG" };
        format!("{:<24} {verdict}  {:>7.1} s  {}", row.name, row.seconds, figures.join(" · "))
    });
    lines.collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_pairs_after_the_word() {
        let figures = figures_of("campaign: agree=3; rarest=a, b: 17");
        assert_eq!(figures, [("agree", "3"), ("rarest", "a, b: 17")].map(|(n, v)| (n.to_owned(), v.to_owned())));
        assert!(figures_of("3 models agree").is_empty());
    }

    #[test]
    fn a_plan_is_read_or_refused_with_help() {
        let words = |text: &str| text.split(' ').map(str::to_owned).collect::<Vec<_>>();
        let plan = plan(&words("--models 1_000 --minutes 5")).unwrap();
        assert_eq!((plan.models, plan.hostile, plan.seed, plan.minutes), (1_000, 10_000, 0, 5));
        assert!(super::plan(&words("--models many")).is_err());
        assert!(super::plan(&words("--other 1")).is_err());
    }
}
