//! Activities: tasks of every kind, call activities and sub-processes, and what repeats them.

use super::build::{Map, plain};
use super::context::{Context, child, children, elements, flag, is, local, name_of, text};
use super::element::expression;
use super::process::{Conversion, item, written};
use super::source::Xml;
use super::{baton, camunda, data, event, zeebe};
use crate::yaml::MULTI_INSTANCE_COMPLETION;

/// The type of an activity, with its properties.
pub(super) fn activity<'a>(node: Xml<'a>, properties: &mut Map, conversion: &Conversion<'a, '_>) -> String {
    let context = conversion.context;
    for attribute in ["isForCompensation", "startQuantity", "completionQuantity"] {
        // The standard's own values need no words.
        if let Some(value) = written(node, attribute).filter(|value| !matches!(*value, "false" | "1")) {
            properties.plain(attribute, value, context.attribute_location(node, attribute));
        }
    }
    let kind = own(node, properties, conversion);
    repetition(node, properties, conversion);
    data::mappings(node, properties, conversion);
    camunda::activity(node, properties, conversion);
    zeebe::activity(node, properties, conversion);
    camunda::mappings(node, properties, conversion);
    zeebe::mappings(node, properties, conversion);
    baton::kind(node, conversion).unwrap_or_else(|| worked(kind, properties))
}

/// A task that is done by a worker with a topic is a service task, whatever its picture is.
fn worked(kind: String, properties: &Map) -> String {
    let has_worker = matches!(kind.as_str(), "sendTask" | "businessRuleTask" | "scriptTask") && properties.has("topic");
    if has_worker { "serviceTask".to_owned() } else { kind }
}

fn own<'a>(node: Xml<'a>, properties: &mut Map, conversion: &Conversion<'a, '_>) -> String {
    let context = conversion.context;
    let tag = name_of(node);
    match tag {
        "scriptTask" => script(node, properties, context),
        "sendTask" => event::message(node, properties, conversion),
        "receiveTask" => {
            event::message(node, properties, conversion);
            if flag(node, "instantiate") == Some(true) {
                properties.flag("instantiate", true, context.attribute_location(node, "instantiate"));
            }
        }
        "userTask" => people(node, properties, context),
        "callActivity" => {
            if let Some(called) = written(node, "calledElement") {
                let called = if called.contains("${") || called.contains("#{") { called } else { local(called) };
                let location = context.attribute_location(node, "calledElement");
                properties.text("calledElement", called.replace("#{", "${"), location);
            }
        }
        "adHocSubProcess" => ad_hoc(node, properties, context),
        "subProcess" if flag(node, "triggeredByEvent") == Some(true) => return "eventSubProcess".to_owned(),
        _ => {}
    }
    tag.to_owned()
}

fn script(node: Xml<'_>, properties: &mut Map, context: &Context<'_>) {
    if let Some(format) = written(node, "scriptFormat") {
        properties.text("scriptFormat", script_format(format), context.attribute_location(node, "scriptFormat"));
    }
    if let Some(script) = child(node, "script") {
        properties.text("script", super::process::deep_text(script), context.location(script));
    }
}

/// The languages that scripts are run in, by the names that they are registered under.
pub(super) const SCRIPT_TYPES: [(&str, &str); 10] = [
    ("text/x-python", "python"),
    ("application/x-python", "python"),
    ("text/x-python-script", "python"),
    ("text/javascript", "javascript"),
    ("application/javascript", "javascript"),
    ("application/ecmascript", "javascript"),
    ("text/ecmascript", "javascript"),
    ("text/x-feel", "feel"),
    ("application/x-feel", "feel"),
    ("application/x-expression", "expression"),
];

fn script_format(written: &str) -> String {
    let lower = written.to_lowercase();
    SCRIPT_TYPES.iter().find(|(name, _)| *name == lower).map_or(written, |(_, format)| format).to_owned()
}

/// Resource roles: a human performer is the assignee, potential owners are candidates (BPMN 2.0, 10.2.1).
fn people(node: Xml<'_>, properties: &mut Map, context: &Context<'_>) {
    let mut groups = Vec::new();
    for role in elements(node).filter(|inner| context.is_a(*inner, "tResourceRole")) {
        let location = context.location(role);
        let by_reference = child(role, "resourceRef").and_then(|reference| context.resolve(&text(reference)));
        let computed = child(role, "resourceAssignmentExpression").and_then(|outer| elements(outer).last());
        let who = match (by_reference, computed) {
            (Some(resource), _) => resource.attribute("name").unwrap_or_default().to_owned(),
            (None, Some(expression)) => text(expression).trim().replace("#{", "${"),
            (None, None) => continue,
        };
        match name_of(role) {
            "potentialOwner" => groups.push(item(&who, location)),
            _ => properties.text("assignee", who, location),
        }
    }
    properties.list("candidateGroups", groups);
}

