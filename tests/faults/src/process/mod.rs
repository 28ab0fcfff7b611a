//! Random processes, and what an instance of one comes to.
//!
//! A process is a row of [`Block`]s drawn by a seed. What has to happen in an instance follows from its own seed without any
//! engine: each block says what it adds.

mod block;
mod drawing;
mod further;

pub use block::{Block, coin};
pub use further::{BEGIN, BY_MESSAGE, DECISION, is_of_stock};

use crate::dice::Dice;
use drawing::Drawing;
use serde_json::Value;
use std::collections::BTreeMap;

/// Called by the call activities of the others.
pub const CALLED: &str = "faults-called";
const CALLED_JUDGE: &str = "faults-called-judge";
const CALLED_FOREVER: &str = "faults-called-forever";
const CALLED_ALARM: &str = "faults-called-alarm";
const ALARM: &str = "ALARM";
/// The job of [`CALLED_JUDGE`].
pub const JUDGED: &str = "j0";
/// What [`CALLED_FOREVER`] waits at.
pub const FOREVER: &str = "f0";

pub struct Process {
    pub id: String,
    pub yaml: String,
    blocks: Vec<(String, Block)>,
}

/// What an instance with a seed has to come to.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Expected {
    /// How often which event happens at which element.
    pub happens: BTreeMap<(&'static str, String), u32>,
    /// The attempt that completes the jobs of an element.
    pub attempts: BTreeMap<String, u32>,
    /// Instances that it calls.
    pub calls: u32,
    /// The names of the messages that it waits for, under its business key.
    pub messages: Vec<String>,
    /// Of those that it ends with.
    pub variables: BTreeMap<String, Value>,
}

impl Expected {
    fn happens(&mut self, event: &'static str, element: &str, times: u32) {
        *self.happens.entry((event, element.to_owned())).or_default() += times;
    }

    fn job(&mut self, job_type: &str, seed: u64, element: &str) {
        self.happens("jobCompleted", element, 1);
        self.attempts.insert(element.to_owned(), crate::outcome::last_attempt(job_type, seed, element));
    }

    fn variable(&mut self, name: &str, value: Value) {
        self.variables.insert(name.to_owned(), value);
    }
}

/// The events that are counted.
pub const COUNTED: [&str; 6] =
    ["jobCompleted", "userTaskCompleted", "messageReceived", "childEnded", "timerFired", "signalReceived"];

impl Process {
    fn random(number: u64, seed: u64, of: &[Block]) -> Process {
        let mut dice = Dice::new(seed, &format!("process {number}"));
        let id = format!("faults-{number}");
        let blocks: Vec<_> =
            (0..dice.between(3, 6)).map(|place| (format!("b{place}"), Block::random(&mut dice, of))).collect();
        Process::of(id, blocks)
    }

    /// The kinds of blocks in order, so that each is met whatever the seed.
    pub fn every_kind(number: u64, blocks: &[Block]) -> Process {
        let blocks = blocks.iter().enumerate().map(|(place, block)| (format!("b{place}"), *block)).collect();
        Process::of(format!("faults-kinds-{number}"), blocks)
    }

    /// One for each kind of block, with nothing else in it.
    pub fn of_each_kind() -> Vec<Process> {
        let process = |block: &Block| Process::of(block.id(), vec![("b0".to_owned(), *block)]);
        Block::ALL.iter().chain(&Block::FURTHER).map(process).collect()
    }

    /// The one that messages start.
    pub fn by_message() -> Process {
        let (id, yaml) = further::by_message();
        Process { id: id.to_owned(), yaml, blocks: vec![("b0".to_owned(), Block::Steady)] }
    }

    /// Those that are only called.
    pub fn called() -> Vec<Process> {
        let steady = Process::of(CALLED.to_owned(), vec![("c0".to_owned(), Block::Steady)]);
        let others = block::called().map(|(id, drawing)| Process {
            id: id.to_owned(),
            yaml: drawing.finish(id),
            blocks: Vec::new(),
        });
        std::iter::once(steady).chain(others).collect()
    }

    fn of(id: String, blocks: Vec<(String, Block)>) -> Process {
        let mut drawing = Drawing::default();
        for (name, block) in &blocks {
            block.draw(name, &id, &mut drawing);
        }
        Process { yaml: drawing.finish(&id), id, blocks }
    }

    pub fn expected(&self, seed: u64) -> Expected {
        let mut expected = Expected::default();
        for (name, block) in &self.blocks {
            block.expect(name, &self.id, seed, &mut expected);
        }
        expected
    }
}

/// Processes for which the engine and our workers are enough.
pub fn all(seed: u64, random: u64) -> Vec<Process> {
    drawn(seed, random, &Block::ALL)
}

/// Processes that need the whole system.
pub fn whole(seed: u64, random: u64) -> Vec<Process> {
    let mut processes = drawn(seed, random, &[&Block::ALL[..], &Block::FURTHER[..]].concat());
    processes.push(Process::by_message());
    processes
}

fn drawn(seed: u64, random: u64, of: &[Block]) -> Vec<Process> {
    let kinds = of.chunks(5).zip(0..).map(|(blocks, number)| Process::every_kind(number, blocks));
    kinds.chain((0..random).map(|number| Process::random(number, seed, of))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_draws_the_same_processes_and_expects_the_same() {
        let (one, two) = (all(7, 5), all(7, 5));
        assert!(one.iter().zip(&two).all(|(one, two)| one.yaml == two.yaml && one.expected(3) == two.expected(3)));
        assert_ne!(all(8, 5)[4].yaml, one[4].yaml);
    }
}
