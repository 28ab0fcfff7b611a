//! The results as JUnit XML, which continuous integration servers show.

use super::{Outcome, Summary, print::details};
use interpreter::scenario::Verdict;
use std::fmt::Write;
use std::time::Duration;

pub fn document(outcomes: &[Outcome]) -> String {
    let Summary { passed, failed, skipped } = Summary::of(outcomes);
    let seconds = outcomes.iter().map(|outcome| outcome.took).sum::<Duration>().as_secs_f64();
    let counts = format!(
        "tests=\"{}\" failures=\"{failed}\" errors=\"0\" skipped=\"{skipped}\" time=\"{seconds:.3}\"",
        passed + failed + skipped
    );
    let cases: String = outcomes.iter().map(case).collect();
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites {counts}>\n  <testsuite name=\"scenarios\" {counts}>\n{cases}  </testsuite>\n</testsuites>\n"
    )
}

fn case(outcome: &Outcome) -> String {
    let Outcome { file, report, took } = outcome;
    let (file, name) = (escape(&file.display().to_string()), escape(&report.name));
    let seconds = took.as_secs_f64();
    let open = format!("    <testcase classname=\"{file}\" name=\"{name}\" file=\"{file}\" time=\"{seconds:.3}\"");
    let problems = details(&report.verdict);
    let first = escape(problems.first().map(String::as_str).unwrap_or_default());
    match report.verdict {
        Verdict::Passed => format!("{open}/>\n"),
        Verdict::Skipped(_) => format!("{open}><skipped message=\"{first}\"/></testcase>\n"),
        Verdict::Failed(_) | Verdict::Refused(_) | Verdict::Malformed(_) => {
            let text = escape(&problems.iter().chain(&report.log).map(|line| format!("{line}\n")).collect::<String>());
            format!("{open}>\n      <failure message=\"{first}\">{text}</failure>\n    </testcase>\n")
        }
    }
}

/// What XML 1.0 cannot hold at all becomes a replacement character.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\n' | '\t' => drop(write!(escaped, "&#{};", u32::from(letter))),
            letter if letter.is_control() || matches!(letter, '\u{fffe}' | '\u{ffff}') => escaped.push('\u{fffd}'),
            letter => escaped.push(letter),
        }
    }
    escaped
}
