//! The oracle's activities: their work, their repetition, their boundary events, and the ends that end more than a token.

use crate::block::*;
use crate::draw::{collection_of, result, result_of, tally_of};
use crate::evaluate::{Catches, Frame, Left, Mistake, Oracle};
use crate::evaluate_event::Comes;
use crate::plan::{Answer, Called, Visit, Work, item};
use crate::trace::{NEVER, Signal, Written};
use serde_json::Value;

/// What became of one activity.
pub struct Ended {
    pub record: usize,
    pub entered: i64,
    /// When it completed; never, when it did not.
    pub at: i64,
    /// When it was gone, by whatever end.
    pub gone: i64,
    /// The boundary events that were triggered, and when.
    pub triggered: Vec<(usize, i64)>,
}

impl Oracle {
    /// Activities with boundary events: those are entered when they are triggered, and go on beside or instead.
    pub fn guarded(&mut self, host: &Activity, guards: &[Guard], entries: &[i64], path: &[u32]) -> Left {
        let mut all = Left::nothing();
        let mut triggered = vec![Vec::new(); guards.len()];
        for entry in self.together(host, entries, &mut all) {
            let ended = self.activity(host, guards, entry, path);
            all.stays_until(ended.gone);
            let gives = if self.mistake == Mistake::QuantityIsOne { 1 } else { host.gives as usize };
            all.exits.extend(std::iter::repeat_n(ended.at, gives).filter(|at| *at != NEVER));
            ended.triggered.into_iter().for_each(|(guard, at)| triggered[guard].push(at));
        }
        for (guard, mut times) in guards.iter().zip(triggered) {
            times.sort_unstable();
            times.iter().for_each(|at| self.trace.point(guard.id, path, *at));
            let left = self.block(&guard.then, &times, path);
            match guard.rejoins {
                true => all.add(left.into(&guard.then)),
                false => all.alive = all.alive.max(left.alive),
            }
        }
        all
    }

    /// When it starts: with so many tokens as it takes; fewer wait for more.
    fn together(&mut self, it: &Activity, entries: &[i64], all: &mut Left) -> Vec<i64> {
        let mut entries = entries.to_vec();
        if it.takes == 1 || self.mistake == Mistake::QuantityIsOne {
            return entries;
        }
        entries.sort_unstable();
        let groups = entries.chunks_exact(it.takes as usize);
        let rest = groups.remainder().first();
        self.trace.note(entries[0], "start quantity", if rest.is_some() { "leftover" } else { "starts" });
        rest.iter().for_each(|_| all.stays_until(NEVER));
        groups.filter_map(|group| group.last().copied()).collect()
    }

