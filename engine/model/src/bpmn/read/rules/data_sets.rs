//! The sets that the data of an activity or process comes in and goes out by (BPMN 2.0, 10.4.1).

use super::super::context::{Context, called, children, is, name_of};
use super::super::flow::references;
use super::super::source::Xml;

pub(super) fn check<'a>(node: Xml<'a>, context: &Context<'a>) {
    match name_of(node) {
        "ioSpecification" => specification(node, context),
        "inputSet" => {
            subset(node, "dataInputRefs", &["optionalInputRefs", "whileExecutingInputRefs"], context);
            mutual(node, "outputSetRefs", "inputSetRefs", context);
        }
        "outputSet" => {
            subset(node, "dataOutputRefs", &["optionalOutputRefs", "whileExecutingOutputRefs"], context);
            mutual(node, "inputSetRefs", "outputSetRefs", context);
        }
        _ => {}
    }
}

fn specification<'a>(node: Xml<'a>, context: &Context<'a>) {
    if let Some(owner) = node.parent_element().filter(|owner| context.is_a(*owner, "tSubProcess")) {
        let message =
            format!("the sub-process {} sees the data around it, and has no inputs and outputs", called(owner));
        context.rule("SUB_PROCESS_DATA", node, message);
    }
    for (tag, set, reference) in
        [("dataInput", "inputSet", "dataInputRefs"), ("dataOutput", "outputSet", "dataOutputRefs")]
    {
        let listed: Vec<String> = children(node, set).flat_map(|set| references(set, reference)).collect();
        for item in children(node, tag) {
            if !listed.iter().any(|id| item.attribute("id").map(str::trim) == Some(id)) {
                context.rule("DATA_WITHOUT_SET", item, format!("{} is in no `{set}`", called(item)));
            }
        }
    }
}

/// What is optional, or needed only while executing, is in the set first of all.
fn subset(node: Xml<'_>, all: &str, some: &[&str], context: &Context<'_>) {
    let all_ids = references(node, all);
    for name in some {
        for id in references(node, name) {
            if !all_ids.contains(&id) {
                let message = format!("`{name}` names `{id}`, which is not among the `{all}` of this set");
                context.rule("DATA_SET_MISMATCH", node, message);
            }
        }
    }
}

/// An input set that gives an output set is named by it.
fn mutual<'a>(node: Xml<'a>, there: &'a str, back: &'a str, context: &Context<'a>) {
    let own = node.attribute("id").map(str::trim);
    for other in
        context.targets(node, there).into_iter().filter(|other| is(*other, "inputSet") || is(*other, "outputSet"))
    {
        if !references(other, back).iter().any(|id| Some(id.as_str()) == own) {
            let message = format!("{} names {}, which does not name it", called(node), called(other));
            context.rule("DATA_SET_MISMATCH", node, message);
        }
    }
}
