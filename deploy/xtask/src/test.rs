//! `cargo xtask test`: every check and every test, and one closing line that counts them.
//!
//! A check (format, lints, documentation, the browser's story) counts as one; cargo's tests count one each. All of them
//! run even when one fails, and the table at the end says where the time went.

use crate::{Result, place, shell, tools::Tools};
use std::{process::Command, time::Instant};

/// What tests start as processes.
const PROGRAMS: &[&str] = &["--package", "baton", "--package", "custom-worker", "--package", "example-workers"];

pub fn run(words: &[String]) -> Result<()> {
    let tools = Tools::for_tests()?;
    let mut report = Report::default();
    if words.is_empty() {
        report.check("format", cargo(&["fmt", "--all", "--check"]));
        report.check("lints", cargo(&["clippy", "--locked", "--workspace", "--all-targets", "--", "-D", "warnings"]));
        let mut documentation = cargo(&["doc", "--locked", "--workspace", "--no-deps", "--document-private-items"]);
        documentation.env("RUSTDOCFLAGS", "-D warnings");
        report.check("documentation", documentation);
    }
    report.check("build", cargo(&[&["build", "--locked"], PROGRAMS].concat()));
    let mut tests = cargo(&["test", "--locked", "--workspace", "--no-fail-fast", "--"]);
    tests.args(words);
    tools.apply(&mut tests);
    tests.env("BATON_BIN", place::root().join("target/debug/baton"));
    // what cannot be run here fails, and is not left out
    tests.env("BATON_TEST_ALL", "1");
    report.cargo_tests("tests", tests);
    report.close()
}

fn cargo(arguments: &[&str]) -> Command {
    shell::command("cargo", arguments)
}

#[derive(Default)]
struct Report {
    passed: u64,
    failed: u64,
    failures: Vec<String>,
    times: Vec<(String, f64)>,
}

impl Report {
    fn check(&mut self, name: &str, command: Command) {
        let started = Instant::now();
        println!("\n── {name}");
        let ok = shell::watched(command, |_| {}).unwrap_or(false);
        self.count(u64::from(ok), u64::from(!ok));
        if !ok {
            self.failures.push(name.to_owned());
        }
        self.times.push((name.to_owned(), started.elapsed().as_secs_f64()));
    }

    fn cargo_tests(&mut self, name: &str, command: Command) {
        let started = Instant::now();
        println!("\n── {name}");
        let (mut passed, mut failed, mut failures) = (0, 0, Vec::new());
        let ok = shell::watched(command, |line| {
            if let Some((p, f)) = counts(line) {
                passed += p;
                failed += f;
            } else if line.starts_with("test ") && line.ends_with("FAILED") {
                failures.push(line.trim_start_matches("test ").trim_end_matches(" ... FAILED").to_owned());
            }
        })
        .unwrap_or(false);
        if !ok && failed == 0 {
            failed = 1;
            failures.push(format!("{name} did not build or did not end"));
        }
        self.count(passed, failed);
        self.failures.extend(failures);
        self.times.push((name.to_owned(), started.elapsed().as_secs_f64()));
    }

    fn count(&mut self, passed: u64, failed: u64) {
        self.passed += passed;
        self.failed += failed;
    }

    fn close(self) -> Result<()> {
        println!("\nwhere the time went:");
        for (name, seconds) in &self.times {
            println!("  {seconds:>7.1} s  {name}");
        }
        for failure in &self.failures {
            println!("FAILED: {failure}");
        }
        println!("{} passed, {} failed", self.passed, self.failed);
        if self.failed == 0 { Ok(()) } else { Err("not everything passed".to_owned()) }
    }
}

/// `test result: ok. 5 passed; 0 failed; …` of one test program.
fn counts(line: &str) -> Option<(u64, u64)> {
    let (_, rest) = line.strip_prefix("test result: ")?.split_once(". ")?;
    let mut numbers = rest.split("; ").map(|part| part.split(' ').next().and_then(|number| number.parse().ok()));
    Some((numbers.next()??, numbers.next()??))
}

#[cfg(test)]
mod tests {
    use super::counts;

    #[test]
    fn reads_the_closing_line_of_a_test_program() {
        let line = "test result: FAILED. 5 passed; 2 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.1s";
        assert_eq!(counts(line), Some((5, 2)));
        assert_eq!(counts("test a ... ok"), None);
    }
}
