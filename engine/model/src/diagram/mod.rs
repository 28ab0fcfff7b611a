//! The drawing of a process: a rectangle for every element and a line for every connection.
//!
//! Positions come from the file where a scope has them all; a scope with an element that has none is laid out by
//! [`layout`]. [`route`] draws the lines. Everything is a function of the definition: the same file, the same picture.

mod layout;
mod route;

use crate::{Bounds, Element, ElementKind, Flow, ProcessDefinition};
use std::collections::HashMap;

/// In pixels; x and y of the upper left corner.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Rect {
    pub x: f64,
    pub y: f64,
    pub width: f64,
    pub height: f64,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Point {
    pub x: f64,
    pub y: f64,
}

#[derive(Debug, Clone, PartialEq, Default)]
pub struct Diagram {
    /// By element id, sub-processes' children included.
    pub shapes: HashMap<String, Rect>,
    /// By connection id.
    pub lines: HashMap<String, Vec<Point>>,
    /// By pool and lane id; empty when the process was laid out here.
    pub frames: HashMap<String, Rect>,
}

impl Rect {
    pub fn centre(&self) -> Point {
        Point { x: self.x + self.width / 2.0, y: self.y + self.height / 2.0 }
    }

    pub fn right(&self) -> f64 {
        self.x + self.width
    }

    pub fn bottom(&self) -> f64 {
        self.y + self.height
    }

    fn around(centre: Point, (width, height): (f64, f64)) -> Rect {
        Rect { x: centre.x - width / 2.0, y: centre.y - height / 2.0, width, height }
    }

    fn moved(self, by: Point) -> Rect {
        Rect { x: self.x + by.x, y: self.y + by.y, ..self }
    }
}

const POOL_HEAD: f64 = 30.0;
const EVENT: (f64, f64) = (36.0, 36.0);
const GATEWAY: (f64, f64) = (50.0, 50.0);
const ACTIVITY: (f64, f64) = (100.0, 80.0);
/// Around the children of a sub-process.
const PADDING: f64 = 30.0;

/// Draws a process.
pub fn draw(process: &ProcessDefinition) -> Diagram {
    let Scope { shapes, by_hand } = draw_scope(&process.elements, &process.flows);
    let mut diagram = Diagram { shapes, ..Diagram::default() };
    if by_hand {
        frames(process, &mut diagram);
    } else {
        shift_into_view(&mut diagram);
    }
    route::draw_lines(&process.elements, &process.flows, &mut diagram);
    diagram
}

/// A scope drawn for itself.
struct Scope {
    shapes: HashMap<String, Rect>,
    /// The file's positions were used.
    by_hand: bool,
}

/// Draws the sub-processes first, since their sizes are theirs; each scope is drawn once.
fn draw_scope(elements: &[Element], flows: &[Flow]) -> Scope {
    let inner: Vec<Option<Scope>> =
        elements.iter().map(|element| inside(element).map(|(children, flows)| draw_scope(children, flows))).collect();
    let sizes: Vec<(f64, f64)> =
        elements.iter().zip(&inner).map(|(element, inner)| size(element, inner.as_ref())).collect();
    let by_hand = elements.iter().filter(|element| !is_boundary(element)).all(|element| element.bounds.is_some());
    let centres = if by_hand { given_centres(elements) } else { layout::centres(elements, flows, &sizes) };
    let mut shapes = HashMap::new();
    for (((element, centre), size), inner) in elements.iter().zip(centres).zip(sizes).zip(inner) {
        let Some(centre) = centre else { continue };
        shapes.insert(element.id.clone(), Rect::around(centre, size));
        if let Some(inner) = inner {
            shapes.extend(inner.around(centre));
        }
    }
    place_boundary_events(elements, &mut shapes);
    Scope { shapes, by_hand }
}

impl Scope {
    /// Its shapes, in a sub-process with this centre. Children placed by hand are relative to the centre.
    fn around(self, centre: Point) -> impl Iterator<Item = (String, Rect)> {
        let middle = if self.by_hand { Point { x: 0.0, y: 0.0 } } else { hull(self.shapes.values()).centre() };
        let by = Point { x: centre.x - middle.x, y: centre.y - middle.y };
        self.shapes.into_iter().map(move |(id, shape)| (id, shape.moved(by)))
    }

    /// How large its sub-process must be.
    fn size(&self) -> (f64, f64) {
        let hull = hull(self.shapes.values());
        let reach = |from: f64, to: f64| if self.by_hand { 2.0 * from.abs().max(to.abs()) } else { to - from };
        (reach(hull.x, hull.right()) + 2.0 * PADDING, reach(hull.y, hull.bottom()) + 2.0 * PADDING)
    }
}

