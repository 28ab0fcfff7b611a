//! Link events come in pairs of one scope (BPMN 2.0, 10.5.5).

use super::super::context::{Context, called, children, is, text};
use super::super::event::definitions;
use super::super::source::Xml;

pub(super) fn check(context: &Context<'_>) {
    for definition in context.root.descendants().filter(|node| is(*node, "linkEventDefinition")) {
        mutual(definition, "target", "source", context);
        mutual(definition, "source", "target", context);
        if let Some(event) = definition.parent_element().filter(|event| is(*event, "intermediateCatchEvent")) {
            sourced(event, definition, context);
        }
    }
}

/// Who names a target is among that target's sources, and the other way round, where both say so.
fn mutual<'a>(definition: Xml<'a>, there: &'a str, back: &'a str, context: &Context<'a>) {
    for other in context.targets(definition, there).into_iter().filter(|other| is(*other, "linkEventDefinition")) {
        let answers = context.targets(other, back);
        if !answers.is_empty() && !answers.iter().any(|answer| answer.id() == definition.id()) {
            let message =
                format!("{} names {} as its {there}, and is not its {back}", called(definition), called(other));
            context.must("LINK_MISMATCH", definition, message);
        }
    }
}

/// A catching link is reached by a throwing one: by reference, or by its name.
fn sourced<'a>(event: Xml<'a>, definition: Xml<'a>, context: &Context<'a>) {
    if !context.targets(definition, "source").is_empty() {
        return;
    }
    let Some(scope) = event.parent_element() else { return };
    let name = definition.attribute("name");
    let reaches = |thrower: Xml<'a>| {
        definitions(thrower, context).into_iter().any(|other| {
            let by_name = name.is_some() && other.attribute("name") == name && is(other, "linkEventDefinition");
            let targets: Vec<String> = children(other, "target").map(text).collect();
            by_name
                || targets
                    .iter()
                    .any(|target| context.resolve(target).is_some_and(|found| found.id() == definition.id()))
        })
    };
    if !children(scope, "intermediateThrowEvent").any(reaches) {
        let message = format!("no throwing link event leads to {}", called(event));
        context.rule("UNPAIRED_LINK", event, message);
    }
}
