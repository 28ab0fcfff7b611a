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
    /// The event sub-processes of the process itself.
    #[serde(default)]
    pub events: Vec<EventSub>,
}

const DEEPEST: u32 = 5;
const MOST_ELEMENTS: u32 = 40;

pub fn generate(seed: u64) -> Model {
    let mut maker =
        Maker { random: Random::new(seed), made: 0, caught: Vec::new(), heard: Vec::new(), in_transaction: false };
    let (start, end) = (maker.id(), maker.id());
    let place = maker.inside(0);
    let events = maker.events(place);
    maker.catch(&events.iter().map(|event| (event.trigger, event.interrupts)).collect::<Vec<_>>());
    let body = maker.sequence(place);
    Model { seed, start, body, end, events }
}

struct Maker {
    random: Random,
    made: u32,
    /// What is caught around here: codes, or all of them.
    caught: Vec<Option<u8>>,
    /// The same of escalations.
    heard: Vec<Option<u8>>,
    in_transaction: bool,
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
        if !self.heard.is_empty() && self.random.percent(14) {
            return self.escalation();
        }
        match self.random.below(100) {
            0..=29 => Block::Do(self.activity(place)),
            30..=40 => self.exclusive(place),
            41..=49 => self.inclusive(place),
            50..=60 => self.parallel(place),
            61..=63 => self.first(place),
            64..=69 => self.race(place),
            70..=75 => self.back_loop(place),
            76 => Block::Link { throws: self.id(), catches: self.id() },
            77 => self.escalation(),
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
        let mut branches = self.ways(place);
        if self.random.percent(35) {
            branches[0] = Block::Seq(vec![self.mortal(), Block::Do(self.simple())]);
        }
        Block::Or { decide, split, join, branches, has_default: self.random.percent(60) }
    }

    fn parallel(&mut self, place: Place) -> Block {
        let (split, join) = (self.id(), self.id());
        Block::And { split, join, branches: self.ways(Place { is_parallel: true, ..place }) }
    }

    /// Where a token may die or go on.
    fn mortal(&mut self) -> Block {
        let end = Block::End { before: None, id: self.id(), kind: EndKind::None };
        self.either(end, Block::Seq(Vec::new()))
    }

    fn either(&mut self, one: Block, other: Block) -> Block {
        let branches = [one, other].map(|block| Branch { test: Test::Equals, block }).into();
        Block::Xor { decide: self.decision(), split: Some(self.id()), join: None, branches, has_default: true }
    }

    fn escalation(&mut self) -> Block {
        let code = self.escalation_code();
        Block::Throw { before: self.decision(), id: self.id(), code }
    }

    /// A complex gateway: its reset must not meet the next round.
    fn first(&mut self, place: Place) -> Block {
        if place.no_inclusive || place.is_looped {
            return self.parallel(place);
        }
        let (split, join, wanted) = (self.id(), self.id(), self.random.between(1, 2) as u32);
        Block::First { split, join, branches: self.ways(Place { is_parallel: true, ..place }), wanted }
    }

