//! Random activities: their kinds, what is inside them, and how often they are done.

use crate::block::*;
use crate::generate::{Maker, Place};
use crate::plan::LONGEST_LIST;

impl Maker {
    /// A task that takes a time of its own.
    pub fn decision(&mut self) -> Activity {
        let kind = if self.random.percent(20) { Kind::User } else { Kind::Job };
        Activity::plain(self.id(), kind)
    }

    pub fn simple(&mut self) -> Activity {
        let kind = match self.random.below(100) {
            0..=54 => Kind::Job,
            55..=66 => Kind::User,
            67..=74 => Kind::Instant,
            75..=80 => Kind::Catch(Wait::Timer(self.span())),
            81..=84 => Kind::Catch(Wait::Message),
            85..=86 => Kind::Catch(Wait::Signal(self.code())),
            87 => Kind::Catch(Wait::Flag(self.code())),
            88 => {
                let are_all_needed = self.random.percent(50);
                Kind::Catch(Wait::Multiple(self.parts(are_all_needed)))
            }
            89..=93 => {
                let limited = self.random.percent(50);
                Kind::Receive { timeout: limited.then(|| self.span()) }
            }
            _ => Kind::Call,
        };
        Activity::plain(self.id(), kind)
    }

    pub fn activity(&mut self, place: Place) -> Activity {
        let mut it = match self.random.below(100) {
            0..=27 => self.sub_process(place, false),
            28..=31 => self.ad_hoc(),
            32..=35 => self.undo(),
            _ => self.simple(),
        };
        if !matches!(it.kind, Kind::Catch(_)) {
            it.repeat = self.repeat(&it);
            it.tallies = !it.collects() && self.random.percent(20);
        }
        it
    }

    pub fn sub_process(&mut self, place: Place, is_transaction: bool) -> Activity {
        let (id, start, end) = (self.id(), self.id(), self.id());
        let inside = self.inside(place.depth + 1);
        let (outside, around) = (std::mem::replace(&mut self.in_transaction, is_transaction), self.around());
        let events = self.events(inside);
        self.catch(&events.iter().map(|event| (event.trigger, event.interrupts)).collect::<Vec<_>>());
        let mut body = self.sequence(inside);
        if is_transaction && self.random.percent(60) {
            let end = Block::End { before: Some(self.decision()), id: self.id(), kind: EndKind::Cancel };
            body = self.either(end, body);
        }
        let body = Box::new(body);
        self.in_transaction = outside;
        self.back_to(around);
        Activity::plain(id, Kind::Sub { start, body, end, events, is_transaction })
    }

    pub fn undo(&mut self) -> Activity {
        let at_once = self.random.percent(50).then(|| (self.id(), self.id()));
        let steps = (0..self.random.between(1, 3)).map(|_| Step {
            activity: self.decision(),
            event: self.id(),
            handler: self.decision(),
        });
        let steps = steps.collect();
        let (start, throws, end) = (self.id(), self.id(), self.id());
        Activity::plain(self.id(), Kind::Undo { start, at_once, steps, throws, end })
    }

    pub fn ad_hoc(&mut self) -> Activity {
        let (id, is_sequential) = (self.id(), self.random.percent(50));
        let items = (0..self.random.between(1, 3)).map(|_| self.decision()).collect();
        let enough = self.random.percent(50).then(|| self.random.between(1, 2) as u32);
        Activity::plain(id, Kind::AdHoc { items, is_sequential, enough, finishes: self.random.percent(50) })
    }

    pub fn repeat(&mut self, it: &Activity) -> Option<Repeat> {
        // An ad-hoc sub-process has its own completion condition under the same name.
        let is_counting = matches!(it.kind, Kind::AdHoc { enough: Some(_), .. });
        let is_instant = matches!(it.kind, Kind::Instant | Kind::AdHoc { .. });
        match self.random.below(100) {
            0..=13 if is_counting => None,
            0..=13 => Some(Repeat::Instances {
                has_items: self.random.percent(40),
                tells: None,
                count: self.random.below(u64::from(LONGEST_LIST) + 1) as u32,
                at_once: self.random.percent(60),
                enough: (!is_instant && self.random.percent(40)).then(|| self.random.between(1, 3) as u32),
                collects: it.kind == Kind::Job && self.random.percent(50),
            }),
            14..=20 => {
                let below = self.random.percent(70).then(|| self.random.below(4) as u32);
                let maximum = (below.is_none() || self.random.percent(50)).then(|| self.random.between(1, 3) as u32);
                Some(Repeat::While { test_before: self.random.percent(50), below, maximum })
            }
            _ => None,
        }
    }
}
