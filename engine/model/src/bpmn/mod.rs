//! BPMN 2.0 XML: its reader ([`read()`]), and its writer, with a diagram, for modellers and for the page's picture.
//!
//! [`write()`] draws one process; [`write_all`] adds what it takes to read the file back as it was.
//! Ids stay as they are in the file, so that what is seen in the picture can be named in the API. An agentic task has no
//! counterpart in BPMN 2.0 and is written as a service task; the attribute `baton:type` says what it is.

mod between;
mod joint;
mod lossless;
mod native;
pub(crate) mod read;
mod shapes;

pub use lossless::write_all;
pub use read::{decode, is_xml, read};

use crate::{
    Activity, ActivityKind, Element, ElementKind, Flow, FlowCondition, FlowKind, Gateway, ProcessDefinition,
    SubProcessKind, Timer, Trigger, diagram,
};
use quick_xml::{
    Writer,
    events::{BytesDecl, BytesText, Event},
};
use std::{collections::HashMap, io};

type Xml = Writer<Vec<u8>>;

/// The process as a BPMN 2.0 document.
pub fn write(process: &ProcessDefinition) -> String {
    let mut xml = Writer::new_with_indent(Vec::new(), b' ', 2);
    // Writing into memory does not fail.
    let _ = write_document(process, &mut xml);
    String::from_utf8(xml.into_inner()).unwrap_or_default()
}

fn write_document(process: &ProcessDefinition, xml: &mut Xml) -> io::Result<()> {
    xml.write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
    let namespaces = [
        ("xmlns:bpmn", "http://www.omg.org/spec/BPMN/20100524/MODEL"),
        ("xmlns:bpmndi", "http://www.omg.org/spec/BPMN/20100524/DI"),
        ("xmlns:dc", "http://www.omg.org/spec/DD/20100524/DC"),
        ("xmlns:di", "http://www.omg.org/spec/DD/20100524/DI"),
        ("xmlns:xsi", "http://www.w3.org/2001/XMLSchema-instance"),
        ("xmlns:baton", "urn:baton:bpmn"),
        ("id", "baton-definitions"),
        ("targetNamespace", "urn:baton:processes"),
    ];
    let drawing = diagram::draw(process);
    xml.create_element("bpmn:definitions").with_attributes(namespaces).write_inner_content(|xml| {
        let has_frames = !process.pools.is_empty();
        native::roots(process, xml)?;
        if has_frames {
            collaboration(process, xml)?;
        }
        let attributes =
            [("id", process.id.as_str()), ("isExecutable", if process.is_executable { "true" } else { "false" })];
        let mut element = xml.create_element("bpmn:process").with_attributes(attributes);
        if let Some(name) = &process.name {
            element = element.with_attribute(("name", name.as_str()));
        }
        element.write_inner_content(|xml| {
            if let Some(documentation) = process.extra.get("documentation").and_then(|text| text.as_str()) {
                text("bpmn:documentation", documentation, xml)?;
            }
            if has_frames {
                lanes(process, xml)?;
            }
            scope(&process.elements, &process.flows, xml)
        })?;
        shapes::write(process, &drawing, xml)
    })?;
    Ok(())
}

/// The element that the diagram's plane is of.
fn plane(process: &ProcessDefinition, has_frames: bool) -> String {
    if has_frames { format!("{}-collaboration", process.id) } else { process.id.clone() }
}

fn collaboration(process: &ProcessDefinition, xml: &mut Xml) -> io::Result<()> {
    let id = plane(process, true);
    xml.create_element("bpmn:collaboration").with_attribute(("id", id.as_str())).write_inner_content(|xml| {
        for (n, pool) in process.pools.iter().enumerate() {
            let name = pool.name.as_deref().unwrap_or("");
            let mut element =
                xml.create_element("bpmn:participant").with_attributes([("id", pool.id.as_str()), ("name", name)]);
            // Further pools are drawn as closed ones: a file has one process for all of them.
            if n == 0 {
                element = element.with_attribute(("processRef", process.id.as_str()));
            }
            element.write_empty()?;
        }
        message_flows(process, xml)
    })?;
    Ok(())
}

/// Those that join an element or the pool of this process with another pool of its collaboration.
fn message_flows(process: &ProcessDefinition, xml: &mut Xml) -> io::Result<()> {
    let is_here = |id: &str| {
        process.pools.iter().any(|pool| pool.id == id) || process.elements.iter().any(|element| element.id == id)
    };
    let own = process.flows.iter().filter(|flow| flow.kind == FlowKind::Message);
    own.filter(|flow| is_here(&flow.from) && is_here(&flow.to)).try_for_each(|flow| {
        let ends = [("id", flow.id.as_str()), ("sourceRef", flow.from.as_str()), ("targetRef", flow.to.as_str())];
        let mut element = xml.create_element("bpmn:messageFlow").with_attributes(ends);
        if let Some(name) = &flow.name {
            element = element.with_attribute(("name", name.as_str()));
        }
        element.write_empty().map(|_| ())
    })
}

