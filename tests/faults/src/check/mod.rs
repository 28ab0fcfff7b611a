//! What must hold after a run, over ledgers that the engine does not write.
//!
//! | | invariant | here |
//! |---|---|---|
//! | I1 | every start that was answered is one instance, and none is there that nobody asked for | [`starts`] |
//! | I2 | every instance has ended | [`rules`], and the draining before it |
//! | I3 | its end, its variables and what happened in it are what its seed foretells | [`rules`] |
//! | I4 | history has no gaps and begins at 1 | [`rules`], from the rows; [`fold`], from the API |
//! | I5 | an instance's version is the number of its last event | [`rules`] |
//! | I6 | folding the history gives the state: its variables, its end, nothing alive | [`fold`], [`rules`] |
//! | I7 | of each job one result was applied, of its last attempt | [`fold`] |
//! | I8 | what was applied is what a worker really did for that job | [`effects`] |
//! | I9 | … in that very attempt | [`effects`] |
//! | I10 | no rows are left of jobs, timers, subscriptions, orders, tasks, incidents, scopes | [`rules`] |
//! | I11 | what was activated has ended once | [`fold`] |
//! | I12 | outbox and stream are empty | [`rules`] |
//! | I13 | each timer fired once or was canceled, and not before its time | [`fold`] |
//! | I14 | of those who complete a user task one is told yes | [`starts`] |
//! | I15 | who follows an instance live sees each event once, in order | [`live`](crate::live) |
//! | I17 | nothing is of another tenant | [`rules`] |
//! | I18 | after the last fault new instances end soon | [`run`](crate::run) |
//! | I19 | the faults really hit | [`run`](crate::run) |
//!
//! Left out: I16, since there is no audit log apart from history, which I4 to I6 cover. I14 knows one kind of actor, since all of
//! a run has one key. The engine's own test of I6, byte for byte, is in `interpreter` (its fold is not repeated here: this one
//! is another one, and checks what a person sees).

mod effects;
mod facts;
mod fold;
mod rules;
mod starts;
#[cfg(test)]
mod tests;

pub use facts::{Event, Facts, Instance, Table};

use crate::{load::Ledger, process::Process};
use std::collections::HashMap;

/// What does not hold; nothing is as it should be.
pub fn check(facts: &Facts, ledger: &Ledger, processes: &[Process]) -> Vec<String> {
    let mut wrong = starts::check(facts, ledger);
    wrong.extend(rules::check(facts));
    let mut children: HashMap<&str, u32> = HashMap::new();
    for parent in facts.instances.values().filter_map(|instance| instance.parent.as_deref()) {
        *children.entry(parent).or_default() += 1;
    }
    for instance in facts.instances.values() {
        let folded = fold::fold(instance, &mut wrong);
        rules::agrees(instance, &folded, &mut wrong);
        effects::check(instance, facts, &mut wrong);
        let start = instance.business_key.as_ref().and_then(|key| ledger.starts.get(key));
        if let (Some(start), None) = (start, &instance.parent) {
            let expected = processes[start.process].expected(start.seed);
            let calls = children.get(instance.id.as_str()).copied().unwrap_or_default();
            rules::as_expected(instance, (&folded, calls), &expected, &mut wrong);
        }
    }
    wrong
}
