//! Random models: one function per kind of block.
//!
//! What a [`Place`] allows keeps the meaning of a model in its tree: an inclusive join waits for who can still reach it,
//! and that is its own block only where one token is under way at a time.

use crate::block::*;
use crate::plan::LONGEST;
use crate::random::Random;
use serde::{Deserialize, Serialize};

/// A process and what happens to it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Model {
    pub seed: u64,
    pub start: Id,
    pub body: Block,
    pub end: Id,
}

const DEEPEST: u32 = 5;
const MOST_ELEMENTS: u32 = 40;

pub fn generate(seed: u64) -> Model {
    let mut maker = Maker { random: Random::new(seed), made: 0, caught: Vec::new() };
    let (start, end) = (maker.id(), maker.id());
    let place = maker.inside(0);
    let body = maker.sequence(place);
    Model { seed, start, body, end }
}

struct Maker {
    random: Random,
    made: u32,
    /// What is caught around here: codes, or all of them.
    caught: Vec<Option<u8>>,
}

#[derive(Clone, Copy)]
struct Place {
    depth: u32,
    /// Several tokens may go the same way: what is beside an activity may come back to where that goes on.
    many: bool,
    /// No inclusive gateways.
    no_inclusive: bool,
    is_looped: bool,
    is_parallel: bool,
}

impl Place {
    fn deeper(self) -> Place {
        Place { depth: self.depth + 1, ..self }
    }
}

impl Maker {
    fn id(&mut self) -> Id {
        self.made += 1;
        self.made
    }

    fn span(&mut self) -> i64 {
        self.random.between(1, LONGEST) as i64
    }

    fn code(&mut self) -> u8 {
        self.random.below(3) as u8
    }

    fn new_id_if(&mut self, chance: u64) -> Option<Id> {
        let wanted = self.random.percent(chance);
        wanted.then(|| self.id())
    }

    /// A scope of its own.
    fn inside(&mut self, depth: u32) -> Place {
        let many = self.random.percent(35);
        Place { depth, many, no_inclusive: many, is_looped: false, is_parallel: false }
    }

    fn sequence(&mut self, place: Place) -> Block {
        let mut blocks = Vec::new();
        for _ in 0..self.random.between(1, 3) {
            blocks.push(self.block(place));
            if !blocks.last().is_some_and(Block::can_exit) {
                break;
            }
        }
        Block::Seq(blocks)
    }

    /// A way between a split and its join: it may be empty, and it may end.
    fn way(&mut self, place: Place) -> Block {
        match self.random.below(100) {
            0..=7 => Block::Seq(Vec::new()),
            8..=19 => {
                let end = self.end();
                Block::Seq(vec![self.block(place.deeper()), end])
            }
            _ => self.sequence(place.deeper()),
        }
    }

    fn ways(&mut self, place: Place) -> Vec<Block> {
        (0..self.random.between(2, 3)).map(|_| self.way(place)).collect()
    }

    fn block(&mut self, place: Place) -> Block {
        if place.depth >= DEEPEST || self.made >= MOST_ELEMENTS {
            return Block::Do(self.simple());
        }
        match self.random.below(100) {
            0..=29 => Block::Do(self.activity(place)),
            30..=41 => self.exclusive(place),
            42..=51 => self.inclusive(place),
            52..=64 => self.parallel(place),
            65..=71 => self.race(place),
            72..=78 => self.back_loop(place),
            _ => self.guarded(place),
        }
    }

    fn exclusive(&mut self, place: Place) -> Block {
        let (decide, split, join) = (self.decision(), self.new_id_if(85), self.new_id_if(75));
        let test = |random: &mut Random| if random.percent(25) { Test::UpTo } else { Test::Equals };
        let ways = self.ways(place);
        let branches = ways.into_iter().map(|block| Branch { test: test(&mut self.random), block }).collect();
        Block::Xor { decide, split, join, branches, has_default: self.random.percent(70) }
    }

    fn inclusive(&mut self, place: Place) -> Block {
        if place.no_inclusive || place.is_looped && place.is_parallel {
            return self.parallel(place);
        }
        let (decide, split, join) = (self.decision(), self.new_id_if(85), self.id());
        let branches = self.ways(place);
        Block::Or { decide, split, join, branches, has_default: self.random.percent(60) }
    }

    fn parallel(&mut self, place: Place) -> Block {
        let (split, join) = (self.id(), self.id());
        Block::And { split, join, branches: self.ways(Place { is_parallel: true, ..place }) }
    }

