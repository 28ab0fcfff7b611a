//! How much of each process all scenarios of a run reached together.

use super::Outcome;
use interpreter::scenario::Coverage;
use std::collections::BTreeMap;
use std::path::Path;

/// By file and process: the same file in several scenarios is one.
pub fn of_all(outcomes: &[Outcome]) -> Vec<Coverage> {
    let mut all: BTreeMap<(String, String), Coverage> = BTreeMap::new();
    for outcome in outcomes {
        for one in &outcome.report.coverage {
            let source = beside(&outcome.file, &one.source);
            let merged = all.entry((source.clone(), one.process.clone())).or_insert_with(|| one.none_yet(source));
            merged.merge(one);
        }
    }
    all.into_values().collect()
}

/// The path of a file that stands beside the scenario, the same from whichever scenario it is named.
fn beside(scenario: &Path, source: &str) -> String {
    let path = scenario.parent().unwrap_or(Path::new(".")).join(source);
    let mut parts: Vec<std::path::Component<'_>> = Vec::new();
    for part in path.components() {
        let climbs = part == std::path::Component::ParentDir;
        match parts.last() {
            Some(std::path::Component::Normal(_)) if climbs => drop(parts.pop()),
            _ => parts.push(part),
        }
    }
    parts.iter().collect::<std::path::PathBuf>().display().to_string()
}

/// Whole percent, rounded down: 100 means everything.
pub fn percent(coverage: &Coverage) -> usize {
    let (reached, all) = coverage.share();
    (reached * 100).checked_div(all).unwrap_or(100)
}

pub fn print(coverage: &Coverage) {
    let (reached, all) = coverage.share();
    println!("{:>4} %  {} ({}): {reached} of {all}", percent(coverage), coverage.process, coverage.source);
    for (what, counts) in [("elements never entered", &coverage.elements), ("flows never taken", &coverage.flows)] {
        let never = Coverage::never(counts);
        if !never.is_empty() {
            println!("        {what}: {}", never.join(", "));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_the_same_from_wherever_it_is_named() {
        assert_eq!(beside(Path::new("tests/a.scenario.yaml"), "../order.yaml"), "order.yaml");
        assert_eq!(beside(Path::new("a.scenario.yaml"), "order.yaml"), "order.yaml");
        assert_eq!(beside(Path::new("../x/a.scenario.yaml"), "../../order.yaml"), "../../order.yaml");
    }
}
