//! Elements: what all of them have in common, and which reader knows the type.

use super::fields::{Fields, Problems};
use super::process::bounds;
use super::tree::Node;
use super::{activity, event, task};
use crate::near_miss::did_you_mean;
use crate::{ActivityKind, Custom, Element, ElementKind, Gateway, Located, Mapping};

pub(super) const ARTIFACTS: [&str; 4] = ["textAnnotation", "group", "dataObject", "dataStore"];
const GATEWAYS: [&str; 5] =
    ["exclusiveGateway", "parallelGateway", "inclusiveGateway", "eventBasedGateway", "complexGateway"];

pub(super) fn elements(nodes: &[Node], problems: &mut Problems) -> Vec<Element> {
    nodes.iter().map(|node| element(node, problems)).collect()
}

/// One element while it is read: its own keys and those of its `properties`.
pub(super) struct Source<'a> {
    pub id: String,
    pub kind: Located<String>,
    pub name: Option<String>,
    pub fields: Fields<'a>,
    pub properties: Fields<'a>,
    /// The keys of `properties.custom`, which is free: nothing in it is ever unknown.
    pub custom: Fields<'a>,
    pub raw_custom: Custom,
}

fn element(node: &Node, problems: &mut Problems) -> Element {
    let mut fields = Fields::of(node, "an element", problems);
    let id = fields.required("id", "an element", problems).value;
    let mut fields = fields.owned_by(&id);
    let kind = fields.required("type", "an element", problems);
    let name = fields.plain_text("name", problems);
    let raw = fields.node("properties").map(Node::to_custom).unwrap_or_default();
    let mut properties = fields.map("properties", problems);
    let raw_custom = properties.node("custom").map(Node::to_custom).unwrap_or_default();
    let custom = properties.map("custom", problems);
    let mut source = Source { id, kind, name, fields, properties, custom, raw_custom };
    let kind = element_kind(&mut source, problems);
    let element = Element {
        kind,
        documentation: source.properties.plain_text("documentation", problems),
        input_mappings: mappings("inputMappings", &mut source.properties, problems),
        output_mappings: mappings("outputMappings", &mut source.properties, problems),
        bounds: bounds(&mut source.fields, problems),
        pool_id: source.fields.plain_text("poolId", problems),
        lane_id: source.fields.plain_text("laneId", problems),
        name: source.name,
        custom: source.raw_custom,
        properties: raw,
        location: node.location,
        id: source.id,
    };
    // What a modeller keeps of the picture beside places and sizes.
    source.properties.entry("diagram");
    let what = format!("`{}`", source.kind.value);
    source.properties.finish("UNKNOWN_PROPERTY", &what, problems);
    source.fields.finish("UNKNOWN_KEY", "an element", problems);
    element
}

fn element_kind(source: &mut Source<'_>, problems: &mut Problems) -> ElementKind {
    let kind = source.kind.value.clone();
    if let Some(gateway) = gateway(&kind, &mut source.properties, problems) {
        return ElementKind::Gateway(gateway);
    }
    if ARTIFACTS.contains(&kind.as_str()) {
        source.properties.raw_text("text", problems);
        return ElementKind::Artifact(kind);
    }
    if let Some(activity) = activity::activity(source, problems) {
        return ElementKind::Activity(Box::new(activity));
    }
    if let Some(event) = event::event(source, problems) {
        return event;
    }
    unknown(source, problems)
}

/// The error, and a task in its place, so that what refers to the element is not reported too.
fn unknown(source: &mut Source<'_>, problems: &mut Problems) -> ElementKind {
    let kind = &source.kind;
    if !kind.value.is_empty() {
        let message = format!("`{}` is not a type of element", kind.value);
        let mut problem = source.fields.error("UNKNOWN_ELEMENT_TYPE", kind.location, message);
        let types = all_types();
        problem.hint = did_you_mean(&kind.value, types.iter().map(String::as_str));
        problems.push(problem);
    }
    let activity = activity::options(ActivityKind::Task, source, problems);
    ElementKind::Activity(Box::new(activity))
}

fn all_types() -> Vec<String> {
    let fixed = task::TYPES.iter().chain(&activity::SUB_PROCESSES).chain(&GATEWAYS).chain(&ARTIFACTS);
    fixed.map(|name| (*name).to_owned()).chain(event::types()).collect()
}

fn gateway(kind: &str, properties: &mut Fields<'_>, problems: &mut Problems) -> Option<Gateway> {
    Some(match kind {
        "exclusiveGateway" => Gateway::Exclusive,
        "parallelGateway" => Gateway::Parallel,
        "inclusiveGateway" => Gateway::Inclusive,
        "eventBasedGateway" => {
            let kind = properties.plain_text("eventGatewayType", problems);
            Gateway::EventBased {
                instantiate: properties.flag("instantiate", problems).unwrap_or(false),
                parallel: kind.is_some_and(|kind| kind.eq_ignore_ascii_case("parallel"))
                    || properties.flag("parallel", problems).unwrap_or(false),
            }
        }
        "complexGateway" => Gateway::Complex { activation_condition: properties.text("activationCondition", problems) },
        _ => return None,
    })
}

fn mappings(key: &'static str, properties: &mut Fields<'_>, problems: &mut Problems) -> Vec<Mapping> {
    let mut mappings = Vec::new();
    for node in properties.list(key, problems) {
        let mut fields = Fields::of(node, "a mapping", problems);
        let source = fields.required("source", "a mapping", problems);
        let target = fields.required("target", "a mapping", problems).value;
        fields.finish("UNKNOWN_KEY", "a mapping", problems);
        mappings.push(Mapping { source, target });
    }
    mappings
}
