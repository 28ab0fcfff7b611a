//! Pictures of processes can be read: no line through a shape, nothing on anything else.

mod large;
mod measure;
mod processes;
mod random;

use measure::{Faults, measure};
use std::path::{Path, PathBuf};

fn drawn(name: &str, text: &str) -> (String, Faults) {
    let read = model::yaml::read(name, text);
    let definitions = read.definitions.unwrap_or_else(|| panic!("{name}: {:#?}\n{text}", read.diagnostics));
    let xml = model::bpmn::write(&definitions.processes[0]);
    let faults = measure(&xml);
    (xml, faults)
}

fn check(name: &str, text: &str) {
    let (xml, faults) = drawn(name, text);
    assert!(faults.none(), "{name}:\n{}\n{text}\n{xml}", faults.summary());
}

fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "yaml" || extension == "bpmn") {
            found.push(path);
        }
    }
    found.sort();
}

fn processes_in(folder: &Path) -> Vec<(String, String)> {
    let mut found = Vec::new();
    files(folder, &mut found);
    let text = |path: PathBuf| (path.display().to_string(), std::fs::read_to_string(&path).unwrap());
    let is_process = |(_, text): &(String, String)| {
        text.lines().any(|line| line.starts_with("process:")) || model::bpmn::is_xml(text)
    };
    found.into_iter().map(text).filter(is_process).filter(|(name, _)| !name.contains(".scenario.")).collect()
}

#[test]
fn the_examples_are_drawn_well() {
    let examples = processes_in(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples"));
    assert!(examples.len() > 2);
    examples.iter().for_each(|(name, text)| check(name, text));
}

/// Without the positions that they have.
#[test]
fn the_examples_are_laid_out_well() {
    for (name, text) in processes_in(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples")) {
        let is_place = |line: &&str| {
            let key = line.trim_start();
            !["x: ", "y: ", "width: ", "height: "].iter().any(|place| key.starts_with(place))
        };
        let lines: Vec<String> = text.lines().filter(is_place).map(without_places).collect();
        check(&name, &lines.join("\n"));
    }
}

/// A line without its inline `x: …, y: …`.
fn without_places(line: &str) -> String {
    let mut line = line.to_owned();
    for key in [", x: ", ", y: "] {
        if let Some(start) = line.find(key) {
            let rest = &line[start + key.len()..];
            let end = rest.find([',', '}']).unwrap_or(rest.len());
            line = format!("{}{}", &line[..start], &rest[end..]);
        }
    }
    line
}

#[test]
fn each_kind_of_process_is_laid_out_well() {
    let mut bad = String::new();
    for (name, text) in processes::ALL {
        let (_, faults) = drawn(name, &processes::process(text));
        if !faults.none() {
            bad += &format!("{name}:\n{}", faults.summary());
        }
    }
    assert!(bad.is_empty(), "{bad}");
}

#[test]
fn random_processes_are_laid_out_well() {
    let seeds = std::env::var("SEEDS").ok().and_then(|seeds| seeds.parse().ok()).unwrap_or(100);
    let mut bad = String::new();
    for seed in 0..seeds {
        let (_, faults) = drawn("random", &random::process(seed));
        if !faults.none() {
            bad += &format!("seed {seed}:\n{}", faults.summary());
        }
    }
    assert!(bad.is_empty(), "{bad}");
}

#[test]
fn the_same_file_is_the_same_picture() {
    let text = random::process(7);
    assert_eq!(drawn("one", &text).0, drawn("other", &text).0);
}

/// Pictures of 2,000 elements; a release build takes about 100 ms for one, and half a second for a tangle. The bound is for
/// slow and busy machines.
#[test]
fn large_processes_are_drawn_quickly() {
    let bound = if cfg!(debug_assertions) { 30_000 } else { 3_000 };
    let all = [("long", large::long(2_000)), ("wide", large::wide(2_000)), ("tangled", large::tangled(2_000))];
    for (name, process) in all {
        let start = std::time::Instant::now();
        let xml = model::bpmn::write(&process);
        let took = start.elapsed().as_millis();
        println!("{name}: {took} ms, {} bytes", xml.len());
        assert!(took < bound, "{name}: {took} ms");
    }
}

/// Measures the folder of `PICTURES` and says what it finds.
#[test]
#[ignore = "for looking at files of one's own"]
fn measure_a_folder() {
    let Some(folder) = std::env::var_os("PICTURES") else { return };
    for (name, text) in processes_in(Path::new(&folder)) {
        let read =
            if model::bpmn::is_xml(&text) { model::bpmn::read(&name, &text) } else { model::yaml::read(&name, &text) };
        let Some(definitions) = read.definitions else {
            println!("{name}: not sound: {:?}", read.diagnostics.first().map(|first| &first.message));
            continue;
        };
        for process in definitions.processes {
            println!("{name} {}\n{}", process.id, measure(&model::bpmn::write(&process)).summary());
        }
    }
}
