//! The drawing of a process: a rectangle for every element, a line for every connection, and places for their names.
//!
//! Positions come from the file where a scope has them all; a scope with an element that has none is laid out by
//! [`layout`]. [`route`] draws the lines, [`label`] places the names. Everything is a function of the definition: the same
//! file, the same picture.

mod frame;
mod geometry;
mod label;
mod layout;
mod route;
mod scene;
mod scope;
mod space;

pub use geometry::{Point, Rect};
pub use scope::is_collapsed;

use crate::{Element, Flow, ProcessDefinition};
use scope::{Around, Drawn};
use std::collections::HashMap;

#[derive(Debug, Clone, PartialEq, Default)]
pub struct Diagram {
    /// By element id, sub-processes' children included.
    pub shapes: HashMap<String, Rect>,
    /// By connection id.
    pub lines: HashMap<String, Vec<Point>>,
    /// Of names that stand outside of their shapes and beside lines, by element or connection id.
    pub labels: HashMap<String, Rect>,
    /// By pool and lane id.
    pub frames: HashMap<String, Rect>,
}

impl Diagram {
    /// The smallest rectangle around everything.
    pub fn hull(&self) -> Rect {
        let points = self.lines.values().flatten().map(|point| Rect::between(*point, *point));
        let rects = self.shapes.values().chain(self.labels.values()).chain(self.frames.values()).copied();
        geometry::hull(rects.chain(points))
    }

    pub fn moved(mut self, by: Point) -> Diagram {
        let rects = self.shapes.values_mut().chain(self.labels.values_mut()).chain(self.frames.values_mut());
        rects.for_each(|rect| *rect = rect.moved(by));
        self.lines.values_mut().flatten().for_each(|point| *point = point.moved(by));
        self
    }
}

/// Where the upper left corner of a picture is that is laid out here.
const ORIGIN: Point = Point { x: 60.0, y: 60.0 };

/// Draws a process.
pub fn draw(process: &ProcessDefinition) -> Diagram {
    let by_hand = scene::is_by_hand(&process.elements);
    let is_drawn = |flow: &Flow| by_hand && line_of(flow).is_some();
    let around = Around {
        bands: frame::bands(process).len(),
        band_of: frame::band_of(process),
        limit: frame::limit(process),
        borders: frame::borders(process),
        heads: if by_hand { frame::heads(process) } else { Vec::new() },
        drawn: Some(&is_drawn),
    };
    let mut drawn = scope::draw(&process.elements, &process.flows, &around);
    let frames = if by_hand {
        frame::given(process)
    } else {
        let frames = frame::around(process, &mut drawn);
        into_view(&mut drawn, frames)
    };
    if by_hand {
        own_lines(&process.elements, &process.flows, &mut drawn.lines);
    }
    Diagram { shapes: drawn.shapes, lines: drawn.lines, labels: drawn.labels, frames }
}

/// The author's own line: `properties.diagram.waypoints`, a list of `[x, y]`.
fn line_of(flow: &Flow) -> Option<Vec<Point>> {
    let points = flow.properties.get("diagram")?.get("waypoints")?.as_array()?;
    let point = |point: &serde_json::Value| Some(Point { x: point.get(0)?.as_f64()?, y: point.get(1)?.as_f64()? });
    points.iter().map(point).collect::<Option<Vec<_>>>().filter(|points| points.len() > 1)
}

fn own_lines(elements: &[Element], flows: &[Flow], lines: &mut HashMap<String, Vec<Point>>) {
    lines.extend(flows.iter().filter_map(|flow| Some((flow.id.clone(), line_of(flow)?))));
    for inside in elements.iter().filter_map(Element::sub_process) {
        own_lines(&inside.elements, &inside.flows, lines);
    }
}

fn into_view(drawn: &mut Drawn, frames: HashMap<String, Rect>) -> HashMap<String, Rect> {
    let points = drawn.lines.values().flatten().map(|point| Rect::between(*point, *point));
    let rects = drawn.shapes.values().chain(drawn.labels.values()).chain(frames.values()).copied();
    let hull = geometry::hull(rects.chain(points));
    let by = Point { x: (ORIGIN.x - hull.x).round(), y: (ORIGIN.y - hull.y).round() };
    drawn.shift(by);
    frames.into_iter().map(|(id, rect)| (id, rect.moved(by))).collect()
}
