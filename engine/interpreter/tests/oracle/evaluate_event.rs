//! The oracle's events: when what is waited for comes, and what is thrown.
//!
//! A signal thrown in the process is heard everywhere in it, at that very moment. Nothing that happened before is changed by
//! that; so the first one is found by working out all without it, and the next by working out all with the first
//! ([`crate::evaluate::evaluate`]).

use crate::block::*;
use crate::evaluate::{Catches, Left, Mistake, Oracle};
use crate::plan::{broadcasts, rises};
use crate::trace::{NEVER, Reaction, Signal};

/// Something that comes from outside.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Comes {
    pub at: i64,
    /// Told to all that listen, not to this event alone.
    pub is_told: bool,
    /// The second of two that are needed; the first was there, and comes again in this very moment. Whether that is after it,
    /// and counts for the next time, is open.
    pub is_doubtful: bool,
}

impl Comes {
    pub fn alone(at: i64) -> Comes {
        Comes { at, is_told: false, is_doubtful: false }
    }

    pub fn told(at: i64) -> Comes {
        Comes { at, is_told: true, is_doubtful: false }
    }
}

impl Oracle {
    /// When a signal can be heard after `at`.
    pub fn heard(&self, name: u8, at: i64) -> impl Iterator<Item = i64> {
        let own = self.known.iter().filter(move |(_, thrown)| *thrown == name).map(|(time, _)| *time);
        let mut all: Vec<i64> = broadcasts(self.seed, name).chain(own).filter(|time| *time > at).collect();
        all.sort_unstable();
        all.into_iter()
    }

    /// When an event that waits from `at` on is triggered from outside, as long as it waits.
    pub fn triggers(&self, id: Id, trigger: Trigger, at: i64, path: &[u32]) -> Vec<Comes> {
        match trigger {
            Trigger::Timer { after, times } => {
                (1..=i64::from(times)).map(|number| Comes::alone(at + number * after)).collect()
            }
            Trigger::Message => self.part(Part::Message(id), at, path),
            Trigger::Signal(name) => self.part(Part::Signal(name), at, path),
            Trigger::Flag(name) => self.part(Part::Flag(name), at, path),
            Trigger::Mixed { outside, .. } => self.part(outside, at, path),
            Trigger::Multiple(Parts { are_all_needed: false, parts }) if self.mistake != Mistake::AnyIsAll => {
                let mut all: Vec<Comes> = parts.into_iter().flat_map(|part| self.part(part, at, path)).collect();
                all.sort_unstable();
                all
            }
            Trigger::Multiple(Parts { parts, .. }) => self.rounds_of_parts(parts, at, path),
            Trigger::Error(_) | Trigger::Escalation(_) | Trigger::Cancel | Trigger::Instances(_) => Vec::new(),
        }
    }

    /// One definition that is waited for from `at` on, again and again.
    fn part(&self, part: Part, at: i64, path: &[u32]) -> Vec<Comes> {
        match part {
            Part::Timer(after) => vec![Comes::alone(at + after)],
            Part::Message(id) => {
                let next = |from: i64| self.visit(id, from, path).interruption().map(|after| from + after);
                std::iter::successors(next(at), |at| next(*at)).map(Comes::alone).collect()
            }
            Part::Signal(name) => self.heard(name, at).map(Comes::told).collect(),
            Part::Flag(name) => rises(self.seed, name, at).map(Comes::told).collect(),
        }
    }

    /// All are needed, each time anew; and a condition that is still true must become true again (BPMN 2.0, table 10.84).
    fn rounds_of_parts(&self, parts: [Part; 2], at: i64, path: &[u32]) -> Vec<Comes> {
        let (mut all, mut from): (Vec<Comes>, i64) = (Vec::new(), at);
        loop {
            let is_again = !all.is_empty();
            let next = |part: Part| self.part(part, from, path).into_iter().find(|it| !is_again || it.at > from);
            let (Some(one), Some(other)) = (next(parts[0]), next(parts[1])) else { return all };
            let (first, last) = (one.min(other), one.max(other));
            let comes_again = |part: Part| self.part(part, from, path).iter().any(|it| it.at == last.at);
            let is_doubtful = first.at < last.at && parts.into_iter().all(comes_again);
            all.push(Comes { is_doubtful, ..last });
            from = last.at;
        }
    }

    /// When what a catching event waits for has come.
    pub fn waited(&self, id: Id, wait: Wait, at: i64, path: &[u32]) -> Option<Comes> {
        match wait {
            Wait::Timer(after) => self.awaited(Part::Timer(after), at, path),
            Wait::Message | Wait::ReceiveTask => self.awaited(Part::Message(id), at, path),
            Wait::Signal(name) => self.awaited(Part::Signal(name), at, path),
            Wait::Flag(name) => self.awaited(Part::Flag(name), at, path),
            Wait::Multiple(Parts { are_all_needed, parts }) => {
                let [one, other] = parts.map(|part| self.awaited(part, at, path));
                match are_all_needed || self.mistake == Mistake::AnyIsAll {
                    true => Some(one?.max(other?)),
                    false => one.into_iter().chain(other).min(),
                }
            }
        }
    }

