//! One scope to be drawn: what is in it, how large it is, and what is joined to what.

use super::geometry::{Point, Rect, Side};
use super::label;
use super::layout::{Join, Reach};
use super::route::Form;
use crate::{Bounds, Element, ElementKind, Flow, FlowKind};
use std::collections::HashMap;

pub const EVENT: (f64, f64) = (36.0, 36.0);
const GATEWAY: (f64, f64) = (50.0, 50.0);
const ACTIVITY: (f64, f64) = (100.0, 80.0);
const DATA: (f64, f64) = (40.0, 50.0);
/// From a corner of an activity to the centre of the first boundary event, and between two of them.
const FIRST_BOUNDARY: f64 = 30.0;
const NEXT_BOUNDARY: f64 = 50.0;

pub struct Scene<'a> {
    pub elements: &'a [Element],
    pub flows: &'a [Flow],
    pub sizes: Vec<(f64, f64)>,
    /// The activity of each boundary event.
    pub hosts: Vec<Option<usize>>,
    /// The boundary events of each activity, in the order of the file.
    pub guests: Vec<Vec<usize>>,
    /// Source and target of each flow.
    pub ends: Vec<Option<(usize, usize)>>,
    pub by_hand: bool,
}

/// The file says where everything is.
pub fn is_by_hand(elements: &[Element]) -> bool {
    elements.iter().filter(|element| !is_boundary(element)).all(|element| element.bounds.is_some())
}

pub fn is_boundary(element: &Element) -> bool {
    matches!(element.kind, ElementKind::BoundaryEvent { .. })
}

/// A frame around others is in nobody's way.
pub fn is_group(element: &Element) -> bool {
    matches!(&element.kind, ElementKind::Artifact(kind) if kind == "group")
}

fn is_data(element: &Element) -> bool {
    matches!(&element.kind, ElementKind::Artifact(kind) if kind.starts_with("data"))
}