fn given_centres(elements: &[Element]) -> Vec<Option<Point>> {
    let centre = |element: &Element| element.bounds.map(|bounds| Point { x: bounds.x, y: bounds.y });
    elements.iter().map(|element| if is_boundary(element) { None } else { centre(element) }).collect()
}

fn inside(element: &Element) -> Option<(&[Element], &[Flow])> {
    match &element.kind {
        ElementKind::Activity(activity) => match &activity.kind {
            crate::ActivityKind::SubProcess(inner) if !inner.elements.is_empty() => {
                Some((&inner.elements, &inner.flows))
            }
            _ => None,
        },
        _ => None,
    }
}

fn size(element: &Element, inner: Option<&Scope>) -> (f64, f64) {
    let Bounds { width, height, .. } = element.bounds.unwrap_or_default();
    let natural = match (&element.kind, inner) {
        (_, Some(inner)) => inner.size(),
        (ElementKind::Activity(_) | ElementKind::Artifact(_), None) => ACTIVITY,
        (ElementKind::Gateway(_), None) => GATEWAY,
        _ => EVENT,
    };
    (width.unwrap_or(natural.0), height.unwrap_or(natural.1))
}

fn is_boundary(element: &Element) -> bool {
    matches!(element.kind, ElementKind::BoundaryEvent { .. })
}

/// On the border of their activities: where the file says, pulled to the border, or side by side at the lower edge.
fn place_boundary_events(elements: &[Element], shapes: &mut HashMap<String, Rect>) {
    let mut used: HashMap<&str, usize> = HashMap::new();
    for element in elements {
        let ElementKind::BoundaryEvent { attached_to, .. } = &element.kind else { continue };
        let host = shapes.get(attached_to.value.as_str()).copied().unwrap_or_default();
        let nth = used.entry(attached_to.value.as_str()).or_insert(0);
        let centre = match element.bounds {
            Some(bounds) => onto_border(host, Point { x: bounds.x, y: bounds.y }),
            None => Point { x: host.right() - 20.0 - 42.0 * *nth as f64, y: host.bottom() },
        };
        *nth += 1;
        shapes.insert(element.id.clone(), Rect::around(centre, EVENT));
    }
}

/// The point of the border that is nearest.
fn onto_border(host: Rect, point: Point) -> Point {
    let x = point.x.clamp(host.x, host.right());
    let y = point.y.clamp(host.y, host.bottom());
    let distances = [(x - host.x, 0), (host.right() - x, 1), (y - host.y, 2), (host.bottom() - y, 3)];
    let nearest = distances.into_iter().min_by(|a, b| a.0.total_cmp(&b.0)).map_or(3, |(_, side)| side);
    match nearest {
        0 => Point { x: host.x, y },
        1 => Point { x: host.right(), y },
        2 => Point { x, y: host.y },
        _ => Point { x, y: host.bottom() },
    }
}

fn frames(process: &ProcessDefinition, diagram: &mut Diagram) {
    for pool in &process.pools {
        let Some(Bounds { x, y, width: Some(width), height: Some(height) }) = pool.bounds else { continue };
        diagram.frames.insert(pool.id.clone(), Rect { x, y, width, height });
        let mut top = y;
        let share = height / pool.lanes.len().max(1) as f64;
        for lane in &pool.lanes {
            let height = lane.height.unwrap_or(share);
            diagram.frames.insert(lane.id.clone(), Rect { x: x + POOL_HEAD, y: top, width: width - POOL_HEAD, height });
            top += height;
        }
    }
}

fn hull<'a>(rects: impl Iterator<Item = &'a Rect>) -> Rect {
    let start = (f64::INFINITY, f64::INFINITY, f64::NEG_INFINITY, f64::NEG_INFINITY);
    let (left, top, right, bottom) = rects.fold(start, |(left, top, right, bottom), rect| {
        (left.min(rect.x), top.min(rect.y), right.max(rect.right()), bottom.max(rect.bottom()))
    });
    if left > right { Rect::default() } else { Rect { x: left, y: top, width: right - left, height: bottom - top } }
}

fn shift_into_view(diagram: &mut Diagram) {
    let hull = hull(diagram.shapes.values());
    let by = Point { x: 60.0 - hull.x, y: 60.0 - hull.y };
    for shape in diagram.shapes.values_mut() {
        *shape = shape.moved(by);
    }
}