    fn awaited(&self, part: Part, at: i64, path: &[u32]) -> Option<Comes> {
        match part {
            Part::Message(id) => self.visit(id, at, path).message().map(|after| Comes::alone(at + after)),
            part => self.part(part, at, path).into_iter().next(),
        }
    }

    /// The world is seen to have moved something that waited `since`; not by what was true before.
    pub fn came(&mut self, it: Comes, since: i64, ends: bool) {
        if it.is_doubtful && !ends {
            self.trace.open(it.at, "comes twice in one moment");
        }
        match it.is_told {
            true => {
                let is_thrown = it.at == since || self.known.iter().any(|(at, _)| *at == it.at);
                self.trace.reactions.push(Reaction { at: it.at, ends, is_thrown });
            }
            false => self.trace.ticks.push(it.at),
        }
    }

    pub fn race(
        &mut self,
        gateway: Id,
        join: Option<Id>,
        arms: &[Arm],
        begins_with: Option<usize>,
        entries: &[i64],
        path: &[u32],
    ) -> Left {
        let mut all = Left::nothing();
        let mut won = vec![Vec::new(); arms.len()];
        for entry in entries {
            let record = self.trace.enter(gateway, path, *entry);
            let arrivals = arms.iter().enumerate();
            let arrivals =
                arrivals.filter_map(|(number, arm)| Some((number, self.waited(arm.id, arm.wait, *entry, path)?)));
            let coming: Vec<(usize, Comes)> = match begins_with {
                Some(number) => vec![(number, Comes::told(*entry))],
                None => arrivals.collect(),
            };
            let winner = match self.mistake {
                Mistake::LastEventWins => coming.iter().max_by_key(|(_, it)| it.at),
                _ => coming.iter().min_by_key(|(_, it)| it.at),
            };
            all.stays_until(winner.map_or(NEVER, |(_, it)| it.at));
            let Some((number, it)) = winner.copied() else { continue };
            // Who comes first of several in one moment is open.
            if coming.iter().filter(|(_, other)| other.at == it.at).count() > 1 {
                self.trace.open(it.at, "comes for two behind a gateway");
            }
            self.came(it, *entry, false);
            self.trace.complete(record, it.at);
            self.trace.point(arms[number].id, path, it.at);
            let construct = if begins_with.is_some() { "event-based gateway begins" } else { "event-based gateway" };
            self.trace.note(it.at, construct, name_of(arms[number].wait));
            won[number].push(it.at);
        }
        self.behind(arms, won, &mut all, path);
        self.met(join, all, path)
    }

    fn behind(&mut self, arms: &[Arm], won: Vec<Vec<i64>>, all: &mut Left, path: &[u32]) {
        for (arm, mut entries) in arms.iter().zip(won) {
            entries.sort_unstable();
            all.add(self.block(&arm.then, &entries, path).into(&arm.then));
        }
    }

    /// A parallel event-based gateway goes on with each event that comes, until all have come.
    pub fn all_events(
        &mut self,
        gateway: Id,
        join: Option<Id>,
        arms: &[Arm],
        begins_with: Option<usize>,
        entries: &[i64],
        path: &[u32],
    ) -> Left {
        let mut all = Left::nothing();
        let mut come = vec![Vec::new(); arms.len()];
        for entry in entries {
            let record = self.trace.enter(gateway, path, *entry);
            let mut last = *entry;
            for (number, arm) in arms.iter().enumerate() {
                let comes = match begins_with == Some(number) {
                    true => Some(Comes::told(*entry)),
                    false => self.waited(arm.id, arm.wait, *entry, path),
                };
                last = last.max(comes.map_or(NEVER, |it| it.at));
                if let Some(it) = comes {
                    self.came(it, *entry, false);
                    self.trace.point(arm.id, path, it.at);
                    come[number].push(it.at);
                }
            }
            let construct = match begins_with {
                Some(_) => "parallel event-based gateway begins",
                None => "parallel event-based gateway",
            };
            self.trace.complete(record, last);
            self.trace.note(
                if last == NEVER { *entry } else { last },
                construct,
                if last == NEVER { "stays" } else { "completed" },
            );
            all.stays_until(last);
        }
        self.behind(arms, come, &mut all, path);
        self.met(join, all, path)
    }

