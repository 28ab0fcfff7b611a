//! The diagram of a document: BPMN DI shapes and edges.

use super::{Xml, plane};
use crate::{
    Activity, ActivityKind, Custom, Element, ElementKind, Flow, FlowKind, ProcessDefinition,
    diagram::{Diagram, Point, Rect, is_collapsed},
};
use serde_json::Value;
use std::io;

pub fn write(process: &ProcessDefinition, drawing: &Diagram, xml: &mut Xml) -> io::Result<()> {
    xml.create_element("bpmndi:BPMNDiagram").with_attribute(("id", "baton-diagram")).write_inner_content(|xml| {
        let of = plane(process, !drawing.frames.is_empty());
        let attributes = [("id", "baton-plane"), ("bpmnElement", of.as_str())];
        xml.create_element("bpmndi:BPMNPlane")
            .with_attributes(attributes)
            .write_inner_content(|xml| content(process, drawing, Point::default(), xml))?;
        Ok(())
    })?;
    Ok(())
}

/// Everything of one process. What its author has placed by hand is moved `by` so much, as the drawing was.
pub(super) fn content(process: &ProcessDefinition, drawing: &Diagram, by: Point, xml: &mut Xml) -> io::Result<()> {
    frames(process, drawing, xml)?;
    scope(&process.elements, &process.flows, (drawing, by), xml)
}

fn frames(process: &ProcessDefinition, drawing: &Diagram, xml: &mut Xml) -> io::Result<()> {
    for (n, pool) in process.pools.iter().enumerate() {
        let lanes = pool.lanes.iter().filter(|_| n == 0).map(|lane| &lane.id);
        for id in std::iter::once(&pool.id).chain(lanes) {
            if let Some(rect) = drawing.frames.get(id) {
                shape(id, *rect, &[("isHorizontal", "true")], None, xml)?;
            }
        }
    }
    Ok(())
}

fn scope(elements: &[Element], flows: &[Flow], (drawing, by): (&Diagram, Point), xml: &mut Xml) -> io::Result<()> {
    let own_label = |properties: &Custom| label(properties).map(|label| label.moved(by));
    for element in elements {
        let Some(rect) = drawing.shapes.get(&element.id) else { continue };
        let sub_process = match &element.kind {
            ElementKind::Activity(activity) => match &**activity {
                Activity { kind: ActivityKind::SubProcess(sub_process), .. } => Some(sub_process),
                _ => None,
            },
            _ => None,
        };
        let is_collapsed = is_collapsed(element);
        let is_expanded: &[_] = match sub_process {
            Some(_) if is_collapsed => &[("isExpanded", "false")],
            Some(_) => &[("isExpanded", "true")],
            None => &[],
        };
        let label = own_label(&element.properties).or_else(|| drawing.labels.get(&element.id).copied());
        shape(&element.id, *rect, is_expanded, label, xml)?;
        if let Some(inner) = sub_process.filter(|_| !is_collapsed) {
            scope(&inner.elements, &inner.flows, (drawing, by), xml)?;
        }
    }
    for flow in flows.iter().filter(|flow| flow.kind != FlowKind::Message || !drawing.frames.is_empty()) {
        let by_hand =
            waypoints(&flow.properties).map(|line| line.into_iter().map(|point| point.moved(by)).collect::<Vec<_>>());
        if let Some(line) = by_hand.as_ref().or_else(|| drawing.lines.get(&flow.id)) {
            let label = own_label(&flow.properties).or_else(|| drawing.labels.get(&flow.id).copied());
            edge(&flow.id, line, label, xml)?;
        }
    }
    Ok(())
}

/// What a modeller kept of the picture, under the property `diagram`.
fn detail<'a>(properties: &'a Custom, key: &str) -> Option<&'a Value> {
    properties.get("diagram")?.get(key)
}

/// The author's own line: a list of `[x, y]`.
pub(super) fn waypoints(properties: &Custom) -> Option<Vec<Point>> {
    let points = detail(properties, "waypoints")?.as_array()?;
    let point = |point: &Value| Some(Point { x: point.get(0)?.as_f64()?, y: point.get(1)?.as_f64()? });
    points.iter().map(point).collect::<Option<Vec<_>>>().filter(|points| points.len() > 1)
}

pub(super) fn label(properties: &Custom) -> Option<Rect> {
    let label = detail(properties, "label")?;
    let number = |key: &str| label.get(key)?.as_f64();
    Some(Rect { x: number("x")?, y: number("y")?, width: number("width")?, height: number("height")? })
}

fn bounds(rect: Rect, xml: &mut Xml) -> io::Result<()> {
    let [x, y, width, height] = [rect.x, rect.y, rect.width, rect.height].map(|number| number.to_string());
    let bounds = [("x", x.as_str()), ("y", &y), ("width", &width), ("height", &height)];
    xml.create_element("dc:Bounds").with_attributes(bounds).write_empty()?;
    Ok(())
}

fn write_label(label: Option<Rect>, xml: &mut Xml) -> io::Result<()> {
    let Some(label) = label else { return Ok(()) };
    xml.create_element("bpmndi:BPMNLabel").write_inner_content(|xml| bounds(label, xml))?;
    Ok(())
}

pub(super) fn shape(
    id: &str,
    rect: Rect,
    attributes: &[(&str, &str)],
    label: Option<Rect>,
    xml: &mut Xml,
) -> io::Result<()> {
    let own = format!("{id}-shape");
    let element = xml.create_element("bpmndi:BPMNShape").with_attributes([("id", own.as_str()), ("bpmnElement", id)]);
    element.with_attributes(attributes.iter().copied()).write_inner_content(|xml| {
        bounds(rect, xml)?;
        write_label(label, xml)
    })?;
    Ok(())
}

pub(super) fn edge(id: &str, line: &[Point], label: Option<Rect>, xml: &mut Xml) -> io::Result<()> {
    let own = format!("{id}-edge");
    let element = xml.create_element("bpmndi:BPMNEdge").with_attributes([("id", own.as_str()), ("bpmnElement", id)]);
    element.write_inner_content(|xml| {
        for point in line {
            let (x, y) = (point.x.to_string(), point.y.to_string());
            xml.create_element("di:waypoint").with_attributes([("x", x.as_str()), ("y", &y)]).write_empty()?;
        }
        write_label(label, xml)
    })?;
    Ok(())
}
