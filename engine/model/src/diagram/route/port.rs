//! Where lines leave and reach shapes.

use crate::diagram::geometry::{Point, Rect, Side};

/// Between two ports of one side.
const STEP: f64 = 20.0;
/// From the outermost port to the corner, at least.
const CORNER: f64 = 15.0;
/// Away from the middle of a side, a pixel costs this.
const OFF_CENTRE: f64 = 2.0;

/// Which ports a shape has.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Form {
    /// Several on a side.
    Activity,
    /// Only the corners, all as good.
    Gateway,
    Event,
    /// On an activity's border, on this side of it.
    Boundary(Side),
    Artifact,
}

#[derive(Debug, Clone, Copy)]
pub struct Port {
    pub at: Point,
    pub side: Side,
    /// In pixels of detour.
    pub cost: u32,
}

/// For lines that leave; without `is_flow` (associations, messages) all sides are as good.
pub fn leaving(shape: Rect, form: Form, is_flow: bool) -> Vec<Port> {
    let cost = |side| match (form, side) {
        (Form::Boundary(outside), side) => beside(outside, side),
        _ if !is_flow => Some(0),
        (_, Side::Right) | (Form::Artifact, _) => Some(0),
        (Form::Gateway, Side::Top | Side::Bottom) => Some(5),
        (_, Side::Top | Side::Bottom) => Some(30),
        (_, Side::Left) => Some(100),
    };
    ports(shape, form, cost)
}

/// For lines that arrive.
pub fn arriving(shape: Rect, form: Form, is_flow: bool) -> Vec<Port> {
    let cost = |side| match (form, side) {
        (Form::Boundary(outside), side) => beside(outside, side),
        _ if !is_flow => Some(0),
        (_, Side::Left) | (Form::Artifact, _) => Some(0),
        (Form::Gateway, Side::Top | Side::Bottom) => Some(5),
        (_, Side::Top | Side::Bottom) => Some(25),
        (_, Side::Right) => Some(100),
    };
    ports(shape, form, cost)
}

/// Straight away from the activity, or along its border; never into it.
fn beside(outside: Side, side: Side) -> Option<u32> {
    let is_vertical = |side| matches!(side, Side::Top | Side::Bottom);
    match side {
        side if side == outside => Some(0),
        side if is_vertical(side) == is_vertical(outside) => None,
        _ => Some(60),
    }
}

fn ports(shape: Rect, form: Form, cost: impl Fn(Side) -> Option<u32>) -> Vec<Port> {
    let mut ports = Vec::new();
    let centre = shape.centre();
    for side in [Side::Right, Side::Bottom, Side::Left, Side::Top] {
        let Some(cost) = cost(side) else { continue };
        let length = if matches!(side, Side::Left | Side::Right) { shape.height } else { shape.width };
        for offset in offsets(form, length) {
            let at = match side {
                Side::Right => Point { x: shape.right(), y: centre.y + offset },
                Side::Left => Point { x: shape.x, y: centre.y + offset },
                Side::Top => Point { x: centre.x + offset, y: shape.y },
                Side::Bottom => Point { x: centre.x + offset, y: shape.bottom() },
            };
            ports.push(Port { at, side, cost: cost + (offset.abs() * OFF_CENTRE) as u32 });
        }
    }
    ports
}

/// From the middle of a side: there, and on activities two steps to either hand where there is room.
fn offsets(form: Form, length: f64) -> impl Iterator<Item = f64> {
    let steps = if form == Form::Activity { 2 } else { 0 };
    let all = std::iter::once(0.0).chain((1..=steps).flat_map(|n| [f64::from(n) * STEP, -f64::from(n) * STEP]));
    all.filter(move |offset| *offset == 0.0 || offset.abs() <= length / 2.0 - CORNER)
}
