//! The lines on which connections may run, and what is already there.

use super::port::Port;
use crate::diagram::geometry::{Rect, Side, hull};

/// Between neighbouring tracks, in pixels.
const PITCH: f64 = 10.0;
/// How many tracks there are beside each end of a gap that is wider than twice as many; fewer where there would be too
/// many crossings.
const TRACKS: [usize; 2] = [12, 1];
/// Room for lines around everything.
const MARGIN: f64 = 90.0;
/// A line keeps this distance from shapes it does not belong to.
const CLEARANCE: f64 = 8.0;
/// And this one where there is room.
const COMFORT: f64 = 18.0;
/// A track next to a lane's border would be taken for it.
const BORDER: f64 = 4.0;
/// Crossings beyond these are not worth their memory: then lines are drawn plainly.
const LARGEST: usize = 8_000_000;

/// What a pixel of way costs more: nowhere, near a shape, next to it, on a label, on a shape.
const ZONES: [u32; 5] = [0, 1, 4, 50, 400];

/// Bits of what a line does where it passes.
pub const ALONG: u8 = 1;
pub const DOWN: u8 = 2;
pub const BEND: u8 = 4;

pub struct Grid {
    pub xs: Vec<f64>,
    pub ys: Vec<f64>,
    zones: Vec<u8>,
    /// The first line on the way to the right and to below, counted from 1; 0: none.
    right: Vec<u32>,
    below: Vec<u32>,
    /// [`ALONG`], [`DOWN`], [`BEND`].
    pub passed: Vec<u8>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    Right,
    Down,
    Left,
    Up,
}

impl Direction {
    pub const ALL: [Direction; 4] = [Direction::Right, Direction::Down, Direction::Left, Direction::Up];

    pub fn out_of(side: Side) -> Direction {
        match side {
            Side::Right => Direction::Right,
            Side::Bottom => Direction::Down,
            Side::Left => Direction::Left,
            Side::Top => Direction::Up,
        }
    }

    pub fn back(self) -> Direction {
        match self {
            Direction::Right => Direction::Left,
            Direction::Down => Direction::Up,
            Direction::Left => Direction::Right,
            Direction::Up => Direction::Down,
        }
    }

    pub fn is_level(self) -> bool {
        matches!(self, Direction::Right | Direction::Left)
    }
}

/// What the grid is laid around.
pub struct Obstacles<'a> {
    pub shapes: &'a [Rect],
    pub labels: &'a [Rect],
    /// The y of borders between lanes.
    pub borders: &'a [f64],
    /// Lines stay inside, where the shapes do.
    pub limit: Option<Rect>,
}

