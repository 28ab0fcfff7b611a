//! What was done to the system and when: a line of JSON for each fault, and the counts of those that really hit.

use serde_json::{Value, json};
use std::{
    collections::BTreeMap,
    fs::File,
    io::Write,
    path::Path,
    sync::{Mutex, PoisonError},
    time::Instant,
};

pub struct Timeline {
    begun: Instant,
    file: Mutex<File>,
    counts: Mutex<BTreeMap<&'static str, Hits>>,
}

/// Of one kind of fault.
#[derive(Debug, Clone, Copy, Default)]
pub struct Hits {
    pub done: u64,
    /// Those that met work in flight.
    pub hit: u64,
}

impl Timeline {
    pub fn new(path: &Path) -> anyhow::Result<Timeline> {
        Ok(Timeline { begun: Instant::now(), file: Mutex::new(File::create(path)?), counts: Mutex::default() })
    }

    /// `hit`: it met work in flight.
    pub fn fault(&self, fault: &'static str, target: &str, hit: bool, more: Value) {
        {
            let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
            let hits = counts.entry(fault).or_default();
            hits.done += 1;
            hits.hit += u64::from(hit);
        }
        self.write(json!({"at": self.seconds(), "fault": fault, "target": target, "hit": hit, "more": more}));
    }

    pub fn note(&self, note: &str) {
        self.write(json!({"at": self.seconds(), "note": note}));
    }

    pub fn counts(&self) -> BTreeMap<&'static str, Hits> {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn write(&self, line: Value) {
        println!("{line}");
        let _ = writeln!(self.file.lock().unwrap_or_else(PoisonError::into_inner), "{line}");
    }

    fn seconds(&self) -> f64 {
        (self.begun.elapsed().as_secs_f64() * 1000.0).round() / 1000.0
    }
}