    /// What is thrown goes on its way; who throws it goes on too, unless it is ended by who catches it.
    pub fn throws(&mut self, before: &Activity, id: Id, what: &[Thrown], entries: &[i64], path: &[u32]) -> Left {
        let mut all = Left::nothing();
        for entry in entries {
            let at = self.activity(before, &[], *entry, path).at;
            all.stays_until(at);
            if at != NEVER {
                self.trace.point(id, path, at);
                let until = self.thrown_by(id, what, at);
                all.stays_until(until);
                all.exits.extend((until != NEVER).then_some(at));
            }
        }
        all
    }

    /// Until when who throws all this lives.
    pub fn thrown_by(&mut self, id: Id, what: &[Thrown], at: i64) -> i64 {
        if what.len() > 1 {
            self.trace.note(at, "multiple event", "throws");
        }
        what.iter()
            .map(|thrown| match thrown {
                Thrown::Escalation(code) => self.escalate(*code, at),
                Thrown::Signal(name) => self.broadcast(*name, at),
                Thrown::Message => {
                    self.trace.publish(id, 0, at);
                    self.trace.note(at, "message throw event", "publishes");
                    at
                }
            })
            .max()
            .unwrap_or(at)
    }

    fn broadcast(&mut self, name: u8, at: i64) -> i64 {
        self.trace.publish(0, u32::from(name), at);
        if self.mistake != Mistake::SignalsStayOutside {
            self.trace.thrown.push((at, name));
        }
        match self.is_ended_at(at) {
            true => {
                self.trace.note(at, "signal throw event", "is ended by it");
                NEVER
            }
            false => {
                self.trace.note(at, "signal throw event", "goes on");
                at
            }
        }
    }

    /// Whether something around is interrupted in this very moment.
    fn is_ended_at(&self, at: i64) -> bool {
        self.frames.iter().any(|frame| {
            frame.catches.iter().filter(|it| it.interrupts).any(|it| {
                let comes = self.triggers(it.id, it.trigger, frame.at, &frame.path);
                comes.iter().any(|comes| comes.at == at)
            })
        })
    }

    pub fn escalate(&mut self, code: u8, at: i64) -> i64 {
        let caught = self.find(|trigger| match trigger {
            Trigger::Escalation(wanted) => wanted.is_none_or(|wanted| wanted == code).then_some(wanted.is_some()),
            Trigger::Mixed { code: wanted, is_error: false, .. } => (wanted == code).then_some(true),
            _ => None,
        });
        match caught {
            None => self.trace.note(at, "escalation", "uncaught"),
            Some((frame, catches, _)) if catches.interrupts => {
                self.trace.note(at, "escalation", "interrupts");
                self.trace.reactions.push(Reaction { at, ends: true, is_thrown: true });
                self.trace.signal(Signal { at, frame, guard: catches.place });
                return NEVER;
            }
            Some((frame, catches, _)) => {
                self.trace.note(at, "escalation", "heard");
                self.trace.reactions.push(Reaction { at, ends: false, is_thrown: true });
                self.trace.raise(Signal { at, frame, guard: catches.place });
            }
        }
        at
    }

    /// The innermost that catches the error `code`, by which event, and whether that asks for this very code.
    pub fn catcher(&self, code: u8) -> Option<(usize, usize, bool)> {
        let found = self.find(|trigger| match trigger {
            Trigger::Error(wanted) => wanted.is_none_or(|wanted| wanted == code).then_some(wanted.is_some()),
            Trigger::Mixed { code: wanted, is_error: true, .. } => (wanted == code).then_some(true),
            _ => None,
        });
        found.map(|(frame, catches, is_specific)| (frame, catches.place, is_specific))
    }

    /// Outwards; an event that asks for the very code comes before one for all.
    pub fn find(&self, catches: impl Fn(Trigger) -> Option<bool>) -> Option<(usize, Catches, bool)> {
        let skipped = usize::from(self.mistake == Mistake::ErrorPassesItsCatcher);
        let mut found = self.frames.iter().enumerate().rev().filter_map(|(frame, it)| {
            let matching = || it.catches.iter().filter_map(|it| Some((frame, *it, catches(it.trigger)?)));
            matching().find(|(_, _, is_specific)| *is_specific).or_else(|| matching().next())
        });
        found.nth(skipped)
    }

    pub fn throw(&mut self, frame: usize, guard: usize, at: i64) -> i64 {
        let outcome = match self.frames[frame].is_scope {
            false if frame + 1 == self.frames.len() => "caught by its activity",
            false => "caught outside",
            true => "caught by an event sub-process",
        };
        self.trace.note(at, "error", outcome);
        self.trace.signal(Signal { at, frame, guard });
        NEVER
    }
}

fn name_of(wait: Wait) -> &'static str {
    match wait {
        Wait::Timer(_) => "timer",
        Wait::Message => "message",
        Wait::ReceiveTask => "receive task",
        Wait::Signal(_) => "signal",
        Wait::Flag(_) => "condition",
        Wait::Multiple(_) => "multiple",
    }
}
