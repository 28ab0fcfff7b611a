//! Data that flows into activities and out of them: data objects are variables by their names (BPMN 2.0, 10.4).

use super::build::Map;
use super::context::{Context, child, children, is, name_of, text};
use super::process::Conversion;
use super::source::Xml;
use crate::yaml::tree::Node;

/// The mappings that data associations say: what has a name on both sides, or an assignment or a transformation.
pub(super) fn mappings<'a>(node: Xml<'a>, properties: &mut Map, conversion: &Conversion<'a, '_>) {
    let context = conversion.context;
    for (tag, key) in [("dataInputAssociation", "inputMappings"), ("dataOutputAssociation", "outputMappings")] {
        let mut list = properties.take_list(key);
        for association in children(node, tag) {
            list.extend(association_mappings(association, context));
        }
        properties.list(key, list);
    }
}

fn association_mappings<'a>(association: Xml<'a>, context: &Context<'a>) -> Vec<Node> {
    let target = context.targets(association, "targetRef").first().and_then(|target| item_name(*target, context));
    let mut found = Vec::new();
    for assignment in children(association, "assignment") {
        let (Some(from), Some(to)) = (child(assignment, "from"), child(assignment, "to")) else { continue };
        let to_text = text(to);
        let to_name = context.resolve(to_text.trim()).and_then(|item| item_name(item, context));
        let name = to_name.unwrap_or_else(|| to_text.trim().to_owned());
        found.push(mapping(text(from).trim(), &name, assignment, context));
    }
    if !found.is_empty() {
        return found;
    }
    let sources = context.targets(association, "sourceRef");
    let source = match (child(association, "transformation"), sources.first()) {
        (Some(transformation), _) => Some(text(transformation).trim().to_owned()),
        (None, Some(source)) => item_name(*source, context),
        (None, None) => None,
    };
    if let (Some(source), Some(target)) = (source, target)
        && source != target
        && !source.is_empty()
    {
        found.push(mapping(&source, &target, association, context));
    }
    found
}

fn mapping(source: &str, target: &str, at: Xml<'_>, context: &Context<'_>) -> Node {
    let location = context.location(at);
    let mut map = Map::new(location);
    map.text("source", source, location);
    map.text("target", target, location);
    map.build()
}

/// The name of the variable that an item is: of a reference, that of the data object.
fn item_name<'a>(item: Xml<'a>, context: &Context<'a>) -> Option<String> {
    let named =
        |node: Xml<'a>| node.attribute("name").map(str::trim).filter(|name| is_variable(name)).map(str::to_owned);
    match name_of(item) {
        "dataObjectReference" => context.target(item, "dataObjectRef").and_then(named).or_else(|| named(item)),
        "dataStoreReference" => context.target(item, "dataStoreRef").and_then(named).or_else(|| named(item)),
        _ => named(item),
    }
}

/// A name with spaces is words for people.
fn is_variable(name: &str) -> bool {
    !name.is_empty() && !name.starts_with("__") && name.chars().all(|letter| letter.is_alphanumeric() || letter == '_')
}

/// The variable that an activity's data input is filled from, or that its data output fills.
pub(super) fn variable<'a>(node: Xml<'a>, item: Xml<'a>, context: &Context<'a>) -> Option<String> {
    let associations =
        node.children().filter(|inner| is(*inner, "dataInputAssociation") || is(*inner, "dataOutputAssociation"));
    for association in associations {
        let (here, there) = if is(association, "dataInputAssociation") {
            ("targetRef", "sourceRef")
        } else {
            ("sourceRef", "targetRef")
        };
        if context.targets(association, here).iter().any(|end| end.id() == item.id()) {
            return context.targets(association, there).first().and_then(|end| item_name(*end, context));
        }
    }
    item_name(item, context)
}
