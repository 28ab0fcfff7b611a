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
/// Where so many lines begin or end at one shape, they are drawn as one that branches.
const TRUNK: usize = 8;
/// How many states are looked at for one line, and for all before they are satisfied with less than the best.
const MOST: usize = 30_000;
const MOST_OF_ALL: usize = 200_000;
const PATIENCE: usize = 2_000_000;
/// Then what is left of the way counts so much more.
const HURRY: u32 = 4;
/// Marks the first crossing of a way.
const START: u8 = 4;

/// A state is a crossing and the direction in which it was reached. Kept between lines, so that its memory is.
pub struct Search {
    round: u32,
    /// States that may be looked at before there is a hurry.
    budget: usize,
    /// And in a hurry, before lines are drawn plainly.
    patience: usize,
    hurry: u32,
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
        let open = BinaryHeap::new();
        Search {
            round: 0,
            budget: MOST_OF_ALL,
            patience: PATIENCE,
            hurry: 1,
            seen: vec![0; size],
            costs: vec![0; size],
            came_by: vec![0; size],
            open,
        }
    }

    pub fn run(&mut self, grid: &Grid, nets: &[Net], which: usize) -> Option<Way> {
        let most = MOST.min(self.budget);
        let best = if most > 0 { self.find(grid, nets, which, 1, most) } else { None };
        best.or_else(|| self.find(grid, nets, which, HURRY, (10 * MOST).min(self.patience)))
    }

    fn find(&mut self, grid: &Grid, nets: &[Net], which: usize, hurry: u32, most: usize) -> Option<Way> {
        self.hurry = hurry;
        let net = nets.get(which)?;
        self.round += 1;
        self.open.clear();
        let goals = goals(grid, net);
        for port in &net.leaving {
            let Some(at) = grid.outside(port) else { continue };
            let direction = Direction::out_of(port.side);
            let is_alone = grid.owner(at, direction.back()) == 0 || net.siblings.0 > TRUNK;
            let together = if is_alone { 0 } else { LEAVING_TOGETHER };
            self.reach(grid, net, (at, direction), START, port.cost + together + grid.stub(port, at));
        }
        let end = grid.size() * 4;
        for _ in 0..most {
            let Some(Reverse((_, Reverse(cost), state))) = self.open.pop() else { break };
            let left = if hurry == 1 { &mut self.budget } else { &mut self.patience };
            *left = left.saturating_sub(1);
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
            let lying = lying(grid, nets, which, from, turned) * length;
            let cost = cost + length + zone + lying.min(CONFLICT_COST) + leaving(grid, nets, which, from, turned);
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
        let bound = cost.saturating_add(self.hurry.saturating_mul(least(grid, net, at, direction)));
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
            let is_alone = grid.owner(at, direction) == 0 || net.siblings.1 > TRUNK;
            let together = if is_alone { 0 } else { ARRIVING_TOGETHER };
            Goal { at, direction, cost: port.cost + together + grid.stub(port, at) }
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

/// What a pixel costs on the way that is `turned` to: lines may lie on each other from their common start on, or up to
/// their common end.
fn lying(grid: &Grid, nets: &[Net], which: usize, (at, direction): (usize, Direction), turned: Direction) -> u32 {
    let Some(net) = nets.get(which) else { return 0 };
    let before = common(nets, which, grid.owner(at, direction.back()));
    let owner = grid.owner(at, turned);
    let here = common(nets, which, owner);
    let leaves_end = before.end && !before.start && !here.end;
    let is_bad = owner != 0 && !here.end && !(here.start && before.start);
    match owner {
        _ if is_bad || leaves_end => CONFLICT_COST,
        0 => 0,
        _ if (here.start && net.siblings.0 > TRUNK) || (here.end && net.siblings.1 > TRUNK) => 0,
        _ => SHARED_COST,
    }
}

struct Common {
    start: bool,
    end: bool,
}

fn common(nets: &[Net], which: usize, owner: u32) -> Common {
    match (nets.get(which), (owner as usize).checked_sub(1).and_then(|owner| nets.get(owner))) {
        // What leaves a shape for itself has no end of its own.
        (Some(a), Some(b)) if a.from != a.to && b.from != b.to => Common { start: a.from == b.from, end: a.to == b.to },
        _ => Common { start: false, end: false },
    }
}

/// Lines with a common end may lie on each other, near it.
pub fn is_shared(nets: &[Net], which: usize, owner: u32) -> bool {
    let common = common(nets, which, owner);
    common.start || common.end
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
