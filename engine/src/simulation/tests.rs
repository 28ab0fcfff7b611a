//! A few seeds in every run of the tests, thousands in a campaign, and the mistakes that have to be noticed.

use super::{Mistake, Report};
use std::{
    process::Command,
    sync::Mutex,
    time::{Duration, Instant},
};
use store_model::Bug;

/// Says to a process of these tests what it is to simulate: a seed, and perhaps the number of a mistake.
const SEED: &str = "BATON_SIMULATION";
const MISTAKE: &str = "BATON_SIMULATION_MISTAKE";
/// What a report begins with, on a line of its own.
const REPORT: &str = "simulated: ";

/// What the checker has to notice, and the seeds that it may need for that.
const MISTAKES: [Mistake; 9] = [
    Mistake::Of(Bug::NoFence),
    Mistake::Of(Bug::LostOrder),
    Mistake::Of(Bug::LostTimer),
    Mistake::Of(Bug::EarlyTimer),
    Mistake::Of(Bug::ClaimedTwice),
    Mistake::Of(Bug::LostCommit),
    Mistake::Of(Bug::TornCommit),
    Mistake::Of(Bug::NoAdvisoryLocks),
    Mistake::Of(Bug::NoGuard),
];

fn number(name: &str, usual: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(usual)
}

/// In a process of its own: in this one, ids would go on from where the last simulation left them.
fn simulate(seed: u64, mistake: Option<usize>) -> Report {
    let program = std::env::current_exe().expect("a test is a program");
    let mut command = Command::new(program);
    command.args(["--exact", "simulation::tests::one_simulation", "--ignored", "--nocapture"]);
    command.env(SEED, seed.to_string()).env_remove(MISTAKE);
    if let Some(mistake) = mistake {
        command.env(MISTAKE, mistake.to_string());
    }
    let output = command.output().expect("a test can be run");
    let text = String::from_utf8_lossy(&output.stdout);
    match text.lines().find_map(|line| line.split_once(REPORT)) {
        Some((_, report)) => serde_json::from_str(report).expect("a report"),
        None => {
            let wrong = vec![format!("no report: {text}{}", String::from_utf8_lossy(&output.stderr))];
            Report { wrong, ..Report::default() }
        }
    }
}

/// What a process of these tests does when it is told a seed.
#[test]
#[ignore = "the others run it, each time in a process of its own"]
fn one_simulation() {
    let Ok(seed) = std::env::var(SEED) else { return };
    let mistake = std::env::var(MISTAKE).ok().and_then(|number| MISTAKES.get(number.parse::<usize>().ok()?).copied());
    let report = super::simulate(seed.parse().expect("a seed is a number"), mistake);
    println!("\n{REPORT}{}", serde_json::to_string(&report).expect("a report is JSON"));
}

#[test]
fn nothing_is_lost_and_nothing_happens_twice() {
    let (count, first) = (number("BATON_SIMULATIONS", 6), number("BATON_SIMULATION_FIRST", 1));
    let (began, next, all) = (Instant::now(), Mutex::new(first), Mutex::new(Report::default()));
    let take = || {
        let mut next = next.lock().expect("nobody panics with it");
        *next += 1;
        (*next <= first + count).then(|| *next - 1)
    };
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while let Some(seed) = take() {
                    let report = simulate(seed, None);
                    all.lock().expect("nobody panics with it").add(seed, report);
                }
            });
        }
    });
    let report = all.into_inner().expect("nobody panics with it");
    say(count, &report, began.elapsed());
    assert!(report.wrong.is_empty(), "BATON_SIMULATION_FIRST=<seed> repeats one:\n{}", report.wrong.join("\n"));
}

fn say(seeds: u64, report: &Report, took: Duration) {
    report.counts.iter().for_each(|(what, times)| println!("{times:8} {what}"));
    println!(
        "campaign: seeds={seeds}; transactions={}; a second={:.0}; of one thread={:.0}; simulated hours={:.1}; wrong={}",
        report.commits,
        report.commits as f64 / took.as_secs_f64(),
        report.commits as f64 * 1e3 / report.milliseconds.max(1) as f64,
        report.seconds as f64 / 3600.0,
        report.wrong.len()
    );
}

impl Report {
    fn add(&mut self, seed: u64, other: Report) {
        self.commits += other.commits;
        self.seconds += other.seconds;
        self.milliseconds += other.milliseconds;
        other.counts.into_iter().for_each(|(what, times)| *self.counts.entry(what).or_default() += times);
        self.wrong.extend(other.wrong.into_iter().map(|what| format!("seed {seed}: {what}")));
    }
}

#[test]
fn a_seed_always_takes_the_same_way() {
    let simulate = |seed| Report { milliseconds: 0, ..simulate(seed, None) };
    let one = simulate(7);
    assert!(one.commits > 100, "{one:?}");
    assert_eq!(one, simulate(7));
    assert_ne!(one.digest, simulate(8).digest);
}

/// A checker that was never seen to fail proves nothing.
#[test]
#[ignore = "takes minutes: cargo test -p engine mistakes_are_noticed -- --ignored"]
fn mistakes_are_noticed() {
    let next = Mutex::new(0..MISTAKES.len());
    let unnoticed = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while let Some(number) = next.lock().ok().and_then(|mut next| next.next()) {
                    let noticed = (1..=20).find_map(|seed| simulate(seed, Some(number)).wrong.into_iter().next());
                    println!("{:?}: {noticed:?}", MISTAKES[number]);
                    if noticed.is_none() {
                        unnoticed.lock().expect("nobody panics with it").push(MISTAKES[number]);
                    }
                }
            });
        }
    });
    let unnoticed = unnoticed.into_inner().expect("nobody panics with it");
    assert!(unnoticed.is_empty(), "nobody noticed {unnoticed:?}");
}
