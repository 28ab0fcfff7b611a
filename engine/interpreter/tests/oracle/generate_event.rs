//! Random events: at activities, for event sub-processes, and where a branch ends.

use crate::block::*;
use crate::generate::{DEEPEST, Maker, Place};

impl Maker {
    pub fn guarded(&mut self, place: Place) -> Block {
        let triggers = self.triggers();
        let is_transaction = self.random.percent(12);
        let outside = self.around();
        self.catch(&triggers);
        let mut host = match self.random.below(100) {
            _ if is_transaction => self.sub_process(place, true),
            0..=39 => self.sub_process(place, false),
            _ => self.activity(place),
        };
        self.back_to(outside);
        if host.is_instant() || matches!(host.kind, Kind::Catch(_)) {
            return Block::Do(host);
        }
        let mut guards: Vec<Guard> =
            triggers.into_iter().map(|(trigger, interrupts)| self.guard(trigger, interrupts, place)).collect();
        if let Some(Repeat::Instances { tells, .. }) = &mut host.repeat
            && self.random.percent(50)
        {
            *tells = Some(match self.random.below(3) {
                0 => Tells::Each,
                1 => Tells::First,
                _ => Tells::When(self.random.between(1, 3) as u32),
            });
            let interrupts = self.random.percent(40);
            guards.push(self.guard(Trigger::Instances(host.id), interrupts, place));
        }
        if is_transaction {
            guards.push(self.guard(Trigger::Cancel, true, place));
        }
        Block::Guarded { host, guards }
    }

    /// What one or two events wait for beside something; nothing is caught twice.
    pub fn triggers(&mut self) -> Vec<(Trigger, bool)> {
        let mut triggers: Vec<(Trigger, bool)> = Vec::new();
        for _ in 0..self.random.between(1, 2) {
            let trigger = self.trigger();
            if !triggers.iter().any(|other| is_same(other.0, trigger.0)) {
                triggers.push(trigger);
            }
        }
        triggers
    }

    /// How much is caught around here.
    pub fn around(&self) -> [usize; 3] {
        [self.caught.len(), self.heard.len(), self.listened.len()]
    }

    pub fn back_to(&mut self, around: [usize; 3]) {
        self.caught.truncate(around[0]);
        self.heard.truncate(around[1]);
        self.listened.truncate(around[2]);
    }

    pub fn catch(&mut self, triggers: &[(Trigger, bool)]) {
        for (trigger, _) in triggers {
            match trigger {
                Trigger::Error(code) => self.caught.push(*code),
                Trigger::Escalation(code) => self.heard.push(*code),
                Trigger::Signal(name) => self.listened.push(*name),
                Trigger::Mixed { code, is_error: true, .. } => self.caught.push(Some(*code)),
                Trigger::Mixed { code, .. } => self.heard.push(Some(*code)),
                _ => {}
            }
        }
    }

    /// What an event waits for, and whether it interrupts.
    pub fn trigger(&mut self) -> (Trigger, bool) {
        let interrupts = self.random.percent(60);
        let trigger = match self.random.below(100) {
            0..=34 if interrupts => Trigger::Error(Some(self.code())),
            35..=49 if interrupts => Trigger::Error(None),
            0..=59 => Trigger::Timer { after: self.span(), times: if interrupts { 1 } else { self.times() } },
            60..=74 => Trigger::Escalation(Some(self.code())),
            75..=79 => Trigger::Escalation(None),
            80..=85 => Trigger::Signal(self.code()),
            86..=91 => Trigger::Flag(self.code()),
            92..=93 => Trigger::Multiple(self.parts(false)),
            94..=95 => Trigger::Multiple(self.parts(true)),
            96 => {
                let (outside, code) = (self.part(), self.code());
                Trigger::Mixed { outside, code, is_error: interrupts && self.random.percent(50) }
            }
            _ => Trigger::Message,
        };
        (trigger, interrupts)
    }

    /// Not two of one name, and not two timers, which would go on for ever.
    pub fn parts(&mut self, are_all_needed: bool) -> Parts {
        let first = self.part();
        let mut other = self.part();
        while first == other || matches!((first, other), (Part::Timer(_), Part::Timer(_))) {
            other = self.part();
        }
        Parts { are_all_needed, parts: [first, other] }
    }

