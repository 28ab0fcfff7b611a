//! What the world does to a process: a pure function of the seed, the element, and the visit.
//!
//! A visit is the moment an element was entered and the numbers of the repeated instances around it. The engine's world
//! and the oracle both ask here and share nothing else; so neither can tell the other what happened.

use crate::block::Id;
use crate::random::mix;

/// The longest delay, in milliseconds: so long that two of them hardly ever end in the same moment.
pub const LONGEST: u64 = 1 << 30;
/// After this nobody asks for another round, so every loop ends.
const HORIZON: i64 = 6 * LONGEST as i64;

pub struct Visit<'a> {
    pub seed: u64,
    pub element: Id,
    pub at: i64,
    pub path: &'a [u32],
}

/// How a job goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Work {
    /// After so many failed attempts.
    Complete {
        failures: u32,
    },
    Error(u8),
    /// All three attempts fail, with a message that names no error.
    GiveUp,
    /// Fails for good with a message that begins with the code.
    FailNamed(u8),
    Hold,
}

/// The answer to one attempt of a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    Complete,
    Fail,
    FailNamed(u8),
    Error(u8),
    Nothing,
}

/// How a called instance ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Called {
    Completes,
    Fails(u8),
    IsRefused,
}

#[derive(Clone, Copy)]
enum Ask {
    Delay,
    Backoff,
    Value,
    Work,
    Code,
    Message,
    Resolve,
    Person,
    Call,
    Escalate,
}

impl Visit<'_> {
    fn roll(&self, ask: Ask, number: u32) -> u64 {
        let mut parts = vec![self.seed, u64::from(self.element), self.at as u64, ask as u64, u64::from(number)];
        parts.extend(self.path.iter().map(|number| u64::from(*number)));
        mix(&parts)
    }

    fn span(&self, ask: Ask, number: u32) -> i64 {
        1 + (self.roll(ask, number) % LONGEST) as i64
    }

    fn code(&self) -> u8 {
        (self.roll(Ask::Code, 0) % 3) as u8
    }

    /// The number that it leaves as its result; conditions ask for remainders of it.
    pub fn value(&self) -> u64 {
        if self.at > HORIZON { 1 } else { self.roll(Ask::Value, 0) % 840 }
    }

    pub fn work(&self) -> Work {
        match self.roll(Ask::Work, 0) % 100 {
            _ if is_calm(self.seed) => Work::Complete { failures: 0 },
            0..=6 => Work::Error(self.code()),
            7..=9 => Work::FailNamed(self.code()),
            10..=12 => Work::GiveUp,
            13 => Work::Hold,
            14..=19 => Work::Complete { failures: 1 },
            20..=22 => Work::Complete { failures: 2 },
            _ => Work::Complete { failures: 0 },
        }
    }

    pub fn answer(&self, attempt: u32) -> Answer {
        match (self.work(), attempt) {
            (Work::Complete { failures }, attempt) if attempt <= failures => Answer::Fail,
            (Work::GiveUp, 1..=3) => Answer::Fail,
            (Work::Error(code), 1) => Answer::Error(code),
            (Work::FailNamed(code), 1) => Answer::FailNamed(code),
            (Work::Hold, 1) => Answer::Nothing,
            _ => Answer::Complete,
        }
    }

    /// From the order of an attempt to its answer.
    pub fn delay(&self, attempt: u32) -> i64 {
        self.span(Ask::Delay, attempt)
    }

    /// From a failed attempt to the next.
    pub fn backoff(&self, attempt: u32) -> i64 {
        self.span(Ask::Backoff, attempt)
    }

    /// How long a message takes, if it comes.
    pub fn message(&self) -> Option<i64> {
        let is_coming = self.roll(Ask::Message, 1) % 100 < if is_calm(self.seed) { 90 } else { 70 };
        is_coming.then(|| self.span(Ask::Message, 0))
    }

    /// How long a message takes that a boundary event waits for, if it comes; some time they stop coming.
    pub fn interruption(&self) -> Option<i64> {
        let is_coming = self.at < HORIZON && self.roll(Ask::Message, 2) % 100 < 55;
        is_coming.then(|| self.span(Ask::Message, 3))
    }

    /// How long a person takes, if he does it.
    pub fn person(&self) -> Option<i64> {
        let does = is_calm(self.seed) || !self.roll(Ask::Person, 1).is_multiple_of(40);
        does.then(|| self.span(Ask::Person, 0))
    }

    pub fn called(&self) -> Called {
        match self.roll(Ask::Call, 0) % 100 {
            _ if is_calm(self.seed) => Called::Completes,
            0..=14 => Called::Fails(self.code()),
            15..=17 => Called::IsRefused,
            _ => Called::Completes,
        }
    }

    /// What a called instance escalates, and when, while it goes on.
    pub fn escalation(&self) -> Option<(i64, u8)> {
        let after = self.span(Ask::Escalate, 0) / 2;
        let does = after < self.delay(1) && self.roll(Ask::Escalate, 1) % 100 < 25;
        does.then(|| (after, (self.roll(Ask::Escalate, 2) % 3) as u8))
    }

    /// How long an incident stays open, if it is resolved.
    pub fn resolved_after(&self) -> Option<i64> {
        (self.roll(Ask::Resolve, 1) % 100 < 75).then(|| self.span(Ask::Resolve, 0))
    }
}

/// One in four seeds knows no trouble.
pub fn is_calm(seed: u64) -> bool {
    mix(&[seed, 77]).is_multiple_of(4)
}

/// When a signal is broadcast to all that listen: a few times, whoever listens.
pub fn broadcasts(seed: u64, name: u8) -> impl Iterator<Item = i64> {
    let at = move |number: u64| (number * LONGEST + mix(&[seed, 99, u64::from(name), number]) % LONGEST) as i64 + 1;
    (0..6).map(at)
}

/// The lists that multi-instance activities have their items from are variables of the process: by their length.
pub fn list_name(length: u32) -> String {
    format!("l_{length}")
}

/// An item of each of them.
pub fn item(number: usize) -> u64 {
    1_000 * (number as u64 + 1)
}

pub const LONGEST_LIST: u32 = 4;

pub const SIGNALS: u8 = 3;

pub fn signal_name(name: u8) -> String {
    format!("S{name}")
}

pub fn flag_name(name: u8) -> String {
    format!("f_{name}")
}

/// When somebody sets a flag or takes it back: set first, and then in turn.
pub fn turns(seed: u64, name: u8) -> impl Iterator<Item = (i64, bool)> {
    broadcasts(seed, name + SIGNALS).enumerate().map(|(number, at)| (at, number % 2 == 0))
}

pub fn is_set(seed: u64, name: u8, at: i64) -> bool {
    turns(seed, name).take_while(|(time, _)| *time <= at).last().is_some_and(|(_, is_set)| is_set)
}

/// When a condition that is looked at from `at` on becomes true: at once, if it is.
pub fn rises(seed: u64, name: u8, at: i64) -> impl Iterator<Item = i64> {
    let is_set = is_set(seed, name, at);
    let later = turns(seed, name).filter(move |(time, is_set)| *time > at && *is_set).map(|(time, _)| time);
    is_set.then_some(at).into_iter().chain(later)
}
