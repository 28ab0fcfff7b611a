//! Where names stand that do not fit into their shapes: those of events, gateways and connections.

use super::geometry::{Point, Rect, Side};
use super::space::Space;

/// A line of text is broken at this width, in pixels.
const WIDTH: f64 = 100.0;
/// One with a hyphen between spaces is not: the viewer breaks it elsewhere than measured.
const LONGEST: f64 = 240.0;
const LINE_HEIGHT: f64 = 14.0;
/// Between a label and what it names.
const GAP: f64 = 4.0;
/// From one place to try to the next along a line.
const STEP: f64 = 10.0;

/// How large a name is at 11 pixels; rather too large, since the font of the page may be any.
pub fn size(name: &str) -> (f64, f64) {
    let limit = if name.contains(" -") || name.contains("- ") { LONGEST } else { WIDTH };
    let (mut widest, mut lines, mut line) = (0.0_f64, 1.0, 0.0);
    for word in name.split_whitespace() {
        let width = text_width(word);
        let with_space = if line > 0.0 { line + text_width(" ") + width } else { width };
        if line > 0.0 && with_space > limit {
            lines += 1.0;
            line = width;
        } else {
            line = with_space;
        }
        lines += (line / limit).ceil().max(1.0) - 1.0;
        line = if line > limit { limit } else { line };
        widest = widest.max(line);
    }
    ((widest + 4.0).ceil(), lines * LINE_HEIGHT)
}

fn text_width(text: &str) -> f64 {
    let width = |letter: char| match letter {
        'i' | 'j' | 'l' | 't' | 'f' | 'r' | 'I' | ' ' | '.' | ',' | ':' | ';' | '\'' | '!' | '|' | '(' | ')' => 4.2,
        'm' | 'w' | 'M' | 'W' | '%' | '@' => 10.5,
        letter if letter.is_uppercase() => 8.2,
        letter if letter.is_ascii() => 6.9,
        _ => 11.0,
    };
    text.chars().map(width).sum()
}

/// What a shape's label keeps free for lines.
#[derive(Debug, Clone, Copy, Default)]
pub struct Free {
    pub above: bool,
    pub below: bool,
    /// On the border of an activity, which lies on the other side.
    pub outside: Option<Side>,
}

/// The best place for the name of an event or gateway.
pub fn of_shape(shape: Rect, name: &str, free: Free, space: &Space) -> Rect {
    let (width, height) = size(name);
    let centre = shape.centre();
    let (above, below) = (shape.y - GAP - height, shape.bottom() + GAP);
    let (middle, right, left) = (centre.x - width / 2.0, centre.x + 6.0, centre.x - 6.0 - width);
    let beside = centre.y - height / 2.0;
    let mut places = Vec::with_capacity(48);
    if free.outside.is_none() {
        for (_, y) in [(free.below, below), (free.above, above)].into_iter().filter(|(is_free, _)| *is_free) {
            places.extend([0.0, 12.0, -12.0, 24.0, -24.0].map(|aside| (middle + aside, y)));
        }
    }
    let corners = match free.outside {
        Some(Side::Top) => [(right, above), (left, above), (right, below), (left, below)],
        _ => [(right, below), (left, below), (right, above), (left, above)],
    };
    places.extend(corners);
    places.extend([(middle, below), (middle, above), (shape.right() + GAP, beside), (shape.x - GAP - width, beside)]);
    let around = [(1.0, 1.0), (-1.0, 1.0), (1.0, -1.0), (-1.0, -1.0)];
    let farther = (1..8).flat_map(|n| around.map(|(x, y)| (x * STEP * f64::from(n), y * STEP * f64::from(n))));
    places.extend(farther.map(|(x, y)| (middle + 2.0 * x, if y > 0.0 { below + y } else { above + y })));
    let places = places.into_iter().map(|(x, y)| Rect { x, y, width, height });
    places.reduce_by(space).unwrap_or_default()
}

