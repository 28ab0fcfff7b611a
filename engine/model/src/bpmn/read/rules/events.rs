//! Events: the triggers that each kind can have, and what these must say (BPMN 2.0, 10.5, tables 10.82 to 10.98).

use super::super::context::{Context, called, child, children, flag, is, name_of, text};
use super::super::event::{definitions, trigger_name};
use super::super::process::written;
use super::super::source::Xml;

/// Which triggers an event of that kind can have.
fn allowed(node: Xml<'_>) -> &'static [&'static str] {
    let in_event_sub_process = node.parent_element().is_some_and(|scope| flag(scope, "triggeredByEvent") == Some(true));
    match name_of(node) {
        "startEvent" if in_event_sub_process => {
            &["message", "timer", "signal", "conditional", "error", "escalation", "compensation"]
        }
        "startEvent" => &["message", "timer", "signal", "conditional"],
        "intermediateCatchEvent" => &["message", "timer", "signal", "conditional", "link"],
        "boundaryEvent" => {
            &["message", "timer", "signal", "conditional", "error", "escalation", "compensation", "cancel"]
        }
        "intermediateThrowEvent" => &["message", "signal", "escalation", "compensation", "link"],
        "endEvent" => &["message", "signal", "error", "escalation", "compensation", "cancel", "terminate"],
        _ => &["message", "signal", "error", "escalation", "compensation", "cancel", "terminate", "link"],
    }
}

pub(super) fn check<'a>(node: Xml<'a>, context: &Context<'a>) {
    let definitions = definitions(node, context);
    let allowed = allowed(node);
    for definition in &definitions {
        let trigger = trigger_name(*definition);
        if !allowed.contains(&trigger) {
            let message = format!("{} (`{}`) cannot have the trigger {trigger}", called(node), name_of(node));
            context.error("EVENT_TRIGGER_NOT_ALLOWED", node, message);
        }
        said(node, *definition, context);
    }
    if definitions.is_empty() && matches!(name_of(node), "intermediateCatchEvent" | "boundaryEvent") {
        let message = format!("{} (`{}`) waits for nothing: it needs a trigger", called(node), name_of(node));
        context.must("EVENT_WITHOUT_TRIGGER", node, message);
    }
    reusable(node, context);
}

/// 10.5.1: a definition that several events share stands at the top of the file.
fn reusable<'a>(node: Xml<'a>, context: &Context<'a>) {
    for reference in children(node, "eventDefinitionRef") {
        let definition = context.resolve(&text(reference)).filter(|found| context.is_a(*found, "tEventDefinition"));
        if definition.is_some_and(|found| found.parent_element().is_none_or(|parent| !is(parent, "definitions"))) {
            let message = format!("`{}` belongs to another event, and cannot be referred to", text(reference).trim());
            context.must("DEFINITION_NOT_REUSABLE", reference, message);
        }
    }
}

/// What a trigger of an executable process must say.
fn said<'a>(node: Xml<'a>, definition: Xml<'a>, context: &Context<'a>) {
    if !context.is_executable(node) {
        return;
    }
    let throws = matches!(name_of(node), "endEvent" | "intermediateThrowEvent");
    match trigger_name(definition) {
        "message" => message(node, definition, context),
        "escalation" if throws => code(node, definition, "escalationRef", "escalationCode", context),
        "error" if throws => code(node, definition, "errorRef", "errorCode", context),
        "signal" if definition.attribute("signalRef").is_none() => {
            context.must("MISSING_SIGNAL", definition, format!("{} names no signal", called(node)));
        }
        _ => {}
    }
}

/// Table 10.91: in an executable process, a message and the operation that it belongs to are named.
fn message<'a>(node: Xml<'a>, definition: Xml<'a>, context: &Context<'a>) {
    if definition.attribute("messageRef").is_none() {
        context.rule("MISSING_MESSAGE", definition, format!("{} names no message", called(node)));
    }
    if context.is_standard && child(definition, "operationRef").is_none() {
        let message = format!("{} names no operation, which says whose message it is", called(node));
        context.must("MISSING_OPERATION", definition, message);
    }
}

/// Tables 8.9 and 10.87: who throws an error or an escalation gives its code.
fn code<'a>(node: Xml<'a>, definition: Xml<'a>, reference: &str, code: &str, context: &Context<'a>) {
    let thrown = context.target(definition, reference).and_then(|thrown| written(thrown, code));
    if thrown.is_none_or(str::is_empty) {
        let message = format!("{} throws without a code: `{reference}` must name one with `{code}`", called(node));
        context.rule("MISSING_CODE", definition, message);
    }
}
