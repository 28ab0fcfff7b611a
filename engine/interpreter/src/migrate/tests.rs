//! Pictures of migrations.

use super::*;
use crate::testing::*;
use crate::{CommandKind, compile};
use model::{Element, Gateway};
use serde_json::json;
use uuid::Uuid;

const VERSION: DefinitionKey = DefinitionKey(Uuid::from_u128(3));

/// Migrates, and goes on with the new version.
fn migrates(
    hand: &mut Hand,
    elements: Vec<Element>,
    flows: &[&str],
    mapping: &[(&str, &str)],
) -> Result<Plan, Rejection> {
    let new = compile(&definition(elements, flows)).expect("the new picture compiles");
    let mapping = mapping.iter().map(|(old, new)| ((*old).to_owned(), (*new).to_owned())).collect();
    let before = hand.instance.clone();
    let migration = Migration { old: &hand.process, new: &new, definition: VERSION, mapping: &mapping };
    let plan = plan(&migration, &before);
    let done = migrate(&migration, &mut hand.instance, hand.now);
    assert_eq!(done.is_err(), !plan.problems.is_empty(), "{plan:?}");
    match done {
        Ok(advance) => {
            hand.history.extend(advance.events);
            hand.effects.extend(advance.effects);
            hand.process = new;
            assert_eq!(hand.instance.definition, VERSION);
            hand.check();
            Ok(plan)
        }
        Err(rejection) => {
            assert_eq!(hand.instance, before, "a refused migration changes nothing");
            Err(rejection)
        }
    }
}

fn moves(plan: &Plan) -> Vec<(&str, &str, u32)> {
    plan.moves.iter().map(|it| (it.from.as_str(), it.to.as_str(), it.count)).collect()
}

#[test]
fn a_job_in_flight_stays_valid_and_goes_the_new_way() {
    let mut hand = Hand::started(vec![start("s"), service("a"), end("e")], &["s -> a -> e"], json!({}));
    let effects = hand.effects.len();
    let elements = vec![start("s"), user("before"), service("a"), user("check"), end("e")];
    let plan = migrates(&mut hand, elements, &["s -> before -> a -> check -> e"], &[]).unwrap();
    assert_eq!(moves(&plan), [("a", "a", 1)]);
    assert_eq!(hand.effects.len(), effects, "nobody outside is told");
    hand.completes("a", json!({}));
    assert_eq!(hand.waiting(), ["check"]);
}

#[test]
fn what_is_gone_has_to_be_mapped_and_to_the_same_kind() {
    let mut hand = Hand::started(vec![start("s"), user("old"), end("e")], &["s -> old -> e"], json!({}));
    let new = || vec![start("s"), user("new"), service("other"), end("e")];
    let flows = ["s -> new -> other -> e"];
    let refused = migrates(&mut hand, new(), &flows, &[]).unwrap_err();
    assert!(refused.message.contains("has no `old`"), "{}", refused.message);
    let refused = migrates(&mut hand, new(), &flows, &[("old", "other")]).unwrap_err();
    assert!(refused.message.contains("different kinds"), "{}", refused.message);
    let refused = migrates(&mut hand, new(), &flows, &[("old", "new"), ("x", "new")]).unwrap_err();
    assert!(refused.message.contains("names `x`"), "{}", refused.message);
    let plan = migrates(&mut hand, new(), &flows, &[("old", "new")]).unwrap();
    assert_eq!(moves(&plan), [("old", "new", 1)]);
    hand.completes("new", json!({}));
    assert_eq!(hand.waiting(), ["other"]);
}

