//! Rules for dependencies, from `cargo metadata` of the lock file: which crate may know which, what licences are in the
//! graph, which crates are banned and why, and the least versions that have no known advisory.

use crate::root;
use serde_json::Value;
use std::{
    collections::{BTreeMap, BTreeSet},
    process::Command,
    sync::LazyLock,
};

/// Each of our crates and those of ours that it may use: the arrows of the architecture.
const ARROWS: [(&str, &[&str]); 21] = [
    ("proto", &[]),
    ("telemetry", &[]),
    ("model", &[]),
    ("feel", &[]),
    ("decision", &["feel", "model"]),
    ("interpreter", &["decision", "feel", "model"]),
    ("store", &["interpreter", "model", "telemetry"]),
    ("store-model", &["store"]),
    ("engine", &["store", "interpreter", "decision", "model", "proto", "telemetry"]),
    ("worker-sdk", &["proto", "telemetry"]),
    ("workers", &["worker-sdk", "interpreter", "proto", "telemetry"]),
    ("agui", &[]),
    ("gateway", &["agui", "proto", "telemetry"]),
    ("baton", &["engine", "gateway", "workers", "worker-sdk", "interpreter", "model", "proto", "telemetry"]),
    ("custom-worker", &["worker-sdk"]),
    ("new-worker", &["worker-sdk"]),
    ("example-workers", &["worker-sdk"]),
    ("xtask", &[]),
    ("test-harness", &[]),
    ("faults", &["proto", "test-harness", "worker-sdk", "telemetry"]),
    ("tests", &["proto", "test-harness", "telemetry"]),
];

/// What must not be reachable from a crate, and why.
const WALLS: [(&str, &[&str], &str); 2] = [
    (
        "interpreter",
        &["tokio", "tokio-postgres", "async-nats", "prost", "rand", "tracing", "reqwest"],
        "the core is pure: no I/O, no clock, no random numbers, no tracing",
    ),
    ("xtask", &["serde", "anyhow", "clap"], "it is the first thing that a fresh clone compiles"),
];

/// Banned, with the reason and what to use.
const BANNED: [(&str, &str); 8] = [
    ("serde_yaml", "archived; use serde-saphyr"),
    ("serde_yml", "RUSTSEC-2025-0068; use serde-saphyr"),
    ("libyml", "RUSTSEC-2025-0067; use serde-saphyr"),
    ("openssl-sys", "one TLS stack: rustls"),
    ("native-tls", "one TLS stack: rustls"),
    ("ag-ui-core", "stale and not AG-UI 1.0"),
    ("sqlx", "tokio-postgres does it, and statements are checked in tests"),
    ("time-macros-impl", "unmaintained"),
];

/// Least versions without a known advisory.
const AT_LEAST: [(&str, (u64, u64, u64), &str); 9] = [
    ("tokio-postgres", (0, 7, 18), "RUSTSEC-2026-0178"),
    ("quick-xml", (0, 41, 0), "RUSTSEC-2026-0194"),
    ("h2", (0, 4, 16), "RUSTSEC-2026-0258"),
    ("time", (0, 3, 47), "RUSTSEC-2026-0009"),
    ("rmcp", (3, 9, 0), "child processes that do not end"),
    ("async-nats", (0, 29, 0), "RUSTSEC-2023-0027"),
    ("evalexpr", (11, 3, 1), "the last MIT line"),
    ("rustls", (0, 23, 18), "RUSTSEC-2024-0399"),
    ("ring", (0, 17, 12), "RUSTSEC-2025-0009"),
];

const LICENCES: [&str; 14] = [
    "0BSD",
    "Apache-2.0",
    "Apache-2.0 WITH LLVM-exception",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "BSL-1.0",
    "CC0-1.0",
    "CDLA-Permissive-2.0",
    "ISC",
    "MIT",
    "MIT-0",
    "Unicode-3.0",
    "Unlicense",
    "Zlib",
];

/// Not `--offline`: a fresh machine has not downloaded what only other platforms need.
static METADATA: LazyLock<Value> = LazyLock::new(|| {
    let arguments = ["metadata", "--format-version", "1", "--locked"];
    let output = Command::new(env!("CARGO")).args(arguments).current_dir(root()).output().expect("cargo runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).expect("cargo metadata is JSON")
});

fn packages() -> impl Iterator<Item = &'static Value> {
    METADATA["packages"].as_array().expect("packages").iter()
}