impl<'a> Scene<'a> {
    /// `inner`: how large the scopes of sub-processes are.
    pub fn new(elements: &'a [Element], flows: &'a [Flow], inner: &[Option<(f64, f64)>]) -> Scene<'a> {
        let of: HashMap<&str, usize> = elements.iter().enumerate().map(|(n, e)| (e.id.as_str(), n)).collect();
        let find = |id: &str| of.get(id).copied();
        let host = |element: &Element| match &element.kind {
            ElementKind::BoundaryEvent { attached_to, .. } => {
                find(&attached_to.value).filter(|host| elements.get(*host).is_some_and(|host| !is_boundary(host)))
            }
            _ => None,
        };
        let hosts: Vec<Option<usize>> = elements.iter().map(host).collect();
        let mut guests = vec![Vec::new(); elements.len()];
        for (n, host) in hosts.iter().enumerate() {
            if let Some(host) = host {
                guests[*host].push(n);
            }
        }
        let ends = flows.iter().map(|flow| Some((find(&flow.from.value)?, find(&flow.to.value)?))).collect();
        let mut scene =
            Scene { elements, flows, sizes: Vec::new(), hosts, guests, ends, by_hand: is_by_hand(elements) };
        scene.sizes = (0..elements.len()).map(|n| scene.size(n, inner.get(n).copied().flatten())).collect();
        scene
    }

    fn size(&self, n: usize, inner: Option<(f64, f64)>) -> (f64, f64) {
        let element = &self.elements[n];
        let Bounds { width, height, .. } = element.bounds.unwrap_or_default();
        let natural = match (&element.kind, inner) {
            (_, Some(inner)) => inner,
            (ElementKind::Artifact(_), _) if is_data(element) => DATA,
            (ElementKind::Activity(_) | ElementKind::Artifact(_), None) => ACTIVITY,
            (ElementKind::Gateway(_), None) => GATEWAY,
            _ => EVENT,
        };
        let (width, height) = (width.unwrap_or(natural.0), height.unwrap_or(natural.1));
        if self.by_hand {
            return (width, height);
        }
        // Room for what is laid out inside and on the border, and the middle on a track.
        let border = self.boundary_offsets(n).last().map_or(0.0, |last| last + FIRST_BOUNDARY);
        let inside = inner.unwrap_or_default();
        let even = |length: f64| if inner.is_some() || border > width { (length / 20.0).ceil() * 20.0 } else { length };
        (even(width.max(border).max(inside.0)), even(height.max(inside.1)))
    }

    /// How far from the right corner the centre of each boundary event is, where the file does not say.
    fn boundary_offsets(&self, host: usize) -> Vec<f64> {
        let mut offset = FIRST_BOUNDARY;
        let offsets = self.guests[host].iter().enumerate().map(|(nth, guest)| {
            let label = self.name(*guest).map_or(0.0, |name| label::size(name).0 + 14.0);
            if nth > 0 {
                offset += NEXT_BOUNDARY.max((label / 10.0).ceil() * 10.0);
            }
            offset
        });
        offsets.collect()
    }

    /// The name that stands outside of an element.
    pub fn name(&self, n: usize) -> Option<&'a str> {
        let element = &self.elements[n];
        let is_inside =
            matches!(element.kind, ElementKind::Activity(_) | ElementKind::Artifact(_)) && !is_data(element);
        element.name.as_deref().filter(|name| !is_inside && !name.trim().is_empty())
    }

    /// The name that stands beside a line.
    pub fn flow_name(&self, n: usize) -> Option<&'a str> {
        let flow = &self.flows[n];
        flow.name.as_deref().filter(|name| flow.kind != FlowKind::Association && !name.trim().is_empty())
    }

    /// On the border of their activities: where the file says, pulled to the border, or side by side at the lower edge.
    pub fn place_boundary_events(&self, rects: &mut [Option<Rect>]) {
        for host in 0..self.elements.len() {
            let Some(rect) = rects[host] else { continue };
            for (guest, offset) in self.guests[host].iter().zip(self.boundary_offsets(host)) {
                let centre = match self.elements[*guest].bounds.filter(|_| self.by_hand) {
                    Some(bounds) => rect.nearest_border(Point { x: bounds.x, y: bounds.y }).1,
                    None => Point { x: rect.right() - offset, y: rect.bottom() },
                };
                rects[*guest] = Some(Rect::around(centre, self.sizes[*guest]));
            }
        }
    }

    pub fn form(&self, n: usize, rects: &[Option<Rect>]) -> Form {
        match &self.elements[n].kind {
            ElementKind::BoundaryEvent { .. } => Form::Boundary(self.outside(n, rects).unwrap_or(Side::Bottom)),
            ElementKind::Activity(_) => Form::Activity,
            ElementKind::Gateway(_) => Form::Gateway,
            ElementKind::Artifact(_) => Form::Artifact,
            _ => Form::Event,
        }
    }

    /// The side of its activity that a boundary event is on.
    pub fn outside(&self, n: usize, rects: &[Option<Rect>]) -> Option<Side> {
        let host = rects[self.hosts[n]?]?;
        Some(host.nearest_border(rects[n]?.centre()).0)
    }

    /// With the label that it has, and with the boundary events on it.
    pub fn reach(&self, n: usize) -> Reach {
        let (width, height) = self.sizes[n];
        let mut reach = Reach { left: width / 2.0, right: width / 2.0, up: height / 2.0, down: height / 2.0 };
        if let Some(name) = self.name(n) {
            let label = label::size(name);
            reach.left = reach.left.max(label.0 / 2.0);
            reach.right = reach.left;
            reach.down += label.1 + 6.0;
            if matches!(self.elements[n].kind, ElementKind::Gateway(_)) {
                reach.up += label.1 + 6.0;
            }
        }
        for (guest, offset) in self.guests[n].iter().zip(self.boundary_offsets(n)) {
            let label = self.name(*guest).map_or((0.0, 0.0), label::size);
            reach.right = reach.right.max(width / 2.0 - offset + label.0 + 10.0);
            reach.down = reach.down.max(height / 2.0 + EVENT.1 / 2.0 + label.1 + 6.0);
        }
        reach
    }

    /// The connections between elements with a place of their own, these counted as in `items`.
    pub fn joins(&self, items: &[Option<usize>]) -> Vec<Join> {
        let place = |n: usize| items[self.hosts[n].unwrap_or(n)];
        let of_flows = self.flows.iter().zip(&self.ends).filter(|(flow, _)| flow.kind != FlowKind::Message);
        of_flows
            .filter_map(|(_, ends)| {
                let (from, to) = (*ends)?;
                Some(Join { from: place(from)?, to: place(to)?, by_boundary: self.hosts[from].is_some() })
            })
            .collect()
    }
}
