//! The story as a person lives it: headless Chromium uploads the log, watches, approves and reads the mail
//! (`tests/browser/story.mjs`).

use crate::running::{Baton, checkout};
use std::{process::Command, time::Duration};

#[test]
fn a_person_carries_the_story_through_in_the_browser() {
    let mut baton = Baton::run("dev", &[], &[]);
    let api = baton.api();
    baton.until("Stop with Ctrl-C", Duration::from_secs(10));
    let pictures = checkout().join("target/browser");
    std::fs::create_dir_all(&pictures).expect("the folder for screenshots can be made");
    let output = Command::new("node")
        .arg("story.mjs")
        .current_dir(checkout().join("tests/browser"))
        .env("BATON_URL", &api.url)
        .env("BATON_KEY", &api.key)
        .env("LOG_FILE", checkout().join("examples/log-analysis/logs/checkout-service.log"))
        .env("SCREENSHOTS", &pictures)
        .output()
        .expect("node runs");
    let told = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    println!("{told}");
    assert!(output.status.success(), "{told}{}", baton.logs());
}
