//! The log-analysis story from one command, without a person or a browser.

use crate::running::Baton;
use std::time::Duration;

#[test]
fn the_headless_demo_ends_with_mail_and_playbook() {
    let mut baton = Baton::run("demo", &["--headless"], &[]);
    let succeeded = baton.succeeds(Duration::from_secs(240));
    assert!(succeeded, "{}{}", baton.printed, baton.logs());
    for word in ["mail ", "playbook ", "\"outcome\":\"completed\""] {
        assert!(baton.printed.contains(word), "no {word:?} in:\n{}", baton.printed);
    }
}
