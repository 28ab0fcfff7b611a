//! What triggers, activities and gateways say in BPMN's own words: references, loops, scripts, conditions.
//!
//! Messages, signals, errors and escalations are named at the top of the file; their ids come from their names, so that
//! whoever refers to them needs no list.

use super::{Xml, formal, read, text};
use crate::{
    Activity, ActivityKind, Element, ElementKind, Gateway, MessageTrigger, MessageType, MultiInstance,
    ProcessDefinition, Repetition, ScriptFormat, SubProcessKind, Trigger,
};
use std::collections::BTreeMap;
use std::io;

/// A tag, the attributes that name and identify it, by the id of what is referred to.
type Roots = BTreeMap<String, (&'static str, &'static str, String)>;

/// The messages, signals, errors and escalations of a process.
pub(super) fn roots(process: &ProcessDefinition, xml: &mut Xml) -> io::Result<()> {
    let mut roots = Roots::new();
    collect(&process.elements, &mut roots);
    for (id, (tag, attribute, name)) in roots {
        let tag = format!("bpmn:{tag}");
        let mut element = xml.create_element(tag.as_str()).with_attribute(("id", id.as_str()));
        element = element.with_attribute(("name", name.as_str()));
        if attribute != "name" {
            element = element.with_attribute((attribute, name.as_str()));
        }
        if tag != "bpmn:category" {
            element.write_empty()?;
            continue;
        }
        let value = id_of("categoryValue", &name);
        element.write_inner_content(|xml| {
            let value = xml.create_element("bpmn:categoryValue").with_attribute(("id", value.as_str()));
            value.with_attribute(("value", name.as_str())).write_empty().map(|_| ())
        })?;
    }
    Ok(())
}

fn collect(elements: &[Element], roots: &mut Roots) {
    for element in elements {
        match &element.kind {
            ElementKind::StartEvent { trigger, .. }
            | ElementKind::IntermediateCatchEvent { trigger }
            | ElementKind::IntermediateThrowEvent { trigger }
            | ElementKind::BoundaryEvent { trigger, .. }
            | ElementKind::EndEvent { trigger } => of_trigger(trigger, roots),
            ElementKind::Activity(activity) => {
                if let Some(name) = message(&activity.kind).and_then(|message| message.message_ref.as_deref()) {
                    add(roots, "message", "name", name);
                }
            }
            ElementKind::Artifact(kind) if kind == "group" => {
                if let Some(name) = &element.name {
                    add(roots, "category", "name", name);
                }
            }
            ElementKind::Gateway(_) | ElementKind::Artifact(_) => {}
        }
        collect(element.children(), roots);
    }
}

fn of_trigger(trigger: &Trigger, roots: &mut Roots) {
    match trigger {
        Trigger::Multiple { triggers, .. } => triggers.iter().for_each(|trigger| of_trigger(trigger, roots)),
        other => {
            if let Some((tag, attribute, name)) = named(other) {
                add(roots, tag, attribute, name);
            }
        }
    }
}

fn add(roots: &mut Roots, tag: &'static str, attribute: &'static str, name: &str) {
    roots.insert(id_of(tag, name), (tag, attribute, name.to_owned()));
}

fn id_of(tag: &str, name: &str) -> String {
    format!("{tag}-{}", read::digest(&name.into()))
}

fn named(trigger: &Trigger) -> Option<(&'static str, &'static str, &str)> {
    Some(match trigger {
        Trigger::Message(message) => ("message", "name", message.message_ref.as_deref()?),
        Trigger::Signal { signal_ref } => ("signal", "name", signal_ref.as_str()),
        Trigger::Error { code } => ("error", "errorCode", code.as_deref()?),
        Trigger::Escalation { code } => ("escalation", "escalationCode", code.as_deref()?),
        _ => return None,
    })
}

/// The message that a task sends or receives.
fn message(kind: &ActivityKind) -> Option<&MessageTrigger> {
    match kind {
        ActivityKind::ReceiveTask(task) => Some(&task.message),
        ActivityKind::SendTask(task) if task.message_type == MessageType::Message => Some(&task.message),
        _ => None,
    }
}

/// The attributes of a trigger's definition.
pub(super) fn definition_attributes(trigger: &Trigger) -> Vec<(&'static str, String)> {
    if let Some((tag, _, name)) = named(trigger) {
        let attribute = match tag {
            "message" => "messageRef",
            "signal" => "signalRef",
            "error" => "errorRef",
            _ => "escalationRef",
        };
        return vec![(attribute, id_of(tag, name))];
    }
    match trigger {
        Trigger::Link { name } => vec![("name", name.value.clone())],
        Trigger::Compensation { activity_ref, wait_for_completion } => {
            let wait = (!wait_for_completion).then(|| ("waitForCompletion", "false".to_owned()));
            let activity = activity_ref.as_ref().map(|activity| ("activityRef", activity.value.clone()));
            activity.into_iter().chain(wait).collect()
        }
        _ => Vec::new(),
    }
}