    pub fn activity(&mut self, it: &Activity, guards: &[Guard], at: i64, path: &[u32]) -> Ended {
        let mark = self.trace.mark();
        let record = self.trace.enter(it.id, path, at);
        let inside = self.trace.mark();
        let catches = guards.iter().enumerate();
        let catches =
            catches.map(|(place, it)| Catches { id: it.id, place, trigger: it.trigger, interrupts: it.interrupts });
        self.frames.push(Frame { is_scope: false, catches: catches.collect(), at, path: path.to_vec() });
        let frame = self.frames.len() - 1;
        let outside: Vec<Vec<Comes>> =
            guards.iter().map(|guard| self.triggers(guard.id, guard.trigger, at, path)).collect();
        let is_over =
            |(guard, comes): (&Guard, &Vec<Comes>)| guard.interrupts && comes.first().is_some_and(|it| it.at == at);
        let mut done = match &it.repeat {
            // A condition that is true at once comes before the work.
            _ if guards.iter().zip(&outside).any(is_over) => NEVER,
            Some(repeat) => self.repetition(it, repeat, at, path),
            None => self.work(it, at, path, false).0,
        };
        let mut thrown = self.trace.take_signal(mark, frame);
        if let Some(signal) = thrown.filter(|signal| guards[signal.guard].trigger == Trigger::Cancel) {
            // The transaction is left by its cancel event when all is undone.
            let undoable = self.trace.undoable_since(inside);
            self.trace.cut(inside, signal.at);
            done = NEVER;
            let undone = self.undo_transaction(&undoable, signal.at);
            self.trace.is_undone(undoable, signal.at, undone);
            let canceled = Signal { at: undone, ..signal };
            thrown = self.trace.take_signal(mark, frame).or(Some(canceled)).filter(|signal| signal.at != NEVER);
        }
        self.frames.pop();
        let raised = self.trace.take_raised(mark, frame);
        let (mut gone, mut winner, mut by) = (done, None, None);
        for (number, guard) in guards.iter().enumerate() {
            let interrupts = guard.interrupts || self.mistake == Mistake::NonInterruptingInterrupts;
            let comes = outside[number].first().filter(|_| interrupts).copied();
            if let Some(comes) = comes.filter(|comes| comes.at < gone) {
                (gone, winner, by) = (comes.at, Some(number), Some(comes));
            }
            if let Some(signal) = thrown.filter(|signal| signal.guard == number && signal.at < gone) {
                (gone, winner, by) = (signal.at, Some(number), None);
            }
        }
        let mut triggered: Vec<(usize, i64)> = Vec::new();
        match winner {
            Some(number) => {
                if self.mistake != Mistake::InterruptingCancelsNothing {
                    self.trace.cut(mark, gone);
                }
                by.into_iter().for_each(|comes| self.came(comes, at, true));
                triggered.push((number, gone));
            }
            None => self.trace.complete(record, done),
        }
        for (number, _) in guards.iter().enumerate().filter(|(_, guard)| !guard.interrupts) {
            let inside = raised.iter().filter(|it| it.guard == number && it.at <= gone).map(|it| it.at);
            triggered.extend(inside.map(|at| (number, at)));
            for comes in &outside[number] {
                // What is thrown in here comes while it is still active.
                let is_thrown = comes.at == gone && comes.is_told && self.trace.is_thrown_since(mark, gone);
                if comes.at < gone || is_thrown {
                    self.came(*comes, at, false);
                    triggered.push((number, comes.at));
                }
            }
        }
        for (number, _) in guards.iter().enumerate().filter(|(number, _)| winner != Some(*number)) {
            // It comes in the moment in which the activity is gone: which is first, is open.
            let is_thrown = self.trace.is_thrown_since(mark, gone) && winner.is_none();
            if outside[number].iter().any(|comes| comes.at == gone && !(is_thrown && comes.is_told)) {
                self.trace.open(gone, "comes when its activity ends");
            }
        }
        self.note(it, guards, gone, winner, &triggered);
        let completed = if winner.is_none() { done } else { NEVER };
        self.remember(it, mark, [at, completed, gone], path, it.repeat.is_none());
        Ended { record, entered: at, at: if winner.is_none() { done } else { NEVER }, gone, triggered }
    }

    fn note(&mut self, it: &Activity, guards: &[Guard], gone: i64, winner: Option<usize>, triggered: &[(usize, i64)]) {
        let outcome = match (gone, winner) {
            (NEVER, _) => "stays",
            (_, Some(_)) => "interrupted",
            (_, None) => "completed",
        };
        let since = if gone == NEVER { 0 } else { gone };
        // A none task is only ended by what was true before it began.
        if !(it.kind == Kind::Instant && outcome == "interrupted") {
            self.trace.note(since, kind_name(it), outcome);
        }
        if let Some(repeat) = &it.repeat {
            self.trace.note(since, repeat_name(repeat), outcome);
        }
        for (number, guard) in guards.iter().enumerate() {
            let outcome = match triggered.iter().filter(|(of, _)| *of == number).count() {
                0 => "not triggered",
                1 => "triggered",
                _ => "triggered again",
            };
            self.trace.note(since, guard_name(guard), outcome);
        }
    }

    /// One run of an activity: when it is done, and what it leaves.
    fn work(&mut self, it: &Activity, at: i64, path: &[u32], is_collected: bool) -> (i64, Value) {
        let value = result(it, self.visit(it.id, at, path).value());
        let done = match &it.kind {
            Kind::Instant => at,
            Kind::Job => self.job(it.id, at, path),
            Kind::User => self.comes(self.visit(it.id, at, path).person(), at),
            Kind::Catch(wait) => match self.waited(it.id, *wait, at, path) {
                None => NEVER,
                // What is true already moves it at once.
                Some(comes) if comes.at == at => at,
                Some(comes) => {
                    self.came(comes, at, false);
                    comes.at
                }
            },
            Kind::Receive { timeout } => self.receive(it.id, *timeout, at, path),
            Kind::Call => self.call(it.id, at, path),
            Kind::Sub { start, body, end, events, .. } => self.scope(*start, body, *end, events, at, path).0,
            Kind::AdHoc { items, is_sequential: false, enough: Some(enough), finishes } => {
                self.ad_hoc_until(items, *enough, *finishes, at, path)
            }
            Kind::AdHoc { items, is_sequential, enough, .. } => self.ad_hoc(items, *is_sequential, *enough, at, path),
        };
        if done != NEVER && it.tallies {
            let counts = it.repeat.is_none() || self.mistake != Mistake::TallyForgetsRepetition;
            let written = if it.maps { Written::OneMoreThanAt(at) } else { Written::OneMore };
            counts.then(|| self.trace.write(done, tally_of(it.id), written));
        } else if done != NEVER && !is_collected && leaves_result(&it.kind) {
            self.trace.write(done, result_of(it.id), Written::Value(value.clone()));
        }
        (done, value)
    }

