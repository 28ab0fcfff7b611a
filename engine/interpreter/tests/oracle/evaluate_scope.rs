//! The oracle's scopes: event sub-processes, what ends them, and what has no flows.

use crate::block::*;
use crate::evaluate::{Catches, Frame, Left, Mistake, Oracle};
use crate::evaluate_event::Comes;
use crate::trace::{Mark, NEVER, Signal};

/// What comes for a scope while it is active.
#[derive(Clone, Copy)]
struct Coming {
    at: i64,
    /// Which event sub-process; none is a terminate end event.
    event: Option<usize>,
    is_thrown: bool,
    is_told: bool,
    is_doubtful: bool,
}

/// Of a process that begins with an event-based gateway.
pub const NO_START: Id = 0;

/// Of a signal that ends a scope, and no event sub-process catches it.
const TERMINATES: usize = usize::MAX;

impl Oracle {
    /// A process or sub-process from `at` on: when it is done, and whether that was a terminate end event.
    ///
    /// What comes for it is taken in the order of time, for each may end what would have come after it.
    pub fn scope(
        &mut self,
        start: Id,
        body: &Block,
        end: Id,
        events: &[EventSub],
        at: i64,
        path: &[u32],
    ) -> (i64, bool) {
        let (mark, frame) = (self.trace.mark(), self.frames.len());
        self.frames.push(Frame { is_scope: true, catches: catches(events, None), at, path: path.to_vec() });
        let serves = self.serves.take();
        self.scopes.push(serves.unwrap_or(self.trace.undoable.len()));
        let is_over = |it: &EventSub| {
            it.interrupts && self.triggers(it.start, it.trigger, at, path).first().is_some_and(|comes| comes.at == at)
        };
        let left = match events.iter().any(is_over) {
            // A condition that is true at once comes before all else.
            true => Left { exits: Vec::new(), alive: NEVER, reach: NEVER },
            false => {
                // A process may begin with another event.
                if start != NO_START {
                    self.trace.point(start, path, at);
                }
                self.block(body, &[at], path)
            }
        };
        left.exits.iter().for_each(|exit| self.trace.point(end, path, *exit));
        self.frames.pop();
        let (mut alive, mut since) = (left.alive.max(at), at - 1);
        self.scopes.pop();
        let mut thrown = self.thrown(mark, frame);
        loop {
            let outside = events.iter().enumerate().filter_map(|(number, event)| {
                let mut times = self.triggers(event.start, event.trigger, at, path).into_iter();
                let comes = times.find(|it| it.at > since)?;
                // Thrown in here, while it is still active.
                let is_thrown = comes.is_told && self.trace.is_thrown_since(mark, comes.at);
                let Comes { at, is_told, is_doubtful } = comes;
                Some(Coming { at, event: Some(number), is_thrown, is_told, is_doubtful })
            });
            let outside: Vec<Coming> = outside.collect();
            let next = outside.iter().chain(&thrown).copied().min_by_key(|coming| coming.at);
            if next.is_some_and(|it| it.at == alive && !it.is_thrown) {
                self.trace.open(alive, "comes when its scope ends");
            }
            let Some(coming) = next.filter(|it| it.at < alive || it.is_thrown && it.at <= alive) else { break };
            let is_it = |other: &Coming| (other.at, other.event) == (coming.at, coming.event);
            if let Some(place) = thrown.iter().position(is_it).filter(|_| coming.is_thrown) {
                thrown.remove(place);
            }
            since = coming.at;
            let Some(number) = coming.event else {
                // The handler that its compensation event has begun stands in the scope around, and may go on.
                if serves.is_some() && self.trace.is_reopened(coming.at) {
                    self.trace.open(coming.at, "is terminated while it undoes");
                }
                self.trace.cut(mark, coming.at);
                return (coming.at, true);
            };
            let event = &events[number];
            // Who comes first of several in one moment is open, and so is whether two conditions of one event are two occurrences.
            let twice =
                self.triggers(event.start, event.trigger, at, path).iter().filter(|it| it.at == coming.at).count() > 1;
            if twice && !event.interrupts {
                self.trace.open(coming.at, "comes twice in one moment");
            }
            let at_once = outside.iter().filter(|other| other.at == coming.at).count();
            match at_once {
                0 => {}
                1 => {
                    let Coming { at: moment, is_told, is_doubtful, .. } = coming;
                    self.came(Comes { at: moment, is_told, is_doubtful }, at, event.interrupts);
                }
                _ => self.trace.open(coming.at, "comes for two of a scope"),
            }
            self.trace.note(coming.at, event_name(event), if event.interrupts { "interrupts" } else { "runs beside" });
            if event.interrupts {
                self.trace.cut(mark, coming.at);
                return (self.event_sub_process(event, mark, coming.at, path), false);
            }
            let inner = self.trace.mark();
            self.frames.push(Frame { is_scope: true, catches: catches(events, Some(number)), at, path: path.to_vec() });
            alive = alive.max(self.event_sub_process(event, mark, coming.at, path));
            self.frames.pop();
            thrown.extend(self.thrown(inner, frame));
        }
        (alive, false)
    }