impl Grid {
    /// None where there would be too many crossings.
    pub fn new<'p>(obstacles: &Obstacles<'_>, ports: impl Iterator<Item = &'p Port>) -> Option<Grid> {
        let all = hull(obstacles.shapes.iter().chain(obstacles.labels).copied());
        let region = obstacles.limit.map_or(all.grown(MARGIN), |limit| hull([limit.grown(-PITCH), all.grown(PITCH)]));
        let mut xs = vec![region.x, region.right()];
        let mut ys = vec![region.y, region.bottom()];
        for port in ports {
            match port.side {
                Side::Left | Side::Right => ys.push(port.at.y),
                Side::Top | Side::Bottom => xs.push(port.at.x),
            }
        }
        let lines = TRACKS.map(|most| (tracks(xs.clone(), &[], most), tracks(ys.clone(), obstacles.borders, most)));
        let size = |(xs, ys): &(Vec<f64>, Vec<f64>)| xs.len().checked_mul(ys.len()).filter(|size| *size <= LARGEST);
        let (xs, ys) = lines.into_iter().find(|lines| size(lines).is_some())?;
        let size = xs.len() * ys.len();
        let free = || vec![0; size];
        let mut grid = Grid { xs, ys, zones: vec![0; size], right: free(), below: free(), passed: vec![0; size] };
        for shape in obstacles.shapes {
            grid.mark(shape.grown(COMFORT), 1);
            grid.mark(shape.grown(CLEARANCE), 2);
        }
        obstacles.labels.iter().for_each(|label| grid.mark(label.grown(2.0), 3));
        obstacles.shapes.iter().for_each(|shape| grid.mark(*shape, 4));
        Some(grid)
    }

    fn mark(&mut self, rect: Rect, zone: u8) {
        let span = |lines: &[f64], from: f64, to: f64| {
            lines.partition_point(|line| *line < from)..lines.partition_point(|line| *line <= to)
        };
        let columns = span(&self.xs, rect.x, rect.right());
        for row in span(&self.ys, rect.y, rect.bottom()) {
            let start = row * self.xs.len();
            for known in &mut self.zones[start + columns.start..start + columns.end] {
                *known = zone.max(*known);
            }
        }
    }

    pub fn size(&self) -> usize {
        self.zones.len()
    }

    pub fn x(&self, at: usize) -> f64 {
        self.xs[at % self.xs.len()]
    }

    pub fn y(&self, at: usize) -> f64 {
        self.ys[at / self.xs.len()]
    }

    /// The crossing next to a port, outside its shape.
    pub fn outside(&self, port: &Port) -> Option<usize> {
        let nearest = |lines: &[f64], value: f64| lines.partition_point(|line| *line < value - 1e-6);
        let first = |lines: &[f64], value: f64| lines.partition_point(|line| *line <= value + 0.5);
        let last = |lines: &[f64], value: f64| lines.partition_point(|line| *line < value - 0.5).checked_sub(1);
        let (column, row) = match port.side {
            Side::Right => (first(&self.xs, port.at.x), nearest(&self.ys, port.at.y)),
            Side::Left => (last(&self.xs, port.at.x)?, nearest(&self.ys, port.at.y)),
            Side::Bottom => (nearest(&self.xs, port.at.x), first(&self.ys, port.at.y)),
            Side::Top => (nearest(&self.xs, port.at.x), last(&self.ys, port.at.y)?),
        };
        (column < self.xs.len() && row < self.ys.len()).then_some(row * self.xs.len() + column)
    }

    /// The next crossing, and how far it is.
    pub fn next(&self, at: usize, direction: Direction) -> Option<(usize, u32)> {
        let columns = self.xs.len();
        let column = at % columns;
        let next = match direction {
            Direction::Right => (column + 1 < columns).then(|| at + 1)?,
            Direction::Left => (column > 0).then(|| at - 1)?,
            Direction::Down => Some(at + columns).filter(|next| *next < self.zones.len())?,
            Direction::Up => at.checked_sub(columns)?,
        };
        let way = if direction.is_level() { self.x(next) - self.x(at) } else { self.y(next) - self.y(at) };
        Some((next, pixels(way.abs())))
    }

    /// What a pixel of way to here costs more.
    pub fn zone(&self, at: usize) -> u32 {
        ZONES[usize::from(self.zones[at])]
    }

    /// What the way between a port and the crossing next to it costs more.
    pub fn stub(&self, port: &Port, at: usize) -> u32 {
        let way = (self.x(at) - port.at.x).abs() + (self.y(at) - port.at.y).abs();
        let zone = self.zone(at);
        // Near its own shape it must be.
        if zone > ZONES[2] { zone.saturating_mul(pixels(way)) } else { 0 }
    }

    /// The first line between a crossing and the next; counted from 1, 0: none.
    pub fn owner(&self, at: usize, direction: Direction) -> u32 {
        match direction {
            Direction::Right => self.right[at],
            Direction::Down => self.below[at],
            Direction::Left => at.checked_sub(1).map_or(0, |before| self.right[before]),
            Direction::Up => at.checked_sub(self.xs.len()).map_or(0, |above| self.below[above]),
        }
    }

    /// A line takes the way from a crossing to the next.
    pub fn take(&mut self, at: usize, direction: Direction, line: u32) {
        let way = match direction {
            Direction::Right => self.right.get_mut(at),
            Direction::Down => self.below.get_mut(at),
            Direction::Left => self.right.get_mut(at.wrapping_sub(1)),
            Direction::Up => self.below.get_mut(at.wrapping_sub(self.xs.len())),
        };
        if let Some(way) = way.filter(|way| **way == 0) {
            *way = line;
        }
    }
}

pub fn pixels(length: f64) -> u32 {
    (length.clamp(0.0, 100_000.0) + 0.5) as u32
}

/// The lines that must be, and tracks in the gaps between them.
fn tracks(mut fixed: Vec<f64>, avoid: &[f64], most: usize) -> Vec<f64> {
    fixed.sort_by(f64::total_cmp);
    fixed.dedup_by(|a, b| (*a - *b).abs() < 1e-6);
    let mut lines = Vec::with_capacity(fixed.len() * 2);
    for pair in fixed.windows(2) {
        let [from, to] = [pair[0], pair[1]];
        lines.push(from);
        let gap = to - from;
        let count = (gap / PITCH).round() as usize;
        let is_free = |line: &f64| avoid.iter().all(|border| (border - line).abs() > BORDER);
        if count <= 2 * most {
            lines.extend((1..count).map(|n| from + gap * n as f64 / count as f64).filter(is_free));
        } else {
            lines.extend((1..=most).map(|n| from + PITCH * n as f64).filter(is_free));
            lines.extend((1..=most).rev().map(|n| to - PITCH * n as f64).filter(is_free));
        }
    }
    lines.extend(fixed.last());
    lines
}
