//! A short run with a seed that is always the same, as part of every test run. `cargo xtask faults` runs as long as you like.

mod common;

use faults::run::{self, Options};

#[tokio::test(flavor = "multi_thread")]
async fn the_system_survives_a_minute_of_faults() -> anyhow::Result<()> {
    run::run(Options::smoke(common::programs()?)).await
}
