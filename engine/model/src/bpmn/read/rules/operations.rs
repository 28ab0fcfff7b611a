//! Data of what is called: operations of services, and callable processes and tasks (BPMN 2.0, 10.2, 10.3.6, 10.4.1).

use super::super::context::{Context, called, child, children, is, name_of, text};
use super::super::source::Xml;
use super::data::{declared, item_of, same_structure};

pub(super) fn check<'a>(node: Xml<'a>, context: &Context<'a>) {
    match name_of(node) {
        "serviceTask" | "sendTask" | "receiveTask" => task(node, context),
        "callActivity" => call(node, context),
        _ => {}
    }
    if context.is_a(node, "tCallableElement") {
        binding(node, context);
    }
}

/// Tables 10.8 to 10.10: one set of one piece of data each way, of the structure of the operation's message.
fn task<'a>(node: Xml<'a>, context: &Context<'a>) {
    let operation = context.target(node, "operationRef").filter(|operation| is(*operation, "operation"));
    let named = context.target(node, "messageRef").filter(|message| is(*message, "message"));
    let of_operation = |tag: &'a str| operation.and_then(|operation| message_of(operation, tag, context));
    let inward = named.filter(|_| is(node, "sendTask")).or_else(|| of_operation("inMessageRef"));
    let outward = match name_of(node) {
        "receiveTask" => named.or_else(|| of_operation("inMessageRef")),
        _ => of_operation("outMessageRef"),
    };
    if !is(node, "receiveTask") {
        one(node, "dataInput", "inputSet", context);
        fits(node, "dataInput", inward, context);
    }
    if !is(node, "sendTask") {
        one(node, "dataOutput", "outputSet", context);
        fits(node, "dataOutput", outward, context);
    }
}

fn message_of<'a>(operation: Xml<'a>, tag: &'a str, context: &Context<'a>) -> Option<Xml<'a>> {
    children(operation, tag).next().and_then(|reference| context.resolve(&text(reference)))
}

fn one<'a>(node: Xml<'a>, tag: &'a str, set: &'a str, context: &Context<'a>) {
    let sets = child(node, "ioSpecification").map_or(0, |outer| children(outer, set).count());
    if sets > 1 || declared(node, tag).len() > 1 {
        let message = format!("{} is about one message, so it has one `{set}` with one `{tag}`", called(node));
        context.rule("TASK_DATA_MISMATCH", node, message);
    }
}

fn fits<'a>(node: Xml<'a>, tag: &'a str, message: Option<Xml<'a>>, context: &Context<'a>) {
    let item = message.and_then(|message| context.target(message, "itemRef"));
    let own = declared(node, tag).first().and_then(|data| item_of(*data, context));
    if let (Some(item), Some(own)) = (item, own)
        && !same_structure(item, own)
    {
        let message = format!("the `{tag}` of {} is not of the structure of its message", called(node));
        context.rule("TASK_DATA_MISMATCH", node, message);
    }
}

/// 10.3.6: a call passes what is called for, no more and no less.
fn call<'a>(node: Xml<'a>, context: &Context<'a>) {
    let Some(element) = context.target(node, "calledElement").filter(|found| context.is_a(*found, "tCallableElement"))
    else {
        return;
    };
    if child(node, "ioSpecification").is_none() {
        return;
    }
    for tag in ["dataInput", "dataOutput"] {
        let (own, theirs) = (declared(node, tag), declared(element, tag));
        let fits = own.len() == theirs.len()
            && own.iter().zip(&theirs).all(|(own, theirs)| match (item_of(*own, context), item_of(*theirs, context)) {
                (Some(own), Some(theirs)) => same_structure(own, theirs),
                _ => true,
            });
        if !fits {
            let message = format!("the `{tag}` elements of {} are not those of {}", called(node), called(element));
            context.rule("CALL_DATA_MISMATCH", node, message);
        }
    }
}

/// 10.4.1: what is exposed as a service says which of its data an operation takes and gives.
fn binding(node: Xml<'_>, context: &Context<'_>) {
    if child(node, "supportedInterfaceRef").is_some() && child(node, "ioBinding").is_none() {
        let message = format!("{} is exposed as a service, so it needs `ioBinding`", called(node));
        context.rule("MISSING_BINDING", node, message);
    }
}
