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
            32..=36 => self.undo(place),
            _ => self.simple(),
        };
        if !matches!(it.kind, Kind::Catch(_)) {
            it.repeat = self.repeat(&it);
            it.tallies = !it.collects() && self.random.percent(25);
            let is_counting = matches!(it.kind, Kind::AdHoc { enough: Some(_), .. });
            it.maps = it.tallies && !is_counting && self.random.percent(50);
        }
        let chance = match (self.undoing, &it.kind) {
            (true, Kind::Sub { .. }) => 25,
            (true, _) => 60,
            (false, _) => 2,
        };
        self.with_handler(it, chance)
    }

    pub fn sub_process(&mut self, place: Place, is_transaction: bool) -> Activity {
        let (id, start, end) = (self.id(), self.id(), self.id());
        let inside = self.inside(place.depth + 1);
        let (outside, around) = (std::mem::replace(&mut self.in_transaction, is_transaction), self.around());
        let undoing = self.undoing;
        self.undoing |= is_transaction;
        let events = self.events(inside);
        self.catch(&events.iter().map(|event| (event.trigger, event.interrupts)).collect::<Vec<_>>());
        let mut body = self.sequence(inside);
        if is_transaction && self.random.percent(60) {
            let end = Block::End { before: Some(self.decision()), id: self.id(), kind: EndKind::Cancel };
            body = self.canceled(end, body, inside);
        }
        let body = Box::new(body);
        (self.in_transaction, self.undoing) = (outside, undoing);
        self.back_to(around);
        Activity::plain(id, Kind::Sub { start, body, end, events, is_transaction })
    }

    /// What a transaction does before it may be canceled, and beside that.
    fn canceled(&mut self, end: Block, body: Block, place: Place) -> Block {
        match self.random.below(3) {
            0 => self.either(end, body),
            1 => {
                let steps = [Block::Do(self.step()), Block::Do(self.step())];
                let then = self.either(end, body);
                Block::Seq(steps.into_iter().chain([then]).collect())
            }
            _ => {
                let begun = self.undoable(place);
                let step = Block::Do(self.step());
                let cancels = Block::Seq(vec![step, self.either(end, Block::Seq(Vec::new()))]);
                Block::And { split: self.id(), join: self.id(), branches: vec![Block::Do(begun), cancels] }
            }
        }
    }

    /// A sub-process with something in it to be undone, perhaps several times.
    fn undoable(&mut self, place: Place) -> Activity {
        let (id, start, end) = (self.id(), self.id(), self.id());
        let inside = self.inside(place.depth + 2);
        let body = Block::Seq(vec![Block::Do(self.step()), self.sequence(inside)]);
        let kind = Kind::Sub { start, body: Box::new(body), end, events: Vec::new(), is_transaction: false };
        let it = Activity::plain(id, kind);
        let repeat = self.repeat(&it).filter(|_| place.depth < 3);
        self.with_handler(Activity { repeat, ..it }, 20)
    }

    /// A sub-process that undoes what it has done, at its end or when something comes.
    fn undo(&mut self, place: Place) -> Activity {
        let (id, start, end) = (self.id(), self.id(), self.id());
        let inside = Place { many: false, no_inclusive: false, ..self.inside(place.depth + 1) };
        let (undoing, around) = (std::mem::replace(&mut self.undoing, true), self.around());
        let in_transaction = std::mem::take(&mut self.in_transaction);
        let mut events = Vec::new();
        if self.random.percent(40) {
            let (trigger, _) = self.trigger();
            self.catch(&[(trigger, true)]);
            events.push(self.event_sub(trigger, true, inside));
        }
        let mut blocks = match self.random.below(4) {
            0 => vec![self.sequence(inside)],
            1 => vec![Block::Do(self.undoable(inside))],
            2 => vec![Block::Do(self.step()), Block::Do(self.step())],
            _ => {
                let branches = (0..2).map(|_| Block::Do(self.step())).collect();
                vec![Block::And { split: self.id(), join: self.id(), branches }]
            }
        };
        let mut undoable: Vec<Id> = blocks.iter_mut().flat_map(Block::undoable).collect();
        undoable.truncate(1);
        let activity = undoable.first().copied().filter(|_| self.random.percent(30));
        let (waits, is_end) = (self.random.percent(75), self.random.percent(30));
        let compensate = Block::Compensate(Compensate { id: self.id(), activity, waits, is_end });
        match events.first_mut() {
            Some(event) if event.body.can_exit() => event.body = Block::Seq(vec![event.body.clone(), compensate]),
            Some(_) => {}
            None if blocks[0].can_exit() => blocks.push(compensate),
            None => {}
        }
        (self.undoing, self.in_transaction) = (undoing, in_transaction);
        self.back_to(around);
        let body = Box::new(Block::Seq(blocks));
        Activity::plain(id, Kind::Sub { start, body, end, events, is_transaction: false })
    }

    fn step(&mut self) -> Activity {
        let step = self.decision();
        self.with_handler(step, 80)
    }

    /// With what undoes it, perhaps.
    pub fn with_handler(&mut self, it: Activity, chance: u64) -> Activity {
        let is_none = matches!(it.kind, Kind::Instant | Kind::Catch(_) | Kind::AdHoc { .. });
        if is_none || !self.random.percent(chance) {
            return it;
        }
        let undo = Undo { event: self.id(), handler: self.decision() };
        Activity { undone_by: Some(Box::new(undo)), ..it }
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
