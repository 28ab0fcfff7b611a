//! What was seen in a run: what went wrong, and how much there was that could have.

use crate::{
    load::Load,
    system::{Part, System},
    timeline::{Hits, Timeline},
};
use std::{
    collections::BTreeMap,
    sync::atomic::Ordering,
    time::{Duration, Instant},
};

/// What engines and workers say in their logs.
const UNKNOWN: &str = "the outcome of a commit is unknown";
const LATE: &str = "the result came too late";
const LOST: &str = "lost jobs were published again";

#[derive(Default)]
pub struct Report {
    /// What this run is for, when it is one of several.
    pub row: Option<String>,
    pub begun: Option<Instant>,
    pub took: Duration,
    pub wrong: Vec<String>,
    pub faults: BTreeMap<&'static str, Hits>,
    pub starts: u64,
    pub instances: usize,
    pub events: usize,
    /// Executions of jobs, and those beyond the first of an attempt.
    pub effects: usize,
    pub repeated: usize,
    pub operations: usize,
    /// Results of attempts that were over, sent on purpose.
    pub forged: usize,
    pub followed: usize,
    pub breaks: u32,
    /// Commits of unknown outcome, results that came too late, rounds of lost jobs.
    pub unknown: usize,
    pub late: usize,
    pub lost: usize,
    /// How its commands were answered.
    pub client: String,
}

impl Report {
    pub fn count(&mut self, load: &Load, timeline: &Timeline, system: &System) {
        self.faults = timeline.counts();
        self.unknown = said(&system.engines, UNKNOWN);
        self.late = said(&system.workers, LATE);
        self.lost = said(&system.engines, LOST);
        self.starts = load.count();
        let counts = &load.client.counts;
        let [answered, unknown, refused, failed] = [&counts.answered, &counts.unknown, &counts.refused, &counts.failed]
            .map(|count| count.load(Ordering::Relaxed));
        self.client = format!(
            "{answered} answers, {unknown} without one, {refused} refusals (429, 503), {failed} failures (500)"
        );
        self.took = self.begun.map(|begun| begun.elapsed()).unwrap_or_default();
    }

    /// Faults that met work in flight.
    pub fn hits(&self) -> u64 {
        self.faults.values().map(|hits| hits.hit).sum()
    }

    pub fn tell(&self) {
        println!("faults, and how many of them met work in flight:");
        for (fault, hits) in &self.faults {
            println!("  {fault:<18} {:>4} {:>4}", hits.done, hits.hit);
        }
        println!("{} instances were followed live; {} times a stream broke", self.followed, self.breaks);
        let (instances, events, effects) = (self.instances, self.events, self.effects);
        println!(
            "{instances} instances, {events} events, {effects} executions of jobs, {} of them repetitions",
            self.repeated
        );
        let (unknown, late, lost) = (self.unknown, self.late, self.lost);
        println!("commits of unknown outcome {unknown}, results that came too late {late}, rounds of lost jobs {lost}");
        let (operations, forged) = (self.operations, self.forged);
        println!("operations on instances {operations}, forged results {forged}; {} starts", self.starts);
        println!("the client: {}", self.client);
        println!("{:.0} s in all", self.took.as_secs_f32());
        self.wrong.iter().take(40).for_each(|text| println!("WRONG {text}"));
        if self.wrong.len() > 40 {
            println!("… and {} more", self.wrong.len() - 40);
        }
        println!("seen: {}", self.in_short());
    }

    /// One line.
    fn in_short(&self) -> String {
        let done: u64 = self.faults.values().map(|hits| hits.done).sum();
        let of = |begin: &str| -> u64 {
            let kinds = self.faults.iter().filter(|(fault, _)| fault.starts_with(begin));
            kinds.map(|(_, hits)| hits.done).sum()
        };
        format!(
            "{} instances, {} events; {done} faults, {} of them on work in flight ({} kills); {} commits unknown, \
             {} results late, {} forged and refused, {} jobs repeated; {} violations",
            self.instances,
            self.events,
            self.hits(),
            of("kill"),
            self.unknown,
            self.late,
            self.forged,
            self.repeated,
            self.wrong.len()
        )
    }
}

fn said(parts: &[Part], text: &str) -> usize {
    parts.iter().map(|part| part.program.said(text)).sum()
}
