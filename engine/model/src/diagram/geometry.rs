//! Points and rectangles, in pixels, y downwards.

/// x and y of the upper left corner.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Rect {
    pub x: f64,
    pub y: f64,
    pub width: f64,
    pub height: f64,
}

#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Point {
    pub x: f64,
    pub y: f64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    Right,
    Bottom,
    Left,
    Top,
}

impl Point {
    pub fn moved(self, by: Point) -> Point {
        Point { x: self.x + by.x, y: self.y + by.y }
    }
}

impl Rect {
    pub fn around(centre: Point, (width, height): (f64, f64)) -> Rect {
        Rect { x: centre.x - width / 2.0, y: centre.y - height / 2.0, width, height }
    }

    /// The smallest around two points.
    pub fn between(a: Point, b: Point) -> Rect {
        Rect { x: a.x.min(b.x), y: a.y.min(b.y), width: (a.x - b.x).abs(), height: (a.y - b.y).abs() }
    }

    pub fn centre(&self) -> Point {
        Point { x: self.x + self.width / 2.0, y: self.y + self.height / 2.0 }
    }

    pub fn right(&self) -> f64 {
        self.x + self.width
    }

    pub fn bottom(&self) -> f64 {
        self.y + self.height
    }

    pub fn moved(self, by: Point) -> Rect {
        Rect { x: self.x + by.x, y: self.y + by.y, ..self }
    }

    pub fn grown(self, by: f64) -> Rect {
        Rect { x: self.x - by, y: self.y - by, width: self.width + 2.0 * by, height: self.height + 2.0 * by }
    }

    /// More than their borders in common.
    pub fn overlaps(&self, other: &Rect) -> bool {
        const TOUCH: f64 = 0.5;
        self.x + TOUCH < other.right()
            && other.x + TOUCH < self.right()
            && self.y + TOUCH < other.bottom()
            && other.y + TOUCH < self.bottom()
    }

    /// The side of the border that is nearest, and the point there.
    pub fn nearest_border(&self, point: Point) -> (Side, Point) {
        let x = point.x.clamp(self.x, self.right());
        let y = point.y.clamp(self.y, self.bottom());
        let sides = [
            (self.bottom() - y, Side::Bottom, Point { x, y: self.bottom() }),
            (y - self.y, Side::Top, Point { x, y: self.y }),
            (self.right() - x, Side::Right, Point { x: self.right(), y }),
            (x - self.x, Side::Left, Point { x: self.x, y }),
        ];
        let nearest = sides.into_iter().min_by(|a, b| a.0.total_cmp(&b.0));
        nearest.map_or((Side::Bottom, point), |(_, side, point)| (side, point))
    }
}

/// The smallest rectangle around all; the empty one at the origin around none.
pub fn hull(rects: impl IntoIterator<Item = Rect>) -> Rect {
    let union = |a: Rect, b: Rect| {
        let (x, y) = (a.x.min(b.x), a.y.min(b.y));
        Rect { x, y, width: a.right().max(b.right()) - x, height: a.bottom().max(b.bottom()) - y }
    };
    rects.into_iter().reduce(union).unwrap_or_default()
}
