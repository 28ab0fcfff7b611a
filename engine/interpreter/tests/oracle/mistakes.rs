//! Is the checker able to fail? Oracles that are wrong in one rule each must be caught, and soon.

use crate::compare::{Verdict, check};
use crate::draw::{Names, draw};
use crate::evaluate::Mistake;
use crate::generate::generate;
use crate::ledger::Ledger;
use crate::shape::Shape;
use crate::world::{Options, compiled, run};
use interpreter::{Event, EventKind};

const ALL: [Mistake; 21] = [
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
    Mistake::FirstIsUndoneFirst,
    Mistake::AnyIsAll,
    Mistake::SignalsStayOutside,
    Mistake::QuantityIsOne,
    Mistake::RestIsAlwaysCanceled,
    Mistake::EachInstanceTells,
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

/// Histories in which one event is missing or comes twice: the ledger must not follow them.
#[test]
fn a_history_that_breaks_a_rule_is_caught() {
    let (mut tried, mut caught) = (0, 0);
    for seed in 0..60 {
        let drawing = draw(&generate(seed), Names::Plain);
        let process = compiled(&drawing).unwrap();
        let shape = Shape::of(&drawing, &process);
        let Ok(happened) = run(&drawing, seed, Options::default()) else { continue };
        let follows = |events: &[Event]| Ledger::default().follow(&process, &shape, events).is_ok();
        assert!(follows(&happened.history), "the history of {seed} itself");
        for place in 0..happened.history.len() {
            if is_of_tokens(&happened.history[place].kind) {
                let mut missing = happened.history.clone();
                missing.remove(place);
                let mut twice = happened.history.clone();
                twice.insert(place, happened.history[place].clone());
                tried += 2;
                caught += u32::from(!follows(&missing)) + u32::from(!follows(&twice));
            }
        }
    }
    println!("{caught} of {tried} broken histories are caught");
    // What is still going on when the history ends may end in either way.
    assert!(tried > 1_000 && caught * 100 > tried * 97, "only {caught} of {tried} broken histories are caught");
}

fn is_of_tokens(kind: &EventKind) -> bool {
    matches!(
        kind,
        EventKind::ElementActivated { .. }
            | EventKind::ElementCompleted { .. }
            | EventKind::ElementTerminated { .. }
            | EventKind::FlowTaken { .. }
            | EventKind::TokenArrived { .. }
            | EventKind::TokensConsumed { .. }
    )
}