    fn race(&mut self, place: Place) -> Block {
        let (gateway, join) = (self.id(), self.new_id_if(75));
        let message = if self.random.percent(30) { Wait::ReceiveTask } else { Wait::Message };
        let ways = self.ways(place);
        let mut arm = |then| {
            let wait = if self.random.percent(50) { Wait::Timer(self.span()) } else { message };
            Arm { id: self.id(), wait, then }
        };
        Block::Race { gateway, join, arms: ways.into_iter().map(&mut arm).collect() }
    }

    fn back_loop(&mut self, place: Place) -> Block {
        let (merge, split, decide) = (self.id(), self.id(), self.decision());
        // What is parallel outside matters inside only when a larger loop leads there again.
        let is_parallel = place.is_looped && place.is_parallel;
        let inside = Place { is_looped: true, is_parallel, ..place.deeper() };
        let mut body = self.sequence(inside);
        if !body.can_exit() {
            body = Block::Do(self.simple());
        }
        Block::Loop { merge, body: Box::new(body), decide, split }
    }

    fn guarded(&mut self, place: Place) -> Block {
        let mut triggers: Vec<(Trigger, bool)> = Vec::new();
        for _ in 0..self.random.between(1, 2) {
            let trigger = self.trigger();
            if !matches!(trigger.0, Trigger::Error(_)) || !triggers.contains(&trigger) {
                triggers.push(trigger);
            }
        }
        let outside = self.caught.len();
        self.caught.extend(triggers.iter().filter_map(|(trigger, _)| match trigger {
            Trigger::Error(code) => Some(*code),
            _ => None,
        }));
        let host = if self.random.percent(40) { self.sub_process(place) } else { self.activity(place) };
        self.caught.truncate(outside);
        if host.is_instant() || matches!(host.kind, Kind::Catch(_)) {
            return Block::Do(host);
        }
        let guards = triggers.into_iter().map(|(trigger, interrupts)| self.guard(trigger, interrupts, place)).collect();
        Block::Guarded { host, guards }
    }

    /// What a boundary event waits for, and whether it interrupts.
    fn trigger(&mut self) -> (Trigger, bool) {
        let interrupts = self.random.percent(60);
        let trigger = match self.random.below(100) {
            0..=39 if interrupts => Trigger::Error(Some(self.code())),
            40..=54 if interrupts => Trigger::Error(None),
            0..=74 => Trigger::Timer { after: self.span(), times: if interrupts { 1 } else { self.times() } },
            _ => Trigger::Message,
        };
        (trigger, interrupts)
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

    fn end(&mut self) -> Block {
        let kind = match self.random.below(100) {
            0..=59 if !self.caught.is_empty() => EndKind::Error(self.caught_code()),
            0..=49 => EndKind::None,
            50..=84 => EndKind::Terminate,
            _ => EndKind::Error(self.code()),
        };
        let before = (kind != EndKind::None).then(|| self.decision());
        Block::End { before, id: self.id(), kind }
    }

    /// A code that is caught somewhere around.
    fn caught_code(&mut self) -> u8 {
        let chosen = self.random.below(self.caught.len() as u64) as usize;
        self.caught[chosen].unwrap_or_else(|| self.code())
    }

    /// A task that takes a time of its own.
    fn decision(&mut self) -> Activity {
        let kind = if self.random.percent(20) { Kind::User } else { Kind::Job };
        Activity::plain(self.id(), kind)
    }

    fn simple(&mut self) -> Activity {
        let kind = match self.random.below(100) {
            0..=54 => Kind::Job,
            55..=66 => Kind::User,
            67..=74 => Kind::Instant,
            75..=80 => Kind::Catch(Wait::Timer(self.span())),
            81..=86 => Kind::Catch(Wait::Message),
            87..=93 => {
                let limited = self.random.percent(50);
                Kind::Receive { timeout: limited.then(|| self.span()) }
            }
            _ => Kind::Call,
        };
        Activity::plain(self.id(), kind)
    }

    fn activity(&mut self, place: Place) -> Activity {
        let mut it = if self.random.percent(30) { self.sub_process(place) } else { self.simple() };
        if !matches!(it.kind, Kind::Catch(_)) {
            it.repeat = self.repeat(&it);
            it.tallies = !it.collects() && self.random.percent(20);
        }
        it
    }

    fn sub_process(&mut self, place: Place) -> Activity {
        let (id, start, end) = (self.id(), self.id(), self.id());
        let inside = self.inside(place.depth + 1);
        Activity::plain(id, Kind::Sub { start, body: Box::new(self.sequence(inside)), end })
    }

    fn repeat(&mut self, it: &Activity) -> Option<Repeat> {
        let is_instant = matches!(it.kind, Kind::Instant);
        match self.random.below(100) {
            0..=13 => Some(Repeat::Instances {
                count: self.random.below(5) as u32,
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