    fn comes(&mut self, after: Option<i64>, at: i64) -> i64 {
        let comes = after.map_or(NEVER, |after| at + after);
        self.trace.ticks.extend(after.map(|_| comes));
        comes
    }

    fn job(&mut self, id: Id, entered: i64, path: &[u32]) -> i64 {
        let visit = Visit { seed: self.seed, element: id, at: entered, path };
        let (mut number, mut at, mut failed) = (1, entered, 0);
        loop {
            self.trace.attempts.push(crate::trace::Attempt { element: id, number, at });
            at += visit.delay(number);
            let answer = visit.answer(number);
            if answer == Answer::Nothing {
                self.trace.note(entered, "job", "held");
                return NEVER;
            }
            self.trace.ticks.push(at);
            let incident = match answer {
                Answer::Complete => return at,
                Answer::Nothing => return NEVER,
                Answer::Fail if failed < 2 => {
                    failed += 1;
                    if self.mistake != Mistake::RetriesAreFree {
                        at += visit.backoff(number);
                        self.trace.ticks.push(at);
                    }
                    self.trace.note(at, "job", "retried");
                    number += 1;
                    continue;
                }
                Answer::Fail => "JOB_FAILED",
                Answer::FailNamed(code) => match self.catcher(code) {
                    Some((frame, guard, true)) => return self.throw(frame, guard, at),
                    _ => "JOB_FAILED",
                },
                Answer::Error(code) => match self.catcher(code) {
                    Some((frame, guard, _)) => return self.throw(frame, guard, at),
                    None => "UNCAUGHT_ERROR",
                },
            };
            debug_assert!(!matches!(visit.work(), Work::Complete { .. }), "what completes has no incident");
            let resolved = visit.resolved_after().map(|after| at + after);
            self.trace.note(at, incident, if resolved.is_some() { "resolved" } else { "stays" });
            self.trace.incident(id, incident, at, resolved.unwrap_or(NEVER));
            let Some(resolved) = resolved else { return NEVER };
            self.trace.ticks.push(resolved);
            (at, number) = (resolved, number + 1);
        }
    }

    fn receive(&mut self, id: Id, timeout: Option<i64>, at: i64, path: &[u32]) -> i64 {
        let message = self.visit(id, at, path).message().map_or(NEVER, |after| at + after);
        let timeout = timeout.map_or(NEVER, |timeout| at + timeout);
        if message.min(timeout) != NEVER {
            self.trace.ticks.push(message.min(timeout));
        }
        if message <= timeout {
            return message;
        }
        // Its code is none of ours, so only what catches every code catches it.
        match self.catcher(TIMEOUT) {
            Some((frame, guard, _)) => self.throw(frame, guard, timeout),
            None => {
                self.trace.note(timeout, "receive task", "timeout");
                self.trace.incident(id, "RECEIVE_TIMEOUT", timeout, NEVER);
                NEVER
            }
        }
    }

    fn call(&mut self, id: Id, at: i64, path: &[u32]) -> i64 {
        let visit = Visit { seed: self.seed, element: id, at, path };
        let ends = at + visit.delay(1);
        if let Some((after, code)) = visit.escalation() {
            self.trace.ticks.push(at + after);
            self.trace.note(at + after, "call activity", "escalates");
            if self.escalate(code, at + after) == NEVER {
                return NEVER;
            }
        }
        let visit = self.visit(id, at, path);
        self.trace.ticks.push(ends);
        let code = match visit.called() {
            Called::Completes => return ends,
            Called::Fails(code) => match self.catcher(code) {
                Some((frame, guard, _)) => return self.throw(frame, guard, ends),
                None => "UNCAUGHT_ERROR",
            },
            Called::IsRefused => "CALL_REFUSED",
        };
        self.trace.note(ends, "call activity", code);
        self.trace.incident(id, code, ends, NEVER);
        NEVER
    }