    fn race(&mut self, place: Place) -> Block {
        let (gateway, join) = (self.id(), self.new_id_if(75));
        let message = if self.random.percent(30) { Wait::ReceiveTask } else { Wait::Message };
        let ways = self.ways(place);
        let mut arm = |then| {
            let wait = match self.random.below(100) {
                0..=44 => Wait::Timer(self.span()),
                45..=59 => Wait::Signal(self.code()),
                _ => message,
            };
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
        let triggers = self.triggers();
        let is_transaction = self.random.percent(12);
        let outside = (self.caught.len(), self.heard.len());
        self.catch(&triggers);
        let host = match self.random.below(100) {
            _ if is_transaction => self.sub_process(place, true),
            0..=39 => self.sub_process(place, false),
            _ => self.activity(place),
        };
        self.caught.truncate(outside.0);
        self.heard.truncate(outside.1);
        if host.is_instant() || matches!(host.kind, Kind::Catch(_)) {
            return Block::Do(host);
        }
        let mut guards: Vec<Guard> =
            triggers.into_iter().map(|(trigger, interrupts)| self.guard(trigger, interrupts, place)).collect();
        if is_transaction {
            guards.push(self.guard(Trigger::Cancel, true, place));
        }
        Block::Guarded { host, guards }
    }

    /// What one or two events wait for beside something; nothing is caught twice.
    fn triggers(&mut self) -> Vec<(Trigger, bool)> {
        let mut triggers: Vec<(Trigger, bool)> = Vec::new();
        for _ in 0..self.random.between(1, 2) {
            let trigger = self.trigger();
            if !triggers.iter().any(|other| other.0 == trigger.0) {
                triggers.push(trigger);
            }
        }
        triggers
    }

    fn catch(&mut self, triggers: &[(Trigger, bool)]) {
        for (trigger, _) in triggers {
            match trigger {
                Trigger::Error(code) => self.caught.push(*code),
                Trigger::Escalation(code) => self.heard.push(*code),
                _ => {}
            }
        }
    }

    /// What an event waits for, and whether it interrupts.
    fn trigger(&mut self) -> (Trigger, bool) {
        let interrupts = self.random.percent(60);
        let trigger = match self.random.below(100) {
            0..=34 if interrupts => Trigger::Error(Some(self.code())),
            35..=49 if interrupts => Trigger::Error(None),
            0..=59 => Trigger::Timer { after: self.span(), times: if interrupts { 1 } else { self.times() } },
            60..=74 => Trigger::Escalation(Some(self.code())),
            75..=79 => Trigger::Escalation(None),
            80..=85 => Trigger::Signal(self.code()),
            86..=91 => Trigger::Flag(self.code()),
            _ => Trigger::Message,
        };
        (trigger, interrupts)
    }

    /// Event sub-processes of a scope.
    fn events(&mut self, place: Place) -> Vec<EventSub> {
        if !self.random.percent(18) || place.depth >= DEEPEST {
            return Vec::new();
        }
        let triggers = self.triggers();
        triggers.into_iter().map(|(trigger, interrupts)| self.event_sub(trigger, interrupts, place)).collect()
    }

    fn event_sub(&mut self, trigger: Trigger, interrupts: bool, place: Place) -> EventSub {
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

    fn end(&mut self) -> Block {
        let kind = match self.random.below(100) {
            0..=29 if self.in_transaction => EndKind::Cancel,
            0..=49 if !self.caught.is_empty() => EndKind::Error(self.caught_code()),
            50..=64 if !self.heard.is_empty() => EndKind::Escalation(self.escalation_code()),
            0..=49 => EndKind::None,
            50..=84 => EndKind::Terminate,
            _ => EndKind::Error(self.code()),
        };
        let before = (kind != EndKind::None).then(|| self.decision());
        Block::End { before, id: self.id(), kind }
    }

    /// A code that is most likely heard somewhere around.
    fn escalation_code(&mut self) -> u8 {
        let chosen = self.random.below(self.heard.len() as u64) as usize;
        self.heard.get(chosen).copied().flatten().unwrap_or_else(|| self.code())
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
            81..=84 => Kind::Catch(Wait::Message),
            85..=86 => Kind::Catch(Wait::Signal(self.code())),
            87..=88 => Kind::Catch(Wait::Flag(self.code())),
            89..=93 => {
                let limited = self.random.percent(50);
                Kind::Receive { timeout: limited.then(|| self.span()) }
            }
            _ => Kind::Call,
        };
        Activity::plain(self.id(), kind)
    }

    fn activity(&mut self, place: Place) -> Activity {
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

    fn sub_process(&mut self, place: Place, is_transaction: bool) -> Activity {
        let (id, start, end) = (self.id(), self.id(), self.id());
        let inside = self.inside(place.depth + 1);
        let outside =
            (std::mem::replace(&mut self.in_transaction, is_transaction), self.caught.len(), self.heard.len());
        let events = self.events(inside);
        self.catch(&events.iter().map(|event| (event.trigger, event.interrupts)).collect::<Vec<_>>());
        let mut body = self.sequence(inside);
        if is_transaction && self.random.percent(60) {
            let end = Block::End { before: Some(self.decision()), id: self.id(), kind: EndKind::Cancel };
            body = self.either(end, body);
        }
        let body = Box::new(body);
        self.in_transaction = outside.0;
        self.caught.truncate(outside.1);
        self.heard.truncate(outside.2);
        Activity::plain(id, Kind::Sub { start, body, end, events, is_transaction })
    }

    fn undo(&mut self) -> Activity {
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

    fn ad_hoc(&mut self) -> Activity {
        let (id, is_sequential) = (self.id(), self.random.percent(50));
        let items = (0..self.random.between(1, 3)).map(|_| self.decision()).collect();
        Activity::plain(id, Kind::AdHoc { items, is_sequential })
    }

    fn repeat(&mut self, it: &Activity) -> Option<Repeat> {
        // An ad-hoc sub-process has its own completion condition under the same name.
        let is_instant = matches!(it.kind, Kind::Instant | Kind::AdHoc { .. });
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