fn ad_hoc(node: Xml<'_>, properties: &mut Map, context: &Context<'_>) {
    for attribute in ["ordering", "cancelRemainingInstances"] {
        if let Some(value) = written(node, attribute) {
            properties.plain(attribute, value, context.attribute_location(node, attribute));
        }
    }
    if let Some(condition) = child(node, "completionCondition") {
        properties.node("completionCondition", expression(condition, context));
    }
}

fn repetition<'a>(node: Xml<'a>, properties: &mut Map, conversion: &Conversion<'a, '_>) {
    let context = conversion.context;
    if let Some(standard) = child(node, "standardLoopCharacteristics") {
        for attribute in ["testBefore", "loopMaximum"] {
            if let Some(value) = written(standard, attribute) {
                properties.plain(attribute, value, context.attribute_location(standard, attribute));
            }
        }
        if let Some(condition) = child(standard, "loopCondition") {
            properties.node("loopCondition", expression(condition, context));
        }
    }
    let Some(multi) = child(node, "multiInstanceLoopCharacteristics") else { return };
    properties.flag("isMultiInstance", true, context.location(multi));
    if let Some(sequential) = flag(multi, "isSequential") {
        properties.flag("isSequential", sequential, context.attribute_location(multi, "isSequential"));
    }
    if let Some(behavior) = written(multi, "behavior").filter(|behavior| *behavior != "All") {
        properties.text("behavior", behavior, context.attribute_location(multi, "behavior"));
    }
    let is_ad_hoc = is(node, "adHocSubProcess");
    let completion = if is_ad_hoc { MULTI_INSTANCE_COMPLETION } else { "completionCondition" };
    for (tag, key) in [("loopCardinality", "loopCardinality"), ("completionCondition", completion)] {
        if let Some(inner) = child(multi, tag) {
            properties.node(key, expression(inner, context));
        }
    }
    behavior_events(multi, properties, context);
    collection(node, multi, properties, context);
    camunda::loops(multi, properties, conversion);
    zeebe::loops(multi, properties, conversion);
}

/// What is thrown when instances complete, by the name of the signal that it is.
fn behavior_events<'a>(multi: Xml<'a>, properties: &mut Map, context: &Context<'a>) {
    let signal = |definition: Xml<'a>| context.target(definition, "signalRef").map(event::name_or_id);
    for reference in ["noneBehaviorEventRef", "oneBehaviorEventRef"] {
        if let Some(definition) = written(multi, reference) {
            let name = context.resolve(definition).and_then(signal).unwrap_or(local(definition));
            properties.text(reference, name, context.attribute_location(multi, reference));
        }
    }
    let mut entries = Vec::new();
    for definition in children(multi, "complexBehaviorDefinition") {
        let mut entry = Map::new(context.location(definition));
        if let Some(condition) = child(definition, "condition") {
            entry.node("condition", expression(condition, context));
        }
        let thrown =
            child(definition, "event").and_then(|thrown| event::definitions(thrown, context).into_iter().next());
        if let Some(name) = thrown.and_then(signal) {
            entry.text("event", name, context.location(definition));
        }
        entries.push(entry.build());
    }
    properties.list("complexBehavior", entries);
}

/// The collection that is iterated is the data that flows into the loop's data input (BPMN 2.0, 10.3.8).
fn collection<'a>(node: Xml<'a>, multi: Xml<'a>, properties: &mut Map, context: &Context<'a>) {
    let location = context.location(multi);
    let name = |tag: &str| multi.children().find(|inner| is(*inner, tag)).and_then(|found| found.attribute("name"));
    for (tag, collection, item_tag, item_key) in [
        ("loopDataInputRef", "inputCollection", "inputDataItem", "inputElement"),
        ("loopDataOutputRef", "outputCollection", "outputDataItem", "outputElement"),
    ] {
        let reference = multi.children().find(|inner| is(*inner, tag));
        let Some(inner) = reference.and_then(|reference| context.resolve(&text(reference))) else { continue };
        if let Some(variable) = data::variable(node, inner, context) {
            properties.text(collection, variable, location);
        }
        if let Some(item) = name(item_tag) {
            properties.text(item_key, item, location);
        }
    }
}

/// For a property that is written as text in an attribute of a dialect.
pub(super) fn textual(key: &str, value: &str, node: Xml<'_>, properties: &mut Map, context: &Context<'_>) {
    properties.node(key, plain(value.trim().replace("#{", "${"), context.location(node)));
}
