//! What lies where: rectangles in buckets, so that a place is judged without looking at all of them.

use super::geometry::Rect;
use std::collections::HashMap;

/// Side of a bucket, in pixels.
const BUCKET: f64 = 160.0;
/// A rectangle over more buckets than these is looked at every time.
const MANY: f64 = 4000.0;

/// What a label must not lie on; the number is how bad it is.
#[derive(Clone, Copy)]
pub enum Thing {
    Line = 50,
    /// The name of a pool or lane.
    Head = 300,
    Shape = 1000,
    Label = 1001,
}

#[derive(Default)]
pub struct Space {
    rects: Vec<(Rect, u32)>,
    buckets: HashMap<(i64, i64), Vec<usize>>,
    large: Vec<usize>,
}

impl Space {
    pub fn insert(&mut self, rect: Rect, thing: Thing) {
        let n = self.rects.len();
        self.rects.push((rect, thing as u32));
        let is_small = (rect.width / BUCKET + 1.0) * (rect.height / BUCKET + 1.0) < MANY;
        if !is_small {
            self.large.push(n);
            return;
        }
        for bucket in buckets(&rect) {
            self.buckets.entry(bucket).or_default().push(n);
        }
    }

    /// How bad it is to put something here: 0 where nothing is.
    pub fn weigh(&self, rect: Rect) -> u32 {
        let mut found: Vec<usize> = self.large.clone();
        found.extend(buckets(&rect).filter_map(|bucket| self.buckets.get(&bucket)).flatten());
        found.sort_unstable();
        found.dedup();
        let here = found.into_iter().filter_map(|n| self.rects.get(n));
        here.filter(|(other, _)| other.overlaps(&rect)).map(|(_, weight)| weight).sum()
    }
}

fn buckets(rect: &Rect) -> impl Iterator<Item = (i64, i64)> + use<> {
    let span = |from: f64, to: f64| (from / BUCKET).floor() as i64..=(to / BUCKET).floor() as i64;
    let (columns, rows) = (span(rect.x, rect.right()), span(rect.y, rect.bottom()));
    columns.flat_map(move |x| rows.clone().map(move |y| (x, y)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn things_weigh_where_they_lie_and_nowhere_else() {
        let at = |x: f64, width: f64| Rect { x, y: 0.0, width, height: 10.0 };
        let mut space = Space::default();
        space.insert(at(0.0, 400.0), Thing::Shape);
        space.insert(at(390.0, 1e7), Thing::Line);
        assert_eq!(space.weigh(at(100.0, 10.0)), 1000);
        assert_eq!(space.weigh(at(395.0, 1.0)), 1050);
        assert_eq!(space.weigh(at(400.0, 300.0)), 50);
        assert_eq!(space.weigh(at(-20.0, 20.0)), 0);
    }
}
