//! The picture of processes that message flows join: all of them on one plane, in their pools, and the lines between.
//!
//! Who is drawn by hand stays where he is, as long as he is in nobody's way; the others come below.

use super::{Xml, between::Between, shapes};
use crate::{
    ProcessDefinition,
    diagram::{self, Diagram, Point, Rect},
};
use quick_xml::Writer;
use std::io;

/// Between two pools that come one below the other.
const GAP: f64 = 60.0;
/// Around what is in a pool, and for its name at the left.
const MARGIN: f64 = 20.0;
const HEAD: f64 = 30.0;

/// One process in the picture.
struct Part<'d> {
    process: &'d ProcessDefinition,
    drawing: Diagram,
    /// Of the participant that stands for it, where it has no pool of its own.
    participant: Option<String>,
    /// All that it covers.
    area: Rect,
    /// How far it was moved out of the way.
    by: Point,
}

/// `processes` with the ids that they have in the file, and the ids of the definitions that they are of.
pub(super) fn picture(processes: &[(ProcessDefinition, String)], flows: &[Between<'_>], plane: &str) -> String {
    let mut parts: Vec<Part<'_>> = Vec::new();
    for (process, participant) in processes {
        let part = Part::of(process, participant).placed(&parts);
        parts.push(part);
    }
    let mut xml = Writer::new_with_indent(Vec::new(), b' ', 2);
    let _ = write(&parts, flows, plane, &mut xml); // writing into memory does not fail
    String::from_utf8(xml.into_inner()).unwrap_or_default()
}

fn write(parts: &[Part<'_>], flows: &[Between<'_>], plane: &str, xml: &mut Xml) -> io::Result<()> {
    xml.create_element("bpmndi:BPMNDiagram").with_attribute(("id", "baton-diagram")).write_inner_content(|xml| {
        let attributes = [("id", "baton-plane"), ("bpmnElement", plane)];
        xml.create_element("bpmndi:BPMNPlane").with_attributes(attributes).write_inner_content(|xml| {
            for part in parts {
                if let Some(id) = &part.participant {
                    shapes::shape(id, part.area, &[("isHorizontal", "true")], None, xml)?;
                }
                shapes::content(part.process, &part.drawing, part.by, xml)?;
            }
            flows.iter().try_for_each(|flow| match line(flow, parts) {
                Some(line) => shapes::edge(&flow.id, &line, shapes::label(&flow.flow.properties), xml),
                None => Ok(()),
            })
        })?;
        Ok(())
    })?;
    Ok(())
}

impl<'d> Part<'d> {
    fn of(process: &'d ProcessDefinition, participant: &str) -> Part<'d> {
        let drawing = diagram::draw(process);
        let participant = process.pools.is_empty().then(|| participant.to_owned());
        let inside = drawing.hull();
        let area = match participant {
            None => inside,
            Some(_) => {
                let around = inside.grown(MARGIN);
                Rect { x: around.x - HEAD, width: around.width + HEAD, ..around }
            }
        };
        Part { process, drawing, participant, area, by: Point::default() }
    }

    /// Out of the way of those that are there already.
    fn placed(mut self, others: &[Part<'_>]) -> Part<'d> {
        if others.iter().any(|other| other.area.overlaps(&self.area)) {
            let bottom = others.iter().map(|other| other.area.bottom()).fold(f64::MIN, f64::max);
            let left = others.iter().map(|other| other.area.x).fold(f64::MAX, f64::min);
            let by = Point { x: (left - self.area.x).round(), y: (bottom + GAP - self.area.y).round() };
            self.drawing = self.drawing.moved(by);
            (self.area, self.by) = (self.area.moved(by), by);
        }
        self
    }

    fn shape(&self, id: &str) -> Option<Rect> {
        if self.participant.as_deref() == Some(id) {
            return Some(self.area);
        }
        self.drawing.shapes.get(id).or_else(|| self.drawing.frames.get(id)).copied()
    }
}

/// The author's own line; else one that leaves upwards or downwards and bends between the two pools.
fn line(flow: &Between<'_>, parts: &[Part<'_>]) -> Option<Vec<Point>> {
    if let Some(by_hand) = shapes::waypoints(&flow.flow.properties) {
        return Some(by_hand);
    }
    let find = |id: &str| parts.iter().find_map(|part| Some((part.shape(id)?, part.area)));
    let ((from, home), (to, there)) = (find(&flow.from)?, find(&flow.to)?);
    let (start, end) = (from.centre(), to.centre());
    let is_down = end.y >= start.y;
    let (y, other_y) = if is_down { (from.bottom(), to.y) } else { (from.y, to.bottom()) };
    let middle = match is_down {
        true if there.y >= home.bottom() => (there.y + home.bottom()) / 2.0,
        false if home.y >= there.bottom() => (home.y + there.bottom()) / 2.0,
        _ => (y + other_y) / 2.0,
    };
    let corner = |x: f64, y: f64| Point { x: x.round(), y: y.round() };
    Some(match corner(start.x, 0.0).x == corner(end.x, 0.0).x {
        true => vec![corner(start.x, y), corner(end.x, other_y)],
        false => vec![corner(start.x, y), corner(start.x, middle), corner(end.x, middle), corner(end.x, other_y)],
    })
}
