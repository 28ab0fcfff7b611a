//! Each code at a picture that has the defect, and at one that nearly has.

use super::prove;
use crate::compile;
use crate::testing::*;
use model::{Activity, Element, ElementKind, Gateway, Trigger};

pub(super) fn found(elements: Vec<Element>, connections: &[&str]) -> Vec<model::Diagnostic> {
    let definition = definition(elements, connections);
    let process = compile(&definition).expect("the picture compiles");
    prove(&definition, &process)
}

fn check(elements: Vec<Element>, connections: &[&str], expected: &[(&str, &str)]) {
    let found = found(elements, connections);
    let codes: Vec<(&str, &str)> =
        found.iter().map(|it| (it.code.as_str(), it.element_id.as_deref().unwrap_or_default())).collect();
    assert_eq!(codes, expected, "{found:#?}");
}

fn xor(id: &str) -> Element {
    gateway(id, Gateway::Exclusive)
}

fn and(id: &str) -> Element {
    gateway(id, Gateway::Parallel)
}

fn or(id: &str) -> Element {
    gateway(id, Gateway::Inclusive)
}

fn race(id: &str) -> Element {
    gateway(id, Gateway::EventBased { instantiate: false, parallel: false })
}

fn timer(id: &str) -> Element {
    catch(id, after("PT1M"))
}

fn tasks(ids: &str) -> Vec<Element> {
    ids.split(' ').map(task).collect()
}

/// A start, an end, these tasks, and the others.
fn picture(tasks_named: &str, others: Vec<Element>) -> Vec<Element> {
    let mut all = vec![start("s"), end("e")];
    all.extend(tasks(tasks_named));
    all.extend(others);
    all
}

fn activity_of(element: &mut Element) -> &mut Activity {
    match &mut element.kind {
        ElementKind::Activity(activity) => activity,
        _ => panic!("an activity"),
    }
}

#[test]
fn an_exclusive_split_into_a_parallel_join_waits_for_ever() {
    let flows = ["s -> x", "x -> a ? ${c}", "x -> b ? default", "a -> j", "b -> j", "j -> n -> e"];
    check(picture("a b n", vec![xor("x"), and("j")]), &flows, &[("DEADLOCK", "j")]);
    check(picture("a b n", vec![xor("x"), xor("j")]), &flows, &[]);
    check(picture("a b n", vec![xor("x"), or("j")]), &flows, &[]);
    let flows = ["s -> x", "x -> a", "x -> b", "a -> j", "b -> j", "j -> n -> e"];
    check(picture("a b n", vec![and("x"), and("j")]), &flows, &[]);
}

#[test]
fn a_finding_names_the_way_and_what_to_do() {
    let flows = ["s -> x", "x -> a ? ${c}", "x -> b ? default", "a -> j", "b -> j", "j -> n -> e"];
    let found = found(picture("a b n", vec![xor("x"), and("j")]), &flows);
    assert_eq!(found[0].severity, model::Severity::Warning);
    assert!(found[0].message.contains("`s → x → a → j`"), "{}", found[0].message);
    assert!(found[0].hint.as_deref().is_some_and(|hint| hint.contains("exclusive gateway")));
}

#[test]
fn an_inclusive_split_may_leave_a_parallel_join_waiting() {
    let flows = ["s -> x", "x -> a ? ${c}", "x -> b ? default", "a -> j", "b -> j", "j -> n -> e"];
    check(picture("a b n", vec![or("x"), and("j")]), &flows, &[("DEADLOCK", "j")]);
    check(picture("a b n", vec![or("x"), or("j")]), &flows, &[]);
    let always = ["s -> x", "x -> a ? ${true}", "x -> b ? ${true}", "a -> j", "b -> j", "j -> n -> e"];
    check(picture("a b n", vec![or("x"), and("j")]), &always, &[]);
}

#[test]
fn a_race_of_events_is_an_alternative() {
    let flows = ["s -> x", "x -> t -> j", "x -> m -> j", "j -> n -> e"];
    let events = || vec![race("x"), timer("t"), catch("m", message("go"))];
    check(picture("n", [events(), vec![and("j")]].concat()), &flows, &[("DEADLOCK", "j")]);
    check(picture("n", [events(), vec![xor("j")]].concat()), &flows, &[]);
}

