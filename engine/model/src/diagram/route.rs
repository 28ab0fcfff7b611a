//! Lines between shapes, in right angles.

use super::{Diagram, Point, Rect, inside};
use crate::{Element, ElementKind, Flow};
use std::collections::HashMap;

/// How far a line that goes back passes below the shapes.
const BELOW: f64 = 30.0;

/// Draws the connections of a scope and of the scopes in it.
pub fn draw_lines(elements: &[Element], flows: &[Flow], diagram: &mut Diagram) {
    let kinds: HashMap<&str, &ElementKind> =
        elements.iter().map(|element| (element.id.as_str(), &element.kind)).collect();
    let is_boundary = |id: &str| matches!(kinds.get(id), Some(ElementKind::BoundaryEvent { .. }));
    let is_gateway = |id: &str| matches!(kinds.get(id), Some(ElementKind::Gateway(_)));
    for flow in flows {
        let (Some(from), Some(to)) = (diagram.shapes.get(&flow.from.value), diagram.shapes.get(&flow.to.value)) else {
            continue;
        };
        let by_corner = is_boundary(&flow.from) || is_gateway(&flow.from);
        let routed = || route(*from, *to, by_corner, is_boundary(&flow.from));
        let line = drawn(flow).unwrap_or_else(routed);
        diagram.lines.insert(flow.id.clone(), line);
    }
    for element in elements {
        if let Some((children, flows)) = inside(element) {
            draw_lines(children, flows, diagram);
        }
    }
}

/// The author's own line: `properties.diagram.waypoints`, a list of `[x, y]`.
fn drawn(flow: &Flow) -> Option<Vec<Point>> {
    let points = flow.properties.get("diagram")?.get("waypoints")?.as_array()?;
    let point = |point: &serde_json::Value| Some(Point { x: point.get(0)?.as_f64()?, y: point.get(1)?.as_f64()? });
    points.iter().map(point).collect::<Option<Vec<_>>>().filter(|points| points.len() > 1)
}

fn route(from: Rect, to: Rect, by_corner: bool, from_border: bool) -> Vec<Point> {
    let (start, end) = (from.centre(), to.centre());
    let is_level = (start.y - end.y).abs() < 2.0;
    if to.x > from.right() && is_level && !from_border {
        return vec![Point { x: from.right(), y: start.y }, Point { x: to.x, y: start.y }];
    }
    if to.x > from.right() || (by_corner && to.x > start.x) {
        return ahead(from, to, by_corner && !is_level, from_border);
    }
    if (start.x - end.x).abs() < 30.0 {
        let (leave, arrive) = if end.y > start.y { (from.bottom(), to.y) } else { (from.y, to.bottom()) };
        return vec![Point { x: start.x, y: leave }, Point { x: start.x, y: arrive }];
    }
    let low = from.bottom().max(to.bottom()) + BELOW;
    vec![
        Point { x: start.x, y: from.bottom() },
        Point { x: start.x, y: low },
        Point { x: end.x, y: low },
        Point { x: end.x, y: to.bottom() },
    ]
}

/// To the right: out of the side and half way across, or out of the upper or lower corner and straight in.
fn ahead(from: Rect, to: Rect, by_corner: bool, from_border: bool) -> Vec<Point> {
    let (start, end) = (from.centre(), to.centre());
    if by_corner || from_border {
        let y = if end.y > start.y || (from_border && end.y >= start.y) { from.bottom() } else { from.y };
        return vec![Point { x: start.x, y }, Point { x: start.x, y: end.y }, Point { x: to.x, y: end.y }];
    }
    let middle = (from.right() + to.x) / 2.0;
    vec![
        Point { x: from.right(), y: start.y },
        Point { x: middle, y: start.y },
        Point { x: middle, y: end.y },
        Point { x: to.x, y: end.y },
    ]
}
