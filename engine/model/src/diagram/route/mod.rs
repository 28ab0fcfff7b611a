//! Lines between shapes, in right angles: around shapes and labels, each on its own track.
//!
//! One line after the other, the short and forward ones first, looks for its cheapest way over a [`grid`]. What is
//! already there costs; to lie on another line costs so much that it only happens where there is no room, which is
//! reported as a [`Conflict`].

mod grid;
mod port;
mod search;

pub use grid::Obstacles;
pub use port::{Form, Port, arriving, leaving};

use super::geometry::{Point, Rect, Side};
use grid::{ALONG, BEND, DOWN, Direction, Grid};
use search::{Search, Way, is_shared};

/// Ports that look at each other over less than this are joined without a search.
const NEAR: f64 = 25.0;

/// A line to be drawn.
pub struct Net {
    /// Of the shapes at its ends.
    pub from: usize,
    pub to: usize,
    pub source: Rect,
    pub target: Rect,
    pub leaving: Vec<Port>,
    pub arriving: Vec<Port>,
    /// It leaves a gateway: there are few ports, which those that arrive leave free.
    pub is_branch: bool,
    /// How many lines leave its source, and how many arrive at its target.
    pub siblings: (usize, usize),
}

/// Two lines lie on each other here.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Conflict {
    pub at: Point,
    /// They are level here, and would need more height.
    pub is_level: bool,
}

#[derive(Default)]
pub struct Routes {
    /// In the order of the nets; empty where there is no way.
    pub lines: Vec<Vec<Point>>,
    pub conflicts: Vec<Conflict>,
}

pub fn route(nets: &[Net], obstacles: &Obstacles<'_>) -> Routes {
    let ports = nets.iter().flat_map(|net| net.leaving.iter().chain(&net.arriving));
    let mut routes = Routes { lines: vec![Vec::new(); nets.len()], conflicts: Vec::new() };
    let Some(mut grid) = Grid::new(obstacles, ports) else {
        routes.lines = nets.iter().map(plain).collect();
        return routes;
    };
    let mut search = Search::new(&grid);
    for which in order(nets) {
        let net = &nets[which];
        routes.lines[which] = match near(net) {
            Some(line) => line,
            None => match search.run(&grid, nets, which) {
                Some(way) => commit(&way, which, nets, &mut grid, &mut routes.conflicts),
                None => plain(net),
            },
        };
    }
    routes
}

/// Forward before backward; of each the straight ones first, then branches, then short before long.
fn order(nets: &[Net]) -> Vec<usize> {
    let key = |net: &Net| {
        let (from, to) = (net.source.centre(), net.target.centre());
        let (across, down) = ((to.x - from.x).abs(), (to.y - from.y).abs());
        let is_back = to.x < from.x;
        let turn = if across.min(down) < 1.0 { 0 } else { 2 - u8::from(net.is_branch) };
        (is_back, turn, across + down)
    };
    let mut order: Vec<_> = nets.iter().enumerate().map(|(n, net)| (key(net), n)).collect();
    order.sort_by(|((a_back, a_turn, a), n), ((b_back, b_turn, b), m)| {
        (a_back, a_turn).cmp(&(b_back, b_turn)).then(a.total_cmp(b)).then(n.cmp(m))
    });
    order.into_iter().map(|(_, n)| n).collect()
}

/// Straight over a gap too narrow for tracks.
fn near(net: &Net) -> Option<Vec<Point>> {
    let faces = |leaving: &Port, arriving: &Port| {
        let (from, to) = (leaving.at, arriving.at);
        let gap = match (leaving.side, arriving.side) {
            (Side::Right, Side::Left) if from.y == to.y => to.x - from.x,
            (Side::Left, Side::Right) if from.y == to.y => from.x - to.x,
            (Side::Bottom, Side::Top) if from.x == to.x => to.y - from.y,
            (Side::Top, Side::Bottom) if from.x == to.x => from.y - to.y,
            _ => return false,
        };
        (0.0..NEAR).contains(&gap)
    };
    let pairs = net.leaving.iter().flat_map(|leaving| net.arriving.iter().map(move |arriving| (leaving, arriving)));
    let best = pairs.filter(|(leaving, arriving)| faces(leaving, arriving)).min_by_key(|(a, b)| a.cost + b.cost);
    best.map(|(leaving, arriving)| vec![leaving.at, arriving.at])
}

/// Without looking at anything else: half across, over, and straight in.
fn plain(net: &Net) -> Vec<Point> {
    let (from, to) = (net.source.centre(), net.target.centre());
    let (start, end) =
        if to.x >= from.x { (net.source.right(), net.target.x) } else { (net.source.x, net.target.right()) };
    let middle = (start + end) / 2.0;
    let corners = [(start, from.y), (middle, from.y), (middle, to.y), (end, to.y)];
    straightened(corners.into_iter().map(|(x, y)| Point { x, y }).collect())
}

/// Takes the way, and draws it.
fn commit(way: &Way, which: usize, nets: &[Net], grid: &mut Grid, conflicts: &mut Vec<Conflict>) -> Vec<Point> {
    let net = &nets[which];
    let first = way.steps.first().map(|(at, _)| *at);
    let port = net.leaving.iter().filter(|port| first.is_some() && grid.outside(port) == first);
    // Ports with one crossing lie on one line through it.
    let start = port.min_by_key(|port| port.cost).map(|port| (port.at, Direction::out_of(port.side)));
    let Some((start, mut direction)) = start else { return plain(net) };
    let mut points = vec![start];
    for (n, (at, turned)) in way.steps.iter().copied().enumerate() {
        let here = Point { x: grid.x(at), y: grid.y(at) };
        points.push(here);
        let owner = grid.owner(at, turned);
        let is_last = n + 1 == way.steps.len();
        if !is_last && owner != 0 && !is_shared(nets, which, owner) {
            conflicts.push(Conflict { at: here, is_level: turned.is_level() });
        }
        grid.passed[at] |= if turned != direction { BEND } else { 0 };
        grid.passed[at] |= if turned.is_level() { ALONG } else { DOWN };
        grid.take(at, turned, which as u32 + 1);
        if n == 0 {
            grid.take(at, direction.back(), which as u32 + 1);
        }
        direction = turned;
    }
    points.extend(net.arriving.get(way.arrives).map(|port| port.at));
    straightened(points)
}

/// Without the points between others on one straight.
pub fn straightened(points: Vec<Point>) -> Vec<Point> {
    let mut kept: Vec<Point> = Vec::with_capacity(points.len());
    for point in points {
        if kept.last() == Some(&point) {
            continue;
        }
        if let [.., before, last] = kept[..]
            && ((before.x == last.x && last.x == point.x) || (before.y == last.y && last.y == point.y))
        {
            kept.pop();
        }
        kept.push(point);
    }
    kept
}