    /// What was thrown after `mark` at the scope whose frame is gone.
    fn thrown(&mut self, mark: Mark, frame: usize) -> Vec<Coming> {
        let first = self
            .trace
            .take_signal(mark, frame)
            .filter(|it| it.guard != TERMINATES || self.mistake != Mistake::TerminateEndsOneToken);
        let raised = self.trace.take_raised(mark, frame);
        let coming = |it: Signal| Coming {
            at: it.at,
            event: (it.guard != TERMINATES).then_some(it.guard),
            is_thrown: true,
            is_told: false,
            is_doubtful: false,
        };
        first.into_iter().chain(raised).map(coming).collect()
    }

    /// It stands for the scope around it, which began with `around`.
    fn event_sub_process(&mut self, it: &EventSub, around: Mark, at: i64, path: &[u32]) -> i64 {
        let (record, mark) = (self.trace.enter(it.id, path, at), self.trace.mark());
        self.serves = Some(around.undoable());
        let done = self.scope(it.start, &it.body, it.end, &[], at, path).0;
        self.trace.complete(record, done);
        let inside = self.trace.undoable_since(mark);
        self.keep(it.id, None, inside, [at, done, NEVER], path);
        done
    }

    /// All at once, or one after the other; nothing leads from one to the next.
    pub fn ad_hoc(
        &mut self,
        items: &[Activity],
        is_sequential: bool,
        enough: Option<u32>,
        at: i64,
        path: &[u32],
    ) -> i64 {
        let (mark, mut done, mut completed) = (self.trace.mark(), at, 0);
        for item in items {
            if is_sequential && (done == NEVER || enough == Some(completed)) {
                break;
            }
            let begins = if is_sequential { done } else { at };
            done = done.max(self.activity(item, &[], begins, path).at);
            completed += 1;
        }
        if enough.is_some() {
            self.trace.keep_inside(mark);
        }
        done
    }

    /// All at once, until `enough` have completed: what happens to the rest, is said.
    pub fn ad_hoc_until(&mut self, items: &[Activity], enough: u32, finishes: bool, at: i64, path: &[u32]) -> i64 {
        let mark = self.trace.mark();
        let mut ends: Vec<i64> = items.iter().map(|item| self.activity(item, &[], at, path).at).collect();
        // What its items leave is counted, in a variable of its own.
        self.trace.keep_inside(mark);
        ends.sort_unstable();
        let last = ends.last().copied().unwrap_or(at);
        let until = ends.get(enough as usize - 1).copied().unwrap_or(last);
        if until == NEVER || finishes && self.mistake != Mistake::RestIsAlwaysCanceled {
            self.trace.note(if last == NEVER { at } else { last }, "ad-hoc sub-process until", "finishes the rest");
            return last;
        }
        ends.windows(2)
            .filter(|pair| pair[0] == pair[1])
            .for_each(|pair| self.trace.open(pair[0], "instances end together"));
        self.trace.note(
            until,
            "ad-hoc sub-process until",
            if until < last { "cancels the rest" } else { "all are done" },
        );
        self.trace.cut(mark, until);
        until
    }

