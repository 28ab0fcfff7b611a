//! Draws one scope for itself, the scopes inside it first: places, then lines, then names.

use super::geometry::{Point, Rect, Side, hull};
use super::label::{self, Free};
use super::layout::{Item, Plan};
use super::route::{self, Form, Net, Obstacles, Routes};
use super::scene::{Scene, is_boundary, is_by_hand, is_group};
use super::space::{Space, Thing};
use crate::{Element, Flow, FlowKind};
use std::collections::HashMap;

/// Around what is in a sub-process.
const PADDING: f64 = 30.0;
/// How often a scope is widened until no line lies on another, and from how many elements on it is not worth the time.
const ATTEMPTS: usize = 8;
const LARGE: usize = 600;

/// What the scope is in.
#[derive(Default)]
pub struct Around<'a> {
    /// How many lanes or pools there are, and the one of each element.
    pub bands: usize,
    pub band_of: Vec<usize>,
    /// Where the lines of a scope placed by hand should stay, and the borders of lanes in it.
    pub limit: Option<Rect>,
    pub borders: Vec<f64>,
    /// Where the names of pools and lanes stand.
    pub heads: Vec<Rect>,
    /// Ids of flows whose lines the file says.
    pub drawn: Option<&'a dyn Fn(&Flow) -> bool>,
}

#[derive(Default)]
pub struct Drawn {
    pub shapes: HashMap<String, Rect>,
    pub lines: HashMap<String, Vec<Point>>,
    pub labels: HashMap<String, Rect>,
    /// Top and bottom of each band, where they were laid out.
    pub bands: Vec<(f64, f64)>,
    pub by_hand: bool,
}

pub fn draw(elements: &[Element], flows: &[Flow], around: &Around<'_>) -> Drawn {
    let inner: Vec<Option<Drawn>> = elements.iter().map(|element| draw_inside(element, around)).collect();
    let inner_sizes: Vec<_> = inner.iter().map(|inner| inner.as_ref().map(Drawn::size)).collect();
    let scene = Scene::new(elements, flows, &inner_sizes);
    let mut picture = if scene.by_hand { by_hand(&scene, around) } else { laid_out(&scene, around) };
    picture.place_names(&scene, around);
    let mut drawn = picture.named(&scene);
    for (element, inner) in elements.iter().zip(inner) {
        if let (Some(inner), Some(rect)) = (inner, drawn.shapes.get(&element.id)) {
            let centre = rect.centre();
            drawn.take(inner, centre);
        }
    }
    drawn
}

/// What an expanded sub-process holds.
fn draw_inside(element: &Element, around: &Around<'_>) -> Option<Drawn> {
    let inside = element.sub_process().filter(|inside| !inside.elements.is_empty() && !is_collapsed(element))?;
    let size = element.bounds.and_then(|bounds| bounds.width.zip(bounds.height));
    let limit = size.filter(|_| is_by_hand(&inside.elements)).map(|size| Rect::around(Point::default(), size));
    let around = Around { limit, drawn: around.drawn, ..Around::default() };
    Some(draw(&inside.elements, &inside.flows, &around))
}

pub fn is_collapsed(element: &Element) -> bool {
    element.properties.get("diagram").and_then(|diagram| diagram.get("isExpanded")).is_some_and(|value| value == false)
}

impl Drawn {
    fn hull(&self) -> Rect {
        let points = self.lines.values().flatten().map(|point| Rect::between(*point, *point));
        hull(self.shapes.values().chain(self.labels.values()).copied().chain(points))
    }

    /// How large its sub-process must be.
    fn size(&self) -> (f64, f64) {
        let hull = self.hull();
        let reach = |from: f64, to: f64| if self.by_hand { 2.0 * from.abs().max(to.abs()) } else { to - from };
        (reach(hull.x, hull.right()) + 2.0 * PADDING, reach(hull.y, hull.bottom()) + 2.0 * PADDING)
    }

    /// Takes over what is in a sub-process with this centre. Children placed by hand are relative to it.
    fn take(&mut self, mut inner: Drawn, centre: Point) {
        let middle = if inner.by_hand { Point::default() } else { inner.hull().centre() };
        inner.shift(Point { x: (centre.x - middle.x).round(), y: (centre.y - middle.y).round() });
        self.shapes.extend(inner.shapes);
        self.lines.extend(inner.lines);
        self.labels.extend(inner.labels);
    }

    pub fn shift(&mut self, by: Point) {
        self.shapes.values_mut().chain(self.labels.values_mut()).for_each(|rect| *rect = rect.moved(by));
        self.lines.values_mut().flatten().for_each(|point| *point = point.moved(by));
        self.bands.iter_mut().for_each(|(top, bottom)| (*top, *bottom) = (*top + by.y, *bottom + by.y));
    }
}

