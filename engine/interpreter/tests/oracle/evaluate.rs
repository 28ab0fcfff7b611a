//! The oracle: what must become of a block-structured process, worked out over its tree.
//!
//! There are no tokens here and no flows. A block is given the times at which it is entered and gives back those at
//! which it is left; the rest is written into a [`Trace`]. Interrupting cuts the trace.
//!
//! - [`crate::evaluate`]: blocks; [`crate::evaluate_activity`]: activities, their repetition and their boundary events;
//!   [`crate::evaluate_scope`]: scopes and their event sub-processes; [`crate::evaluate_event`]: what is waited for and thrown.

use crate::block::*;
use crate::draw::{result, result_of, test_of};
use crate::evaluate_activity::Ended;
use crate::generate::Model;
use crate::plan::{Visit, is_set};
use crate::trace::{End, NEVER, Reaction, Record, Trace, Written};
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// More element instances than this are too many for a test.
const MOST_RECORDS: usize = 1_500;
/// More signals thrown than this, too.
const MOST_SIGNALS: usize = 25;

/// Ways for the oracle to be wrong, so that the comparison can be seen to fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mistake {
    None,
    ParallelJoinDoesNotWait,
    InclusiveJoinDoesNotWait,
    InterruptingCancelsNothing,
    NonInterruptingInterrupts,
    ErrorPassesItsCatcher,
    TerminateEndsOneToken,
    EnoughIsIgnored,
    DefaultIsIgnored,
    LastMatchWins,
    LastEventWins,
    OneRoundOnly,
    RetriesAreFree,
    TallyForgetsRepetition,
    LeftoverTokensAreForgotten,
    TestBeforeIsAfter,
    FirstIsUndoneFirst,
    AnyIsAll,
    QuantityIsOne,
    RestIsAlwaysCanceled,
    EachInstanceTells,
    SignalsStayOutside,
}

/// What must be true in the end.
pub struct Expected {
    pub records: Vec<Record>,
    pub trace: Trace,
    pub state: &'static str,
    pub ended_at: Option<i64>,
    pub variables: Map<String, Value>,
    /// Two things happen in the same moment, so their order is open: nothing to compare. Why.
    pub ambiguous: Option<&'static str>,
}

/// What became of the tokens that entered a block.
pub struct Left {
    pub exits: Vec<i64>,
    /// When nothing is alive in it any more.
    pub alive: i64,
    /// When no token is where a way to the exit begins.
    pub reach: i64,
}

pub struct Oracle {
    pub seed: u64,
    pub mistake: Mistake,
    /// Signals that are thrown in the process, and when, as far as that is known.
    pub known: Vec<(i64, u8)>,
    pub trace: Trace,
    pub frames: Vec<Frame>,
    /// Where the undoable of each scope begins.
    pub scopes: Vec<usize>,
    /// The same, of the scope that the next one serves as an event sub-process.
    pub serves: Option<usize>,
    pub is_too_large: bool,
}

/// What can be ended from inside: an activity, with what its boundary events catch; or a process or sub-process, with what its
/// event sub-processes catch.
pub struct Frame {
    pub is_scope: bool,
    pub catches: Vec<Catches>,
    /// Since when.
    pub at: i64,
    pub path: Vec<u32>,
}

/// What one event catches: its place among its like, and how.
#[derive(Debug, Clone, Copy)]
pub struct Catches {
    pub id: Id,
    pub place: usize,
    pub trigger: Trigger,
    pub interrupts: bool,
}

