//! Connections: sequence flows, associations, and the message flows of the collaboration.

use super::build::Map;
use super::context::{Context, child, children, elements, is, local, text};
use super::element::expression;
use super::process::{Conversion, documentation, named};
use super::source::Xml;
use super::{baton, processes};
use crate::yaml::tree::Node;
use roxmltree::NodeId;
use std::collections::HashMap;

/// The flows of a process by the scope that they belong to. Some tools write the flows inside a sub-process beside it: they
/// belong where both of their ends are.
pub(super) fn by_scope<'a>(process: Xml<'a>, context: &Context<'a>) -> HashMap<NodeId, Vec<Xml<'a>>> {
    let mut found: HashMap<NodeId, Vec<Xml<'a>>> = HashMap::new();
    for node in process.descendants().chain(beside(process, context)) {
        let parent = node.parent_element().filter(|parent| !is(*parent, "collaboration")).or(Some(process));
        let scope = match (is(node, "sequenceFlow"), is(node, "association")) {
            (true, _) => home(node, context),
            (false, true) if is_between_elements(node, context) => parent,
            _ => None,
        };
        if let Some(scope) = scope {
            found.entry(scope.id()).or_default().push(node);
        }
    }
    found
}

/// Those of one scope.
pub(super) fn flows<'a>(scope: Xml<'a>, conversion: &Conversion<'a, '_>) -> Vec<Node> {
    let own = conversion.flows.get(&scope.id()).map_or(&[][..], Vec::as_slice);
    own.iter().map(|node| flow(*node, node.tag_name().name(), conversion)).collect()
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
        if let Some(home) = baton::home(*node, conversion.extensions) {
            return process.attribute("id").map(str::trim) == Some(home);
        }
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
        let elsewhere = prefix_elsewhere(node, attribute, conversion);
        let end = elsewhere.and_then(|prefix| end.strip_prefix(prefix)).unwrap_or(end);
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

/// What begins the ids of the process that an end of a message flow stands in.
fn prefix_elsewhere<'a>(flow: Xml<'a>, attribute: &str, conversion: &Conversion<'a, '_>) -> Option<&'a str> {
    let end = conversion.context.target(flow, attribute).filter(|_| is(flow, "messageFlow"))?;
    baton::id_prefix(owner(end, conversion.context)?, conversion.extensions)
}

fn is_default<'a>(node: Xml<'a>, context: &Context<'a>) -> bool {
    let Some(source) = context.target(node, "sourceRef") else { return false };
    let default = source.attribute("default").map(local);
    default.is_some() && default == node.attribute("id").map(str::trim)
}

/// An association may also lead to what the process format does not draw: a message, a lane, a pool.
fn is_between_elements<'a>(node: Xml<'a>, context: &Context<'a>) -> bool {
    let home = |name: &str| {
        let end = context.target(node, name).filter(|end| !is(*end, "dataObject"))?;
        let is_drawn = context.is_a(end, "tFlowElement") || context.is_a(end, "tArtifact");
        drawn_in(end, context).filter(|_| is_drawn).map(|process| process.id())
    };
    let source = home("sourceRef");
    let is_between = source.is_some() && source == home("targetRef");
    if !is_between {
        context.warning("NOT_KEPT", node, "an association that leads to no element of its process is left out");
    }
    is_between
}

/// The artifacts and associations of the collaborations that are drawn with this process.
pub(super) fn beside<'a>(process: Xml<'a>, context: &Context<'a>) -> Vec<Xml<'a>> {
    let collaborations = elements(context.root).filter(|node| is(*node, "collaboration"));
    let artifacts = collaborations
        .flat_map(|node| elements(node).collect::<Vec<_>>())
        .filter(|node| context.is_a(*node, "tArtifact"));
    artifacts.filter(|node| drawn_in(*node, context).is_some_and(|home| home.id() == process.id())).collect()
}

/// The process that an element is drawn with: the one around it; for what stands in a collaboration, that of the element
/// that it is associated with, or the first.
fn drawn_in<'a>(node: Xml<'a>, context: &Context<'a>) -> Option<Xml<'a>> {
    if let Some(process) = context.process_of(node) {
        return Some(process);
    }
    let is_association = is(node, "association");
    let id = node.attribute("id").map(str::trim);
    let siblings =
        node.parent_element().into_iter().flat_map(|parent| children(parent, "association").collect::<Vec<_>>());
    let own = siblings.filter(|other| if is_association { other.id() == node.id() } else { joins(*other, id) });
    let ends = own.flat_map(|other| [context.target(other, "sourceRef"), context.target(other, "targetRef")]);
    let other_end = ends.flatten().find_map(|end| context.process_of(end));
    other_end.or_else(|| processes(context).next())
}

fn joins(association: Xml<'_>, id: Option<&str>) -> bool {
    ["sourceRef", "targetRef"].into_iter().any(|name| association.attribute(name).map(local) == id)
}

/// The references in the texts of an element's children of that name.
pub(super) fn references(node: Xml<'_>, name: &str) -> Vec<String> {
    node.children().filter(|inner| is(*inner, name)).map(|inner| local(&text(inner)).to_owned()).collect()
}
