//! What is wrong with a picture, counted: read from the BPMN XML, as a viewer does.

use roxmltree::{Document, Node};
use std::collections::{HashMap, HashSet};
use std::fmt::Write;

#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rect {
    pub x: f64,
    pub y: f64,
    pub right: f64,
    pub bottom: f64,
}

type Point = (f64, f64);

#[derive(Debug, Default, PartialEq)]
pub struct Faults {
    /// A line runs through a shape that it does not belong to.
    pub through_shapes: Vec<String>,
    pub shape_overlaps: Vec<String>,
    /// A label lies on a shape or on another label.
    pub label_overlaps: Vec<String>,
    /// A label lies on a line.
    pub labels_on_lines: Vec<String>,
    /// Two lines lie on each other, other than on the way from or to a common end.
    pub lines_on_lines: Vec<String>,
    /// A shape or a corner of a line is outside of the lane or sub-process around it.
    pub outside: Vec<String>,
    /// Something is not drawn, or not in right angles.
    pub missing: Vec<String>,
}

impl Faults {
    pub fn summary(&self) -> String {
        let mut text = String::new();
        let all = [
            ("through shapes", &self.through_shapes),
            ("shape overlaps", &self.shape_overlaps),
            ("label overlaps", &self.label_overlaps),
            ("labels on lines", &self.labels_on_lines),
            ("lines on lines", &self.lines_on_lines),
            ("outside", &self.outside),
            ("missing", &self.missing),
        ];
        for (name, faults) in all.iter().filter(|(_, faults)| !faults.is_empty()) {
            let _ = writeln!(text, "  {name} {}: {}", faults.len(), faults[..faults.len().min(6)].join(", "));
        }
        text
    }

    pub fn none(&self) -> bool {
        *self == Faults::default()
    }
}

impl Rect {
    fn overlaps(&self, other: &Rect) -> bool {
        let slack = 0.5;
        self.x + slack < other.right
            && other.x + slack < self.right
            && self.y + slack < other.bottom
            && other.y + slack < self.bottom
    }

    fn holds(&self, other: &Rect) -> bool {
        self.x <= other.x && self.y <= other.y && self.right >= other.right && self.bottom >= other.bottom
    }

    fn of(a: Point, b: Point, width: f64) -> Rect {
        Rect {
            x: a.0.min(b.0) - width,
            y: a.1.min(b.1) - width,
            right: a.0.max(b.0) + width,
            bottom: a.1.max(b.1) + width,
        }
    }
}

struct Line {
    id: String,
    from: String,
    to: String,
    points: Vec<Point>,
}

#[derive(Default)]
struct Picture {
    shapes: HashMap<String, Rect>,
    labels: Vec<(String, Rect)>,
    lines: Vec<Line>,
    /// The sub-process of each element and flow, and the lane.
    parents: HashMap<String, String>,
    lanes: HashMap<String, String>,
    hosts: HashMap<String, String>,
    groups: HashSet<String>,
    frames: HashSet<String>,
}

pub fn measure(xml: &str) -> Faults {
    let document = Document::parse(xml).unwrap();
    let picture = read(document.root_element());
    let mut faults = Faults { missing: missing(document.root_element(), &picture), ..Faults::default() };
    shapes(&picture, &mut faults);
    lines(&picture, &mut faults);
    labels(&picture, &mut faults);
    containment(&picture, &mut faults);
    faults
}

const FLOWS: [&str; 3] = ["sequenceFlow", "association", "messageFlow"];

