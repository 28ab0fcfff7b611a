//! Elements: what their tag says they are, and what all of them have in common.

use super::build::{Map, plain};
use super::context::{Context, child, flag, is, local, name_of, text};
use super::process::{Conversion, deep_text, documentation, named, scope, written};
use super::source::Xml;
use super::{activity, baton, camunda, event, flow, zeebe};
use crate::yaml::tree::Node;

/// The element; none for what is no element of a process (flows, data that is only referred to, what belongs to it).
pub(super) fn element<'a>(node: Xml<'a>, origin: (f64, f64), conversion: &Conversion<'a, '_>) -> Option<Node> {
    let context = conversion.context;
    let tag = name_of(node);
    let is_flow = matches!(tag, "sequenceFlow" | "association");
    let is_drawn = context.is_a(node, "tFlowElement") || context.is_a(node, "tArtifact");
    if is_flow || !is_drawn || is_shown_by_reference(node, context) || is_unsupported(node, context) {
        return None;
    }
    let location = context.location(node);
    let mut properties = Map::new(location);
    documentation(node, &mut properties, context);
    let kind = kind(node, &mut properties, conversion);
    let mut map = Map::new(location);
    let id = identity(node, context);
    map.text("id", &id, context.attribute_location(node, "id"));
    map.text("type", kind, location);
    name(node, &mut map, context);
    conversion.drawing.place(&id, origin, &mut map);
    if let Some((lane, pool)) = conversion.lanes.get(&id) {
        if let Some(pool) = pool {
            map.text("poolId", pool, location);
        }
        map.text("laneId", lane, location);
    }
    if let Some(host) = node.attribute("attachedToRef") {
        map.text("attachedToRef", local(host), context.attribute_location(node, "attachedToRef"));
    }
    if context.is_a(node, "tSubProcess") {
        let centre = conversion.drawing.shape(&id).map_or((0.0, 0.0), |shape| shape.centre());
        map.list("childElements", scope(node, centre, conversion));
        map.list("childConnections", flow::flows(node, conversion));
    }
    if let Some((details, location)) = conversion.drawing.details(&id, context.is_a(node, "tSubProcess")) {
        properties.value("diagram", &details, location);
    }
    map.map("properties", properties);
    baton::patch(node, &mut map, conversion);
    Some(map.build())
}

/// The type in the words of the process format, and its properties.
fn kind<'a>(node: Xml<'a>, properties: &mut Map, conversion: &Conversion<'a, '_>) -> String {
    let context = conversion.context;
    if context.is_a(node, "tEvent") {
        let kind = event::event(node, properties, conversion);
        zeebe::mappings(node, properties, conversion);
        camunda::mappings(node, properties, conversion);
        return kind;
    }
    if context.is_a(node, "tActivity") {
        return activity::activity(node, properties, conversion);
    }
    if context.is_a(node, "tGateway") {
        gateway(node, properties, context);
        return name_of(node).to_owned();
    }
    artifact(node, properties, context)
}

fn gateway(node: Xml<'_>, properties: &mut Map, context: &Context<'_>) {
    for (attribute, key) in [("instantiate", "instantiate"), ("eventGatewayType", "eventGatewayType")] {
        if let Some(value) = written(node, attribute) {
            properties.plain(key, value, context.attribute_location(node, attribute));
        }
    }
    if let Some(condition) = child(node, "activationCondition") {
        properties.node("activationCondition", expression(condition, context));
    }
}

fn artifact(node: Xml<'_>, properties: &mut Map, context: &Context<'_>) -> String {
    let location = context.location(node);
    let mut custom = Map::new(location);
    if let Some(state) = child(node, "dataState").and_then(|state| state.attribute("name")) {
        custom.text("dataState", state, location);
    }
    if let Some(object) = context.target(node, "dataObjectRef") {
        custom.text("dataObjectRef", object.attribute("id").unwrap_or_default(), location);
        if flag(object, "isCollection") == Some(true) {
            custom.flag("isCollection", true, location);
        }
    }
    if let Some(store) = context.target(node, "dataStoreRef") {
        custom.text("dataStoreRef", store.attribute("id").unwrap_or_default(), location);
    }
    properties.map("custom", custom);
    if let Some(words) = child(node, "text") {
        properties.text("text", deep_text(words), context.location(words));
    }
    match name_of(node) {
        "dataObjectReference" | "dataObject" => "dataObject".to_owned(),
        "dataStoreReference" => "dataStore".to_owned(),
        other => other.to_owned(),
    }
}

/// A data object is drawn by what refers to it.
fn is_shown_by_reference(node: Xml<'_>, context: &Context<'_>) -> bool {
    is(node, "dataObject") && node.attribute("id").is_some_and(|id| context.referred.contains(id.trim()))
}

/// What the reader knows and the process format does not; choreographies have their own rule.
fn is_unsupported(node: Xml<'_>, context: &Context<'_>) -> bool {
    let unsupported = matches!(name_of(node), "implicitThrowEvent" | "event");
    if unsupported {
        context.error(
            "ELEMENT_NOT_ALLOWED",
            node,
            format!("`{}` does not stand for itself in a process", name_of(node)),
        );
    }
    unsupported || context.is_a(node, "tChoreographyActivity")
}

/// An artifact that nothing refers to may lack an id, and gets one from its place.
fn identity(node: Xml<'_>, context: &Context<'_>) -> String {
    match node.attribute("id").map(str::trim) {
        Some(id) => id.to_owned(),
        None if context.is_a(node, "tArtifact") => {
            let location = context.location(node);
            format!("{}_{}_{}", name_of(node), location.line, location.column)
        }
        None => String::new(),
    }
}

/// A group is called as its category's value.
fn name(node: Xml<'_>, map: &mut Map, context: &Context<'_>) {
    named(node, map, context);
    if let Some(value) = context.target(node, "categoryValueRef").and_then(|value| value.attribute("value")) {
        map.text("name", value, context.attribute_location(node, "categoryValueRef"));
    }
}

/// The text of an expression, in the spelling of this engine: FEEL begins with `=`, and `#{…}` is `${…}`.
pub(super) fn expression(node: Xml<'_>, context: &Context<'_>) -> Node {
    plain(spelled(text(node).trim(), language(node)), context.location(node))
}

fn language<'a>(node: Xml<'a>) -> Option<&'a str> {
    node.attribute("language").or_else(|| node.document().root_element().attribute("expressionLanguage"))
}

fn spelled(text: &str, language: Option<&str>) -> String {
    let is_feel = language.is_some_and(|language| language.to_lowercase().contains("feel"));
    if is_feel && !text.is_empty() && !text.starts_with('=') && !text.contains("${") {
        return format!("= {text}");
    }
    text.replace("#{", "${")
}
