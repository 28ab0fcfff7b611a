//! The chart's README: its table of values is made from the comments in values.yaml.

use crate::rendering::chart;
use std::{path::Path, process::Command};

#[test]
fn the_table_of_values_is_true() {
    let readme = chart().join("README.md");
    let before = std::fs::read_to_string(&readme).expect("the README");
    let copy = std::env::temp_dir().join(format!("baton-chart-readme-{}.md", std::process::id()));
    std::fs::write(&copy, &before).expect("a copy");
    let generator = Path::new(env!("CARGO_MANIFEST_DIR")).join("chart/node_modules/.bin/readme-generator");
    let mut command = Command::new("node");
    command.arg(generator).arg("-v").arg(chart().join("values.yaml")).arg("-r").arg(&copy);
    let output = command.output().expect("node runs");
    let said = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "values.yaml describes its keys wrongly:\n{said}");
    let after = std::fs::read_to_string(&copy).expect("what was made");
    std::fs::remove_file(copy).expect("the copy is removed");
    assert!(before.contains("| `workerDefaults.replicas`"), "the README has a table");
    assert!(
        before == after,
        "helm/baton/README.md is not of these values; make it anew: \
         node tests/chart/node_modules/.bin/readme-generator -v helm/baton/values.yaml -r helm/baton/README.md"
    );
}
