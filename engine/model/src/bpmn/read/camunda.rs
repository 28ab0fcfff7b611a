//! The dialect of Camunda 7 and of the engines it shares its extensions with: attributes and elements in one namespace.

use super::activity::textual;
use super::build::{Map, of_json, scalar};
use super::context::{CAMUNDA, name_of, text};
use super::process::Conversion;
use super::source::Xml;
use crate::yaml::tree::Node;
use serde_json::json;

pub(super) fn activity<'a>(node: Xml<'a>, properties: &mut Map, conversion: &Conversion<'a, '_>) {
    let context = conversion.context;
    let simple: &[(&str, &str)] = match name_of(node) {
        "userTask" => &[
            ("assignee", "assignee"),
            ("candidateUsers", "candidateUsers"),
            ("candidateGroups", "candidateGroups"),
            ("dueDate", "dueDate"),
            ("priority", "priority"),
        ],
        "scriptTask" => &[("resultVariable", "resultVariable"), ("resultVariableName", "resultVariable")],
        "serviceTask" | "sendTask" => &[("resultVariable", "resultVariable"), ("taskPriority", "jobPriority")],
        "businessRuleTask" => {
            &[("decisionRef", "decisionRef"), ("resultVariable", "resultVariable"), ("taskPriority", "jobPriority")]
        }
        _ => &[],
    };
    for (attribute, key) in simple {
        if let Some(value) = conversion.extensions.family_attribute(node, attribute) {
            textual(key, value, node, properties, context);
        }
    }
    match name_of(node) {
        "serviceTask" | "sendTask" | "businessRuleTask" => external(node, properties, conversion),
        "userTask" => form(node, properties, conversion),
        "startEvent" => form(node, properties, conversion),
        "callActivity" => call(node, properties, conversion),
        _ => {}
    }
    if name_of(node) == "businessRuleTask" {
        decision(node, properties, conversion);
    }
}

/// A worker subscribes to the topic. What runs inside a Java program (a class, a bean) is named, and left out.
fn external<'a>(node: Xml<'a>, properties: &mut Map, conversion: &Conversion<'a, '_>) {
    let (extensions, context) = (conversion.extensions, conversion.context);
    let is_external = extensions.family_attribute(node, "type") == Some("external");
    if let Some(topic) = extensions.family_attribute(node, "topic").filter(|_| is_external) {
        textual("topic", topic, node, properties, context);
    }
    for attribute in ["class", "delegateExpression", "expression"] {
        if let Some(program) = extensions.family_attribute(node, attribute) {
            let message = format!("`{program}` is of a Java program, which does not run here");
            let id = node.attribute("id").unwrap_or_default();
            let hint = format!("write a worker for the topic `{id}`");
            let problem = crate::Diagnostic::warning("UNSUPPORTED_EXTENSION", context.location(node), message);
            context.add(problem.on(id).hint(hint));
        }
    }
}

fn form<'a>(node: Xml<'a>, properties: &mut Map, conversion: &Conversion<'a, '_>) {
    let (extensions, context) = (conversion.extensions, conversion.context);
    let location = context.location(node);
    let mut custom = properties.take_map("custom");
    for attribute in ["formKey", "formRef"] {
        if let Some(key) = extensions.family_attribute(node, attribute) {
            custom.text(attribute, key, location);
        }
    }
    let mut fields = Vec::new();
    for data in extensions.family_children(node, "formData") {
        fields
            .extend(extensions.inner(data, "formField").into_iter().filter_map(|field| form_field(field, conversion)));
    }
    fields.extend(
        extensions.family_children(node, "formProperty").into_iter().filter_map(|field| form_field(field, conversion)),
    );
    custom.list("formFields", fields);
    properties.map("custom", custom);
}

fn form_field<'a>(field: Xml<'a>, conversion: &Conversion<'a, '_>) -> Option<Node> {
    let (extensions, context) = (conversion.extensions, conversion.context);
    let mut map = Map::new(context.location(field));
    let location = context.location(field);
    map.text("name", extensions.own(field, "id")?, location);
    if let Some(label) = extensions.own(field, "label").or_else(|| extensions.own(field, "name")) {
        map.text("label", label, location);
    }
    let kind = match extensions.own(field, "type").unwrap_or("string") {
        "long" | "double" | "integer" => "number",
        "boolean" => "boolean",
        "date" => "date",
        "enum" => "select",
        _ => "text",
    };
    map.text("type", kind, location);
    let values = extensions.inner(field, "value");
    let options = values.iter().filter_map(|value| {
        let _ = extensions.own(*value, "name");
        extensions.own(*value, "id").map(|id| scalar(id.to_owned(), false, location))
    });
    map.list("options", options.collect());
    let constraints =
        extensions.inner(field, "validation").into_iter().flat_map(|outer| extensions.inner(outer, "constraint"));
    let mut required = extensions.own(field, "required") == Some("true");
    for constraint in constraints {
        required |= constraint.attribute("name") == Some("required") && extensions.own(constraint, "name").is_some();
    }
    if required {
        map.flag("required", true, location);
    }
    Some(map.build())
}

