//! Connections: sequence flows, associations, and the message flows of the collaboration.

use super::build::Map;
use super::context::{Context, child, children, elements, is, local, text};
use super::element::expression;
use super::process::{Conversion, documentation, named};
use super::source::Xml;
use super::{baton, processes};
use crate::yaml::tree::Node;

/// Those of one scope. Some tools write the flows inside a sub-process beside it: they belong where both of their ends are.
pub(super) fn flows<'a>(scope: Xml<'a>, conversion: &Conversion<'a, '_>) -> Vec<Node> {
    let context = conversion.context;
    let process = context.process_of(scope).unwrap_or(scope);
    let belongs = |node: &Xml<'a>| match node.tag_name().name() {
        "sequenceFlow" => home(*node, context).is_some_and(|home| home.id() == scope.id()),
        _ => {
            node.parent_element().is_some_and(|parent| parent.id() == scope.id()) && is_between_elements(*node, context)
        }
    };
    let all = process.descendants().filter(|node| is(*node, "sequenceFlow") || is(*node, "association"));
    all.filter(belongs).map(|node| flow(node, node.tag_name().name(), conversion)).collect()
}

fn home<'a>(flow: Xml<'a>, context: &Context<'a>) -> Option<Xml<'a>> {
    let around = |name: &str| context.target(flow, name).and_then(|end| end.parent_element());
    match (around("sourceRef"), around("targetRef")) {
        (Some(source), Some(target)) if source.id() == target.id() => Some(source),
        _ => flow.parent_element(),
    }
}

/// Those of the collaborations that leave this process; one that leaves a closed pool counts where it arrives.
pub(super) fn message_flows<'a>(process: Xml<'a>, conversion: &Conversion<'a, '_>) -> Vec<Node> {
    let context = conversion.context;
    let first = processes(context).next();
    let belongs = |node: &Xml<'a>| {
        let end = |name: &str| context.target(*node, name).and_then(|end| owner(end, context));
        let owner = end("sourceRef").or_else(|| end("targetRef")).or(first);
        owner.is_some_and(|owner| owner.id() == process.id())
    };
    let collaborations = elements(context.root).filter(|node| is(*node, "collaboration"));
    let all: Vec<Xml<'a>> = collaborations.flat_map(|node| children(node, "messageFlow").collect::<Vec<_>>()).collect();
    all.into_iter().filter(belongs).map(|node| flow(node, "messageFlow", conversion)).collect()
}

/// The process that an element stands in, or that a participant shows.
pub(super) fn owner<'a>(end: Xml<'a>, context: &Context<'a>) -> Option<Xml<'a>> {
    if is(end, "participant") { context.target(end, "processRef") } else { context.process_of(end) }
}

fn flow<'a>(node: Xml<'a>, kind: &str, conversion: &Conversion<'a, '_>) -> Node {
    let context = conversion.context;
    let mut map = Map::new(context.location(node));
    let id = node.attribute("id").map(str::trim);
    if let Some(id) = id {
        map.text("id", id, context.attribute_location(node, "id"));
    }
    if kind != "sequenceFlow" {
        map.text("type", kind, context.location(node));
    }
    named(node, &mut map, context);
    for (attribute, key) in [("sourceRef", "from"), ("targetRef", "to")] {
        let end = node.attribute(attribute).map(local).unwrap_or_default();
        map.text(key, end, context.attribute_location(node, attribute));
    }
    let mut properties = Map::new(context.location(node));
    documentation(node, &mut properties, context);
    // One that says nothing is no condition; only in YAML does that make a default flow.
    if let Some(condition) = child(node, "conditionExpression").filter(|condition| !text(*condition).trim().is_empty())
    {
        properties.node("condition", expression(condition, context));
    }
    if is_default(node, context) {
        properties.flag("isDefault", true, context.location(node));
    }
    if let Some((details, location)) = id.and_then(|id| conversion.drawing.details(id, false)) {
        properties.value("diagram", &details, location);
    }
    map.map("properties", properties);
    baton::patch(node, &mut map, conversion);
    map.build()
}

fn is_default<'a>(node: Xml<'a>, context: &Context<'a>) -> bool {
    let Some(source) = context.target(node, "sourceRef") else { return false };
    let default = source.attribute("default").map(local);
    default.is_some() && default == node.attribute("id").map(str::trim)
}

/// An association may also lead to what the process format does not draw: a message, a lane, a pool.
fn is_between_elements<'a>(node: Xml<'a>, context: &Context<'a>) -> bool {
    let fits = |name: &str| {
        let Some(end) = context.target(node, name) else { return false };
        let drawn = context.is_a(end, "tFlowElement") || context.is_a(end, "tArtifact");
        let same =
            context.process_of(end).map(|process| process.id()) == context.process_of(node).map(|process| process.id());
        let is_drawn_by_reference = is(end, "dataObject");
        drawn && same && !is_drawn_by_reference
    };
    let is_between = fits("sourceRef") && fits("targetRef");
    if !is_between {
        context.warning("NOT_KEPT", node, "an association that leads to no element of its process is left out");
    }
    is_between
}

/// The references in the texts of an element's children of that name.
pub(super) fn references(node: Xml<'_>, name: &str) -> Vec<String> {
    node.children().filter(|inner| is(*inner, name)).map(|inner| local(&text(inner)).to_owned()).collect()
}
