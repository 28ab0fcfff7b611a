//! Random models: one function per kind of block.
//!
//! What a [`Place`] allows keeps the meaning of a model in its tree: an inclusive join waits for who can still reach it,
//! and that is its own block only where one token is under way at a time.

use crate::block::*;
use crate::evaluate_scope::NO_START;
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

pub const DEEPEST: u32 = 5;
const MOST_ELEMENTS: u32 = 40;

pub fn generate(seed: u64) -> Model {
    let mut maker = Maker {
        random: Random::new(seed),
        made: 0,
        caught: Vec::new(),
        heard: Vec::new(),
        listened: Vec::new(),
        in_transaction: false,
        undoing: false,
    };
    let (start, end) = (maker.id(), maker.id());
    let place = maker.inside(0);
    let events = maker.events(place);
    maker.catch(&events.iter().map(|event| (event.trigger, event.interrupts)).collect::<Vec<_>>());
    let body = maker.sequence(place);
    if maker.random.percent(6) {
        let body = Block::Seq(vec![maker.beginning(place), body]);
        return Model { seed, start: NO_START, body, end, events };
    }
    Model { seed, start, body, end, events }
}

pub struct Maker {
    pub random: Random,
    pub made: u32,
    /// What is caught around here: codes, or all of them.
    pub caught: Vec<Option<u8>>,
    /// The same of escalations.
    pub heard: Vec<Option<u8>>,
    /// Signals that are listened to around here.
    pub listened: Vec<u8>,
    pub in_transaction: bool,
    /// Most activities have handlers here.
    pub undoing: bool,
}

#[derive(Clone, Copy)]
pub struct Place {
    pub depth: u32,
    /// Several tokens may go the same way: what is beside an activity may come back to where that goes on.
    pub many: bool,
    /// No inclusive gateways.
    pub no_inclusive: bool,
    pub is_looped: bool,
    pub is_parallel: bool,
}

impl Place {
    pub fn deeper(self) -> Place {
        Place { depth: self.depth + 1, ..self }
    }
}

impl Maker {
    pub fn id(&mut self) -> Id {
        self.made += 1;
        self.made
    }

    pub fn span(&mut self) -> i64 {
        self.random.between(1, LONGEST) as i64
    }

    pub fn code(&mut self) -> u8 {
        self.random.below(3) as u8
    }

    fn new_id_if(&mut self, chance: u64) -> Option<Id> {
        let wanted = self.random.percent(chance);
        wanted.then(|| self.id())
    }

    /// A scope of its own.
    pub fn inside(&mut self, depth: u32) -> Place {
        let many = self.random.percent(35);
        Place { depth, many, no_inclusive: many, is_looped: false, is_parallel: false }
    }

    pub fn sequence(&mut self, place: Place) -> Block {
        let mut blocks = Vec::new();
        for _ in 0..self.random.between(1, 3) {
            blocks.push(self.block(place));
            if place.many && self.random.percent(3) && blocks.last().is_some_and(Block::can_exit) {
                blocks.extend(self.quantities());
            }
            if !blocks.last().is_some_and(Block::can_exit) {
                break;
            }
        }
        Block::Seq(blocks)
    }

    /// A way between a split and its join: it may be empty, and it may end.
    pub fn way(&mut self, place: Place) -> Block {
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
        if !(self.heard.is_empty() && self.listened.is_empty()) && self.random.percent(14) {
            return self.throws();
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
            77..=78 => self.throws(),
            _ => self.guarded(place),
        }
    }

    fn exclusive(&mut self, place: Place) -> Block {
        let (decide, split, join) = (self.decision(), self.new_id_if(85), self.new_id_if(75));
        let test = |random: &mut Random| if random.percent(25) { Test::UpTo } else { Test::Equals };
        let ways = self.ways(place);
        let branches: Vec<Branch> =
            ways.into_iter().map(|block| Branch { test: test(&mut self.random), block }).collect();
        if split.is_some() && self.random.percent(25) {
            let decide = Activity { says: Some(branches.len() as u64), ..decide };
            return Block::Xor { decide, split, join, branches, has_default: true, has_labels: true };
        }
        Block::Xor { decide, split, join, branches, has_default: self.random.percent(70), has_labels: false }
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

    /// An activity that sends several tokens and one that takes several: not always as many.
    fn quantities(&mut self) -> [Block; 2] {
        let gives = Activity { gives: self.random.between(1, 4) as u32, ..self.decision() };
        let takes = Activity { takes: self.random.between(2, 3) as u32, ..self.decision() };
        [Block::Do(gives), Block::Do(takes)]
    }

    /// Where a token may die or go on.
    fn mortal(&mut self) -> Block {
        let end = Block::End { before: None, id: self.id(), kind: EndKind::None };
        self.either(end, Block::Seq(Vec::new()))
    }

    pub fn either(&mut self, one: Block, other: Block) -> Block {
        let branches = [one, other].map(|block| Branch { test: Test::Equals, block }).into();
        Block::Xor {
            decide: self.decision(),
            split: Some(self.id()),
            join: None,
            branches,
            has_default: true,
            has_labels: false,
        }
    }

    fn throws(&mut self) -> Block {
        let what = if self.random.percent(20) { self.two_thrown().to_vec() } else { vec![self.thrown()] };
        Block::Throw { before: self.decision(), id: self.id(), what }
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
                45..=56 => Wait::Signal(self.code()),
                57..=62 => Wait::Multiple(self.parts(false)),
                63..=66 => Wait::Flag(self.code()),
                _ => message,
            };
            Arm { id: self.id(), wait, then }
        };
        let arms = ways.into_iter().map(&mut arm).collect();
        Block::Race { gateway, join, arms, are_all_needed: place.many && self.random.percent(30), begins_with: None }
    }

    /// An event-based gateway that the process begins with; all of it leads on.
    fn beginning(&mut self, place: Place) -> Block {
        let (gateway, join) = (self.id(), self.new_id_if(75));
        let are_all_needed = place.many && self.random.percent(60);
        let message = if self.random.percent(30) { Wait::ReceiveTask } else { Wait::Message };
        let mut arm = |_| {
            let wait = if are_all_needed || self.random.percent(60) { message } else { Wait::Signal(self.code()) };
            Arm { id: self.id(), wait, then: Block::Do(self.decision()) }
        };
        let arms: Vec<Arm> = (0..2).map(&mut arm).collect();
        let begins_with = Some(self.random.below(2) as usize);
        Block::Race { gateway, join, arms, are_all_needed, begins_with }
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
}
