//! Who reads what, and whether it has been written on the way.

use crate::proof::tests::found;
use crate::testing::*;
use model::{Element, ElementKind, Gateway};
use serde_json::json;

fn script(id: &str, script: &str) -> Element {
    let task = model::ScriptTask { format: model::ScriptFormat::Python, script: text(script) };
    activity(id, model::ActivityKind::ScriptTask(task))
}

fn form(id: &str, fields: &[&str]) -> Element {
    let field = |name: &&str| model::FormField {
        name: (*name).to_owned(),
        label: None,
        field_type: Default::default(),
        required: false,
        options: Vec::new(),
    };
    let task = model::UserTask { form_fields: fields.iter().map(field).collect(), ..Default::default() };
    activity(id, model::ActivityKind::UserTask(task))
}

fn mail(id: &str, body: &str) -> Element {
    activity(id, model::ActivityKind::SendTask(model::SendTask { body: Some(text(body)), ..Default::default() }))
}

fn leaving(id: &str, result: &str) -> Element {
    let mut element = service(id);
    if let ElementKind::Activity(activity) = &mut element.kind {
        activity.result_variable = Some(result.to_owned());
    }
    element
}

/// `first`, or nothing; then `reader`.
fn sometimes(first: Element, reader: Element) -> Vec<String> {
    let flows = [
        "s -> x".to_owned(),
        format!("x -> {} ? ${{c}}", first.id),
        "x -> m ? default".to_owned(),
        format!("{} -> m", first.id),
        format!("m -> {} -> e", reader.id),
    ];
    let (x, m) = (gateway("x", Gateway::Exclusive), gateway("m", Gateway::Exclusive));
    warned(vec![start("s"), x, first, m, reader, end("e")], &flows.each_ref().map(String::as_str))
}

fn in_a_row(elements: Vec<Element>) -> Vec<String> {
    let ids: Vec<String> = elements.iter().map(|element| element.id.clone()).collect();
    let flow = format!("s -> {} -> e", ids.join(" -> "));
    warned([vec![start("s")], elements, vec![end("e")]].concat(), &[&flow])
}

/// Which elements read too early; nothing else may be wrong.
fn warned(elements: Vec<Element>, flows: &[&str]) -> Vec<String> {
    let found = found(elements, flows);
    assert!(found.iter().all(|it| it.code == "READ_BEFORE_WRITTEN"), "{found:#?}");
    found.into_iter().filter_map(|it| it.element_id).collect()
}

#[test]
fn what_one_branch_writes_is_missing_after_the_other() {
    assert_eq!(sometimes(script("w", "total = 1"), script("r", "context['sum'] = total")), ["r"]);
    assert_eq!(sometimes(form("w", &["reason"]), mail("r", "because ${reason}")), ["r"]);
    assert_eq!(sometimes(leaving("w", "offer"), mail("r", "we offer ${offer}")), ["r"]);
    assert_eq!(sometimes(user("w"), mail("r", "you said ${w_decision}")), ["r"]);
    assert!(in_a_row(vec![script("w", "total = 1"), script("r", "context['sum'] = total")]).is_empty());
}

#[test]
fn what_is_written_only_later_is_missing() {
    assert_eq!(in_a_row(vec![mail("r", "${total}"), script("w", "total = 1")]), ["r"]);
    assert_eq!(in_a_row(vec![mail("r", "${offer}"), leaving("w", "offer")]), ["r"]);
}

#[test]
fn what_nobody_writes_is_given_at_the_start() {
    assert!(in_a_row(vec![mail("r", "${total}"), script("w", "sum = 1")]).is_empty());
}

#[test]
fn a_form_may_correct_what_was_given_at_the_start() {
    assert!(in_a_row(vec![mail("r", "${amount}"), form("w", &["amount"])]).is_empty());
}

#[test]
fn who_changes_a_variable_takes_it_to_be_there() {
    assert!(sometimes(script("w", "total = total + 1"), mail("r", "${total}")).is_empty());
    assert!(sometimes(script("w", "total += 1"), mail("r", "${total}")).is_empty());
}

#[test]
fn reading_with_care_is_no_mistake() {
    assert!(sometimes(script("w", "total = 1"), mail("r", "${default(total, 0)}")).is_empty());
    assert!(sometimes(script("w", "total = 1"), script("r", "sum = context.get('total', 0)")).is_empty());
}

#[test]
fn what_comes_from_outside_may_be_any_variable() {
    assert!(in_a_row(vec![catch("news", message("news")), mail("r", "${total}"), script("w", "total = 1")]).is_empty());
    // A worker may add to its result, but does not guess the name of another one's.
    assert!(in_a_row(vec![service("a"), mail("r", "${total}"), script("w", "total = 1")]).is_empty());
    assert_eq!(in_a_row(vec![service("a"), mail("r", "${offer}"), leaving("w", "offer")]), ["r"]);
}

