//! `cargo xtask upgrade-drill`: a rolling upgrade of the whole system under load, from an older commit to this one, and back
//! in between. What it says is said by the fault harness (`tests/faults`).

use crate::{Result, place, shell, tools::Tools};
use std::{fs, path::Path};

const HELP: &str = "\
cargo xtask upgrade-drill [--from COMMIT]   from the program of this commit (HEAD^)
                          [--minutes M]     how long it lasts (2.5); further words are those of `cargo xtask faults`";

pub fn run(words: &[String]) -> Result<()> {
    if words.iter().any(|word| word == "--help") {
        println!("{HELP}");
        return Ok(());
    }
    let (from, mut words) = from(words)?;
    let from = from.unwrap_or_else(|| "HEAD^".to_owned());
    let commit = git(&["rev-parse", "--verify", &format!("{from}^{{commit}}")])?;
    if !words.iter().any(|word| word == "--minutes") {
        words.extend(["--minutes".to_owned(), "2.5".to_owned()]);
    }
    let tools = Tools::for_faults()?;
    let old = build(&commit)?;
    shell::aloud(shell::command("cargo", &["build", "--locked", "--package", "baton", "--package", "faults"]))?;
    let mut drill = shell::command(&place::root().join("target/debug/faults").display().to_string(), &[]);
    drill.arg("--upgrade-from").arg(old).args(words);
    tools.apply(&mut drill);
    drill.env("BATON_BIN", place::root().join("target/debug/baton"));
    shell::aloud(drill)
}

/// The commit after `--from`, and the other words.
fn from(words: &[String]) -> Result<(Option<String>, Vec<String>)> {
    let Some(place) = words.iter().position(|word| word == "--from") else { return Ok((None, words.to_vec())) };
    let commit = words.get(place + 1).ok_or(HELP)?;
    let others = words.iter().enumerate().filter(|(at, _)| *at != place && *at != place + 1);
    Ok((Some(commit.clone()), others.map(|(_, word)| word.clone()).collect()))
}

fn git(words: &[&str]) -> Result<String> {
    shell::quietly(shell::command("git", words)).map(|text| text.trim().to_owned())
}

/// The program of that commit, built in a checkout of its own.
fn build(commit: &str) -> Result<std::path::PathBuf> {
    let checkout = place::root().join("target/upgrade").join(commit);
    if !checkout.exists() {
        let path = checkout.display().to_string();
        git(&["worktree", "prune"])?;
        git(&["worktree", "add", "--detach", &path, commit])?;
    }
    copy(&place::root().join("gateway/ui/vendor"), &checkout.join("gateway/ui/vendor"))?;
    println!("building {commit}");
    let mut build = shell::command("cargo", &["build", "--locked", "--package", "baton"]);
    build.current_dir(&checkout).env("CARGO_TARGET_DIR", checkout.join("target"));
    shell::aloud(build)?;
    Ok(checkout.join("target/debug/baton"))
}

/// What the gateway carries of others, which is not in the repository.
fn copy(from: &Path, to: &Path) -> Result<()> {
    let failed = |error: std::io::Error| format!("copying {} to {}: {error}", from.display(), to.display());
    fs::create_dir_all(to).map_err(failed)?;
    for entry in fs::read_dir(from).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let (path, target) = (entry.path(), to.join(entry.file_name()));
        if path.is_dir() {
            copy(&path, &target)?;
        } else {
            fs::copy(&path, &target).map_err(failed)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_commit_is_told_from_the_other_words() {
        let words = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
        assert_eq!(from(&words("--seed 3 --from abc --keep")), Ok((Some("abc".to_owned()), words("--seed 3 --keep"))));
        assert_eq!(from(&words("--keep")), Ok((None, words("--keep"))));
        assert!(from(&words("--from")).is_err());
    }
}