fn lanes(process: &ProcessDefinition, xml: &mut Xml) -> io::Result<()> {
    let Some(pool) = process.pools.first().filter(|pool| !pool.lanes.is_empty()) else { return Ok(()) };
    let id = format!("{}-lanes", pool.id);
    xml.create_element("bpmn:laneSet").with_attribute(("id", id.as_str())).write_inner_content(|xml| {
        let mut nodes: HashMap<&str, Vec<&Element>> = HashMap::new();
        for element in process.elements.iter().filter(|element| !matches!(element.kind, ElementKind::Artifact(_))) {
            nodes.entry(element.lane_id.as_deref().unwrap_or_default()).or_default().push(element);
        }
        for lane in &pool.lanes {
            let name = lane.name.as_deref().unwrap_or("");
            let element = xml.create_element("bpmn:lane").with_attributes([("id", lane.id.as_str()), ("name", name)]);
            element.write_inner_content(|xml| {
                let own = nodes.get(lane.id.as_str()).into_iter().flatten();
                own.into_iter().try_for_each(|element| text("bpmn:flowNodeRef", &element.id, xml))
            })?;
        }
        Ok(())
    })?;
    Ok(())
}

/// In the order of the schema: what flows, and then what is only drawn.
fn scope(elements: &[Element], flows: &[Flow], xml: &mut Xml) -> io::Result<()> {
    let is_drawn =
        |element: &&Element| matches!(&element.kind, ElementKind::Artifact(kind) if !kind.starts_with("data"));
    let joins = Joins::of(flows);
    elements.iter().filter(|element| !is_drawn(element)).try_for_each(|element| write_element(element, &joins, xml))?;
    let is_association = |flow: &&Flow| flow.kind == FlowKind::Association;
    flows.iter().filter(|flow| !is_association(flow)).try_for_each(|flow| write_flow(flow, xml))?;
    elements.iter().filter(is_drawn).try_for_each(|element| write_element(element, &joins, xml))?;
    flows.iter().filter(is_association).try_for_each(|flow| write_flow(flow, xml))
}

/// The flows of a scope by the elements that they join.
#[derive(Default)]
struct Joins<'a> {
    incoming: HashMap<&'a str, Vec<&'a str>>,
    outgoing: HashMap<&'a str, Vec<&'a str>>,
    default: HashMap<&'a str, &'a str>,
}

