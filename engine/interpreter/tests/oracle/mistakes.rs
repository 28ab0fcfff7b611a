//! Is the checker able to fail? Oracles that are wrong in one rule each must be caught, and soon.

use crate::compare::{Verdict, check};
use crate::evaluate::Mistake;
use crate::generate::generate;
use crate::world::Options;

const ALL: [Mistake; 15] = [
    Mistake::ParallelJoinDoesNotWait,
    Mistake::InclusiveJoinDoesNotWait,
    Mistake::InterruptingCancelsNothing,
    Mistake::NonInterruptingInterrupts,
    Mistake::ErrorPassesItsCatcher,
    Mistake::TerminateEndsOneToken,
    Mistake::EnoughIsIgnored,
    Mistake::DefaultIsIgnored,
    Mistake::LastMatchWins,
    Mistake::LastEventWins,
    Mistake::OneRoundOnly,
    Mistake::RetriesAreFree,
    Mistake::TallyForgetsRepetition,
    Mistake::LeftoverTokensAreForgotten,
    Mistake::TestBeforeIsAfter,
];

/// Each must show within so many models.
const SOON: u64 = 400;

#[test]
fn a_wrong_oracle_is_caught() {
    let missed: Vec<String> = ALL
        .iter()
        .filter_map(|mistake| {
            let caught = (0..SOON).find(|seed| {
                let verdict = check(&generate(*seed), *mistake, Options::default());
                matches!(verdict, Verdict::Different(_))
            });
            println!("{mistake:?} is caught by the model {caught:?}");
            caught.is_none().then(|| format!("{mistake:?}"))
        })
        .collect();
    assert!(missed.is_empty(), "not caught: {missed:?}");
}