fn read(root: Node<'_, '_>) -> Picture {
    let mut picture = Picture::default();
    let by_id: HashMap<&str, Node<'_, '_>> =
        root.descendants().filter_map(|node| Some((node.attribute("id")?, node))).collect();
    for (id, node) in &by_id {
        let is_scope = |name: &str| name == "transaction" || name.to_lowercase().contains("process");
        let parent = node.parent_element().filter(|parent| is_scope(parent.tag_name().name()));
        let parent = parent.filter(|parent| parent.tag_name().name() != "process").and_then(|p| p.attribute("id"));
        picture.parents.extend(parent.map(|parent| ((*id).to_owned(), parent.to_owned())));
        match node.tag_name().name() {
            "lane" => {
                let own = node.children().filter(|child| child.tag_name().name() == "flowNodeRef");
                picture.lanes.extend(own.filter_map(|own| Some((own.text()?.to_owned(), (*id).to_owned()))));
                picture.frames.insert((*id).to_owned());
            }
            "participant" => drop(picture.frames.insert((*id).to_owned())),
            "group" => drop(picture.groups.insert((*id).to_owned())),
            "boundaryEvent" => {
                let host = node.attribute("attachedToRef").unwrap();
                picture.hosts.insert((*id).to_owned(), host.to_owned());
            }
            _ => {}
        }
    }
    for node in root.descendants() {
        let Some(id) = node.attribute("bpmnElement") else { continue };
        match node.tag_name().name() {
            "BPMNShape" => drop(picture.shapes.insert(id.to_owned(), bounds(node).unwrap())),
            "BPMNEdge" => {
                let points = node.children().filter(|child| child.tag_name().name() == "waypoint");
                let flow = by_id[id];
                let end = |name| flow.attribute(name).unwrap().to_owned();
                let points = points.map(|point| (number(point, "x"), number(point, "y"))).collect();
                picture.lines.push(Line { id: id.to_owned(), from: end("sourceRef"), to: end("targetRef"), points });
            }
            _ => continue,
        }
        let label = node.children().find(|child| child.tag_name().name() == "BPMNLabel");
        picture.labels.extend(label.and_then(bounds).map(|label| (id.to_owned(), label)));
    }
    picture
}

fn number(node: Node<'_, '_>, name: &str) -> f64 {
    node.attribute(name).unwrap().parse().unwrap()
}

fn bounds(node: Node<'_, '_>) -> Option<Rect> {
    let bounds = node.children().find(|child| child.tag_name().name() == "Bounds")?;
    let [x, y, width, height] = ["x", "y", "width", "height"].map(|name| number(bounds, name));
    Some(Rect { x, y, right: x + width, bottom: y + height })
}

fn missing(root: Node<'_, '_>, picture: &Picture) -> Vec<String> {
    let drawn: HashSet<&str> = picture.lines.iter().map(|line| line.id.as_str()).collect();
    let flows = root.descendants().filter(|node| FLOWS.contains(&node.tag_name().name()));
    let mut missing: Vec<String> =
        flows.filter_map(|flow| flow.attribute("id")).filter(|id| !drawn.contains(id)).map(str::to_owned).collect();
    let is_slanted = |pair: &[Point]| pair[0].0 != pair[1].0 && pair[0].1 != pair[1].1;
    let slanted = picture.lines.iter().filter(|line| line.points.windows(2).any(is_slanted));
    missing.extend(slanted.map(|line| format!("{} is not in right angles", line.id)));
    missing
}

impl Picture {
    fn is_inside(&self, id: &str, scope: &str) -> bool {
        let mut at = id;
        while let Some(parent) = self.parents.get(at) {
            if parent == scope {
                return true;
            }
            at = parent;
        }
        false
    }

    /// Shapes that stand beside each other, not in each other.
    fn solid(&self) -> Vec<(&String, &Rect)> {
        let is_solid = |id: &String| !self.groups.contains(id) && !self.frames.contains(id);
        let mut solid: Vec<_> = self.shapes.iter().filter(|(id, _)| is_solid(id)).collect();
        solid.sort_by(|a, b| a.0.cmp(b.0));
        solid
    }
}

fn shapes(picture: &Picture, faults: &mut Faults) {
    let solid = picture.solid();
    for (n, (a, a_rect)) in solid.iter().enumerate() {
        for (b, b_rect) in &solid[n + 1..] {
            let is_on = |one: &String, other: &String| picture.hosts.get(one) == Some(other);
            let belong = is_on(a, b) || is_on(b, a) || picture.is_inside(a, b) || picture.is_inside(b, a);
            if !belong && a_rect.overlaps(b_rect) {
                faults.shape_overlaps.push(format!("{a} on {b}"));
            }
        }
    }
}

fn lines(picture: &Picture, faults: &mut Faults) {
    let solid = picture.solid();
    for line in &picture.lines {
        for (id, rect) in &solid {
            if picture.is_inside(&line.from, id) {
                continue;
            }
            // Its own shapes too must not be run through: only touched.
            let crosses = |pair: &[Point]| Rect::of(pair[0], pair[1], 0.6).overlaps(&shrunk(rect));
            if line.points.windows(2).any(crosses) {
                faults.through_shapes.push(format!("{} through {id}", line.id));
            }
        }
    }
    for (n, a) in picture.lines.iter().enumerate() {
        for b in &picture.lines[n + 1..] {
            if lie_on_each_other(a, b) {
                faults.lines_on_lines.push(format!("{} on {}", a.id, b.id));
            }
        }
    }
}

