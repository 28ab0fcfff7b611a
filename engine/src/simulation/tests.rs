//! A few seeds in every run of the tests, thousands in a campaign, and the mistakes that have to be noticed.

use super::{Mistake, Report, simulate};
use std::time::Instant;
use store_model::Bug;

fn number(name: &str, usual: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(usual)
}

#[test]
fn nothing_is_lost_and_nothing_happens_twice() {
    let (count, first) = (number("BATON_SIMULATIONS", 12), number("BATON_SIMULATION_FIRST", 1));
    let (began, mut commits, mut seconds, mut wrong) = (Instant::now(), 0, 0, Vec::new());
    let mut counts = std::collections::BTreeMap::<_, u64>::new();
    for seed in first..first + count {
        let report = simulate(seed, None);
        commits += report.commits;
        seconds += report.seconds;
        report.counts.into_iter().for_each(|(what, times)| *counts.entry(what).or_default() += times);
        wrong.extend(report.wrong.into_iter().map(|what| format!("seed {seed}: {what}")));
    }
    let took = began.elapsed().as_secs_f64();
    counts.iter().for_each(|(what, times)| println!("{times:8} {what}"));
    println!(
        "campaign: seeds={count}; transactions={commits}; a second={:.0}; simulated hours={:.1}; wrong={}",
        commits as f64 / took,
        seconds as f64 / 3600.0,
        wrong.len()
    );
    assert!(wrong.is_empty(), "BATON_SIMULATION_FIRST is the seed to begin with:\n{}", wrong.join("\n"));
}

#[test]
fn a_seed_always_takes_the_same_way() {
    let one = simulate(7, None);
    assert!(one.commits > 100, "{one:?}");
    assert_eq!(one, simulate(7, None));
    assert_ne!(one.digest, simulate(8, None).digest);
}
