//! The oracle's compensation: what can be undone at some moment, and undoing it (BPMN 2.0, 10.7 and 13.5.5).
//!
//! What completes is written down where it stands, with what has completed inside it. Who undoes looks at what was completed
//! by then and not undone since: a handler undoes its activity as a whole; without one, all in it is undone. What is still
//! active when its transaction is canceled is undone as far as it has come.

use crate::block::*;
use crate::evaluate::{Left, Mistake, Oracle};
use crate::trace::{Mark, NEVER};

/// Something that can be undone, once it has completed.
#[derive(Debug, Clone)]
pub struct Undoable {
    pub element: Id,
    pub path: Vec<u32>,
    pub entered: i64,
    /// When it completed.
    pub at: i64,
    /// From then on it is undone, or gone without having completed.
    pub until: i64,
    pub handler: Option<Activity>,
    pub inside: Vec<Undoable>,
}

impl Undoable {
    /// Ended at `at` by something around it that goes on.
    pub fn cut(&mut self, at: i64) {
        if self.at > at {
            (self.at, self.until) = (NEVER, self.until.min(at));
        } else if self.until > at {
            self.until = NEVER;
        }
        self.inside.iter_mut().for_each(|inside| inside.cut(at));
    }

    /// As far as it can be undone at `at`.
    fn at(&self, at: i64) -> Option<Undoable> {
        if self.entered > at || self.until <= at {
            return None;
        }
        let inside: Vec<Undoable> = self.inside.iter().filter_map(|inside| inside.at(at)).collect();
        let is_completed = self.at <= at;
        let handler = self.handler.clone().filter(|_| is_completed);
        let is_something = handler.is_some() || !inside.is_empty();
        is_something.then(|| Undoable { at: self.at.min(at), handler, inside, ..self.clone() })
    }
}

impl Oracle {
    /// An activity that was entered at `entered` has completed `at`, or was `gone` without.
    pub fn remember(&mut self, it: &Activity, mark: Mark, [entered, at, gone]: [i64; 3], path: &[u32], is_whole: bool) {
        let inside = self.trace.undoable_since(mark);
        let handler = it.undone_by.as_ref().filter(|_| is_whole).map(|undo| undo.handler.clone());
        self.keep(it.id, handler, inside, [entered, at, gone], path);
    }

    pub fn keep(
        &mut self,
        element: Id,
        handler: Option<Activity>,
        inside: Vec<Undoable>,
        [entered, at, gone]: [i64; 3],
        path: &[u32],
    ) {
        if handler.is_some() || !inside.is_empty() {
            let until = if at == NEVER { gone } else { NEVER };
            self.trace.undoable.push(Undoable { element, path: path.to_vec(), entered, at, until, handler, inside });
        }
    }

    /// A throwing event undoes one activity, or all in its scope.
    pub fn compensate(&mut self, it: &Compensate, entries: &[i64], path: &[u32]) -> Left {
        let mut all = Left::nothing();
        let mut busy = 0;
        for entry in entries {
            if *entry < busy {
                self.trace.open(*entry, "is compensated twice at once");
            }
            let record = self.trace.enter(it.id, path, *entry);
            let from = self.scopes.last().copied().unwrap_or(0);
            let places = from..self.trace.undoable.len();
            let meant = |place: &usize| {
                let found = &self.trace.undoable[*place];
                it.activity.is_none_or(|activity| activity == found.element) && found.at <= *entry
            };
            let found: Vec<usize> = places.filter(meant).collect();
            let found =
                found.into_iter().filter_map(|place| Some((Some(place), self.trace.undoable[place].at(*entry)?)));
            let found: Vec<_> = found.collect();
            let what = match (found.len(), it.activity) {
                (0, _) => "finds nothing",
                (_, Some(_)) => "undoes an activity",
                (_, None) => "undoes a scope",
            };
            let done = self.undo(found, *entry);
            self.trace.note(*entry, "compensation event", what);
            self.trace.complete(record, done);
            self.trace.reopened.push((*entry, done));
            all.stays_until(done);
            busy = done;
            let goes_on = if it.waits { done } else { *entry };
            if !it.is_end && goes_on != NEVER {
                all.exits.push(goes_on);
            }
        }
        all
    }

    /// What of a transaction is undone that is canceled `at`.
    pub fn undo_transaction(&mut self, inside: &[Undoable], at: i64) -> i64 {
        let under_way = inside.iter().filter(|it| it.at > at && it.at(at).is_some()).count();
        if under_way > 1 {
            self.trace.open(at, "two are under way");
        }
        if self.trace.is_reopened(at) {
            self.trace.open(at, "is canceled while it is undone");
        }
        let found: Vec<_> = inside.iter().filter_map(|it| Some((None, it.at(at)?))).collect();
        let what = match (found.is_empty(), under_way) {
            (true, _) => "undoes nothing",
            (false, 0) => "undoes what has completed",
            (false, _) => "undoes what is under way",
        };
        self.trace.note(at, "cancel end event", what);
        self.undo(found, at)
    }

    /// The last completed first, one after the other.
    fn undo(&mut self, mut found: Vec<(Option<usize>, Undoable)>, at: i64) -> i64 {
        found.sort_by_key(|(_, it)| it.at);
        found
            .windows(2)
            .filter(|pair| pair[0].1.at == pair[1].1.at)
            .for_each(|_| self.trace.open(at, "completed at once"));
        if self.mistake != Mistake::FirstIsUndoneFirst {
            found.reverse();
        }
        let mut now = at;
        for (place, it) in found {
            if now == NEVER {
                break;
            }
            if let Some(undone) = place.and_then(|place| self.trace.undoable.get_mut(place)) {
                undone.until = now;
            }
            let begun = now;
            now = match &it.handler {
                Some(handler) => {
                    self.trace.note(begun, "compensation", "by a handler");
                    self.activity(handler, &[], begun, &it.path).at
                }
                None => {
                    self.trace.note(begun, "compensation", "of what is inside");
                    let done = self.undo(it.inside.into_iter().map(|inside| (None, inside)).collect(), begun);
                    self.trace.reopened.push((begun, done));
                    done
                }
            };
        }
        now
    }
}
