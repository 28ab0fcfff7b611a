//! Runs every scenario beside this file, once straight through and once with the state written and read between any two
//! commands. One file, one rule; the file's name is the rule.

use interpreter::scenario::{self, Options, Verdict};
use std::path::{Path, PathBuf};

#[test]
fn every_scenario_passes() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/scenarios");
    let mut files: Vec<PathBuf> = std::fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.to_string_lossy().ends_with(".scenario.yaml"))
        .collect();
    files.sort();
    assert!(files.len() >= 30, "only {} scenarios found in {}", files.len(), folder.display());
    let failures: Vec<String> = files.iter().filter_map(|file| failure(file)).collect();
    assert!(failures.is_empty(), "{} of {} scenarios failed:\n{}", failures.len(), files.len(), failures.join("\n"));
}

/// What went wrong, with the log of the run.
fn failure(file: &Path) -> Option<String> {
    let text = std::fs::read_to_string(file).unwrap();
    let name = file.file_name().unwrap().to_string_lossy();
    let load = |path: &str| std::fs::read_to_string(file.with_file_name(path)).map_err(|error| error.to_string());
    for restart_every_step in [false, true] {
        let report = scenario::run(&name, &text, Options { restart_every_step }, &load);
        if report.verdict == Verdict::Passed {
            continue;
        }
        let verdict = match &report.verdict {
            Verdict::Failed(mismatches) => mismatches.iter().map(|it| format!("  {it}")).collect(),
            Verdict::Refused(diagnostics) => diagnostics.iter().map(|it| format!("  {it}")).collect(),
            other => vec![format!("  {other:?}")],
        };
        return Some(format!("{name}\n{}\n    {}", verdict.join("\n"), report.log.join("\n    ")));
    }
    None
}
