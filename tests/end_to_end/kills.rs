//! Every program of the system is killed once, at an awkward moment of the story, and the story ends as it should: the
//! demo itself checks that the playbook is in the store and that the mail is in the inbox just once.

use crate::running::Baton;
use std::time::{Duration, Instant};

/// When this is told for the n-th time, that program dies after so many milliseconds.
const DEATHS: [(&str, usize, &str, u64); 9] = [
    ("▶", 1, "gateway", 0),
    ("▶", 3, "worker-service", 0),
    ("(agenticTask)", 1, "worker-agent", 300),
    ("(agenticTask)", 3, "engine", 100),
    ("(userTask)", 1, "postgres", 0),
    ("(agenticTask)", 5, "nats", 200),
    ("(agenticTask)", 5, "engine", 900),
    ("(scriptTask)", 1, "worker-script", 0),
    ("(sendTask)", 1, "worker-send", 0),
];

#[test]
fn the_story_survives_the_death_of_every_program() {
    let mut baton = Baton::run("demo", &["--headless", "--timeout", "280"], &[]);
    let deadline = Instant::now() + Duration::from_secs(300);
    let mut told = [0; DEATHS.len()];
    while let Some(line) = baton.line(deadline.saturating_duration_since(Instant::now())) {
        for ((text, nth, program, delay), count) in DEATHS.iter().zip(&mut told) {
            if !line.contains(text) {
                continue;
            }
            *count += 1;
            if count == nth {
                std::thread::sleep(Duration::from_millis(*delay));
                baton.kill(program);
            }
        }
    }
    let succeeded = baton.succeeds(Duration::from_secs(5));
    assert!(succeeded, "{}{}", baton.printed, baton.logs());
    let spared: Vec<_> = DEATHS.iter().zip(told).filter(|((_, nth, ..), count)| count < nth).collect();
    assert!(spared.is_empty(), "the moment of these deaths never came: {spared:?}");
}
