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
//! | I13 | each timer fired once or was canceled, and not before its time, by the event and by its row | [`fold`] |
//! | I14 | of those who complete a user task one is told yes, and is who has done it | [`starts`], [`audit`] |
//! | I15 | who follows an instance live sees each event once, in order | [`live`](crate::live) |
//! | I16 | each operation that was answered has its row in the audit log, and none is there that nobody asked for | [`audit`] |
//! | I17 | nothing is of another tenant, and another tenant sees nothing | [`rules`] |
//! | I18 | after the last fault new instances end soon | [`run`](crate::run) |
//! | I19 | the faults really hit | [`run`](crate::run) |
//!
//! I6 is checked twice: by [`fold`], whose rules are not the engine's code, on what the API tells; and byte for byte by `baton
//! verify`, which folds each history with the interpreter. I9 is checked on what was applied, and on results of attempts that were
//! over, which workers send on purpose ([`forge`](crate::forge)). I3 and I14 know that operators cancel instances: then what
//! happened is a part of what the seed foretells.

mod audit;
mod effects;
mod ends;
mod facts;
mod fold;
mod rules;
mod starts;
#[cfg(test)]
mod tests;

pub use facts::{Audited, Batch, Event, Facts, Instance, Table};

use crate::{load::Ledger, process::Process};
use std::collections::HashMap;

/// What does not hold; nothing is as it should be.
pub fn check(facts: &Facts, ledger: &Ledger, processes: &[Process]) -> Vec<String> {
    let mut wrong = starts::check(facts, ledger);
    wrong.extend(rules::check(facts, ledger));
    wrong.extend(audit::check(facts, ledger));
    let mut children: HashMap<&str, u32> = HashMap::new();
    for parent in facts.instances.values().filter_map(|instance| instance.parent.as_deref()) {
        *children.entry(parent).or_default() += 1;
    }
    let ends = ends::Ends::of(facts, ledger);
    for instance in facts.instances.values() {
        let folded = fold::fold(instance, &mut wrong);
        rules::agrees(instance, &folded, ends.of_instance(instance), &mut wrong);
        effects::check(instance, facts, &mut wrong);
        let start = instance.order().and_then(|key| ledger.starts.get(key));
        if let (Some(start), None) = (start, &instance.parent) {
            let expected = processes[start.process].expected(start.seed);
            let calls = children.get(instance.id.as_str()).copied().unwrap_or_default();
            rules::as_expected(instance, (&folded, calls), &expected, &mut wrong);
            audit::variables(instance, ledger, &mut wrong);
        }
    }
    wrong
}
