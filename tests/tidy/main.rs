//! What holds for every file and every dependency of the project, checked without a network.
//!
//! - [`files`]: every module has its `//!` page, no file outgrows 500 lines, no path of anybody's machine.
//! - [`layout`]: the root holds what it should, and README's code map names what exists.
//! - [`dependencies`]: arrows between crates, licences, banned crates and least versions.

mod dependencies;
mod files;
mod layout;

use std::{
    path::{Path, PathBuf},
    process::Command,
};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("tests/ stands in the checkout").to_owned()
}

/// Every file that git tracks, or would track.
fn tracked() -> Vec<String> {
    let arguments = ["ls-files", "--cached", "--others", "--exclude-standard"];
    let output = Command::new("git").args(arguments).current_dir(root()).output().expect("git runs");
    let text = String::from_utf8(output.stdout).expect("paths are UTF-8");
    text.lines().filter(|path| root().join(path).is_file()).map(str::to_owned).collect()
}

fn read(path: &str) -> String {
    let bytes = std::fs::read(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"));
    String::from_utf8_lossy(&bytes).into_owned()
}
