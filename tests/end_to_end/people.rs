//! The people of the page in headless Chromium: one with tasks, one on call, one who writes processes
//! (`tests/browser/people.mjs`). Every page that they see is held to be accessible.

use crate::running::{Baton, checkout};
use std::{process::Command, time::Duration};

#[test]
fn people_work_operate_and_build_in_the_browser() {
    let mut baton = Baton::run("dev", &["--deploy", "examples/approval"], &[]);
    let api = baton.api();
    baton.until("Stop with Ctrl-C", Duration::from_secs(10));
    let pictures = checkout().join("target/browser");
    std::fs::create_dir_all(&pictures).expect("the folder for screenshots can be made");
    let mut node = Command::new("node");
    node.arg("people.mjs").current_dir(checkout().join("tests/browser"));
    node.env("BATON_URL", &api.url).env("BATON_KEY", &api.key).env("SCREENSHOTS", &pictures);
    let output = node.output().expect("node runs");
    let told = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    println!("{told}");
    assert!(output.status.success(), "{told}{}", baton.logs());
}
