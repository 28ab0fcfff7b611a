//! Is the interpreter right where no example looks?
//!
//! Random processes run in the engine and are worked out by an oracle that knows neither tokens nor flows; every command
//! is checked on the way. See `README.md` beside this file.

mod block;
mod campaign;
mod compare;
mod coverage;
mod define;
mod draw;
mod draw_activity;
mod drawing;
mod evaluate;
mod evaluate_activity;
mod evaluate_compensation;
mod evaluate_event;
mod evaluate_scope;
mod explore;
mod generate;
mod generate_activity;
mod generate_event;
mod ledger;
mod mistakes;
mod outside;
mod plan;
mod properties;
mod random;
mod regressions;
mod shape;
mod shrink;
mod trace;
mod unstructured;
mod vary;
mod world;

/// A few seeds again, as `BATON_ORACLE_SEEDS` names them.
#[test]
fn named_seeds_agree() {
    let seeds = std::env::var("BATON_ORACLE_SEEDS").unwrap_or_default();
    let mut tally = campaign::Tally::default();
    seeds.split(',').filter_map(|seed| seed.parse().ok()).for_each(|seed| campaign::one(seed, &mut tally));
    let reports: Vec<String> = tally.different.iter().map(|(seed, how)| campaign::report(*seed, how)).collect();
    assert!(reports.is_empty(), "{}", reports.join("\n"));
}

#[test]
fn the_engine_does_what_the_oracle_says() {
    let tally = campaign::on_all_cores(campaign::models(), campaign::one);
    println!("{}\n{}", tally.table(), tally.figures());
    println!("differ: {:?}", tally.different.iter().take(20).collect::<Vec<_>>());
    let reports: Vec<String> = tally.different.iter().take(3).map(|(seed, how)| campaign::report(*seed, how)).collect();
    assert!(reports.is_empty(), "{}\n{}", tally.table(), reports.join("\n"));
    let least = coverage::least(campaign::models());
    let missing = coverage::missing(&tally, least);
    assert!(campaign::models() < campaign::MODELS || missing.is_empty(), "seen less than {least} times: {missing:?}");
}
