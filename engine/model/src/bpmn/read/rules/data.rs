//! Items, data associations and the data of events (BPMN 2.0, 10.4.1, 10.4.2, 10.5.1).

use super::super::context::{Context, called, child, children, elements, flag, is, name_of};
use super::super::event::{definitions, trigger_name};
use super::super::source::Xml;

pub(super) fn check<'a>(node: Xml<'a>, context: &Context<'a>) {
    match name_of(node) {
        "dataInput" | "dataOutput" | "dataObject" | "inputDataItem" | "outputDataItem" => collection(node, context),
        "dataObjectReference" => state(node, context),
        "dataInputAssociation" | "dataOutputAssociation" => association(node, context),
        _ => {}
    }
    if context.is_a(node, "tCatchEvent") {
        payload(node, "dataOutput", context);
    }
    if context.is_a(node, "tThrowEvent") {
        payload(node, "dataInput", context);
    }
}

/// Tables 10.51, 10.58, 10.59: an element is a collection when its item is one.
fn collection<'a>(node: Xml<'a>, context: &Context<'a>) {
    let Some(item) = context.target(node, "itemSubjectRef").filter(|item| is(*item, "itemDefinition")) else { return };
    let collects = |node: Xml<'_>| flag(node, "isCollection").unwrap_or(false);
    if collects(node) != collects(item) {
        let message = format!("{} and its item {} must both be collections, or neither", called(node), called(item));
        context.rule("COLLECTION_MISMATCH", node, message);
    }
}

/// 10.4.1: a reference with a state is called `object [state]`.
fn state<'a>(node: Xml<'a>, context: &Context<'a>) {
    let state = child(node, "dataState").and_then(|state| state.attribute("name"));
    let object = context.target(node, "dataObjectRef").and_then(|object| object.attribute("name"));
    let (Some(state), Some(object), Some(name)) = (state, object, node.attribute("name")) else { return };
    let expected = format!("{object} [{state}]");
    if name.split_whitespace().collect::<Vec<_>>() != expected.split_whitespace().collect::<Vec<_>>() {
        let message =
            format!("{} is the object `{object}` in the state `{state}`, so it is called `{expected}`", called(node));
        context.rule("DATA_STATE_NAME", node, message);
    }
}

/// 10.4.2: both ends are of one structure, unless something turns one into the other; and data goes into what takes it.
fn association<'a>(node: Xml<'a>, context: &Context<'a>) {
    let sources = context.targets(node, "sourceRef");
    let targets = context.targets(node, "targetRef");
    let of_process = |item: Xml<'a>, name: &str| {
        let io = item.parent_element().filter(|parent| is(*parent, "ioSpecification"));
        is(item, name) && io.and_then(|io| io.parent_element()).is_some_and(|owner| is(owner, "process"))
    };
    if targets.iter().any(|target| of_process(*target, "dataInput")) {
        context.rule("DATA_DIRECTION", node, "what comes into a process is not written by what is in it");
    }
    if sources.iter().any(|source| of_process(*source, "dataOutput")) {
        context.rule("DATA_DIRECTION", node, "what a process gives out is not read by what is in it");
    }
    own_end(node, &sources, &targets, context);
    let is_computed = child(node, "transformation").is_some() || child(node, "assignment").is_some();
    if let ([source], [target], false) = (sources.as_slice(), targets.as_slice(), is_computed)
        && let (Some(from), Some(to)) = (item_of(*source, context), item_of(*target, context))
        && !same_structure(from, to)
    {
        let message = format!(
            "{} and {} are of different structures, and nothing turns one into the other",
            called(*source),
            called(*target)
        );
        context.rule("ITEM_MISMATCH", node, message);
    }
}

/// An activity reads into its own inputs and writes from its own outputs; modellers also use its properties for that.
fn own_end<'a>(node: Xml<'a>, sources: &[Xml<'a>], targets: &[Xml<'a>], context: &Context<'a>) {
    let Some(owner) = node.parent_element() else { return };
    let (ends, own) = if is(node, "dataInputAssociation") { (targets, "dataInput") } else { (sources, "dataOutput") };
    for end in ends {
        let is_own = (is(*end, own) || is(*end, "property")) && end.ancestors().any(|around| around.id() == owner.id());
        if !is_own {
            let message = format!("{} is not a `{own}` of {}", called(*end), called(owner));
            context.rule("DATA_DIRECTION", node, message);
        }
    }
}

/// The item definition of an item: of a reference, that of what it refers to.
pub(super) fn item_of<'a>(item: Xml<'a>, context: &Context<'a>) -> Option<Xml<'a>> {
    let own = context.target(item, "itemSubjectRef");
    let referred = || ["dataObjectRef", "dataStoreRef"].into_iter().find_map(|name| context.target(item, name));
    own.or_else(|| context.target(referred()?, "itemSubjectRef"))
}

/// One definition, or two that name one structure.
pub(super) fn same_structure(one: Xml<'_>, other: Xml<'_>) -> bool {
    let structure = |node: Xml<'_>| node.attribute("structureRef").map(|name| name.trim().to_owned());
    one.id() == other.id() || (structure(one).is_some() && structure(one) == structure(other))
}

/// 10.5.1: with several triggers there is a piece of data for each, in their order, and each fits.
fn payload<'a>(node: Xml<'a>, tag: &str, context: &Context<'a>) {
    let items: Vec<Xml<'a>> = elements(node).filter(|inner| is(*inner, tag)).collect();
    if items.is_empty() {
        return;
    }
    let definitions = definitions(node, context);
    let carriers: Vec<Xml<'a>> =
        definitions.into_iter().filter(|definition| carried(*definition, context).is_some()).collect();
    if !carriers.is_empty() && carriers.len() != items.len() {
        let message =
            format!("{} has {} triggers with data and {} of `{tag}`", called(node), carriers.len(), items.len());
        context.rule("EVENT_DATA_MISMATCH", node, message);
        return;
    }
    for (definition, item) in carriers.into_iter().zip(items) {
        if let (Some(thrown), Some(own)) = (carried(definition, context), item_of(item, context))
            && !same_structure(thrown, own)
        {
            let message = format!(
                "{} does not fit the data of the {} of {}",
                called(item),
                trigger_name(definition),
                called(node)
            );
            context.rule("EVENT_DATA_MISMATCH", node, message);
        }
    }
}

/// The item that comes with a trigger.
fn carried<'a>(definition: Xml<'a>, context: &Context<'a>) -> Option<Xml<'a>> {
    let (reference, item) = match trigger_name(definition) {
        "message" => ("messageRef", "itemRef"),
        "signal" => ("signalRef", "structureRef"),
        "error" => ("errorRef", "structureRef"),
        "escalation" => ("escalationRef", "structureRef"),
        _ => return None,
    };
    context.target(context.target(definition, reference)?, item)
}

/// The data inputs or outputs of an activity or a process.
pub(super) fn declared<'a>(node: Xml<'a>, tag: &'a str) -> Vec<Xml<'a>> {
    child(node, "ioSpecification").map(|outer| children(outer, tag).collect()).unwrap_or_default()
}