    fn part(&mut self) -> Part {
        match self.random.below(100) {
            0..=29 => Part::Timer(self.span()),
            30..=59 => Part::Message(self.id()),
            60..=79 => Part::Flag(self.code()),
            _ => Part::Signal(self.code()),
        }
    }

    /// Not the same twice.
    pub fn two_thrown(&mut self) -> [Thrown; 2] {
        let (first, mut other) = (self.thrown(), self.thrown());
        while other == first {
            other = self.thrown();
        }
        [first, other]
    }

    /// What is most likely heard somewhere around.
    pub fn thrown(&mut self) -> Thrown {
        match self.random.below(100) {
            0..=14 => Thrown::Message,
            15..=24 => Thrown::Signal(self.signal()),
            25..=69 if self.heard.is_empty() => Thrown::Signal(self.signal()),
            _ => Thrown::Escalation(self.escalation_code()),
        }
    }

    /// Event sub-processes of a scope.
    pub fn events(&mut self, place: Place) -> Vec<EventSub> {
        if !self.random.percent(22) || place.depth >= DEEPEST {
            return Vec::new();
        }
        let mut triggers = self.triggers();
        let heard = Trigger::Escalation(Some(self.code()));
        if self.random.percent(35) && !triggers.iter().any(|(trigger, _)| is_same(*trigger, heard)) {
            triggers.push((heard, self.random.percent(30)));
        }
        triggers.into_iter().map(|(trigger, interrupts)| self.event_sub(trigger, interrupts, place)).collect()
    }

    pub fn event_sub(&mut self, trigger: Trigger, interrupts: bool, place: Place) -> EventSub {
        let (id, start, end) = (self.id(), self.id(), self.id());
        let inside = self.inside(place.depth + 1);
        EventSub { id, start, trigger, interrupts, body: self.sequence(inside), end }
    }

    fn guard(&mut self, trigger: Trigger, interrupts: bool, place: Place) -> Guard {
        let rejoins = self.random.percent(60) && (interrupts || place.many);
        let no_inclusive = place.no_inclusive || !interrupts;
        let then = self.way(Place { no_inclusive, is_parallel: place.is_parallel || !interrupts, ..place });
        Guard { id: self.id(), trigger, interrupts, then, rejoins }
    }

    fn times(&mut self) -> u32 {
        if self.random.percent(50) { 1 } else { self.random.between(2, 3) as u32 }
    }

    pub fn end(&mut self) -> Block {
        let kind = match self.random.below(100) {
            0..=29 if self.in_transaction => EndKind::Cancel,
            0..=49 if !self.caught.is_empty() => EndKind::Error(self.caught_code()),
            50..=64 if !self.heard.is_empty() => EndKind::Escalation(self.escalation_code()),
            0..=29 => EndKind::None,
            30..=39 => EndKind::Signal(self.signal()),
            40..=43 => EndKind::Message,
            44..=49 => EndKind::Multiple(self.two_thrown()),
            50..=84 => EndKind::Terminate,
            _ => EndKind::Error(self.code()),
        };
        let before = (kind != EndKind::None).then(|| self.decision());
        Block::End { before, id: self.id(), kind }
    }

    /// One that is most likely listened to somewhere around.
    fn signal(&mut self) -> u8 {
        let chosen = self.random.below(self.listened.len() as u64) as usize;
        self.listened.get(chosen).copied().unwrap_or_else(|| self.code())
    }

    /// A code that is most likely heard somewhere around.
    pub fn escalation_code(&mut self) -> u8 {
        let chosen = self.random.below(self.heard.len() as u64) as usize;
        self.heard.get(chosen).copied().flatten().unwrap_or_else(|| self.code())
    }

    /// A code that is caught somewhere around.
    fn caught_code(&mut self) -> u8 {
        let chosen = self.random.below(self.caught.len() as u64) as usize;
        self.caught[chosen].unwrap_or_else(|| self.code())
    }
}

/// Whether two events wait for the same from inside: it would be open which of them has it.
fn is_same(one: Trigger, other: Trigger) -> bool {
    let inside = |trigger| match trigger {
        Trigger::Error(code) => Some((true, code)),
        Trigger::Escalation(code) => Some((false, code)),
        Trigger::Mixed { code, is_error, .. } => Some((is_error, Some(code))),
        _ => None,
    };
    one == other || inside(one).is_some() && inside(one) == inside(other)
}