/// The best place for the name of a connection: beside its line, near the point `from` which it is alone.
pub fn of_line(line: &[Point], from: f64, name: &str, space: &Space) -> Rect {
    let (width, height) = size(name);
    let mut places: Vec<Rect> = Vec::new();
    let mut put = |x: f64, y: f64| places.push(Rect { x, y, width, height });
    let own = behind(line, from);
    for pair in own.windows(2) {
        let [from, to] = [pair[0], pair[1]];
        let is_level = from.y == to.y;
        let length = (to.x - from.x).abs() + (to.y - from.y).abs();
        let extent = if is_level { width } else { height };
        let sign = if is_level { (to.x - from.x).signum() } else { (to.y - from.y).signum() };
        let room = (length - extent).max(0.0);
        for n in 0..=((room / STEP) as usize).min(60) {
            // The arrow's head and the corner stay free where there is room.
            let along = (6.0 + STEP * n as f64).min(room / 2.0 + STEP * n as f64 / 2.0);
            let start = if sign >= 0.0 { along } else { -along - extent };
            if is_level {
                put(from.x + start, from.y - 3.0 - height);
                put(from.x + start, from.y + 3.0);
            } else {
                put(from.x + GAP, from.y + start);
                put(from.x - GAP - width, from.y + start);
            }
        }
    }
    let near = places.clone().into_iter().reduce_by(space);
    match near {
        Some(best) if space.weigh(best) == 0 => best,
        _ => places.into_iter().chain(farther(line, (width, height))).reduce_by(space).unwrap_or_default(),
    }
}

/// The rest of a line after so many pixels; all of it where nothing would be left.
fn behind(line: &[Point], mut from: f64) -> Vec<Point> {
    for (n, pair) in line.windows(2).enumerate() {
        let [start, end] = [pair[0], pair[1]];
        let length = (end.x - start.x).abs() + (end.y - start.y).abs();
        if from < length {
            let part = from / length;
            let first = Point { x: start.x + (end.x - start.x) * part, y: start.y + (end.y - start.y) * part };
            return std::iter::once(first).chain(line[n + 1..].iter().copied()).collect();
        }
        from -= length;
    }
    line.to_vec()
}

/// How far two lines that begin at one point are one.
pub fn together(a: &[Point], b: &[Point]) -> f64 {
    let mut length = 0.0;
    for (one, other) in a.windows(2).zip(b.windows(2)) {
        if one[0] != other[0] {
            break;
        }
        let way = |pair: &[Point]| (pair[1].x - pair[0].x, pair[1].y - pair[0].y);
        let ((ax, ay), (bx, by)) = (way(one), way(other));
        if ax * bx + ay * by <= 0.0 || ax * by != ay * bx {
            break;
        }
        length += (ax.abs() + ay.abs()).min(bx.abs() + by.abs());
        if one[1] != other[1] {
            break;
        }
    }
    length
}

/// Around the middle of a line, farther and farther from it.
fn farther(line: &[Point], (width, height): (f64, f64)) -> Vec<Rect> {
    let Some(Point { x, y }) = line.get(line.len() / 2).copied() else { return Vec::new() };
    let ring = |n: i32| {
        let away = f64::from(n) * STEP;
        let at = move |dx: f64, dy: f64| Rect { x: x - width / 2.0 + dx, y: y - height / 2.0 + dy, width, height };
        [at(0.0, -away), at(0.0, away), at(away, 0.0), at(-away, 0.0), at(away, -away), at(-away, away), at(away, away)]
    };
    (1..30).flat_map(ring).collect()
}

trait Places: Iterator<Item = Rect> + Sized {
    /// The first of those where least is.
    fn reduce_by(self, space: &Space) -> Option<Rect> {
        let mut best: Option<(u32, Rect)> = None;
        for place in self {
            let weight = space.weigh(place);
            if best.is_none_or(|(least, _)| weight < least) {
                best = Some((weight, place));
            }
            if weight == 0 {
                break;
            }
        }
        best.map(|(_, place)| place)
    }
}

impl<I: Iterator<Item = Rect>> Places for I {}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagram::space::Thing;

    #[test]
    fn long_names_are_broken() {
        let (width, height) = size("Sure enough?");
        assert!(width < 100.0 && height == LINE_HEIGHT);
        let (width, height) = size("A name of many words that fills several lines");
        assert!(width <= WIDTH + 4.0 && height > 2.0 * LINE_HEIGHT);
        assert!(size(&"x".repeat(40)).1 > LINE_HEIGHT);
    }

    #[test]
    fn a_label_goes_where_nothing_is() {
        let event = Rect { x: 0.0, y: 0.0, width: 36.0, height: 36.0 };
        let free = Free { above: true, below: true, outside: None };
        let mut space = Space::default();
        assert!(of_shape(event, "Done", free, &space).y > 36.0);
        space.insert(Rect { x: -100.0, y: 40.0, width: 300.0, height: 80.0 }, Thing::Shape);
        assert!(of_shape(event, "Done", free, &space).bottom() < 0.0);
    }
}