impl<'a> Joins<'a> {
    fn of(flows: &'a [Flow]) -> Joins<'a> {
        let mut joins = Joins::default();
        for flow in flows {
            if flow.kind == FlowKind::Sequence {
                joins.incoming.entry(&flow.to.value).or_default().push(&flow.id);
                joins.outgoing.entry(&flow.from.value).or_default().push(&flow.id);
            }
            if flow.condition == FlowCondition::Default {
                joins.default.entry(&flow.from.value).or_insert(&flow.id);
            }
        }
        joins
    }
}

fn write_element(element: &Element, joins: &Joins<'_>, xml: &mut Xml) -> io::Result<()> {
    let mut start = xml.create_element(tag(&element.kind)).with_attribute(("id", element.id.as_str()));
    let is_named = !matches!(&element.kind, ElementKind::Artifact(kind) if !kind.starts_with("data"));
    if let Some(name) = element.name.as_ref().filter(|_| is_named) {
        start = start.with_attribute(("name", name.as_str()));
    }
    for (name, value) in attributes(element, joins) {
        start = start.with_attribute((name, value.as_str()));
    }
    start.write_inner_content(|xml| {
        if let Some(documentation) = &element.documentation {
            text("bpmn:documentation", documentation, xml)?;
        }
        if !matches!(element.kind, ElementKind::Artifact(_)) {
            for (tag, flows) in [("bpmn:incoming", &joins.incoming), ("bpmn:outgoing", &joins.outgoing)] {
                flows.get(element.id.as_str()).into_iter().flatten().try_for_each(|flow| text(tag, flow, xml))?;
            }
        }
        inner(element, xml)
    })?;
    Ok(())
}

fn inner(element: &Element, xml: &mut Xml) -> io::Result<()> {
    match &element.kind {
        ElementKind::StartEvent { trigger, .. }
        | ElementKind::IntermediateCatchEvent { trigger }
        | ElementKind::IntermediateThrowEvent { trigger }
        | ElementKind::BoundaryEvent { trigger, .. }
        | ElementKind::EndEvent { trigger } => event_definition(&element.id, trigger, xml),
        ElementKind::Activity(activity) => {
            native::repetition(activity, xml)?;
            if let ActivityKind::SubProcess(sub_process) = &activity.kind {
                scope(&sub_process.elements, &sub_process.flows, xml)?;
            }
            native::last(activity, xml)
        }
        ElementKind::Artifact(kind) if kind == "textAnnotation" => {
            let words = element.properties.get("text").and_then(|text| text.as_str()).or(element.name.as_deref());
            text("bpmn:text", words.unwrap_or(""), xml)
        }
        ElementKind::Gateway(Gateway::Complex { activation_condition: Some(condition) }) => {
            formal("bpmn:activationCondition", condition, xml)
        }
        ElementKind::Gateway(_) | ElementKind::Artifact(_) => Ok(()),
    }
}

fn event_definition(id: &str, trigger: &Trigger, xml: &mut Xml) -> io::Result<()> {
    let name = match trigger {
        Trigger::None => return Ok(()),
        Trigger::Multiple { triggers, .. } => {
            let numbered = triggers.iter().enumerate();
            return numbered
                .into_iter()
                .try_for_each(|(n, trigger)| event_definition(&format!("{id}-{n}"), trigger, xml));
        }
        Trigger::Message(_) => "bpmn:messageEventDefinition",
        Trigger::Timer(_) => "bpmn:timerEventDefinition",
        Trigger::Signal { .. } => "bpmn:signalEventDefinition",
        Trigger::Error { .. } => "bpmn:errorEventDefinition",
        Trigger::Escalation { .. } => "bpmn:escalationEventDefinition",
        Trigger::Compensation { .. } => "bpmn:compensateEventDefinition",
        Trigger::Conditional { .. } => "bpmn:conditionalEventDefinition",
        Trigger::Link { .. } => "bpmn:linkEventDefinition",
        Trigger::Cancel => "bpmn:cancelEventDefinition",
        Trigger::Terminate => "bpmn:terminateEventDefinition",
    };
    let id = format!("{id}-definition");
    let mut element = xml.create_element(name).with_attribute(("id", id.as_str()));
    for (name, value) in native::definition_attributes(trigger) {
        element = element.with_attribute((name, value.as_str()));
    }
    match trigger {
        Trigger::Timer(timer) => element.write_inner_content(|xml| match timer {
            Timer::Duration(value) => formal("bpmn:timeDuration", value, xml),
            Timer::Date(value) => formal("bpmn:timeDate", value, xml),
            Timer::Cycle(value) => formal("bpmn:timeCycle", value, xml),
        })?,
        Trigger::Conditional { condition } => {
            element.write_inner_content(|xml| formal("bpmn:condition", condition, xml))?
        }
        _ => element.write_empty()?,
    };
    Ok(())
}

fn write_flow(flow: &Flow, xml: &mut Xml) -> io::Result<()> {
    let tag = match flow.kind {
        FlowKind::Sequence => "bpmn:sequenceFlow",
        FlowKind::Association => "bpmn:association",
        FlowKind::Message => return Ok(()),
    };
    let ends = [("id", flow.id.as_str()), ("sourceRef", flow.from.as_str()), ("targetRef", flow.to.as_str())];
    let mut element = xml.create_element(tag).with_attributes(ends);
    if let Some(name) = flow.name.as_deref().filter(|_| flow.kind == FlowKind::Sequence) {
        element = element.with_attribute(("name", name));
    }
    match &flow.condition {
        FlowCondition::Expression(condition) if flow.kind == FlowKind::Sequence => {
            element.write_inner_content(|xml| formal("bpmn:conditionExpression", condition, xml))?
        }
        _ => element.write_empty()?,
    };
    Ok(())
}

fn tag(kind: &ElementKind) -> &'static str {
    match kind {
        ElementKind::StartEvent { .. } => "bpmn:startEvent",
        ElementKind::IntermediateCatchEvent { .. } => "bpmn:intermediateCatchEvent",
        ElementKind::IntermediateThrowEvent { .. } => "bpmn:intermediateThrowEvent",
        ElementKind::BoundaryEvent { .. } => "bpmn:boundaryEvent",
        ElementKind::EndEvent { .. } => "bpmn:endEvent",
        ElementKind::Activity(activity) => activity_tag(&activity.kind),
        ElementKind::Gateway(gateway) => match gateway {
            Gateway::Exclusive => "bpmn:exclusiveGateway",
            Gateway::Parallel => "bpmn:parallelGateway",
            Gateway::Inclusive => "bpmn:inclusiveGateway",
            Gateway::EventBased { .. } => "bpmn:eventBasedGateway",
            Gateway::Complex { .. } => "bpmn:complexGateway",
        },
        ElementKind::Artifact(kind) => match kind.as_str() {
            "group" => "bpmn:group",
            "dataObject" | "dataObjectReference" => "bpmn:dataObjectReference",
            "dataStore" | "dataStoreReference" => "bpmn:dataStoreReference",
            _ => "bpmn:textAnnotation",
        },
    }
}

