//! A process, with the pool and the lanes that it is drawn in, as the tree that the definition is read from.

use super::baton;
use super::build::{Map, scalar};
use super::context::{BPMN, Context, child, children, elements, flag, is, local, text};
use super::drawing::{Drawing, rounded};
use super::element::element;
use super::extensions::Extensions;
use super::flow;
use super::source::Xml;
use crate::Location;
use crate::yaml::tree::Node;
use roxmltree::NodeId;
use std::collections::HashMap;

/// What the readers of single elements share.
pub(super) struct Conversion<'a, 'c> {
    pub context: &'c Context<'a>,
    pub extensions: &'c Extensions,
    pub drawing: &'c Drawing,
    /// The lane that an element stands in, by the element's id; and its pool.
    pub lanes: HashMap<String, (String, Option<String>)>,
    /// The flows, by the scope that they belong to.
    pub flows: HashMap<NodeId, Vec<Xml<'a>>>,
}

/// One process: what stands under the key `process` of a document.
pub(super) fn process<'a>(process: Xml<'a>, context: &Context<'a>, extensions: &Extensions, drawing: &Drawing) -> Node {
    let location = context.location(process);
    let mut conversion =
        Conversion { context, extensions, drawing, lanes: HashMap::new(), flows: flow::by_scope(process, context) };
    let mut map = Map::new(location);
    map.text("id", process.attribute("id").unwrap_or_default().trim(), context.attribute_location(process, "id"));
    named(process, &mut map, context);
    map.flag(
        "isExecutable",
        flag(process, "isExecutable").unwrap_or(false),
        context.attribute_location(process, "isExecutable"),
    );
    documentation(process, &mut map, context);
    map.list("pools", pools(process, &mut conversion));
    let origin = (0.0, 0.0);
    let mut elements = scope(process, origin, &conversion);
    elements.extend(flow::beside(process, context).into_iter().filter_map(|node| element(node, origin, &conversion)));
    map.list("elements", elements);
    let mut flows = flow::flows(process, &conversion);
    flows.extend(flow::message_flows(process, &conversion));
    map.list("connections", flows);
    baton::patch(process, &mut map, &conversion);
    let prefix = baton::id_prefix(process, extensions);
    let mut process = map.build();
    if let Some(prefix) = prefix {
        baton::without_prefix(&mut process, prefix);
    }
    process
}

/// The flow nodes and artifacts inside a process or sub-process whose centre is `origin`.
pub(super) fn scope<'a>(node: Xml<'a>, origin: (f64, f64), conversion: &Conversion<'a, '_>) -> Vec<Node> {
    elements(node).filter_map(|inner| element(inner, origin, conversion)).collect()
}

pub(super) fn named(node: Xml<'_>, map: &mut Map, context: &Context<'_>) {
    if let Some(name) = node.attribute("name").filter(|name| !name.trim().is_empty()) {
        map.text("name", name, context.attribute_location(node, "name"));
    }
}

pub(super) fn documentation(node: Xml<'_>, map: &mut Map, context: &Context<'_>) {
    let texts: Vec<String> = children(node, "documentation").map(deep_text).collect();
    if let Some(first) = child(node, "documentation") {
        map.text("documentation", texts.join("\n\n"), context.location(first));
    }
}

/// A documentation may hold markup of its own; its words are kept.
pub(super) fn deep_text(node: Xml<'_>) -> String {
    node.descendants().filter(|inner| inner.is_text()).filter_map(|inner| inner.text()).collect()
}

/// The participant that shows this process, with its lanes; and with the first process, those that show none.
fn pools<'a>(process: Xml<'a>, conversion: &mut Conversion<'a, '_>) -> Vec<Node> {
    let context = conversion.context;
    let is_first = super::processes(context).next().is_some_and(|first| first.id() == process.id());
    let id = process.attribute("id").unwrap_or_default().trim();
    let mut pools = Vec::new();
    let collaborations = elements(context.root).filter(|node| is(*node, "collaboration"));
    for participant in
        collaborations.flat_map(|collaboration| children(collaboration, "participant").collect::<Vec<_>>())
    {
        let own = match participant.attribute("processRef") {
            Some(reference) if local(reference) == id => true,
            Some(reference) if context.resolve(reference).is_some() => continue,
            _ if is_first => false,
            _ => continue,
        };
        if let Some(pool) = pool(participant, own.then_some(process), conversion) {
            pools.push(pool);
        }
    }
    if pools.is_empty() && child(process, "laneSet").is_some() {
        pools.extend(pool(process, Some(process), conversion));
    }
    pools
}

fn pool<'a>(participant: Xml<'a>, process: Option<Xml<'a>>, conversion: &mut Conversion<'a, '_>) -> Option<Node> {
    let context = conversion.context;
    // Lanes need a pool, also those of a process that nobody shows as a participant.
    let mut id = participant.attribute("id")?.trim().to_owned();
    if is(participant, "process") {
        id.push_str("-pool");
    }
    let id = id.as_str();
    let mut map = Map::new(context.location(participant));
    map.text("id", id, context.attribute_location(participant, "id"));
    named(participant, &mut map, context);
    if let Some(shape) = conversion.drawing.shape(id) {
        let bounds = shape.bounds;
        let sides = [("x", Some(bounds.x)), ("y", Some(bounds.y)), ("width", bounds.width), ("height", bounds.height)];
        for (key, value) in sides {
            if let Some(value) = value {
                map.number(key, rounded(value), shape.location);
            }
        }
    }
    let mut lanes = Vec::new();
    if let Some(process) = process {
        for set in children(process, "laneSet") {
            lane_set(set, id, &mut lanes, conversion);
        }
    }
    map.list("lanes", lanes);
    if is(participant, "participant") {
        baton::patch(participant, &mut map, conversion);
    }
    Some(map.build())
}

/// The lanes without lanes inside, in their order.
fn lane_set<'a>(set: Xml<'a>, pool: &str, lanes: &mut Vec<Node>, conversion: &mut Conversion<'a, '_>) {
    for lane in children(set, "lane") {
        if let Some(inner) = child(lane, "childLaneSet") {
            lane_set(inner, pool, lanes, conversion);
            continue;
        }
        let context = conversion.context;
        let Some(id) = lane.attribute("id").map(str::trim) else { continue };
        let mut map = Map::new(context.location(lane));
        map.text("id", id, context.attribute_location(lane, "id"));
        named(lane, &mut map, context);
        if let Some(height) = conversion.drawing.shape(id).and_then(|shape| shape.bounds.height) {
            map.number("height", rounded(height), context.location(lane));
        }
        lanes.push(map.build());
        for reference in children(lane, "flowNodeRef") {
            let element = local(&text(reference)).to_owned();
            conversion.lanes.insert(element, (id.to_owned(), Some(pool.to_owned())));
        }
    }
}

/// `text` as a value in a list.
pub(super) fn item(text: &str, location: Location) -> Node {
    scalar(text.to_owned(), false, location)
}

/// Whether an attribute of BPMN itself is written, and what it says.
pub(super) fn written<'a>(node: Xml<'a>, name: &str) -> Option<&'a str> {
    node.attribute(name).or_else(|| node.attribute((BPMN, name))).map(str::trim)
}