#[test]
fn a_branch_that_ends_early_leaves_the_join_waiting_unless_it_ends_all() {
    let flows = ["s -> f", "f -> a -> j", "f -> b -> x", "x -> j ? ${ok}", "x -> stop ? default", "j -> n -> e"];
    let with = |stop: Element| picture("a b n", vec![and("f"), and("j"), xor("x"), stop]);
    check(with(end("stop")), &flows, &[("DEADLOCK", "j")]);
    check(with(end_by("stop", Trigger::Terminate)), &flows, &[]);
    check(with(end_by("stop", error("FAILED"))), &flows, &[]);
    let sound = ["s -> f", "f -> a -> j", "f -> b -> x", "x -> j ? ${ok}", "x -> stop ? default", "j -> n -> e"];
    check(picture("a b n", vec![and("f"), or("j"), xor("x"), end("stop")]), &sound, &[]);
}

#[test]
fn an_interrupting_boundary_event_takes_the_token_of_its_branch() {
    let flows = |late: &'static str| ["s -> f", "f -> a -> j", "f -> u -> m -> j", late, "j -> n -> e"];
    let with = || {
        picture(
            "a n",
            vec![and("f"), and("j"), user("u"), xor("m"), boundary("late", "u", true, after("PT1M")), end("gone")],
        )
    };
    check(with(), &flows("late -> gone"), &[("DEADLOCK", "j")]);
    let mut back = with();
    back.retain(|element| element.id != "gone");
    check(back, &flows("late -> m"), &[]);
}

#[test]
fn a_boundary_event_beside_its_activity_adds_a_token() {
    let flows = |to: &'static str| ["s -> u -> m -> n -> e", to];
    let with = |cancel: bool| picture("n", vec![user("u"), xor("m"), boundary("b", "u", cancel, after("PT1M"))]);
    check(with(false), &flows("b -> m"), &[("LACK_OF_SYNCHRONISATION", "m")]);
    check(with(true), &flows("b -> m"), &[]);
    let mut apart = with(false);
    apart.push(end("told"));
    check(apart, &flows("b -> told"), &[]);
}

#[test]
fn a_parallel_split_that_is_merged_runs_what_follows_twice() {
    let flows = ["s -> f", "f -> a -> m", "f -> b -> m", "m -> n -> e"];
    check(picture("a b n", vec![and("f"), xor("m")]), &flows, &[("LACK_OF_SYNCHRONISATION", "m")]);
    check(picture("a b n", vec![and("f"), and("m")]), &flows, &[]);
    check(picture("a b n", vec![and("f"), or("m")]), &flows, &[]);
    let implicit = ["s -> f", "f -> a -> m", "f -> b -> m", "m -> e"];
    check(picture("f a b m", vec![]), &implicit, &[("LACK_OF_SYNCHRONISATION", "m")]);
}

#[test]
fn tokens_that_only_end_together_do_no_harm() {
    check(picture("a b", vec![and("f"), xor("m")]), &["s -> f", "f -> a -> m", "f -> b -> m", "m -> e"], &[]);
    check(picture("a b", vec![and("f")]), &["s -> f", "f -> a -> e", "f -> b -> e"], &[]);
}

#[test]
fn links_are_ways_like_flows() {
    let link = |name: &str| Trigger::Link { name: text(name) };
    let jump = |id: &str| element(id, ElementKind::IntermediateThrowEvent { trigger: link("there") });
    let with = |split: Element| picture("n", vec![split, jump("one"), jump("two"), catch("there", link("there"))]);
    let flows = ["s -> x", "x -> one", "x -> two", "there -> n -> e"];
    check(with(xor("x")), &flows, &[]);
    check(with(and("x")), &flows, &[("LACK_OF_SYNCHRONISATION", "there")]);
}

#[test]
fn loops_and_repeated_activities_are_no_lack_of_synchronisation() {
    let flows = ["s -> m -> a -> x", "x -> m ? ${again}", "x -> e ? default"];
    check(picture("a", vec![xor("m"), xor("x")]), &flows, &[]);
    let told = ["s -> m -> f", "f -> tell -> told", "f -> a -> x", "x -> m ? ${again}", "x -> e ? default"];
    check(picture("a tell", vec![xor("m"), xor("x"), and("f"), end("told")]), &told, &[]);
    let mut each = service("each");
    activity_of(&mut each).repetition = Some(model::Repetition::MultiInstance(model::MultiInstance {
        cardinality: Some(text("3")),
        ..Default::default()
    }));
    check(picture("n", vec![each]), &["s -> each -> n -> e"], &[]);
}

