//! The cheapest way of one line over the grid (A*): short, with few bends and crossings, on no other line, through nothing.

use super::Net;
use super::grid::{ALONG, BEND, DOWN, Direction, Grid, pixels};
use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// In pixels of detour.
const BEND_COST: u32 = 30;
const CROSSING_COST: u32 = 20;
/// To lie on a line that ends or begins at the same shape, for each pixel.
const SHARED_COST: u32 = 3;
/// To lie on another line, or bend on it: only where there is no other way.
const CONFLICT_COST: u32 = 3_000;
/// To use a port that another line with the same end uses.
const LEAVING_TOGETHER: u32 = 60;
const ARRIVING_TOGETHER: u32 = 25;
/// Marks the first crossing of a way.
const START: u8 = 4;

/// A state is a crossing and the direction in which it was reached. Kept between lines, so that its memory is.
pub struct Search {
    round: u32,
    seen: Vec<u32>,
    costs: Vec<u32>,
    /// The direction in which the crossing before was reached.
    came_by: Vec<u8>,
    /// By the least that a whole way over it costs; then the deepest first.
    open: BinaryHeap<Reverse<(u32, Reverse<u32>, usize)>>,
}

/// The crossings of a way with the directions in which they are left, the last one towards its port.
pub struct Way {
    pub steps: Vec<(usize, Direction)>,
    pub arrives: usize,
}

/// A crossing at which the way may end, in this direction.
struct Goal {
    at: usize,
    direction: Direction,
    cost: u32,
}

impl Search {
    pub fn new(grid: &Grid) -> Search {
        let size = grid.size() * 4;
        Search { round: 0, seen: vec![0; size], costs: vec![0; size], came_by: vec![0; size], open: BinaryHeap::new() }
    }

    pub fn run(&mut self, grid: &Grid, nets: &[Net], which: usize) -> Option<Way> {
        let net = nets.get(which)?;
        self.round += 1;
        self.open.clear();
        let goals = goals(grid, net);
        for port in &net.leaving {
            let Some(at) = grid.outside(port) else { continue };
            let direction = Direction::out_of(port.side);
            let together = if grid.owner(at, direction.back()) == 0 { 0 } else { LEAVING_TOGETHER };
            self.reach(grid, net, (at, direction), START, port.cost + together);
        }
        let end = grid.size() * 4;
        while let Some(Reverse((_, Reverse(cost), state))) = self.open.pop() {
            if state >= end {
                let goal = goals.get(state - end)?;
                return Some(self.way(grid, goal, state - end));
            }
            if cost > self.costs[state] {
                continue;
            }
            let (at, direction) = (state / 4, Direction::ALL[state % 4]);
            for (n, goal) in goals.iter().enumerate().filter(|(_, goal)| goal.at == at && goal.direction == direction) {
                let cost = cost + goal.cost + leaving(grid, nets, which, (at, direction), direction);
                self.open.push(Reverse((cost, Reverse(cost), end + n)));
            }
            self.spread(grid, nets, which, (at, direction), cost);
        }
        None
    }

    fn spread(&mut self, grid: &Grid, nets: &[Net], which: usize, from: (usize, Direction), cost: u32) {
        let (at, direction) = from;
        for turned in Direction::ALL.into_iter().filter(|turned| *turned != direction.back()) {
            let Some((next, length)) = grid.next(at, turned) else { continue };
            let zone = grid.zone(next) * length;
            let owner = grid.owner(at, turned);
            let lying = match owner {
                0 => 0,
                owner if is_shared(nets, which, owner) => SHARED_COST * length,
                _ => CONFLICT_COST,
            };
            let cost = cost + length + zone + lying + leaving(grid, nets, which, from, turned);
            if let Some(net) = nets.get(which) {
                self.reach(grid, net, (next, turned), direction as u8, cost);
            }
        }
    }

    fn reach(&mut self, grid: &Grid, net: &Net, (at, direction): (usize, Direction), came_by: u8, cost: u32) {
        let state = at * 4 + direction as usize;
        if self.seen[state] == self.round && self.costs[state] <= cost {
            return;
        }
        self.seen[state] = self.round;
        self.costs[state] = cost;
        self.came_by[state] = came_by;
        let bound = cost.saturating_add(least(grid, net, at, direction));
        self.open.push(Reverse((bound, Reverse(cost), state)));
    }

    fn way(&self, grid: &Grid, goal: &Goal, arrives: usize) -> Way {
        let mut steps = vec![(goal.at, goal.direction)];
        let (mut at, mut direction) = (goal.at, goal.direction);
        loop {
            let came_by = self.came_by[at * 4 + direction as usize];
            let before = grid.next(at, direction.back()).filter(|_| came_by != START);
            let Some((before, _)) = before else { break };
            steps.push((before, direction));
            at = before;
            direction = Direction::ALL[usize::from(came_by) % 4];
        }
        steps.reverse();
        Way { steps, arrives }
    }
}

fn goals(grid: &Grid, net: &Net) -> Vec<Goal> {
    let goal = |port: &super::Port| match grid.outside(port) {
        Some(at) => {
            let direction = Direction::out_of(port.side).back();
            let together = if grid.owner(at, direction) == 0 { 0 } else { ARRIVING_TOGETHER };
            Goal { at, direction, cost: port.cost + together }
        }
        None => Goal { at: usize::MAX, direction: Direction::Right, cost: 0 },
    };
    net.arriving.iter().map(goal).collect()
}

/// What it costs to leave a crossing: a bend, a line that is crossed, a line that would be touched.
fn leaving(grid: &Grid, nets: &[Net], which: usize, (at, direction): (usize, Direction), turned: Direction) -> u32 {
    let is_bend = turned != direction;
    let bend = if is_bend { BEND_COST } else { 0 };
    let passed = grid.passed[at];
    if passed == 0 {
        return bend;
    }
    let is_foreign = |way: Direction| {
        let owner = grid.owner(at, way);
        owner != 0 && !is_shared(nets, which, owner)
    };
    let is_touched = is_bend || passed & BEND != 0;
    let own = if direction.is_level() { ALONG } else { DOWN };
    if !Direction::ALL.into_iter().any(is_foreign) {
        bend
    } else if is_touched || passed & own != 0 {
        bend + CONFLICT_COST / 2
    } else {
        bend + CROSSING_COST
    }
}

/// Lines with a common end may lie on each other, near it.
pub fn is_shared(nets: &[Net], which: usize, owner: u32) -> bool {
    let (Some(a), Some(b)) = (nets.get(which), nets.get(owner as usize - 1)) else { return false };
    a.from == b.from || a.to == b.to
}

/// What the rest of the way costs at least.
fn least(grid: &Grid, net: &Net, at: usize, direction: Direction) -> u32 {
    let (x, y) = (grid.x(at), grid.y(at));
    let target = &net.target;
    let right = pixels(target.x - x);
    let left = pixels(x - target.right());
    let down = pixels(target.y - y);
    let up = pixels(y - target.bottom());
    let (ahead, behind, beside) = match direction {
        Direction::Right => (right, left, down + up),
        Direction::Left => (left, right, down + up),
        Direction::Down => (down, up, right + left),
        Direction::Up => (up, down, right + left),
    };
    let bends = match (ahead, behind, beside) {
        (_, 1.., _) => 2,
        (_, 0, 1..) => 1,
        _ => 0,
    };
    right + left + down + up + bends * BEND_COST
}