/// What must become of `model`; none when it does too much.
pub fn evaluate(model: &Model, mistake: Mistake) -> Option<Expected> {
    let mut known = Vec::new();
    let (trace, alive, is_terminated) = loop {
        let (mut trace, alive, is_terminated) = evaluate_knowing(model, mistake, &known)?;
        trace.thrown.sort_unstable();
        if trace.thrown == known || mistake == Mistake::SignalsStayOutside {
            break (trace, alive, is_terminated);
        }
        // What is thrown changes nothing that was before: all up to the first difference stays.
        let same = trace.thrown.iter().zip(&known).take_while(|(is, was)| is == was).count();
        known = trace.thrown[..trace.thrown.len().min(same + 1)].to_vec();
        if known.len() > MOST_SIGNALS {
            return None;
        }
    };
    let state = match (is_terminated, alive) {
        (true, _) => "terminated",
        (false, NEVER) => "active",
        (false, _) => "completed",
    };
    let ambiguous = open(&trace);
    let mut records = trace.records.clone();
    records.sort();
    let variables = variables(&trace);
    let ended_at = (alive != NEVER).then_some(alive);
    Some(Expected { records, trace, state, ended_at, variables, ambiguous })
}

/// With the signals of the process itself that are known already.
fn evaluate_knowing(model: &Model, mistake: Mistake, known: &[(i64, u8)]) -> Option<(Trace, i64, bool)> {
    let (trace, frames, known) = (Trace::default(), Vec::new(), known.to_vec());
    let mut oracle = Oracle {
        seed: model.seed,
        mistake,
        known,
        trace,
        frames,
        scopes: Vec::new(),
        serves: None,
        is_too_large: false,
    };
    let (alive, is_terminated) = oracle.scope(model.start, &model.body, model.end, &model.events, 0, &[]);
    (!oracle.is_too_large).then_some((oracle.trace, alive, is_terminated))
}

/// Which two things happen in one moment. That many hear of one thing is nothing to wonder at, unless one of them ends
/// something, in which the others may be.
fn open(trace: &Trace) -> Option<&'static str> {
    if let Some((_, why)) = trace.opened.first() {
        return Some(why);
    }
    let mut reactions = trace.reactions.clone();
    reactions.sort_unstable();
    let is_crowded = |all: &[Reaction]| all.len() > 1 && all.iter().any(|it| it.ends);
    let moments = || reactions.chunk_by(|one, other| one.at == other.at);
    if moments().any(is_crowded) {
        return Some("many hear it, and one is ended");
    }
    let told = moments().map(|all| all[0]).filter(|it| !it.is_thrown).map(|it| it.at);
    let mut ticks: Vec<i64> = trace.ticks.iter().copied().chain(told).collect();
    ticks.sort_unstable();
    ticks.windows(2).any(|pair| pair[0] == pair[1]).then_some("two at once")
}

fn variables(trace: &Trace) -> Map<String, Value> {
    let mut writes: Vec<_> = trace.writes.iter().collect();
    writes.sort_by_key(|write| write.at);
    let mut all: BTreeMap<String, Vec<(i64, Value)>> = BTreeMap::new();
    for write in writes {
        let before = all.entry(write.name.clone()).or_default();
        let number_at = |at: i64| {
            let last = before.iter().rev().find(|(written, _)| *written <= at);
            last.and_then(|(_, value)| value.as_u64()).unwrap_or(0)
        };
        let value = match &write.written {
            Written::Value(value) => value.clone(),
            Written::OneMore => Value::from(number_at(write.at) + 1),
            Written::OneMoreThanAt(entered) => Value::from(number_at(*entered) + 1),
        };
        before.push((write.at, value));
    }
    all.into_iter().filter_map(|(name, mut values)| Some((name, values.pop()?.1))).collect()
}

