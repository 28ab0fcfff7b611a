//! Item definitions: types with names (DMN 1.5, 7.3.3).

use super::super::{ItemDefinition, ItemKind};
use super::source::{Source, without_prefix};
use crate::Located;
use crate::bpmn::read::source::Xml;

pub(super) fn item<'a>(node: Xml<'a>, source: &Source<'a>) -> ItemDefinition {
    source.expect(node, &["typeRef", "allowedValues", "typeConstraint", "itemComponent", "functionItem"]);
    ItemDefinition {
        name: source.item(node).name,
        kind: kind(node, source),
        is_collection: matches!(node.attribute("isCollection").map(str::trim), Some("true" | "1")),
        allowed_values: tests(node, "allowedValues", source),
        type_constraint: tests(node, "typeConstraint", source),
    }
}

fn kind<'a>(node: Xml<'a>, source: &Source<'a>) -> ItemKind {
    if let Some(reference) = source.child(node, "typeRef") {
        let name = without_prefix(source.own_text(reference));
        if name.value.is_empty() {
            source.error("MISSING_ELEMENT", reference, "`typeRef` names no type");
        }
        return ItemKind::Reference(name);
    }
    if source.child(node, "functionItem").is_some() {
        return ItemKind::Function;
    }
    let components: Vec<ItemDefinition> =
        source.children(node, "itemComponent").map(|child| item(child, source)).collect();
    match components.is_empty() {
        // Modellers write a type before it is said what it is.
        true => ItemKind::Reference(Located::new("Any".to_owned(), source.location(node))),
        false => ItemKind::Components(components),
    }
}

/// Unary tests; empty ones say nothing.
pub(super) fn tests<'a>(node: Xml<'a>, name: &str, source: &Source<'a>) -> Option<Located<String>> {
    let tests = source.child(node, name)?;
    source.check_language(tests);
    source.text(tests).filter(|text| !text.value.is_empty())
}