fn activity_tag(kind: &ActivityKind) -> &'static str {
    match kind {
        ActivityKind::Task => "bpmn:task",
        ActivityKind::UserTask(_) => "bpmn:userTask",
        ActivityKind::ManualTask => "bpmn:manualTask",
        ActivityKind::ServiceTask(_) | ActivityKind::AgenticTask(_) => "bpmn:serviceTask",
        ActivityKind::ScriptTask(_) => "bpmn:scriptTask",
        ActivityKind::SendTask(_) => "bpmn:sendTask",
        ActivityKind::ReceiveTask(_) => "bpmn:receiveTask",
        ActivityKind::BusinessRuleTask(_) => "bpmn:businessRuleTask",
        ActivityKind::CallActivity(_) => "bpmn:callActivity",
        ActivityKind::SubProcess(sub_process) => match sub_process.kind {
            SubProcessKind::Embedded | SubProcessKind::Event => "bpmn:subProcess",
            SubProcessKind::Transaction => "bpmn:transaction",
            SubProcessKind::AdHoc { .. } => "bpmn:adHocSubProcess",
        },
    }
}

fn attributes(element: &Element, joins: &Joins<'_>) -> Vec<(&'static str, String)> {
    let mut attributes = Vec::new();
    let default = joins.default.get(element.id.as_str());
    if let (Some(flow), ElementKind::Activity(_) | ElementKind::Gateway(_)) = (default, &element.kind) {
        attributes.push(("default", (*flow).to_owned()));
    }
    match &element.kind {
        ElementKind::BoundaryEvent { attached_to, cancel_activity, .. } => {
            attributes.push(("attachedToRef", attached_to.value.clone()));
            attributes.push(("cancelActivity", cancel_activity.to_string()));
        }
        ElementKind::StartEvent { is_interrupting: false, .. } => {
            attributes.push(("isInterrupting", "false".to_owned()));
        }
        ElementKind::Activity(activity) => activity_attributes(activity, &mut attributes),
        ElementKind::Artifact(kind) if kind == "group" => native::group_attributes(element, &mut attributes),
        ElementKind::Gateway(gateway) => native::gateway_attributes(gateway, &mut attributes),
        _ => {}
    }
    if let Some(Trigger::Multiple { parallel: true, .. }) = caught(&element.kind) {
        attributes.push(("parallelMultiple", "true".to_owned()));
    }
    attributes
}

/// What an event waits for.
fn caught(kind: &ElementKind) -> Option<&Trigger> {
    match kind {
        ElementKind::StartEvent { trigger, .. }
        | ElementKind::IntermediateCatchEvent { trigger }
        | ElementKind::BoundaryEvent { trigger, .. } => Some(trigger),
        _ => None,
    }
}

fn activity_attributes(activity: &Activity, attributes: &mut Vec<(&'static str, String)>) {
    if activity.is_for_compensation {
        attributes.push(("isForCompensation", "true".to_owned()));
    }
    native::activity_attributes(activity, attributes);
    match &activity.kind {
        ActivityKind::AgenticTask(_) => attributes.push(("baton:type", "agenticTask".to_owned())),
        ActivityKind::CallActivity(call) => attributes.push(("calledElement", call.called_element.value.clone())),
        ActivityKind::SubProcess(sub_process) if sub_process.kind == SubProcessKind::Event => {
            attributes.push(("triggeredByEvent", "true".to_owned()));
        }
        _ => {}
    }
}

fn text(tag: &str, value: &str, xml: &mut Xml) -> io::Result<()> {
    xml.create_element(tag).write_text_content(BytesText::new(&printable(value)))?;
    Ok(())
}

fn formal(tag: &str, value: &str, xml: &mut Xml) -> io::Result<()> {
    let element = xml.create_element(tag).with_attribute(("xsi:type", "bpmn:tFormalExpression"));
    element.write_text_content(BytesText::new(&printable(value)))?;
    Ok(())
}

/// XML 1.0 cannot hold control characters.
fn printable(value: &str) -> String {
    value.chars().filter(|c| !c.is_control() || matches!(c, '\n' | '\t' | '\r')).collect()
}