#[test]
fn conditions_and_mappings_read_too() {
    let elements = |first: Element| {
        vec![start("s"), first, gateway("x", Gateway::Exclusive), leaving("w", "offer"), end("e"), end("no")]
    };
    let flows = ["s -> a -> x", "x -> w ? ${offer > 3}", "w -> e", "x -> no ? default"];
    assert_eq!(warned(elements(task("a")), &flows), ["x"]);
    assert!(warned(elements(leaving("a", "offer")), &flows).is_empty());
    let mut mapped = task("r");
    mapped.input_mappings.push(mapping("${offer}", "price"));
    assert_eq!(sometimes(leaving("w", "offer"), mapped), ["r"]);
}

#[test]
fn output_mappings_choose_what_is_written() {
    let mut kept = leaving("w", "offer");
    kept.output_mappings.push(mapping("${offer}", "price"));
    assert_eq!(sometimes(kept.clone(), mail("r", "${price}")), ["r"]);
    // Inside it the name is its own, so what others mean by it is unknown.
    assert!(sometimes(kept, mail("r", "${offer}")).is_empty());
}

#[test]
fn a_loop_that_brings_the_writer_first_is_left_alone() {
    let x = gateway("x", Gateway::Exclusive);
    let elements = vec![start("s"), gateway("m", Gateway::Exclusive), x, leaving("w", "done"), end("e")];
    assert!(warned(elements, &["s -> m -> x", "x -> e ? ${done == true}", "x -> w ? default", "w -> m"]).is_empty());
}

#[test]
fn a_writer_beside_the_reader_may_be_first() {
    let fork = gateway("f", Gateway::Parallel);
    let elements = vec![start("s"), fork, leaving("w", "offer"), mail("r", "${offer}"), end("e"), end("e2")];
    assert!(warned(elements, &["s -> f", "f -> w -> e", "f -> r -> e2"]).is_empty());
}

#[test]
fn both_branches_of_a_fork_have_been_when_they_are_joined() {
    let (fork, join) = (gateway("f", Gateway::Parallel), gateway("j", Gateway::Parallel));
    let elements = vec![start("s"), fork, leaving("w", "offer"), task("a"), join, mail("r", "${offer}"), end("e")];
    assert!(warned(elements, &["s -> f", "f -> w -> j", "f -> a -> j", "j -> r -> e"]).is_empty());
}

#[test]
fn choices_by_one_variable_go_together() {
    let elements = vec![
        start("s"),
        gateway("x", Gateway::Exclusive),
        leaving("w", "offer"),
        gateway("m", Gateway::Exclusive),
        gateway("y", Gateway::Exclusive),
        mail("r", "${offer}"),
        end("e"),
        end("e2"),
    ];
    let flows = |second: &'static str| {
        ["s -> x", "x -> w ? ${vip}", "x -> m ? default", "w -> m -> y", second, "y -> e ? default", "r -> e2"]
    };
    assert!(warned(elements.clone(), &flows("y -> r ? ${vip == true}")).is_empty());
    assert_eq!(warned(elements, &flows("y -> r ? ${loud}")), ["r"]);
}

#[test]
fn a_handler_runs_before_its_activity_has_written() {
    let elements = || vec![start("s"), leaving("w", "offer"), boundary("late", "w", true, after("PT1H")), end("e")];
    let flows = ["s -> w -> e", "late -> r -> e"];
    let with = |reader: Element| [elements(), vec![reader]].concat();
    assert_eq!(warned(with(mail("r", "${offer}")), &flows), ["r"]);
    assert!(warned(with(mail("r", "${customer}")), &flows).is_empty());
}

#[test]
fn the_inside_of_a_sub_process_writes_for_what_follows() {
    let sub = sub_process("sub", vec![start("s2"), leaving("w", "offer"), end("e2")], &["s2 -> w -> e2"]);
    assert!(in_a_row(vec![sub, mail("r", "${offer}")]).is_empty());
    let x = gateway("x", Gateway::Exclusive);
    let inside = vec![start("s2"), x, leaving("w", "offer"), end("e2"), end("e3")];
    let sub = sub_process("sub", inside, &["s2 -> x", "x -> w ? ${c}", "w -> e2", "x -> e3 ? default"]);
    assert_eq!(in_a_row(vec![sub, mail("r", "${offer}")]), ["r"]);
}

#[test]
fn what_a_repetition_names_is_its_own() {
    let mut each = mail("each", "to ${item}");
    if let ElementKind::Activity(activity) = &mut each.kind {
        activity.repetition = Some(model::Repetition::MultiInstance(model::MultiInstance {
            input_collection: Some(text("${items}")),
            input_element: Some("item".into()),
            ..Default::default()
        }));
    }
    assert!(in_a_row(vec![each, leaving("w", "item")]).is_empty());
    let mut call = service("call");
    call.custom.insert("body".into(), json!({"deep": ["${offer}"]}));
    assert_eq!(in_a_row(vec![call, leaving("w", "offer")]), ["call"]);
}