#[test]
fn a_sub_process_is_looked_at_by_itself() {
    let inside = |join: Element| {
        sub_process(
            "sub",
            vec![start("s2"), xor("x"), task("a"), task("b"), join, task("n2"), end("e2")],
            &["s2 -> x", "x -> a", "x -> b", "a -> j", "b -> j", "j -> n2 -> e2"],
        )
    };
    check(picture("n", vec![inside(and("j"))]), &["s -> sub -> n -> e"], &[("DEADLOCK", "j")]);
    check(picture("n", vec![inside(xor("j"))]), &["s -> sub -> n -> e"], &[]);
}

#[test]
fn one_condition_does_not_hold_here_and_fail_there() {
    let flows = |second: &'static str| {
        ["s -> f", "f -> x", "f -> y", "x -> j ? ${c}", "x -> e ? default", second, "y -> e ? default", "j -> n -> e"]
    };
    let with = || picture("n", vec![xor("x"), xor("y"), and("f"), and("j")]);
    check(with(), &flows("y -> j ? ${d}"), &[("DEADLOCK", "j")]);
    check(with(), &flows("y -> j ? ${ c }"), &[]);
}

#[test]
fn what_nothing_leads_to_is_dead() {
    let flows = ["s -> n -> e", "a -> b -> a"];
    check(picture("n a b", vec![]), &flows, &[("DEAD_ELEMENT", "a")]);
    check(picture("n a b", vec![]), &["s -> n -> e", "a -> b"], &[]);
    let rescued = picture("a b", vec![user("n"), boundary("late", "n", true, after("PT1M")), xor("m")]);
    check(rescued, &["s -> n -> e", "late -> m", "m -> a -> b", "b -> m"], &[("NO_WAY_TO_END", "m")]);
}

#[test]
fn event_sub_processes_and_handlers_are_not_dead() {
    let begin = element("s2", ElementKind::StartEvent { trigger: message("stop"), is_interrupting: true });
    let mut events = sub_process("events", vec![begin, task("a"), end("e2")], &["s2 -> a -> e2"]);
    if let model::ActivityKind::SubProcess(inner) = &mut activity_of(&mut events).kind {
        inner.kind = model::SubProcessKind::Event;
    }
    let mut undo = service("undo");
    activity_of(&mut undo).is_for_compensation = true;
    let undone = Trigger::Compensation { activity_ref: None, wait_for_completion: true };
    let with = |more: Vec<Element>| picture("n", [vec![events.clone(), undo.clone()], more].concat());
    check(with(vec![boundary("c", "n", false, undone)]), &["s -> n -> e", "c -> undo"], &[]);
    check(with(vec![]), &["s -> n -> e"], &[("DEAD_ELEMENT", "undo")]);
}

#[test]
fn a_loop_without_a_way_out_has_no_way_to_an_end() {
    let flows = ["s -> x", "x -> e ? ${c}", "x -> a ? default", "a -> b -> a"];
    check(picture("a b", vec![xor("x")]), &flows, &[("NO_WAY_TO_END", "a")]);
    check(picture("a b", vec![xor("x")]), &["s -> x", "x -> e ? ${c}", "x -> a ? default", "a -> b -> x"], &[]);
    let flows = ["s -> f", "f -> a -> b -> a", "f -> w -> stop"];
    let ended = vec![start("s"), and("f"), task("a"), task("b"), timer("w"), end_by("stop", Trigger::Terminate)];
    check(ended, &flows, &[]);
}

#[test]
fn a_loop_in_a_sub_process_may_be_ended_from_outside() {
    let inside = || sub_process("sub", vec![start("s2"), task("a"), timer("t")], &["s2 -> a -> t -> a"]);
    check(picture("n", vec![inside()]), &["s -> sub -> n -> e"], &[("NO_WAY_TO_END", "a")]);
    let watched = picture("n", vec![inside(), boundary("stop", "sub", true, message("stop"))]);
    check(watched, &["s -> sub -> n -> e", "stop -> e"], &[]);
}

#[test]
fn a_process_that_is_not_executable_is_only_a_drawing() {
    let mut drawing = definition(picture("a b", vec![]), &["s -> e", "a -> b -> a"]);
    drawing.is_executable = false;
    let process = compile(&drawing).expect("the picture compiles");
    assert_eq!(prove(&drawing, &process), []);
}