#[test]
fn events_are_kept_renewed_begun_and_ended() {
    let old = vec![
        start("s"),
        user("a"),
        boundary("kept", "a", false, after("PT1H")),
        boundary("changed", "a", true, message("paid")),
        boundary("gone", "a", true, message("other")),
        end("e"),
    ];
    let leads = ["s -> a -> e", "kept -> e", "changed -> e", "gone -> e"];
    let mut hand = Hand::started(old, &leads, json!({}));
    let due = hand.instance.elements[&hand.key("a")].waits.timers[&hand.index("kept")].due;
    hand.now = Timestamp(hand.now.0 + 1000);
    let new = vec![
        start("s"),
        task("zero"),
        user("a"),
        boundary("new", "a", true, after("PT5M")),
        boundary("changed", "a", true, message("settled")),
        boundary("kept", "a", false, after("PT1H")),
        end("e"),
    ];
    let plan =
        migrates(&mut hand, new, &["s -> zero -> a -> e", "kept -> e", "changed -> e", "new -> e"], &[]).unwrap();
    assert_eq!((plan.kept, plan.renewed), (vec!["kept".to_owned()], vec!["changed".to_owned(), "new".to_owned()]));
    assert_eq!(plan.ended, ["gone"]);
    let waits = &hand.instance.elements[&hand.key("a")].waits;
    assert_eq!(waits.timers[&hand.index("kept")].due, due);
    assert_eq!(waits.timers[&hand.index("new")].due.0, hand.now.0 + 300_000);
    let subscriptions: Vec<_> = waits.subscriptions.values().map(|open| open.message_name.as_str()).collect();
    assert_eq!(subscriptions, ["settled"]);
    let (key, target) = (hand.key("a"), hand.index("kept"));
    assert!(hand.effects.contains(&Effect::ScheduleTimer { key, target, due }));
    hand.receives("a", "changed", json!({}));
    assert!(hand.is_completed());
}

#[test]
fn a_join_keeps_its_tokens_and_fires_when_it_has_all_it_needs() {
    let elements = |more: Vec<Element>| {
        let mut all = vec![start("s"), gateway("split", Gateway::Parallel), user("a"), user("b"), user("c")];
        all.extend(more);
        all.extend([gateway("join", Gateway::Parallel), user("after")]);
        all
    };
    let flows = ["s -> split", "split -> a -> join", "split -> b -> join", "split -> c -> join", "join -> after"];
    let mut hand = Hand::started(elements(vec![]), &flows, json!({}));
    hand.completes("a", json!({}));
    hand.completes("b", json!({}));
    let mut again = Hand::started(elements(vec![]), &flows, json!({}));
    again.completes("b", json!({}));
    let plan = migrates(
        &mut hand,
        elements(vec![task("x")]),
        &["s -> split", "split -> c -> x -> join", "split -> a -> join", "split -> b -> join", "join -> after"],
        &[],
    )
    .unwrap();
    assert_eq!(moves(&plan), [("c", "c", 1), ("join", "join", 2)]);
    hand.completes("c", json!({}));
    assert_eq!(hand.waiting(), ["after"]);
    let c = again.key("c");
    again.does(CommandKind::Modify(crate::command::Modification { end: vec![c], begin: vec![] }));
    let two = vec![
        start("s"),
        gateway("split", Gateway::Parallel),
        user("a"),
        user("b"),
        gateway("join", Gateway::Parallel),
        user("after"),
    ];
    migrates(&mut again, two, &["s -> split", "split -> b -> join", "split -> a -> join", "join -> after"], &[])
        .unwrap();
    again.completes("a", json!({}));
    assert_eq!(again.waiting(), ["after"]);
}

#[test]
fn a_complete_join_fires_at_once() {
    let flows = ["s -> split", "split -> a -> join", "split -> b -> join", "join -> after"];
    let elements = vec![
        start("s"),
        gateway("split", Gateway::Parallel),
        user("a"),
        user("b"),
        gateway("join", Gateway::Parallel),
        user("after"),
    ];
    let mut hand = Hand::started(elements, &flows, json!({}));
    hand.completes("a", json!({}));
    let b = hand.key("b");
    hand.does(CommandKind::Modify(crate::command::Modification { end: vec![b], begin: vec![] }));
    assert!(hand.waiting().is_empty());
    let simple = vec![start("s"), user("a"), gateway("join", Gateway::Parallel), user("after")];
    migrates(&mut hand, simple, &["s -> a -> join", "join -> after"], &[]).unwrap();
    assert_eq!(hand.waiting(), ["after"]);
}

