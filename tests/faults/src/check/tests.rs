//! The checker checked: a made-up run in which everything holds, and bugs sown into it, each of which must be found.

use super::{Audited, Batch, Facts, Instance, check, facts::read_event};
use crate::{
    load::{Answer, Ledger, Start},
    operator::{Operation, Said, What},
    process::{Block, Process},
    worker::Line,
};
use serde_json::{Value, json};

const ID: &str = "i1";

struct Run {
    facts: Facts,
    ledger: Ledger,
    processes: Vec<Process>,
}

/// An instance of a job and a timer, as it should be.
fn run() -> Run {
    let events = [
        json!({"type": "instanceCreated", "key": 0}),
        json!({"type": "variableSet", "key": 0, "name": "seed", "value": 5}),
        json!({"type": "elementActivated", "key": 1, "elementId": "b0"}),
        json!({"type": "jobCreated", "key": 1, "elementId": "b0"}),
        json!({"type": "jobCompleted", "key": 1, "elementId": "b0", "attempt": 1}),
        json!({"type": "variableSet", "key": 0, "elementId": "", "name": "e_b0", "value": "w.1"}),
        json!({"type": "elementCompleted", "key": 1, "elementId": "b0"}),
        json!({"type": "elementActivated", "key": 2, "elementId": "b1"}),
        json!({"type": "timerScheduled", "key": 2, "elementId": "b1", "due": "2026-01-01T00:00:01Z"}),
        json!({"type": "timerFired", "key": 2, "elementId": "b1", "at": "2026-01-01T00:00:01Z"}),
        json!({"type": "elementCompleted", "key": 2, "elementId": "b1"}),
        json!({"type": "elementActivated", "key": 3, "elementId": "b2"}),
        json!({"type": "userTaskCompleted", "key": 3, "elementId": "b2", "by": "ada"}),
        json!({"type": "elementCompleted", "key": 3, "elementId": "b2"}),
        json!({"type": "instanceCompleted", "key": 0}),
    ];
    let variables = json!({"seed": 5, "e_b0": "w.1"});
    let mut facts = Facts::default();
    let instance = Instance {
        id: ID.to_owned(),
        business_key: Some("order-0".to_owned()),
        state: 1,
        version: events.len() as i64,
        variables: serde_json::from_value(variables.clone()).expect("an object"),
        batches: vec![batch(1, 4), batch(5, events.len() as i64)],
        events: events.iter().zip(1..).map(|(event, seq)| read_event(event, seq)).collect(),
        api_state: "completed".to_owned(),
        api_variables: variables,
        ..Instance::default()
    };
    facts.instances.insert(ID.to_owned(), instance);
    facts.effects.insert("w.1".to_owned(), line("w.1"));
    facts.audit.push(audited("completeUserTask", json!({"task": 3})));
    facts.audit.push(audited("suspend", json!({})));
    let mut ledger = Ledger::default();
    ledger.starts.insert("order-0".to_owned(), Start { process: 0, seed: 5, answer: Answer::Yes(ID.to_owned()) });
    ledger.completions.insert("i1:3".to_owned(), vec!["ada".to_owned()]);
    ledger.operations.push(Operation { instance: ID.to_owned(), what: What::Suspend, said: Said::Yes });
    Run { facts, ledger, processes: vec![Process::every_kind(0, &[Block::Steady, Block::Timer, Block::Person])] }
}

fn batch(first: i64, last: i64) -> Batch {
    Batch { first, last, at: "2026-01-01T00:00:02Z".parse().expect("a time") }
}

fn audited(operation: &str, arguments: Value) -> Audited {
    Audited { instance: ID.to_owned(), operation: operation.to_owned(), arguments: arguments.to_string() }
}

fn line(run: &str) -> Line {
    let (job, element, effect) = (format!("{ID}:1"), "b0".to_owned(), Some(run.to_owned()));
    Line { job, element, attempt: 1, effect, run: run.to_owned(), forged: None }
}

/// What is found after a bug is sown.
fn found(sow: impl FnOnce(&mut Run, &mut Instance)) -> Vec<String> {
    let mut run = run();
    let mut instance = run.facts.instances.remove(ID).expect("it is there");
    sow(&mut run, &mut instance);
    if !instance.id.is_empty() {
        run.facts.instances.insert(instance.id.clone(), instance);
    }
    check(&run.facts, &run.ledger, &run.processes)
}

#[track_caller]
fn is_caught(invariant: &str, sow: impl FnOnce(&mut Run, &mut Instance)) {
    let wrong = found(sow);
    assert!(wrong.iter().any(|text| text.starts_with(invariant)), "{invariant} is not among {wrong:#?}");
}