/// The attributes of an activity that are BPMN's own and not about what it calls.
pub(super) fn activity_attributes(activity: &Activity, attributes: &mut Vec<(&'static str, String)>) {
    for (name, quantity) in
        [("startQuantity", activity.start_quantity), ("completionQuantity", activity.completion_quantity)]
    {
        if quantity != 1 {
            attributes.push((name, quantity.to_string()));
        }
    }
    if let Some(name) = message(&activity.kind).and_then(|message| message.message_ref.as_deref()) {
        attributes.push(("messageRef", id_of("message", name)));
    }
    match &activity.kind {
        ActivityKind::ReceiveTask(task) if task.instantiate => attributes.push(("instantiate", "true".to_owned())),
        ActivityKind::ScriptTask(task) => attributes.push(("scriptFormat", mime(task.format).to_owned())),
        ActivityKind::SubProcess(sub_process) => {
            if let SubProcessKind::AdHoc { is_sequential, cancel_remaining_instances, .. } = &sub_process.kind {
                let ordering = if *is_sequential { "Sequential" } else { "Parallel" };
                attributes.push(("ordering", ordering.to_owned()));
                if !cancel_remaining_instances {
                    attributes.push(("cancelRemainingInstances", "false".to_owned()));
                }
            }
        }
        _ => {}
    }
}

fn mime(format: ScriptFormat) -> &'static str {
    match format {
        ScriptFormat::Python => "text/x-python",
        ScriptFormat::JavaScript => "text/javascript",
        ScriptFormat::Feel => "text/x-feel",
        ScriptFormat::Expression => "application/x-expression",
    }
}

pub(super) fn gateway_attributes(gateway: &Gateway, attributes: &mut Vec<(&'static str, String)>) {
    if let Gateway::EventBased { instantiate, parallel } = gateway {
        if *instantiate {
            attributes.push(("instantiate", "true".to_owned()));
        }
        if *parallel {
            attributes.push(("eventGatewayType", "Parallel".to_owned()));
        }
    }
}

pub(super) fn repetition(activity: &Activity, xml: &mut Xml) -> io::Result<()> {
    match &activity.repetition {
        None => Ok(()),
        Some(Repetition::StandardLoop { condition, test_before, maximum }) => {
            let mut element = xml.create_element("bpmn:standardLoopCharacteristics");
            if *test_before {
                element = element.with_attribute(("testBefore", "true"));
            }
            if let Some(maximum) = maximum {
                element = element.with_attribute(("loopMaximum", maximum.to_string().as_str()));
            }
            element.write_inner_content(|xml| match condition {
                Some(condition) => formal("bpmn:loopCondition", condition, xml),
                None => Ok(()),
            })?;
            Ok(())
        }
        Some(Repetition::MultiInstance(multi)) => multi_instance(multi, xml),
    }
}

fn multi_instance(multi: &MultiInstance, xml: &mut Xml) -> io::Result<()> {
    let sequential = if multi.is_sequential { "true" } else { "false" };
    let mut element = xml.create_element("bpmn:multiInstanceLoopCharacteristics");
    element = element.with_attribute(("isSequential", sequential));
    let behavior = multi.behavior.as_deref().filter(|behavior| ["None", "One", "All"].contains(behavior));
    if let Some(behavior) = behavior {
        element = element.with_attribute(("behavior", behavior));
    }
    element.write_inner_content(|xml| {
        if let Some(cardinality) = &multi.cardinality {
            formal("bpmn:loopCardinality", cardinality, xml)?;
        }
        match &multi.completion_condition {
            Some(condition) => formal("bpmn:completionCondition", condition, xml),
            None => Ok(()),
        }
    })?;
    Ok(())
}

/// A group is called as its category's value.
pub(super) fn group_attributes(element: &Element, attributes: &mut Vec<(&'static str, String)>) {
    if let Some(name) = &element.name {
        attributes.push(("categoryValueRef", id_of("categoryValue", name)));
    }
}

/// What an activity holds behind its loop, and behind the elements inside it.
pub(super) fn last(activity: &Activity, xml: &mut Xml) -> io::Result<()> {
    match &activity.kind {
        ActivityKind::ScriptTask(task) if !task.script.value.is_empty() => text("bpmn:script", &task.script, xml),
        ActivityKind::SubProcess(sub_process) => match &sub_process.kind {
            SubProcessKind::AdHoc { completion_condition: Some(condition), .. } => {
                formal("bpmn:completionCondition", condition, xml)
            }
            _ => Ok(()),
        },
        _ => Ok(()),
    }
}