/// Variables go into a called process one by one, or all of them.
fn call<'a>(node: Xml<'a>, properties: &mut Map, conversion: &Conversion<'a, '_>) {
    let (extensions, context) = (conversion.extensions, conversion.context);
    let location = context.location(node);
    let mut inherits = false;
    for (tag, key) in [("in", "inputMappings"), ("out", "outputMappings")] {
        let mut list = properties.take_list(key);
        for variable in extensions.family_children(node, tag) {
            inherits |= tag == "in" && extensions.own(variable, "variables") == Some("all");
            let source = extensions.own(variable, "source").or_else(|| extensions.own(variable, "sourceExpression"));
            if let (Some(source), Some(target)) = (source, extensions.own(variable, "target")) {
                let map = json!({"source": source.replace("#{", "${"), "target": target});
                list.push(of_json(&map, context.location(variable)));
            }
        }
        properties.list(key, list);
    }
    let speaks = context.root.namespaces().any(|namespace| namespace.uri() == CAMUNDA);
    if speaks && !inherits && context.root.namespaces().all(|namespace| namespace.uri() != super::context::BATON) {
        properties.flag("inheritVariables", false, location);
    }
    binding(node, ["calledElementBinding", "calledElementVersion"], properties, conversion);
}

/// Which version of what is called, from the attributes that say how and which.
fn binding<'a>(node: Xml<'a>, [how, which]: [&str; 2], properties: &mut Map, conversion: &Conversion<'a, '_>) {
    let version = conversion.extensions.family_attribute(node, which);
    match conversion.extensions.family_attribute(node, how) {
        Some("version") => {
            if let Some(version) = version {
                textual("binding", version, node, properties, conversion.context);
            }
        }
        Some(binding) => textual("binding", binding, node, properties, conversion.context),
        None => {}
    }
}

/// What a decision comes to is here as DMN says: a value, the outputs of the rule by name, or the list of those. Where a file
/// counts on a list around a single rule's outputs (which is the default there), it is told so.
fn decision<'a>(node: Xml<'a>, properties: &mut Map, conversion: &Conversion<'a, '_>) {
    let (extensions, context) = (conversion.extensions, conversion.context);
    binding(node, ["decisionRefBinding", "decisionRefVersion"], properties, conversion);
    let result = extensions.family_attribute(node, "mapDecisionResult");
    let is_named = extensions.family_attribute(node, "resultVariable").is_some();
    let counts_on_list = result.map_or(is_named, |result| result == "resultList");
    if extensions.family_attribute(node, "decisionRef").is_some() && counts_on_list {
        let message = "the result of the decision is not a list of maps here, unless its hit policy collects";
        let hint = "the result is the output of the rule, or its outputs by name where there are several";
        let problem = crate::Diagnostic::warning("UNSUPPORTED_EXTENSION", context.location(node), message);
        context.add(problem.on(node.attribute("id").unwrap_or_default()).hint(hint));
    }
}

/// The collection and the name of its elements, of a multi-instance activity.
pub(super) fn loops<'a>(multi: Xml<'a>, properties: &mut Map, conversion: &Conversion<'a, '_>) {
    for (attribute, key) in [("collection", "inputCollection"), ("elementVariable", "inputElement")] {
        if let Some(value) = conversion.extensions.family_attribute(multi, attribute) {
            textual(key, value, multi, properties, conversion.context);
        }
    }
}

/// A start event has a form.
pub(super) fn event<'a>(node: Xml<'a>, properties: &mut Map, conversion: &Conversion<'a, '_>) {
    if name_of(node) == "startEvent" {
        form(node, properties, conversion);
    }
}

/// `inputOutput`: text, or an expression; a script, a list or a map is not taken over.
pub(super) fn mappings<'a>(node: Xml<'a>, properties: &mut Map, conversion: &Conversion<'a, '_>) {
    let (extensions, context) = (conversion.extensions, conversion.context);
    for outer in extensions.family_children(node, "inputOutput") {
        for (tag, key) in [("inputParameter", "inputMappings"), ("outputParameter", "outputMappings")] {
            let mut list = properties.take_list(key);
            for parameter in extensions.inner(outer, tag) {
                let Some(name) = extensions.own(parameter, "name") else { continue };
                if parameter.children().any(|inner| inner.is_element()) {
                    continue;
                }
                let map = json!({"source": source(text(parameter).trim()), "target": name});
                list.push(of_json(&map, context.location(parameter)));
            }
            properties.list(key, list);
        }
    }
}

/// Text without a hole is that text; here it must be put in quotes to be an expression.
fn source(written: &str) -> String {
    let expression = written.replace("#{", "${");
    if expression.contains("${") {
        return expression;
    }
    format!("\"{}\"", expression.replace('\\', "\\\\").replace('"', "\\\""))
}
