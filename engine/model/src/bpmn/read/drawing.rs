//! The diagram of a file (BPMN 2.0, chapter 12): rectangles and lines by the id of what they show.

use super::build::Map;
use super::context::{Context, text};
use super::source::Xml;
use crate::{Bounds, Diagnostic, Location};
use serde_json::{Value, json};
use std::collections::HashMap;

const BPMNDI: &str = "http://www.omg.org/spec/BPMN/20100524/DI";
/// How exactly places are kept, in parts of a pixel: centres are computed, and these come out as they went in.
const PARTS: f64 = 1000.0;

#[derive(Default)]
pub(super) struct Drawing {
    shapes: HashMap<String, Shape>,
    edges: HashMap<String, Edge>,
}

pub(super) struct Shape {
    /// Upper left corner.
    pub bounds: Bounds,
    pub location: Location,
    label: Option<Value>,
    is_expanded: Option<bool>,
    is_horizontal: Option<bool>,
}

struct Edge {
    waypoints: Vec<Value>,
    label: Option<Value>,
    location: Location,
}

impl Drawing {
    pub fn of(context: &Context<'_>) -> Drawing {
        let mut drawing = Drawing::default();
        for node in context.root.descendants().filter(|node| node.tag_name().namespace() == Some(BPMNDI)) {
            let Some(of) = node.attribute("bpmnElement").map(super::context::local) else { continue };
            match node.tag_name().name() {
                "BPMNShape" => {
                    if let Some(shape) = shape(node, context) {
                        drawing.shapes.insert(of.to_owned(), shape);
                    }
                }
                "BPMNEdge" => {
                    let waypoints = inner(node, "waypoint").filter_map(|point| waypoint(point, context)).collect();
                    let edge = Edge { waypoints, label: label(node, context), location: context.location(node) };
                    drawing.edges.insert(of.to_owned(), edge);
                }
                _ => {}
            }
        }
        drawing
    }

    pub fn shape(&self, id: &str) -> Option<&Shape> {
        self.shapes.get(id)
    }

    /// `x`, `y` (the centre, counted from `origin`), `width` and `height`.
    pub fn place(&self, id: &str, origin: (f64, f64), map: &mut Map) {
        let Some(shape) = self.shapes.get(id) else { return };
        let (x, y) = shape.centre();
        map.number("x", rounded(x - origin.0), shape.location);
        map.number("y", rounded(y - origin.1), shape.location);
        for (key, value) in [("width", shape.bounds.width), ("height", shape.bounds.height)] {
            if let Some(value) = value {
                map.number(key, rounded(value), shape.location);
            }
        }
    }

    /// What else there is to keep of the drawing of an element or flow.
    pub fn details(&self, id: &str, is_sub_process: bool) -> Option<(Value, Location)> {
        let mut details = serde_json::Map::new();
        let mut location = Location::default();
        if let Some(shape) = self.shapes.get(id) {
            location = shape.location;
            if let Some(label) = &shape.label {
                details.insert("label".into(), label.clone());
            }
            if is_sub_process && shape.is_expanded == Some(false) {
                details.insert("isExpanded".into(), Value::Bool(false));
            }
            if shape.is_horizontal == Some(false) {
                details.insert("isHorizontal".into(), Value::Bool(false));
            }
        }
        if let Some(edge) = self.edges.get(id) {
            location = edge.location;
            if edge.waypoints.len() > 1 {
                details.insert("waypoints".into(), Value::Array(edge.waypoints.clone()));
            }
            if let Some(label) = &edge.label {
                details.insert("label".into(), label.clone());
            }
        }
        (!details.is_empty()).then_some((Value::Object(details), location))
    }
}

impl Shape {
    pub fn centre(&self) -> (f64, f64) {
        let Bounds { x, y, width, height } = self.bounds;
        (x + width.unwrap_or(0.0) / 2.0, y + height.unwrap_or(0.0) / 2.0)
    }
}

fn shape(node: Xml<'_>, context: &Context<'_>) -> Option<Shape> {
    let flag = |name| super::context::flag(node, name);
    Some(Shape {
        bounds: bounds(node, context)?,
        location: context.location(node),
        label: label(node, context),
        is_expanded: flag("isExpanded"),
        is_horizontal: flag("isHorizontal"),
    })
}

fn inner<'a>(node: Xml<'a>, name: &'a str) -> impl Iterator<Item = Xml<'a>> {
    node.children().filter(move |child| child.tag_name().name() == name)
}

fn bounds(node: Xml<'_>, context: &Context<'_>) -> Option<Bounds> {
    let bounds = inner(node, "Bounds").next()?;
    let number = |name| number(bounds, name, context);
    let size = |value: Option<f64>| value.filter(|value| *value > 0.0);
    Some(Bounds { x: number("x")?, y: number("y")?, width: size(number("width")), height: size(number("height")) })
}

fn label(node: Xml<'_>, context: &Context<'_>) -> Option<Value> {
    let Bounds { x, y, width, height } = bounds(inner(node, "BPMNLabel").next()?, context)?;
    Some(json!({"x": short(x), "y": short(y), "width": short(width?), "height": short(height?)}))
}

fn waypoint(node: Xml<'_>, context: &Context<'_>) -> Option<Value> {
    Some(json!([short(number(node, "x", context)?), short(number(node, "y", context)?)]))
}

fn number(node: Xml<'_>, name: &str, context: &Context<'_>) -> Option<f64> {
    let written = node.attribute(name).map_or_else(|| text(node), str::to_owned);
    let number = written.trim().parse().ok().filter(|number: &f64| number.is_finite());
    if number.is_none() {
        context.warning("INVALID_DRAWING", node, format!("`{name}` must be a number, so this is not drawn as it says"));
    }
    number
}

pub(super) fn rounded(number: f64) -> f64 {
    let rounded = (number * PARTS).round() / PARTS;
    if rounded == 0.0 { 0.0 } else { rounded }
}

/// A whole number as one.
fn short(number: f64) -> Value {
    let number = rounded(number);
    if number.fract() == 0.0 && number.abs() < 1e15 { json!(number as i64) } else { json!(number) }
}

/// The diagram names what exists.
pub(super) fn check(context: &Context<'_>) {
    for node in context.root.descendants().filter(|node| node.tag_name().namespace() == Some(BPMNDI)) {
        let Some(reference) = node.attribute("bpmnElement") else { continue };
        if context.resolve(reference).is_none() && !reference.trim().is_empty() {
            let message = format!("the diagram shows `{reference}`, which is not in the file");
            let location = context.attribute_location(node, "bpmnElement");
            context.add(Diagnostic::warning("UNKNOWN_REFERENCE", location, message));
        }
    }
}
