//! The programs of the tests.

use faults::system::Programs;
use std::path::PathBuf;

pub fn programs() -> anyhow::Result<Programs> {
    let built = || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../target/debug/baton");
    let baton = std::env::var_os("BATON_BIN").map_or_else(built, PathBuf::from);
    anyhow::ensure!(baton.exists(), "{} is not built: run `cargo build --package baton`", baton.display());
    Ok(Programs::new(baton, env!("CARGO_BIN_EXE_faults").into()))
}
