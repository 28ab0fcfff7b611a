//! What should happen, with times: written down as if nothing were ever interrupted, and cut where something is.
//!
//! Who is interrupted at some moment has had everything up to that moment, and nothing after it. So interrupting is
//! cutting, whatever was inside.

use crate::block::Id;
use crate::evaluate_compensation::Undoable;
use serde_json::Value;

pub const NEVER: i64 = i64::MAX;

/// One element instance.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Record {
    pub element: Id,
    /// The numbers of the repeated instances around it, its own included.
    pub path: Vec<u32>,
    pub entered: i64,
    pub end: End,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum End {
    Completed(i64),
    Canceled(i64),
    Open,
}

/// An attempt of a job.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Attempt {
    pub element: Id,
    pub number: u32,
    pub at: i64,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Incident {
    pub element: Id,
    pub code: &'static str,
    pub from: i64,
    pub until: i64,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Written {
    Value(Value),
    OneMore,
    /// Than what it was then.
    OneMoreThanAt(i64),
}

#[derive(Debug, Clone)]
pub struct Write {
    pub at: i64,
    pub name: String,
    pub written: Written,
}

/// Something that ends more than itself, on its way to the frame that it ends.
#[derive(Debug, Clone, Copy)]
pub struct Signal {
    pub at: i64,
    pub frame: usize,
    /// Of an error: which boundary event catches it.
    pub guard: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Reaction {
    pub at: i64,
    /// It ended something.
    pub ends: bool,
    /// Who threw it has been seen already.
    pub is_thrown: bool,
}

/// A construct and how it came out, for counting.
pub type Cell = (&'static str, &'static str);

#[derive(Default)]
pub struct Trace {
    pub records: Vec<Record>,
    pub attempts: Vec<Attempt>,
    pub incidents: Vec<Incident>,
    pub writes: Vec<Write>,
    /// When the world did something.
    pub ticks: Vec<i64>,
    /// When something reacted to what is told to all, or thrown inside.
    pub reactions: Vec<Reaction>,
    /// When it was open which of two things comes first, and why.
    pub opened: Vec<(i64, &'static str)>,
    /// Signals of the process itself.
    pub thrown: Vec<(i64, u8)>,
    pub notes: Vec<(i64, Cell)>,
    /// What can be undone, of the scopes that are worked out just now.
    pub undoable: Vec<Undoable>,
    /// From when until when what is inside something was undone.
    pub reopened: Vec<(i64, i64)>,
    signals: Vec<Signal>,
    /// What does not end anything.
    raised: Vec<Signal>,
}

/// A place in a trace.
#[derive(Clone, Copy)]
pub struct Mark([usize; 13]);

impl Mark {
    pub fn undoable(self) -> usize {
        self.0[11]
    }
}

impl Trace {
    pub fn mark(&self) -> Mark {
        Mark([
            self.records.len(),
            self.attempts.len(),
            self.incidents.len(),
            self.writes.len(),
            self.ticks.len(),
            self.notes.len(),
            self.signals.len(),
            self.raised.len(),
            self.reactions.len(),
            self.thrown.len(),
            self.opened.len(),
            self.undoable.len(),
            self.reopened.len(),
        ])
    }

    /// Forgets everything after `mark`.
    pub fn rewind(&mut self, mark: Mark) {
        self.records.truncate(mark.0[0]);
        self.attempts.truncate(mark.0[1]);
        self.incidents.truncate(mark.0[2]);
        self.writes.truncate(mark.0[3]);
        self.ticks.truncate(mark.0[4]);
        self.notes.truncate(mark.0[5]);
        self.signals.truncate(mark.0[6]);
        self.raised.truncate(mark.0[7]);
        self.reactions.truncate(mark.0[8]);
        self.thrown.truncate(mark.0[9]);
        self.opened.truncate(mark.0[10]);
        self.undoable.truncate(mark.0[11]);
        self.reopened.truncate(mark.0[12]);
    }

    /// What was written after `mark` stays where it was written, and is not seen from outside.
    pub fn keep_inside(&mut self, mark: Mark) {
        self.writes.truncate(mark.0[3]);
    }

    /// Interrupts at `at` everything that was written down after `mark`.
    pub fn cut(&mut self, mark: Mark, at: i64) {
        keep(&mut self.records, mark.0[0], |record| record.entered <= at);
        for record in &mut self.records[mark.0[0]..] {
            record.end = match record.end {
                End::Completed(end) if end <= at => End::Completed(end),
                End::Canceled(end) if end <= at => End::Canceled(end),
                _ => End::Canceled(at),
            };
        }
        keep(&mut self.attempts, mark.0[1], |attempt| attempt.at <= at);
        keep(&mut self.incidents, mark.0[2], |incident| incident.from <= at);
        for incident in &mut self.incidents[mark.0[2]..] {
            incident.until = incident.until.min(at);
        }
        keep(&mut self.writes, mark.0[3], |write| write.at <= at);
        keep(&mut self.ticks, mark.0[4], |tick| *tick <= at);
        keep(&mut self.notes, mark.0[5], |note| note.0 <= at);
        keep(&mut self.signals, mark.0[6], |signal| signal.at <= at);
        keep(&mut self.raised, mark.0[7], |signal| signal.at <= at);
        keep(&mut self.reactions, mark.0[8], |reaction| reaction.at <= at);
        keep(&mut self.thrown, mark.0[9], |thrown| thrown.0 <= at);
        keep(&mut self.opened, mark.0[10], |opened| opened.0 <= at);
        keep(&mut self.undoable, mark.0[11], |it| it.entered <= at);
        self.undoable[mark.0[11]..].iter_mut().for_each(|it| it.cut(at));
        keep(&mut self.reopened, mark.0[12], |reopened| reopened.0 <= at);
    }

    /// Takes out what was written down after `mark`.
    pub fn undoable_since(&mut self, mark: Mark) -> Vec<Undoable> {
        let from = mark.0[11].min(self.undoable.len());
        self.undoable.split_off(from)
    }

    /// All this is undone from `at` until `done`, and can be undone by nobody else.
    pub fn is_undone(&mut self, all: Vec<Undoable>, at: i64, done: i64) {
        self.undoable.extend(all.into_iter().filter(|it| it.entered <= at).map(|mut it| {
            it.cut(at);
            Undoable { until: it.until.min(at), ..it }
        }));
        self.reopened.push((at, done));
    }

    pub fn is_reopened(&self, at: i64) -> bool {
        self.reopened.iter().any(|(from, until)| *from <= at && at < *until)
    }

    pub fn enter(&mut self, element: Id, path: &[u32], at: i64) -> usize {
        self.records.push(Record { element, path: path.to_vec(), entered: at, end: End::Open });
        self.records.len() - 1
    }

    pub fn complete(&mut self, record: usize, at: i64) {
        if at != NEVER {
            self.records[record].end = End::Completed(at);
        }
    }

    /// An element that is left in the moment it is entered.
    pub fn point(&mut self, element: Id, path: &[u32], at: i64) {
        let record = self.enter(element, path, at);
        self.complete(record, at);
    }

    pub fn write(&mut self, at: i64, name: String, written: Written) {
        self.writes.push(Write { at, name, written });
    }

    pub fn incident(&mut self, element: Id, code: &'static str, from: i64, until: i64) {
        self.incidents.push(Incident { element, code, from, until });
    }

    pub fn note(&mut self, at: i64, construct: &'static str, outcome: &'static str) {
        self.notes.push((at, (construct, outcome)));
    }

    /// Something is sent to others; it is compared like an attempt.
    pub fn publish(&mut self, element: Id, number: u32, at: i64) {
        self.attempts.push(Attempt { element, number, at });
    }

    /// Two things happen in one moment, and it is open which comes first.
    pub fn open(&mut self, at: i64, why: &'static str) {
        self.opened.push((at, why));
    }

    /// Whether a signal was thrown at `at` after `mark`.
    pub fn is_thrown_since(&self, mark: Mark, at: i64) -> bool {
        self.thrown[mark.0[9]..].iter().any(|(time, _)| *time == at)
    }

    pub fn signal(&mut self, signal: Signal) {
        self.signals.push(signal);
    }

    pub fn raise(&mut self, signal: Signal) {
        self.raised.push(signal);
    }

    /// What was raised after `mark` for `frame` and ends nothing.
    pub fn take_raised(&mut self, mark: Mark, frame: usize) -> Vec<Signal> {
        let taken = self.raised[mark.0[7]..].iter().filter(|signal| signal.frame == frame).copied().collect();
        keep(&mut self.raised, mark.0[7], |signal| signal.frame != frame);
        taken
    }

    /// The first thing after `mark` that ends `frame`; none is left for it.
    pub fn take_signal(&mut self, mark: Mark, frame: usize) -> Option<Signal> {
        let first =
            self.signals[mark.0[6]..].iter().filter(|signal| signal.frame == frame).min_by_key(|it| it.at).copied();
        keep(&mut self.signals, mark.0[6], |signal| signal.frame != frame);
        first
    }
}

fn keep<T>(items: &mut Vec<T>, from: usize, wanted: impl Fn(&T) -> bool) {
    let mut at = 0;
    items.retain(|item| {
        at += 1;
        at <= from || wanted(item)
    });
}