fn shrunk(rect: &Rect) -> Rect {
    Rect { x: rect.x + 1.0, y: rect.y + 1.0, right: rect.right - 1.0, bottom: rect.bottom - 1.0 }
}

fn lie_on_each_other(a: &Line, b: &Line) -> bool {
    let (mut ways_a, mut ways_b) = (ways(&a.points), ways(&b.points));
    if a.from == b.from {
        without_common(&mut ways_a, &mut ways_b);
    }
    if a.to == b.to {
        let turned = |ways: &[(Point, Point)]| ways.iter().rev().map(|(from, to)| (*to, *from)).collect();
        (ways_a, ways_b) = (turned(&ways_a), turned(&ways_b));
        without_common(&mut ways_a, &mut ways_b);
    }
    let same = |(a, b): (f64, f64)| (a - b).abs() < 0.5;
    let common = |a: (f64, f64), b: (f64, f64)| a.0.max(a.1).min(b.0.max(b.1)) - a.0.min(a.1).max(b.0.min(b.1)) > 1.0;
    ways_a.iter().any(|(a, b)| {
        ways_b.iter().any(|(c, d)| {
            let level = a.1 == b.1 && c.1 == d.1 && same((a.1, c.1)) && common((a.0, b.0), (c.0, d.0));
            let upright = a.0 == b.0 && c.0 == d.0 && same((a.0, c.0)) && common((a.1, b.1), (c.1, d.1));
            level || upright
        })
    })
}

fn ways(points: &[Point]) -> Vec<(Point, Point)> {
    points.windows(2).map(|pair| (pair[0], pair[1])).collect()
}

/// Takes what both begin with away.
fn without_common(a: &mut Vec<(Point, Point)>, b: &mut Vec<(Point, Point)>) {
    while let (Some(first), Some(second)) = (a.first().copied(), b.first().copied()) {
        let (along, other) =
            ((first.1.0 - first.0.0, first.1.1 - first.0.1), (second.1.0 - second.0.0, second.1.1 - second.0.1));
        let is_same_way = along.0 * other.0 + along.1 * other.1 > 0.0 && along.0 * other.1 == along.1 * other.0;
        if first.0 != second.0 || !is_same_way {
            return;
        }
        let length = |way: Point| way.0.abs() + way.1.abs();
        let (of_a, of_b) = (length(along), length(other));
        if of_a <= of_b {
            a.remove(0);
        } else {
            a[0].0 = second.1;
        }
        if of_b <= of_a {
            b.remove(0);
        } else {
            b[0].0 = first.1;
        }
    }
}

fn labels(picture: &Picture, faults: &mut Faults) {
    let solid = picture.solid();
    for (n, (id, label)) in picture.labels.iter().enumerate() {
        let under =
            solid.iter().filter(|(shape, _)| !picture.is_inside(id, shape)).filter(|(_, rect)| rect.overlaps(label));
        faults.label_overlaps.extend(under.map(|(shape, _)| format!("{id} on {shape}")));
        let others = picture.labels[n + 1..].iter().filter(|(_, other)| other.overlaps(label));
        faults.label_overlaps.extend(others.map(|(other, _)| format!("{id} on the label of {other}")));
        let crosses = |line: &&Line| line.points.windows(2).any(|pair| Rect::of(pair[0], pair[1], 0.6).overlaps(label));
        faults.labels_on_lines.extend(picture.lines.iter().filter(crosses).map(|line| format!("{id} on {}", line.id)));
    }
}

fn containment(picture: &Picture, faults: &mut Faults) {
    let lanes = picture.lanes.iter().filter(|(id, _)| !picture.hosts.contains_key(*id));
    for (id, around) in lanes.chain(&picture.parents) {
        if let (Some(rect), Some(around_rect)) = (picture.shapes.get(id), picture.shapes.get(around))
            && !around_rect.holds(rect)
        {
            faults.outside.push(format!("{id} of {around}"));
        }
    }
    for line in &picture.lines {
        let around = picture.parents.get(&line.id).and_then(|parent| picture.shapes.get(parent));
        let is_out = |point: &&Point| around.is_some_and(|around| !around.holds(&Rect::of(**point, **point, 0.0)));
        if line.points.iter().any(|point| is_out(&point)) {
            faults.outside.push(line.id.clone());
        }
    }
    faults.outside.sort();
}
