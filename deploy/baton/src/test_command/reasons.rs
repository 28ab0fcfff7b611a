//! The scenarios that did not pass, by what they needed and did not get.

use super::Outcome;
use interpreter::scenario::Verdict;
use std::collections::BTreeMap;

pub fn print(outcomes: &[Outcome]) {
    let mut by_reason: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for outcome in outcomes {
        let name = outcome.file.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        for reason in reasons(&outcome.report.verdict) {
            let files = by_reason.entry(reason).or_default();
            if files.last() != Some(&name) {
                files.push(name.clone());
            }
        }
    }
    for (reason, files) in &by_reason {
        println!("{:>4}  {reason}", files.len());
        files.iter().for_each(|file| println!("        {file}"));
    }
}

/// The same words for the same cause, whatever the names in the file.
fn reasons(verdict: &Verdict) -> Vec<String> {
    match verdict {
        Verdict::Passed => Vec::new(),
        Verdict::Failed(_) => vec!["expectations that did not hold".to_owned()],
        Verdict::Refused(diagnostics) => {
            diagnostics.iter().map(|it| format!("{}: {}", it.code, without_names(&it.message))).collect()
        }
        Verdict::Skipped(reasons) => {
            reasons.iter().map(|reason| format!("skipped: {}", without_names(reason))).collect()
        }
        Verdict::Malformed(_) => vec!["not a scenario".to_owned()],
    }
}

/// The message with what stands in backquotes left out.
fn without_names(message: &str) -> String {
    let parts = message.split('`').enumerate();
    parts.map(|(index, part)| if index % 2 == 0 { part } else { "…" }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reasons_do_not_depend_on_names() {
        assert_eq!(
            without_names("`a` is of the type `b`, which is not known"),
            "… is of the type …, which is not known"
        );
    }
}
