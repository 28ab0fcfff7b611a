//! Rules for the shape of the repository.

use crate::{read, root, tracked};
use std::collections::BTreeSet;

const ROOT: [&str; 16] = [
    "Cargo.toml",
    "Cargo.lock",
    "LICENSE",
    "README.md",
    "deploy",
    "engine",
    "examples",
    "gateway",
    "helm",
    "proto",
    "tests",
    "worker-sdk",
    "workers",
    ".cargo",
    ".ci",
    ".gitignore",
];

#[test]
fn the_root_shows_the_parts_and_nothing_else() {
    let entries: BTreeSet<String> =
        tracked().iter().filter_map(|path| path.split('/').next().map(str::to_owned)).collect();
    let strange: Vec<_> =
        entries.iter().filter(|entry| !ROOT.contains(&entry.as_str()) && !entry.starts_with('.')).collect();
    assert!(strange.is_empty(), "these do not belong into the root: {strange:?}");
}

#[test]
fn the_code_map_of_the_readme_names_what_exists() {
    let readme = read("README.md");
    let map = readme.split("## Code map").nth(1).expect("README.md has a section `## Code map`");
    let map = map.split("\n## ").next().unwrap_or(map);
    let named: Vec<&str> = map.split('`').skip(1).step_by(2).filter(|word| word.contains('/')).collect();
    assert!(named.len() > 15, "the code map names only {} paths", named.len());
    let missing: Vec<_> = named.iter().filter(|path| !root().join(path.trim_end_matches('/')).exists()).collect();
    assert!(missing.is_empty(), "the code map names what is not there: {missing:?}");
}

#[test]
fn every_link_in_the_docs_leads_somewhere() {
    let mut dead = Vec::new();
    for page in tracked().into_iter().filter(|path| path.ends_with(".md")) {
        let folder = root().join(&page).parent().expect("a file stands in a folder").to_owned();
        let text = read(&page);
        for target in text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            let path = target.split('#').next().unwrap_or("");
            let is_local = !path.is_empty() && !path.contains("://") && !path.starts_with("mailto:");
            if is_local && !path.contains(' ') && !folder.join(path).exists() {
                dead.push(format!("{page}: {target}"));
            }
        }
    }
    assert!(dead.is_empty(), "dead links: {dead:#?}");
}