/// A scope by the numbers of its elements and flows.
#[derive(Default)]
struct Picture {
    rects: Vec<Option<Rect>>,
    labels: Vec<Option<Rect>>,
    lines: Vec<Option<Vec<Point>>>,
    flow_labels: Vec<Option<Rect>>,
    bands: Vec<(f64, f64)>,
}

fn by_hand(scene: &Scene<'_>, around: &Around<'_>) -> Picture {
    let mut rects = vec![None; scene.elements.len()];
    for (n, element) in scene.elements.iter().enumerate().filter(|(_, element)| !is_boundary(element)) {
        let place = |bounds: crate::Bounds| Rect::around(Point { x: bounds.x, y: bounds.y }, scene.sizes[n]);
        rects[n] = element.bounds.map(place);
    }
    let mut picture = Picture { rects, ..Picture::default() };
    picture.route(scene, around);
    picture
}

fn laid_out(scene: &Scene<'_>, around: &Around<'_>) -> Picture {
    let mut plan = plan(scene, around);
    let attempts = if scene.elements.len() > LARGE { 1 } else { ATTEMPTS };
    let mut picture = Picture::default();
    for attempt in 1..=attempts {
        let mut rects = vec![None; scene.elements.len()];
        for (element, centre) in plan.centres() {
            rects[element] = Some(Rect::around(centre, scene.sizes[element]));
        }
        let bands = plan.bands();
        let borders = bands.windows(2).map(|pair| (pair[0].1 + pair[1].0) / 2.0).collect();
        picture = Picture { rects, bands, ..Picture::default() };
        let around = Around { limit: None, borders, drawn: around.drawn, ..Around::default() };
        let conflicts = picture.route(scene, &around).conflicts;
        if conflicts.is_empty() || attempt == attempts {
            break;
        }
        plan.widen(&conflicts);
    }
    picture
}

fn plan(scene: &Scene<'_>, around: &Around<'_>) -> Plan {
    let mut items = Vec::new();
    let mut of = vec![None; scene.elements.len()];
    for n in (0..scene.elements.len()).filter(|n| !is_boundary(&scene.elements[*n])) {
        of[n] = Some(items.len());
        let band = around.band_of.get(n).copied().unwrap_or(0);
        items.push(Item { element: n, band, reach: scene.reach(n), label: 0.0 });
    }
    for (n, ends) in scene.ends.iter().enumerate() {
        if let (Some((from, _)), Some(name)) = (ends, scene.flow_name(n))
            && let Some(item) = of[*from].and_then(|item| items.get_mut(item))
        {
            item.label = item.label.max(label::size(name).0);
        }
    }
    Plan::new(items, &scene.joins(&of), around.bands.max(1))
}

impl Picture {
    /// Places what depends on other places, and draws the lines.
    fn route(&mut self, scene: &Scene<'_>, around: &Around<'_>) -> Routes {
        scene.place_boundary_events(&mut self.rects);
        let mut space = self.space(scene, around);
        self.label_shapes(scene, &mut space);
        let (nets, flows) = self.nets(scene, around);
        let shapes: Vec<Rect> = self.solid(scene).collect();
        let labels: Vec<Rect> = self.labels.iter().flatten().copied().collect();
        let obstacles = Obstacles { shapes: &shapes, labels: &labels, borders: &around.borders, limit: around.limit };
        let mut routes = route::route(&nets, &obstacles);
        self.lines = vec![None; scene.flows.len()];
        for (flow, line) in flows.into_iter().zip(routes.lines.drain(..)) {
            self.lines[flow] = Some(line).filter(|line| line.len() > 1);
        }
        routes
    }

    fn solid(&self, scene: &Scene<'_>) -> impl Iterator<Item = Rect> {
        let all = scene.elements.iter().zip(&self.rects);
        all.filter(|(element, _)| !is_group(element)).filter_map(|(_, rect)| *rect)
    }

    fn space(&self, scene: &Scene<'_>, around: &Around<'_>) -> Space {
        let mut space = Space::default();
        around.heads.iter().for_each(|head| space.insert(*head, Thing::Head));
        self.solid(scene).for_each(|rect| space.insert(rect, Thing::Shape));
        space
    }

    fn label_shapes(&mut self, scene: &Scene<'_>, space: &mut Space) {
        let free = self.free(scene);
        self.labels = vec![None; scene.elements.len()];
        for (n, free) in free.into_iter().enumerate() {
            let (Some(name), Some(rect)) = (scene.name(n), self.rects[n]) else { continue };
            let label = label::of_shape(rect, name, free, space);
            space.insert(label, Thing::Label);
            self.labels[n] = Some(label);
        }
    }