#[test]
fn instances_of_a_repetition_go_on_counting() {
    let body = |inside: Vec<Element>, flows: &[&str]| several(sub_process("sub", inside, flows), 3);
    let sub = body(vec![start("s2"), user("a")], &["s2 -> a"]);
    let mut hand = Hand::started(vec![start("s"), sub, end("e")], &["s -> sub -> e"], json!({}));
    hand.completes("a", json!({}));
    let sub = body(vec![start("s2"), user("zero"), user("a"), user("b")], &["s2 -> zero -> a -> b"]);
    let plan = migrates(&mut hand, vec![start("s"), sub, user("z"), end("e")], &["s -> sub -> z -> e"], &[]).unwrap();
    assert_eq!(moves(&plan), [("sub", "sub", 3), ("a", "a", 2)]);
    for id in ["a", "a", "b", "b"] {
        hand.completes(id, json!({}));
    }
    assert_eq!(hand.waiting(), ["z"]);
}

#[test]
fn scopes_nest_alike_or_it_is_refused() {
    let sub = |inside: Vec<Element>, flows: &[&str]| sub_process("sub", inside, flows);
    let flat = vec![start("s"), user("a"), end("e")];
    let mut hand = Hand::started(flat, &["s -> a -> e"], json!({}));
    let nested = || vec![start("s"), sub(vec![start("s2"), user("a")], &["s2 -> a"]), end("e")];
    let refused = migrates(&mut hand, nested(), &["s -> sub -> e"], &[]).unwrap_err();
    assert!(refused.message.contains("stands in `sub`"), "{}", refused.message);
    let mut hand = Hand::started(nested(), &["s -> sub -> e"], json!({}));
    let renamed = sub_process("part", vec![start("s2"), user("x"), user("a")], &["s2 -> x -> a"]);
    migrates(&mut hand, vec![start("s"), renamed, end("e")], &["s -> part -> e"], &[("sub", "part")]).unwrap();
    hand.completes("a", json!({}));
    assert!(hand.is_completed());
}

#[test]
fn a_suspended_instance_migrates_without_moving() {
    let limit = |time: &str| boundary("limit", "a", true, after(time));
    let mut hand =
        Hand::started(vec![start("s"), user("a"), limit("PT1H"), end("e")], &["s -> a -> e", "limit -> e"], json!({}));
    hand.does(CommandKind::Suspend);
    hand.now = Timestamp(hand.now.0 + 10_000);
    let effects = hand.effects.len();
    migrates(&mut hand, vec![start("s"), user("a"), limit("PT5M"), end("e")], &["s -> a -> e", "limit -> e"], &[])
        .unwrap();
    let waits = |effect: &Effect| matches!(effect, Effect::ScheduleTimer { .. });
    assert!(!hand.effects[effects..].iter().any(waits));
    hand.now = Timestamp(hand.now.0 + 10_000);
    hand.does(CommandKind::Resume);
    let due = hand.instance.elements[&hand.key("a")].waits.timers[&hand.index("limit")].due;
    assert_eq!(due.0, hand.now.0 + 300_000);
}

#[test]
fn what_can_be_undone_still_can() {
    let sub = |id: &str| sub_process(id, vec![start("s2"), task("t")], &["s2 -> t"]);
    let mut hand = Hand::started(vec![start("s"), sub("sub"), user("a"), end("e")], &["s -> sub -> a -> e"], json!({}));
    migrates(&mut hand, vec![start("s"), user("a"), sub("sub"), end("e")], &["s -> a -> sub -> e"], &[]).unwrap();
    hand.completes("a", json!({}));
    assert!(hand.is_completed());
}