    fn repetition(&mut self, it: &Activity, repeat: &Repeat, at: i64, path: &[u32]) -> i64 {
        let mark = self.trace.mark();
        let ends: Vec<(i64, Value)> = match repeat {
            Repeat::Instances { count, at_once: true, .. } => {
                (0..*count).map(|n| self.instance(it, n, at, path)).collect()
            }
            Repeat::Instances { count, enough, .. } => {
                let most = enough.map_or(*count, |enough| enough.min(*count)).min(self.ended_by(repeat));
                self.one_by_one(it, at, path, |completed| completed < most)
            }
            Repeat::While { test_before, below, maximum } => {
                let is_before = *test_before && self.mistake != Mistake::TestBeforeIsAfter;
                let (below, maximum) = (*below, maximum.unwrap_or(u32::MAX));
                self.one_by_one(it, at, path, |completed| {
                    completed < maximum && (completed == 0 && !is_before || below.is_none_or(|below| completed < below))
                })
            }
        };
        let mut times: Vec<i64> = ends.iter().map(|(end, _)| *end).collect();
        times.sort_unstable();
        if let Repeat::Instances { enough: Some(_), .. } | Repeat::Instances { tells: Some(_), .. } = repeat {
            // Who is done in the same moment may be ended before.
            times
                .windows(2)
                .filter(|pair| pair[0] == pair[1] && pair[0] != NEVER)
                .for_each(|pair| self.trace.open(pair[0], "instances end together"));
        }
        let done = match repeat {
            Repeat::Instances { enough: Some(enough), .. } if self.mistake != Mistake::EnoughIsIgnored => {
                let enough = times.get(*enough as usize - 1).copied().filter(|at| *at != NEVER);
                if enough == Some(at) {
                    // Some were done before others had begun, or all had: that is open.
                    self.trace.open(at, "instances end at once");
                }
                enough.or(times.last().copied())
            }
            _ => times.last().copied(),
        };
        let done = done.unwrap_or(at);
        if done != NEVER {
            self.trace.cut(mark, done);
        }
        let done = self.told(repeat, &times, at, done);
        if done != NEVER && it.collects() {
            let planned = if let Repeat::Instances { count, .. } = repeat { *count as usize } else { 0 };
            let has_items = matches!(repeat, Repeat::Instances { has_items: true, .. });
            let with_item = |number: usize, left: &Value| match left.as_u64().filter(|_| has_items) {
                Some(left) => Value::from(item(number) + left),
                None => left.clone(),
            };
            let left = |number: usize| {
                let ended = ends.get(number).filter(|(end, _)| *end <= done);
                ended.map_or(Value::Null, |(_, left)| with_item(number, left))
            };
            let collection = Value::Array((0..planned).map(left).collect());
            self.trace.write(done, collection_of(it.id), Written::Value(collection));
        }
        done
    }

    /// With so many instances, one after the other, the boundary event ends them: before the next begins.
    fn ended_by(&self, repeat: &Repeat) -> u32 {
        let ends = |it: &&Catches| it.interrupts && matches!(it.trigger, Trigger::Instances(_));
        let is_ended = self.frames.last().is_some_and(|frame| frame.catches.iter().any(|it| ends(&it)));
        match repeat {
            Repeat::Instances { tells: Some(Tells::When(number)), .. } if is_ended => *number,
            Repeat::Instances { tells: Some(_), .. } if is_ended => 1,
            _ => u32::MAX,
        }
    }

    /// The boundary event is told of instances that are done, the last one included; it may end the rest, or the whole.
    fn told(&mut self, repeat: &Repeat, times: &[i64], since: i64, done: i64) -> i64 {
        let Repeat::Instances { tells: Some(tells), .. } = repeat else { return done };
        let told: Vec<i64> = times.iter().copied().filter(|at| *at != NEVER && *at <= done).collect();
        let told: &[i64] = match tells {
            _ if self.mistake == Mistake::EachInstanceTells => &told,
            Tells::Each => &told,
            Tells::First => &told[..told.len().min(1)],
            Tells::When(number) => told.get(*number as usize - 1..*number as usize).unwrap_or_default(),
        };
        let frame = self.frames.len() - 1;
        let events = self.frames[frame].catches.iter().filter(|it| matches!(it.trigger, Trigger::Instances(_)));
        for it in events.copied().collect::<Vec<_>>() {
            match (it.interrupts, told.first()) {
                (_, None) => {}
                (true, Some(at)) => {
                    if *at == since {
                        self.trace.open(since, "instances end at once");
                    }
                    self.trace.signal(Signal { at: *at, frame, guard: it.place });
                    return NEVER;
                }
                (false, Some(_)) => {
                    told.iter().for_each(|at| self.trace.raise(Signal { at: *at, frame, guard: it.place }));
                }
            }
        }
        done
    }