    /// The sides of elements where no line is expected.
    fn free(&self, scene: &Scene<'_>) -> Vec<Free> {
        let outside = |n: usize| scene.outside(n, &self.rects);
        let mut free: Vec<Free> =
            (0..scene.elements.len()).map(|n| Free { above: true, below: true, outside: outside(n) }).collect();
        for (from, to) in scene.ends.iter().flatten().copied() {
            let (Some(source), Some(target)) = (self.rects[from], self.rects[to]) else { continue };
            let down = target.centre().y - source.centre().y;
            if down.abs() > 5.0 {
                let (upper, lower) = if down > 0.0 { (from, to) } else { (to, from) };
                free[upper].below = false;
                free[lower].above = false;
            }
        }
        free
    }

    /// What is to be routed, and the flow that each is.
    fn nets(&self, scene: &Scene<'_>, around: &Around<'_>) -> (Vec<Net>, Vec<usize>) {
        let mut nets = Vec::new();
        let mut counts = vec![(0, 0); scene.elements.len()];
        for (from, to) in scene.ends.iter().flatten() {
            counts[*from].0 += 1;
            counts[*to].1 += 1;
        }
        let mut flows = Vec::new();
        for (n, (flow, ends)) in scene.flows.iter().zip(&scene.ends).enumerate() {
            let Some((from, to)) = *ends else { continue };
            let (Some(source), Some(target)) = (self.rects[from], self.rects[to]) else { continue };
            if around.drawn.is_some_and(|is_drawn| is_drawn(flow)) {
                continue;
            }
            let is_flow = flow.kind == FlowKind::Sequence;
            let mut leaving = route::leaving(source, scene.form(from, &self.rects), is_flow);
            let mut arriving = route::arriving(target, scene.form(to, &self.rects), is_flow);
            if from == to {
                leaving.retain(|port| matches!(port.side, Side::Right | Side::Bottom));
                arriving.retain(|port| matches!(port.side, Side::Left | Side::Top));
            }
            let is_branch = scene.form(from, &self.rects) == Form::Gateway;
            nets.push(Net {
                from,
                to,
                source,
                target,
                leaving,
                arriving,
                is_branch,
                siblings: (counts[from].0, counts[to].1),
            });
            flows.push(n);
        }
        (nets, flows)
    }

    /// Names, now that the lines are known.
    fn place_names(&mut self, scene: &Scene<'_>, around: &Around<'_>) {
        let mut space = self.space(scene, around);
        for pair in self.lines.iter().flatten().flat_map(|line| line.windows(2)) {
            space.insert(Rect::between(pair[0], pair[1]).grown(1.0), Thing::Line);
        }
        self.label_shapes(scene, &mut space);
        self.flow_labels = vec![None; scene.flows.len()];
        let leaving = self.leaving(scene);
        for n in 0..scene.flows.len() {
            let (Some(name), Some(line)) = (scene.flow_name(n), &self.lines[n]) else { continue };
            let siblings = scene.ends[n].and_then(|(from, _)| leaving.get(from)).into_iter().flatten();
            let others = siblings.filter(|other| **other != n).filter_map(|other| self.lines[*other].as_ref());
            let from = others.map(|other| label::together(line, other)).fold(0.0, f64::max);
            let label = label::of_line(line, from, name, &space);
            space.insert(label, Thing::Label);
            self.flow_labels[n] = Some(label);
        }
    }

    /// The flows that leave each element.
    fn leaving(&self, scene: &Scene<'_>) -> Vec<Vec<usize>> {
        let mut leaving = vec![Vec::new(); scene.elements.len()];
        for (n, ends) in scene.ends.iter().enumerate() {
            if let Some((from, _)) = ends {
                leaving[*from].push(n);
            }
        }
        leaving
    }

    fn named(self, scene: &Scene<'_>) -> Drawn {
        let ids = || scene.elements.iter().map(|element| element.id.clone());
        let flow_ids = || scene.flows.iter().map(|flow| flow.id.clone());
        let labels = ids().zip(self.labels).chain(flow_ids().zip(self.flow_labels));
        Drawn {
            shapes: ids().zip(self.rects).filter_map(|(id, rect)| Some((id, rect?))).collect(),
            lines: flow_ids().zip(self.lines).filter_map(|(id, line)| Some((id, line?))).collect(),
            labels: labels.filter_map(|(id, label)| Some((id, label?))).collect(),
            bands: self.bands,
            by_hand: scene.by_hand,
        }
    }
}