    /// Until when an end event that was entered `at` lives.
    pub fn ended(&mut self, id: Id, kind: EndKind, at: i64, path: &[u32]) -> i64 {
        let record = self.trace.enter(id, path, at);
        if !matches!(kind, EndKind::Error(_)) {
            self.trace.complete(record, at);
        }
        match kind {
            EndKind::None => {}
            EndKind::Escalation(_) | EndKind::Signal(_) | EndKind::Message | EndKind::Multiple(_) => {
                return self.thrown_by(id, &kind.thrown(), at);
            }
            EndKind::Cancel => return self.cancel(at),
            EndKind::Terminate => {
                let scope = self.frames.iter().rposition(|frame| frame.is_scope).unwrap_or_default();
                self.trace.signal(Signal { at, frame: scope, guard: TERMINATES });
                self.trace.note(at, "terminate end event", if scope == 0 { "process" } else { "sub-process" });
            }
            EndKind::Error(code) => match self.catcher(code) {
                Some((frame, guard, _)) => {
                    self.trace.note(at, "error end event", "caught");
                    return self.throw(frame, guard, at);
                }
                None => {
                    self.trace.note(at, "error end event", "uncaught");
                    self.trace.incident(id, "UNCAUGHT_ERROR", at, NEVER);
                    return NEVER;
                }
            },
        }
        at
    }

    /// The transaction around is ended, and left by its cancel event.
    fn cancel(&mut self, at: i64) -> i64 {
        let caught = self.find(|trigger| (trigger == Trigger::Cancel).then_some(true));
        if let Some((frame, catches, _)) = caught {
            self.trace.signal(Signal { at, frame, guard: catches.place });
        }
        NEVER
    }

    /// A complex gateway as a join of one activation: out with the `wanted`-th arrival, done when no more can come.
    pub fn first(&mut self, split: Id, join: Id, branches: &[Block], wanted: u32, entry: i64, path: &[u32]) -> Left {
        self.trace.point(split, path, entry);
        let mut all = Left { exits: Vec::new(), alive: entry, reach: entry };
        let mut reset = entry;
        for branch in branches {
            let left = self.block(branch, &[entry], path).into(branch);
            reset = reset.max(left.quiet());
            all.add(left);
        }
        let mut arrivals = std::mem::take(&mut all.exits);
        arrivals.sort_unstable();
        if branches.iter().filter(|branch| branch.can_exit()).count() < 2 {
            return self.met(Some(join), Left { exits: arrivals, ..all }, path);
        }
        let Some(activated) = arrivals.get(wanted as usize - 1).copied() else {
            // Those that have come wait for more.
            if let Some(first) = arrivals.first() {
                self.trace.note(*first, "complex gateway", "stays");
                all.stays_until(NEVER);
            }
            return all;
        };
        self.trace.note(activated, "complex gateway", if reset == NEVER { "is not reset" } else { "is reset" });
        let record = self.trace.enter(join, path, activated);
        self.trace.complete(record, reset);
        all.stays_until(reset);
        all.exits.push(activated);
        all
    }
}

fn catches(events: &[EventSub], but: Option<usize>) -> Vec<Catches> {
    let all = events.iter().enumerate().filter(|(place, _)| Some(*place) != but);
    all.map(|(place, it)| Catches { id: it.start, place, trigger: it.trigger, interrupts: it.interrupts }).collect()
}

fn event_name(event: &EventSub) -> &'static str {
    match event.trigger {
        Trigger::Timer { .. } => "event sub-process, timer",
        Trigger::Message => "event sub-process, message",
        Trigger::Signal(_) => "event sub-process, signal",
        Trigger::Flag(_) => "event sub-process, condition",
        Trigger::Error(_) => "event sub-process, error",
        Trigger::Escalation(_) => "event sub-process, escalation",
        Trigger::Cancel | Trigger::Instances(_) => "event sub-process, cancel",
        Trigger::Multiple(Parts { are_all_needed: false, .. }) => "event sub-process, multiple",
        Trigger::Multiple(_) => "event sub-process, parallel multiple",
        Trigger::Mixed { .. } => "event sub-process, multiple from inside",
    }
}
