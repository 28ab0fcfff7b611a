//! Some of the crash points, the same every time. `cargo xtask faults --crash-points` tries all of them.

mod common;

use faults::crash_points::{self, Options};

#[tokio::test(flavor = "multi_thread")]
async fn engines_die_where_they_talk_to_servers_and_nothing_is_lost() -> anyhow::Result<()> {
    let programs = common::programs()?;
    crash_points::run(Options { seed: 1, every: 53, first: None, folder: None, keep: false, programs }).await
}