/// Events after the place move up.
fn insert(instance: &mut Instance, place: usize, event: Value) {
    instance.events.insert(place, read_event(&event, 0));
    (1..).zip(&mut instance.events).for_each(|(seq, event)| event.seq = seq);
}

fn remove(instance: &mut Instance, kind: &str) {
    let place = instance.events.iter().position(|event| event.kind == kind).expect("it happened");
    instance.events.remove(place);
    (1..).zip(&mut instance.events).for_each(|(seq, event)| event.seq = seq);
}

#[test]
fn a_run_in_which_everything_holds_is_right() {
    assert_eq!(found(|_, _| {}), Vec::<String>::new());
}

#[test]
fn lost_and_double_starts_are_caught() {
    is_caught("I1", |_, instance| instance.id.clear());
    is_caught("I1", |run, instance| {
        let twin = Instance { id: "i2".to_owned(), ..instance.clone() };
        run.facts.instances.insert("i2".to_owned(), twin);
    });
    is_caught("I1", |_, instance| instance.business_key = Some("order-7".to_owned()));
    is_caught("I14", |run, _| run.ledger.completions.entry("i1:3".to_owned()).or_default().push("bob".to_owned()));
}

#[test]
fn instances_that_hang_or_end_otherwise_are_caught() {
    is_caught("I2", |_, instance| instance.state = 0);
    is_caught("I3", |_, instance| remove(instance, "timerFired"));
    is_caught("I3", |_, instance| instance.api_variables = json!({}));
    is_caught("I6", |_, instance| remove(instance, "instanceCompleted"));
    is_caught("I6", |_, instance| drop(instance.variables.insert("e_b0".to_owned(), json!("w.2"))));
}

#[test]
fn gaps_in_history_are_caught() {
    is_caught("I4", |_, instance| instance.batches[1].first = 6);
    is_caught("I4", |_, instance| instance.events[3].seq = 7);
    is_caught("I5", |_, instance| instance.version += 1);
}

#[test]
fn results_of_nobody_and_results_applied_twice_are_caught() {
    let again = json!({"type": "jobCompleted", "key": 1, "elementId": "b0", "attempt": 1});
    is_caught("I7", |_, instance| insert(instance, 5, again));
    is_caught("I8", |run, _| drop(run.facts.effects.remove("w.1")));
    is_caught("I8", |run, _| run.facts.effects.get_mut("w.1").expect("it is there").job = "i9:1".to_owned());
    is_caught("I9", |run, _| run.facts.effects.get_mut("w.1").expect("it is there").attempt = 2);
}

#[test]
fn what_is_left_over_is_caught() {
    is_caught("I10", |run, _| run.facts.left_over.push(super::Table { name: "timer", rows: 1 }));
    is_caught("I12", |run, _| run.facts.left_over.push(super::Table { name: "command", rows: 1 }));
    is_caught("I12", |run, _| run.facts.messages = 3);
    is_caught("I17", |run, _| run.facts.foreign = 1);
    is_caught("I11", |_, instance| remove(instance, "elementCompleted"));
}

#[test]
fn timers_that_fire_early_or_never_are_caught() {
    is_caught("I13", |_, instance| instance.events[9].at = jiff::Timestamp::UNIX_EPOCH);
    is_caught("I13", |_, instance| instance.batches[1].at = jiff::Timestamp::UNIX_EPOCH);
    is_caught("I13", |_, instance| remove(instance, "timerScheduled"));
}

#[test]
fn operations_that_are_lost_and_doubled_are_caught() {
    is_caught("I16", |run, _| drop(run.facts.audit.pop()));
    is_caught("I16", |run, _| run.facts.audit.push(audited("suspend", json!({}))));
    is_caught("I16", |run, _| run.facts.audit.push(audited("cancel", json!({}))));
    is_caught("I16", |run, _| drop(run.facts.audit.remove(0)));
    is_caught("I3", |run, _| {
        let what = What::SetVariable(4);
        run.ledger.operations.push(Operation { instance: ID.to_owned(), what, said: Said::Yes });
    });
    is_caught("I2", |run, _| {
        run.ledger.operations.push(Operation { instance: ID.to_owned(), what: What::Cancel, said: Said::Yes });
    });
}

#[test]
fn what_was_forged_or_leaked_is_caught() {
    is_caught("I9", |run, _| run.facts.forged[1] = 1);
    is_caught("I17", |run, _| run.ledger.leaks.push(ID.to_owned()));
    is_caught("I14", |run, _| {
        run.ledger.completions.insert("i1:3".to_owned(), vec!["bob".to_owned()]).into_iter().for_each(drop)
    });
}