    fn one_by_one(&mut self, it: &Activity, at: i64, path: &[u32], goes_on: impl Fn(u32) -> bool) -> Vec<(i64, Value)> {
        let mut ends: Vec<(i64, Value)> = Vec::new();
        let mut next = at;
        while next != NEVER && goes_on(ends.len() as u32) {
            let end = self.instance(it, ends.len() as u32, next, path);
            next = end.0;
            ends.push(end);
        }
        ends
    }

    fn instance(&mut self, it: &Activity, number: u32, at: i64, path: &[u32]) -> (i64, Value) {
        let (outside, path) = (path, [path, &[number]].concat());
        let (record, mark) = (self.trace.enter(it.id, &path, at), self.trace.mark());
        let (done, left) = self.work(it, at, &path, it.collects());
        self.trace.complete(record, done);
        self.remember(it, mark, [at, done, NEVER], outside, true);
        (done, left)
    }
}

/// A code that no error boundary event names.
const TIMEOUT: u8 = u8::MAX;

fn leaves_result(kind: &Kind) -> bool {
    matches!(kind, Kind::Job | Kind::User | Kind::Receive { .. } | Kind::Call)
}

fn kind_name(it: &Activity) -> &'static str {
    match &it.kind {
        Kind::Instant => "none task",
        Kind::Job => "service task",
        Kind::User => "user task",
        Kind::Catch(Wait::Timer(_)) => "timer catch event",
        Kind::Catch(Wait::Signal(_)) => "signal catch event",
        Kind::Catch(Wait::Flag(_)) => "conditional catch event",
        Kind::Catch(Wait::Multiple(Parts { are_all_needed: false, .. })) => "multiple catch event",
        Kind::Catch(Wait::Multiple(_)) => "parallel multiple catch event",
        Kind::Catch(_) => "message catch event",
        Kind::Receive { .. } => "receive task",
        Kind::Call => "call activity",
        Kind::Sub { is_transaction: true, .. } => "transaction",
        Kind::Sub { .. } => "sub-process",
        Kind::AdHoc { is_sequential: true, .. } => "ad-hoc sub-process, sequential",
        Kind::AdHoc { .. } => "ad-hoc sub-process, parallel",
    }
}

fn repeat_name(repeat: &Repeat) -> &'static str {
    match repeat {
        Repeat::Instances { at_once: true, enough: None, .. } => "parallel instances",
        Repeat::Instances { at_once: true, .. } => "parallel instances until",
        Repeat::Instances { enough: None, .. } => "sequential instances",
        Repeat::Instances { .. } => "sequential instances until",
        Repeat::While { test_before: true, .. } => "loop, tested before",
        Repeat::While { .. } => "loop, tested after",
    }
}

fn guard_name(guard: &Guard) -> &'static str {
    match (guard.trigger, guard.interrupts) {
        (Trigger::Timer { .. }, true) => "boundary timer",
        (Trigger::Timer { times: 1, .. }, false) => "boundary timer beside",
        (Trigger::Timer { .. }, false) => "boundary cycle beside",
        (Trigger::Message, true) => "boundary message",
        (Trigger::Message, false) => "boundary message beside",
        (Trigger::Signal(_), true) => "boundary signal",
        (Trigger::Signal(_), false) => "boundary signal beside",
        (Trigger::Flag(_), true) => "boundary condition",
        (Trigger::Flag(_), false) => "boundary condition beside",
        (Trigger::Escalation(_), true) => "boundary escalation",
        (Trigger::Escalation(_), false) => "boundary escalation beside",
        (Trigger::Cancel, _) => "boundary cancel",
        (Trigger::Instances(_), true) => "boundary event of instances",
        (Trigger::Instances(_), false) => "boundary event of instances beside",
        (Trigger::Multiple(Parts { are_all_needed: false, .. }), true) => "boundary multiple",
        (Trigger::Multiple(Parts { are_all_needed: false, .. }), false) => "boundary multiple beside",
        (Trigger::Multiple(_), true) => "boundary parallel multiple",
        (Trigger::Multiple(_), false) => "boundary parallel multiple beside",
        (Trigger::Mixed { is_error: true, .. }, _) => "boundary multiple with an error",
        (Trigger::Mixed { .. }, true) => "boundary multiple with an escalation",
        (Trigger::Mixed { .. }, false) => "boundary multiple with an escalation beside",
        (Trigger::Error(Some(_)), _) => "boundary error",
        (Trigger::Error(None), _) => "boundary error, any",
    }
}
