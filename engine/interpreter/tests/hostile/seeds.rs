//! Files that are as they should be, to be broken: the processes of the scenarios and of the examples, in both spellings.

use std::path::Path;

pub fn all() -> Vec<String> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut seeds: Vec<String> =
        files(&here.join("tests/scenarios")).iter().flat_map(|text| definitions(text)).collect();
    for example in ["approval", "log-analysis", "order"] {
        seeds.extend(
            files(&here.join("../../examples").join(example)).into_iter().filter(|text| text.contains("process:")),
        );
    }
    let as_xml: Vec<String> = seeds.iter().filter_map(|yaml| xml(yaml)).collect();
    assert!(seeds.len() > 90 && as_xml.len() > 90, "{} and {}", seeds.len(), as_xml.len());
    seeds.extend(as_xml);
    seeds
}

fn files(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let mut paths: Vec<_> = entries.map(|entry| entry.path()).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "yaml"));
    paths.sort();
    paths.iter().filter_map(|path| std::fs::read_to_string(path).ok()).collect()
}

/// The processes in a scenario: items of its list `definitions`, brought to the left.
fn definitions(scenario: &str) -> Vec<String> {
    let lines = scenario.lines().skip_while(|line| *line != "definitions:").skip(1);
    let mut all: Vec<String> = Vec::new();
    for line in lines.take_while(|line| line.is_empty() || line.starts_with(' ')) {
        if line.starts_with("  - ") {
            all.push(String::new());
        }
        if let Some(last) = all.last_mut() {
            last.push_str(line.get(4..).unwrap_or_default());
            last.push('\n');
        }
    }
    all.retain(|text| text.starts_with("process:"));
    all
}

pub fn xml(yaml: &str) -> Option<String> {
    model::yaml::read("f", yaml).definitions.map(|definitions| model::bpmn::write_all(&definitions))
}
