//! Events: their definitions, inline or by reference, as the trigger in their type and the properties that it has.

use super::build::{Map, scalar};
use super::context::{Context, child, children, elements, flag, is, name_of, text};
use super::element::expression;
use super::process::{Conversion, written};
use super::source::Xml;
use super::{camunda, zeebe};
use crate::yaml::tree::Node;

/// The definitions of an event's triggers, in the order of the file; those by reference come last, as in the schema.
pub(super) fn definitions<'a>(node: Xml<'a>, context: &Context<'a>) -> Vec<Xml<'a>> {
    let inline = elements(node).filter(|inner| context.is_a(*inner, "tEventDefinition"));
    let referred = children(node, "eventDefinitionRef").filter_map(|inner| context.resolve(&text(inner)));
    inline.chain(referred.filter(|other| context.is_a(*other, "tEventDefinition"))).collect()
}

/// The name of a definition's trigger in the types of the process format.
pub(super) fn trigger_name(definition: Xml<'_>) -> &str {
    match name_of(definition).trim_end_matches("EventDefinition") {
        "compensate" => "compensation",
        other => other,
    }
}

/// The type of an event, with the properties of its trigger.
pub(super) fn event<'a>(node: Xml<'a>, properties: &mut Map, conversion: &Conversion<'a, '_>) -> String {
    let context = conversion.context;
    let definitions = definitions(node, context);
    let position = position(node);
    for attribute in ["isInterrupting", "cancelActivity", "parallelMultiple"] {
        flagged(node, attribute, properties, context);
    }
    let trigger = match definitions.as_slice() {
        [] => "",
        [definition] => {
            trigger(*definition, properties, conversion);
            trigger_name(*definition)
        }
        several => {
            let items = several.iter().map(|definition| listed(*definition, conversion)).collect();
            properties.list("eventDefinitions", items);
            "multiple"
        }
    };
    camunda::event(node, properties, conversion);
    zeebe::event(node, properties, conversion);
    match (trigger, position) {
        ("", "StartEvent") => "startEvent".to_owned(),
        ("", "EndEvent") => "endEvent".to_owned(),
        ("", "IntermediateThrowEvent") => "intermediateEvent".to_owned(),
        _ => format!("{trigger}{position}"),
    }
}

fn position(node: Xml<'_>) -> &'static str {
    match name_of(node) {
        "startEvent" => "StartEvent",
        "endEvent" => "EndEvent",
        "boundaryEvent" => "BoundaryEvent",
        "intermediateCatchEvent" => "IntermediateCatchEvent",
        _ => "IntermediateThrowEvent",
    }
}

/// What says only what holds anyway (a start event interrupts, there are several parallel of one) is left out.
fn flagged(node: Xml<'_>, attribute: &str, properties: &mut Map, context: &Context<'_>) {
    let Some(value) = flag(node, attribute) else { return };
    let is_needless = (attribute == "parallelMultiple" && !value) || (attribute == "isInterrupting" && value);
    if !is_needless {
        properties.flag(attribute, value, context.attribute_location(node, attribute));
    }
}

/// One of several definitions, as an item of `eventDefinitions`.
fn listed<'a>(definition: Xml<'a>, conversion: &Conversion<'a, '_>) -> Node {
    let mut map = Map::new(conversion.context.location(definition));
    map.text("type", trigger_name(definition), conversion.context.location(definition));
    trigger(definition, &mut map, conversion);
    map.build()
}

fn trigger<'a>(definition: Xml<'a>, properties: &mut Map, conversion: &Conversion<'a, '_>) {
    let context = conversion.context;
    let location = context.location(definition);
    match name_of(definition) {
        "messageEventDefinition" => message(definition, properties, conversion),
        "timerEventDefinition" => timer(definition, properties, context),
        "signalEventDefinition" => {
            if let Some(signal) = context.target(definition, "signalRef") {
                properties.text("signalRef", name_or_id(signal), context.attribute_location(definition, "signalRef"));
            }
        }
        "errorEventDefinition" => {
            let code = context.target(definition, "errorRef").and_then(|error| written(error, "errorCode"));
            coded("errorCode", code, definition, properties, context);
        }
        "escalationEventDefinition" => {
            let code = context.target(definition, "escalationRef").and_then(|found| written(found, "escalationCode"));
            coded("escalationCode", code, definition, properties, context);
        }
        "compensateEventDefinition" => {
            if let Some(activity) = written(definition, "activityRef") {
                properties.text("activityRef", super::context::local(activity), location);
            }
            if let Some(wait) = flag(definition, "waitForCompletion") {
                properties.flag("waitForCompletion", wait, location);
            }
        }
        "conditionalEventDefinition" => {
            if let Some(condition) = child(definition, "condition") {
                properties.node("condition", expression(condition, context));
            }
        }
        "linkEventDefinition" => link(definition, properties, context),
        _ => {}
    }
}

fn coded(key: &str, code: Option<&str>, definition: Xml<'_>, properties: &mut Map, context: &Context<'_>) {
    if let Some(code) = code.filter(|code| !code.is_empty()) {
        properties.text(key, code, context.location(definition));
    }
}

/// The message that a task or an event names, and the key that it is correlated by.
pub(super) fn message<'a>(node: Xml<'a>, properties: &mut Map, conversion: &Conversion<'a, '_>) {
    let context = conversion.context;
    let Some(message) = context.target(node, "messageRef") else { return };
    properties.text("messageRef", name_or_id(message), context.attribute_location(node, "messageRef"));
    zeebe::subscription(message, properties, conversion);
}

pub(super) fn name_or_id<'a>(node: Xml<'a>) -> &'a str {
    node.attribute("name").filter(|name| !name.trim().is_empty()).or_else(|| node.attribute("id")).unwrap_or_default()
}

fn timer(definition: Xml<'_>, properties: &mut Map, context: &Context<'_>) {
    for (tag, key) in [("timeDuration", "timerDuration"), ("timeDate", "timerDate"), ("timeCycle", "timerCycle")] {
        if let Some(time) = child(definition, tag) {
            properties.node(key, expression(time, context));
        }
    }
}

/// A throwing link may name its target instead; then it goes by the target's name.
fn link(definition: Xml<'_>, properties: &mut Map, context: &Context<'_>) {
    let target = child(definition, "target").and_then(|target| context.resolve(&text(target)));
    let named = target.filter(|target| is(*target, "linkEventDefinition")).unwrap_or(definition);
    let event =
        named.parent_element().filter(|event| context.is_a(*event, "tEvent")).and_then(|event| event.attribute("name"));
    let name = named.attribute("name").or_else(|| definition.attribute("name")).or(event).unwrap_or_default();
    properties.node("linkName", scalar(name.to_owned(), false, context.location(definition)));
}