fn text(value: &'static Value) -> &'static str {
    value.as_str().unwrap_or_default()
}

fn is_ours(package: &Value) -> bool {
    package["source"].is_null()
}

/// Package ids by id, of normal dependencies (builds and tests may use what they like).
fn normal_dependencies() -> BTreeMap<&'static str, Vec<&'static str>> {
    let nodes = METADATA["resolve"]["nodes"].as_array().expect("resolve");
    let is_normal = |dep: &&'static Value| {
        dep["dep_kinds"].as_array().is_some_and(|kinds| kinds.iter().any(|kind| kind["kind"].is_null()))
    };
    let of = |node: &'static Value| {
        node["deps"].as_array().into_iter().flatten().filter(is_normal).map(|dep| text(&dep["pkg"])).collect()
    };
    nodes.iter().map(|node| (text(&node["id"]), of(node))).collect()
}

#[test]
fn crates_know_only_whom_they_may() {
    let names: BTreeMap<_, _> = packages().map(|package| (text(&package["id"]), text(&package["name"]))).collect();
    let ours: BTreeSet<_> = packages().filter(|p| is_ours(p)).map(|p| text(&p["name"])).collect();
    let allowed = BTreeMap::from(ARROWS);
    for (id, dependencies) in normal_dependencies() {
        let name = names[id];
        if !ours.contains(name) {
            continue;
        }
        let allowed = allowed.get(name).unwrap_or_else(|| panic!("say in ARROWS whom the crate `{name}` may know"));
        let of_ours = dependencies.iter().map(|id| names[id]).filter(|name| ours.contains(name));
        let wrong: Vec<_> = of_ours.filter(|other| !allowed.contains(other)).collect();
        assert!(wrong.is_empty(), "`{name}` may not depend on {wrong:?}; the architecture's arrows do not lead there");
    }
}

#[test]
fn nothing_reaches_through_a_wall() {
    let names: BTreeMap<_, _> = packages().map(|package| (text(&package["id"]), text(&package["name"]))).collect();
    let graph = normal_dependencies();
    for (from, forbidden, why) in WALLS {
        let start = graph.keys().find(|id| names[*id] == from).unwrap_or_else(|| panic!("no crate `{from}`"));
        let (mut reached, mut open) = (BTreeSet::from([*start]), vec![*start]);
        while let Some(id) = open.pop() {
            open.extend(graph[id].iter().filter(|next| reached.insert(next)).copied());
        }
        let found: Vec<_> = reached.iter().map(|id| names[id]).filter(|name| forbidden.contains(name)).collect();
        assert!(found.is_empty(), "`{from}` reaches {found:?}: {why}");
    }
}

#[test]
fn banned_crates_are_not_in_the_graph() {
    for (name, why) in BANNED {
        assert!(packages().all(|package| text(&package["name"]) != name), "{name} is in the graph: {why}");
    }
}

#[test]
fn versions_have_no_known_advisory() {
    for package in packages() {
        let Some((name, least, why)) = AT_LEAST.iter().find(|(name, ..)| *name == text(&package["name"])) else {
            continue;
        };
        let version = version(text(&package["version"]));
        assert!(version >= *least, "{name} {version:?} is older than {least:?}: {why}");
    }
    let evalexpr = packages().find(|package| text(&package["name"]) == "evalexpr").expect("evalexpr is used");
    assert!(version(text(&evalexpr["version"])) < (12, 0, 0), "evalexpr from 12 on is AGPL");
}

fn version(text: &str) -> (u64, u64, u64) {
    let numbers = text.split(['-', '+']).next().unwrap_or(text);
    let mut parts = numbers.split('.').map(|part| part.parse().unwrap_or(0));
    let mut next = || parts.next().unwrap_or(0);
    (next(), next(), next())
}

#[test]
fn every_licence_is_permissive() {
    let wrong: Vec<String> = packages()
        .filter(|package| !is_ours(package))
        .filter(|package| !is_permissive(text(&package["license"])))
        .map(|package| format!("{}: {}", text(&package["name"]), package["license"]))
        .collect();
    assert!(wrong.is_empty(), "licences that are not allowed: {wrong:#?}");
}

/// An SPDX expression without precedence pitfalls: every `AND` part needs one allowed `OR` alternative.
fn is_permissive(expression: &str) -> bool {
    let plain = expression.replace(['(', ')'], "").replace('/', " OR ");
    let allowed = |licence: &str| LICENCES.contains(&licence.trim());
    plain.split(" AND ").all(|part| part.split(" OR ").any(allowed)) || plain.split(" OR ").any(allowed)
}

#[test]
fn licence_expressions_are_read() {
    assert!(is_permissive("MIT OR Apache-2.0") && is_permissive("MIT/Apache-2.0"));
    assert!(is_permissive("(MIT OR Apache-2.0) AND Unicode-3.0"));
    assert!(!is_permissive("AGPL-3.0-only") && !is_permissive(""));
}