impl Oracle {
    pub fn visit<'v>(&self, element: Id, at: i64, path: &'v [u32]) -> Visit<'v> {
        Visit { seed: self.seed, element, at, path }
    }

    pub fn block(&mut self, block: &Block, entries: &[i64], path: &[u32]) -> Left {
        self.is_too_large |= self.trace.records.len() > MOST_RECORDS;
        if entries.is_empty() || self.is_too_large {
            return Left::nothing();
        }
        match block {
            Block::Do(activity) => self.guarded(activity, &[], entries, path),
            Block::Seq(blocks) => self.sequence(blocks, entries, path),
            Block::Xor { decide, split, join, branches, has_default, has_labels } => {
                self.exclusive(decide, *split, *join, branches, [*has_default, *has_labels], entries, path)
            }
            Block::Or { decide, split, join, branches, has_default } => {
                let mut all = Left::nothing();
                for entry in entries {
                    all.add(self.inclusive(decide, *split, *join, branches, *has_default, *entry, path));
                }
                all
            }
            Block::And { split, join, branches } => self.parallel(*split, *join, branches, entries, path),
            Block::Race { gateway, join, arms, are_all_needed: true, begins_with } => {
                self.all_events(*gateway, *join, arms, *begins_with, entries, path)
            }
            Block::Race { gateway, join, arms, begins_with, .. } => {
                self.race(*gateway, *join, arms, *begins_with, entries, path)
            }
            Block::Loop { merge, body, decide, split } => self.rounds(*merge, body, decide, *split, entries, path),
            Block::Guarded { host, guards } => self.guarded(host, guards, entries, path),
            Block::Throw { before, id, what } => self.throws(before, *id, what, entries, path),
            Block::Link { throws, catches } => {
                for entry in entries {
                    self.trace.point(*throws, path, *entry);
                    self.trace.point(*catches, path, *entry);
                    self.trace.note(*entry, "link", "goes on");
                }
                Left { exits: entries.to_vec(), ..Left::nothing() }
            }
            Block::First { split, join, branches, wanted } => {
                let mut all = Left::nothing();
                for entry in entries {
                    all.add(self.first(*split, *join, branches, *wanted, *entry, path));
                }
                all
            }
            Block::Compensate(it) => self.compensate(it, entries, path),
            Block::End { before, id, kind } => self.end(before.as_ref(), *id, *kind, entries, path),
        }
    }

    fn sequence(&mut self, blocks: &[Block], entries: &[i64], path: &[u32]) -> Left {
        let mut all = Left { exits: entries.to_vec(), ..Left::nothing() };
        for block in blocks {
            let left = self.block(block, &all.exits, path);
            all = Left { exits: left.exits, alive: all.alive.max(left.alive), reach: all.reach.max(left.reach) };
        }
        all
    }

    /// A number is decided on: when, and which; nothing when it never is.
    fn decided(&mut self, decide: &Activity, at: i64, path: &[u32]) -> (Ended, u64) {
        let value = self.visit(decide.id, at, path).value();
        (self.activity(decide, &[], at, path), value)
    }

    /// No branch is taken: an incident at `split`, which may be resolved by setting `repaired`. Gives back when.
    fn stuck(&mut self, decide: &Activity, ended: &Ended, split: Option<Id>, repaired: u64, path: &[u32]) -> i64 {
        let (element, entered) = split.map_or((decide.id, ended.entered), |split| (split, ended.at));
        let resolved = self.visit(element, entered, path).resolved_after().map_or(NEVER, |after| ended.at + after);
        self.trace.note(ended.at, "no matching flow", if resolved == NEVER { "stays" } else { "resolved" });
        self.trace.incident(element, "NO_FLOW_MATCHES", ended.at, resolved);
        if resolved != NEVER {
            self.trace.ticks.push(resolved);
            self.trace.write(resolved, result_of(decide.id), Written::Value(result(decide, repaired)));
        }
        resolved
    }

    /// Records the gateway, or that the activity itself was left later than it was done.
    fn chosen(&mut self, ended: &Ended, split: Option<Id>, at: i64, path: &[u32]) {
        match split {
            Some(split) => {
                let record = self.trace.enter(split, path, ended.at);
                self.trace.complete(record, at);
            }
            None if at == NEVER => self.trace.records[ended.record].end = End::Open,
            None => self.trace.complete(ended.record, at),
        }
    }

    #[allow(clippy::too_many_arguments)] // the fields of the block
    fn exclusive(
        &mut self,
        decide: &Activity,
        split: Option<Id>,
        join: Option<Id>,
        branches: &[Branch],
        [has_default, has_labels]: [bool; 2],
        entries: &[i64],
        path: &[u32],
    ) -> Left {
        let conditions = branches.len() - usize::from(has_default);
        let mut all = Left::nothing();
        let mut taken = vec![Vec::new(); branches.len()];
        for entry in entries {
            let (ended, value) = self.decided(decide, *entry, path);
            all.stays_until(ended.at);
            if ended.at == NEVER {
                continue;
            }
            let rest = value % decide.says.filter(|_| has_labels).unwrap_or(conditions as u64 + 1);
            let holds = |number: &usize| match test_of(&branches[*number], split) {
                Test::Equals => *number as u64 == rest,
                // A label that names a variable.
                Test::UpTo if has_labels => is_set(self.seed, *number as u8, ended.at),
                Test::UpTo => rest <= *number as u64,
            };
            let matching = match self.mistake {
                Mistake::LastMatchWins => (0..conditions).rev().find(holds),
                _ => (0..conditions).find(holds),
            };
            let default = (has_default && self.mistake != Mistake::DefaultIsIgnored).then_some(conditions);
            let (at, branch) = match matching.or(default) {
                Some(branch) => (ended.at, branch),
                None => (self.stuck(decide, &ended, split, 0, path), 0),
            };
            self.chosen(&ended, split, at, path);
            all.stays_until(at);
            if at != NEVER {
                let is_default = branch == conditions;
                let construct = if has_labels { "labels" } else { "exclusive gateway" };
                self.trace.note(at, construct, if is_default { "default" } else { "condition" });
                taken[branch].push(at);
            }
        }
        for (branch, entries) in branches.iter().zip(&mut taken) {
            entries.sort_unstable();
            all.add(self.block(&branch.block, entries, path).into(&branch.block));
        }
        self.met(join, all, path)
    }

    #[allow(clippy::too_many_arguments)] // the fields of the block
    fn inclusive(
        &mut self,
        decide: &Activity,
        split: Option<Id>,
        join: Id,
        branches: &[Block],
        has_default: bool,
        entry: i64,
        path: &[u32],
    ) -> Left {
        let (ended, value) = self.decided(decide, entry, path);
        if ended.at == NEVER {
            return Left { exits: Vec::new(), alive: NEVER, reach: NEVER };
        }
        let conditions = branches.len() - usize::from(has_default);
        let mut taken: Vec<usize> = (0..conditions).filter(|number| value >> number & 1 == 1).collect();
        let mut at = ended.at;
        if taken.is_empty() && has_default && self.mistake != Mistake::DefaultIsIgnored {
            taken.push(conditions);
        } else if taken.is_empty() {
            at = self.stuck(decide, &ended, split, 1, path);
            taken.push(0);
        }
        self.chosen(&ended, split, at, path);
        if at == NEVER {
            return Left { exits: Vec::new(), alive: NEVER, reach: NEVER };
        }
        let cell = if taken == [conditions] { "default" } else { ["one", "two", "several"][taken.len().min(3) - 1] };
        self.trace.note(at, "inclusive gateway", cell);
        let mut all = Left { exits: Vec::new(), alive: at, reach: at };
        let mut quiet = at;
        for number in taken {
            let left = self.block(&branches[number], &[at], path).into(&branches[number]);
            quiet = quiet.max(left.quiet());
            all.add(left);
        }
        // Behind a single branch there is nothing to wait for.
        let joins = branches.iter().filter(|branch| branch.can_exit()).count() > 1;
        if joins && !all.exits.is_empty() && self.mistake != Mistake::InclusiveJoinDoesNotWait {
            all.stays_until(quiet);
            let outcome = match quiet {
                NEVER => "stays",
                quiet if all.exits.contains(&quiet) => "last arrival",
                _ => "death",
            };
            self.trace.note(all.exits[0], "inclusive join", outcome);
            all.exits = Vec::from_iter((quiet != NEVER).then_some(quiet));
        }
        self.met(Some(join), all, path)
    }

    fn parallel(&mut self, split: Id, join: Id, branches: &[Block], entries: &[i64], path: &[u32]) -> Left {
        let mut all = Left::nothing();
        for entry in entries {
            self.trace.point(split, path, *entry);
            all.stays_until(*entry);
        }
        let mut arrivals = Vec::new();
        for branch in branches {
            let mut left = self.block(branch, entries, path).into(branch);
            if branch.can_exit() {
                left.exits.sort_unstable();
                arrivals.push(std::mem::take(&mut left.exits));
            }
            all.add(left);
        }
        // The n-th token of each flow goes on with the n-th of the others.
        let fires = arrivals.iter().map(Vec::len).min().unwrap_or(0);
        let is_left_over = arrivals.iter().any(|times| times.len() > fires);
        for number in 0..fires {
            let times = arrivals.iter().map(|times| times[number]);
            all.exits.extend(if self.mistake == Mistake::ParallelJoinDoesNotWait { times.min() } else { times.max() });
        }
        let outcome = if is_left_over { "leftover" } else { "fires" };
        self.trace.note(entries[0], "parallel join", outcome);
        if is_left_over && self.mistake != Mistake::LeftoverTokensAreForgotten {
            all.stays_until(NEVER);
        }
        all.exits.iter().max().copied().into_iter().for_each(|last| all.stays_until(last));
        self.met(Some(join), all, path)
    }

    /// A loop by gateways. Who goes round enters again; so all is worked out anew until nobody new goes round.
    fn rounds(&mut self, merge: Id, body: &Block, decide: &Activity, split: Id, entries: &[i64], path: &[u32]) -> Left {
        let mut inside = entries.to_vec();
        loop {
            let mark = self.trace.mark();
            inside.iter().for_each(|entry| self.trace.point(merge, path, *entry));
            let left = self.block(body, &inside, path);
            let mut all = Left { exits: Vec::new(), ..left };
            let mut next = entries.to_vec();
            for exit in left.exits {
                let (ended, value) = self.decided(decide, exit, path);
                all.stays_until(ended.at);
                if ended.at == NEVER {
                    continue;
                }
                self.trace.point(split, path, ended.at);
                let goes_round = value % 3 == 0 && self.mistake != Mistake::OneRoundOnly;
                self.trace.note(ended.at, "back loop", if goes_round { "again" } else { "leaves" });
                if goes_round { next.push(ended.at) } else { all.exits.push(ended.at) }
            }
            next.sort_unstable();
            if next == inside || self.is_too_large {
                return all;
            }
            self.trace.rewind(mark);
            inside = next;
        }
    }

    fn end(&mut self, before: Option<&Activity>, id: Id, kind: EndKind, entries: &[i64], path: &[u32]) -> Left {
        let mut all = Left::nothing();
        for entry in entries {
            let at = before.map_or(*entry, |activity| self.activity(activity, &[], *entry, path).at);
            all.stays_until(at);
            if at != NEVER {
                let until = self.ended(id, kind, at, path);
                all.stays_until(until);
            }
        }
        all
    }

    pub fn met(&mut self, join: Option<Id>, left: Left, path: &[u32]) -> Left {
        for exit in &left.exits {
            join.iter().for_each(|join| self.trace.point(*join, path, *exit));
        }
        left
    }
}

impl Left {
    pub fn nothing() -> Left {
        Left { exits: Vec::new(), alive: 0, reach: 0 }
    }

    pub fn stays_until(&mut self, at: i64) {
        self.alive = self.alive.max(at);
        self.reach = self.reach.max(at);
    }

    pub fn add(&mut self, other: Left) {
        self.exits.extend(other.exits);
        self.alive = self.alive.max(other.alive);
        self.reach = self.reach.max(other.reach);
    }

    /// When a join behind it, which asks for one token, waits for no more: it has come, or none can come any more.
    pub fn quiet(&self) -> i64 {
        self.exits.iter().copied().max().unwrap_or(self.reach)
    }

    /// Of a block that no way leads out of: who is in it, comes to no exit.
    pub fn into(self, block: &Block) -> Left {
        if block.can_exit() { self } else { Left { reach: 0, ..self } }
    }
}
