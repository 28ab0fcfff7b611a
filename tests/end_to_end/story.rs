//! The log-analysis story from one command, without a person or a browser.

use crate::running::{Baton, binary, checkout};
use std::{process::Command, time::Duration};

#[test]
fn the_headless_demo_ends_with_mail_and_playbook() {
    let mut baton = Baton::run("demo", &["--headless"], &[]);
    let succeeded = baton.succeeds(Duration::from_secs(240));
    assert!(succeeded, "{}{}", baton.printed, baton.logs());
    for word in ["mail ", "playbook ", "\"outcome\":\"completed\""] {
        assert!(baton.printed.contains(word), "no {word:?} in:\n{}", baton.printed);
    }
}

#[test]
fn the_story_is_played_from_cassettes_and_they_are_evaluated() {
    let cassettes = "examples/log-analysis/cassettes";
    let environment = [("BATON_LLM", "cassette"), ("BATON_CASSETTES", cassettes)];
    let mut baton = Baton::run("demo", &["--headless"], &environment);
    let succeeded = baton.succeeds(Duration::from_secs(240));
    assert!(succeeded, "{}{}", baton.printed, baton.logs());
    assert!(
        baton.printed.contains("\"outcome\":\"completed\"") && baton.printed.contains("mail "),
        "{}",
        baton.printed
    );
    assert!(!baton.logs().contains("answered by the scripted stand-in"), "no model has spoken");

    let eval = |judge: &str| {
        let mut command = Command::new(binary());
        command.args(["agent", "eval", cassettes, "--judge", judge]).current_dir(checkout());
        let output = command.output().expect("baton runs");
        (output.status.code(), String::from_utf8_lossy(&output.stdout).into_owned())
    };
    let (code, table) = eval("output.confidence >= recorded.confidence");
    assert!(code == Some(0) && table.contains("3 of 3 good") && table.contains("write_playbook"), "{table}");
    let (code, table) = eval("output.confidence > 0.95");
    assert!(code == Some(1) && table.contains("does not hold: output.confidence > 0.95"), "{table}");
}
