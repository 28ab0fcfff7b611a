//! The dialect of Camunda 8 (Zeebe): extension elements only; expressions are FEEL and begin with `=`.

use super::activity::textual;
use super::build::{Map, of_json, scalar};
use super::context::{ZEEBE, name_of};
use super::process::Conversion;
use super::source::Xml;
use serde_json::{Value, json};

/// An element of the dialect, which of its attributes, and the properties that they are.
type Rows = &'static [(&'static str, &'static [(&'static str, &'static str)])];

const USER_TASK: Rows = &[
    (
        "assignmentDefinition",
        &[("assignee", "assignee"), ("candidateGroups", "candidateGroups"), ("candidateUsers", "candidateUsers")],
    ),
    ("taskSchedule", &[("dueDate", "dueDate")]),
    ("priorityDefinition", &[("priority", "priority")]),
];
const WORK: Rows = &[("taskDefinition", &[("type", "topic"), ("retries", "retries")])];
const CALL: Rows = &[(
    "calledElement",
    &[("processId", "calledElement"), ("propagateAllParentVariables", "inheritVariables"), ("bindingType", "binding")],
)];
const DECISION: Rows = &[(
    "calledDecision",
    &[("decisionId", "decisionRef"), ("resultVariable", "resultVariable"), ("bindingType", "binding")],
)];

pub(super) fn activity<'a>(node: Xml<'a>, properties: &mut Map, conversion: &Conversion<'a, '_>) {
    match name_of(node) {
        "userTask" => {
            let _ = conversion.extensions.child(node, ZEEBE, "userTask");
            rows(node, USER_TASK, properties, conversion);
            form(node, properties, conversion);
        }
        "serviceTask" | "sendTask" => rows(node, WORK, properties, conversion),
        "scriptTask" => {
            rows(node, WORK, properties, conversion);
            script(node, properties, conversion);
        }
        "businessRuleTask" => {
            rows(node, WORK, properties, conversion);
            rows(node, DECISION, properties, conversion);
        }
        "callActivity" => rows(node, CALL, properties, conversion),
        _ => {}
    }
    headers(node, properties, conversion);
}

fn rows<'a>(node: Xml<'a>, rows: Rows, properties: &mut Map, conversion: &Conversion<'a, '_>) {
    for (name, attributes) in rows {
        let Some(found) = conversion.extensions.child(node, ZEEBE, name) else { continue };
        for (attribute, key) in *attributes {
            if let Some(value) = conversion.extensions.own(found, attribute) {
                textual(key, &template(value), found, properties, conversion.context);
            }
        }
    }
}

/// What is rendered as text here is FEEL there: a path is a hole, and a text, a number or a list of texts is itself.
fn template(written: &str) -> String {
    let Some(feel) = written.trim().strip_prefix('=').map(str::trim) else { return written.to_owned() };
    let is_path = feel.starts_with(|first: char| first.is_alphabetic() || first == '_')
        && feel.chars().all(|letter| letter.is_alphanumeric() || letter == '_' || letter == '.');
    if is_path {
        return format!("${{{feel}}}");
    }
    match serde_json::from_str(feel) {
        Ok(Value::String(text)) => text,
        Ok(Value::Number(number)) => number.to_string(),
        Ok(Value::Array(items)) if items.iter().all(Value::is_string) => {
            items.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(", ")
        }
        _ => written.to_owned(),
    }
}

fn script<'a>(node: Xml<'a>, properties: &mut Map, conversion: &Conversion<'a, '_>) {
    let Some(found) = conversion.extensions.child(node, ZEEBE, "script") else { return };
    let location = conversion.context.location(found);
    if let Some(expression) = conversion.extensions.own(found, "expression") {
        properties.text("scriptFormat", "feel", location);
        properties.text("script", expression.trim().trim_start_matches('=').trim(), location);
    }
    if let Some(variable) = conversion.extensions.own(found, "resultVariable") {
        properties.text("resultVariable", variable, location);
    }
}

fn form<'a>(node: Xml<'a>, properties: &mut Map, conversion: &Conversion<'a, '_>) {
    let Some(found) = conversion.extensions.child(node, ZEEBE, "formDefinition") else { return };
    let mut custom = properties.take_map("custom");
    for attribute in ["formKey", "formId", "externalReference"] {
        if let Some(value) = conversion.extensions.own(found, attribute) {
            custom.text(attribute, value, conversion.context.location(found));
        }
    }
    properties.map("custom", custom);
}

/// Constants for the worker, in `custom.headers`.
fn headers<'a>(node: Xml<'a>, properties: &mut Map, conversion: &Conversion<'a, '_>) {
    let extensions = conversion.extensions;
    let Some(found) = extensions.child(node, ZEEBE, "taskHeaders") else { return };
    let location = conversion.context.location(found);
    let mut headers = Map::new(location);
    for header in extensions.inner(found, "header") {
        let value = extensions.own(header, "value").unwrap_or_default();
        if let Some(key) = extensions.own(header, "key") {
            headers.text(key, value, conversion.context.location(header));
        }
    }
    let mut custom = properties.take_map("custom");
    custom.map("headers", headers);
    properties.map("custom", custom);
}

pub(super) fn loops<'a>(multi: Xml<'a>, properties: &mut Map, conversion: &Conversion<'a, '_>) {
    let Some(found) = conversion.extensions.child(multi, ZEEBE, "loopCharacteristics") else { return };
    for key in ["inputCollection", "inputElement", "outputCollection", "outputElement"] {
        if let Some(value) = conversion.extensions.own(found, key) {
            textual(key, value, found, properties, conversion.context);
        }
    }
}

/// A throwing message event that a worker does is not one that the engine sends; its worker is left out.
pub(super) fn event<'a>(node: Xml<'a>, properties: &mut Map, conversion: &Conversion<'a, '_>) {
    if let Some(found) = conversion.extensions.child(node, ZEEBE, "formDefinition") {
        let mut custom = properties.take_map("custom");
        if let Some(id) = conversion.extensions.own(found, "formId") {
            custom.text("formId", id, conversion.context.location(found));
        }
        properties.map("custom", custom);
    }
}

/// The key stands at the message, and holds for all who wait for it.
pub(super) fn subscription<'a>(message: Xml<'a>, properties: &mut Map, conversion: &Conversion<'a, '_>) {
    let Some(found) = conversion.extensions.child(message, ZEEBE, "subscription") else { return };
    if let Some(key) = conversion.extensions.own(found, "correlationKey") {
        properties.node("correlationKey", scalar(template(key), false, conversion.context.location(found)));
    }
}

pub(super) fn mappings<'a>(node: Xml<'a>, properties: &mut Map, conversion: &Conversion<'a, '_>) {
    let extensions = conversion.extensions;
    for outer in extensions.children(node, ZEEBE, "ioMapping") {
        for (tag, key) in [("input", "inputMappings"), ("output", "outputMappings")] {
            let mut list = properties.take_list(key);
            for inner in extensions.inner(outer, tag) {
                if let (Some(source), Some(target)) = (extensions.own(inner, "source"), extensions.own(inner, "target"))
                {
                    let map = json!({"source": source, "target": target});
                    list.push(of_json(&map, conversion.context.location(inner)));
                }
            }
            properties.list(key, list);
        }
    }
}
