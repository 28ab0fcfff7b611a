//! Places a scope that has no positions, in columns and rows. The gaps between them are as wide as the lines there need:
//! they are widened where lines lay on each other.
//!
//! [`columns`] says how far to the right an element is, [`rows`] how far below in its band. A band is a lane or pool; a
//! scope without them is one. What hangs together with nothing stands side by side below its band.

mod columns;
mod rows;

use super::geometry::Point;
use super::route::Conflict;
use columns::Graph;
use std::collections::BTreeMap;

const COLUMN_GAP: f64 = 60.0;
const ROW_GAP: f64 = 40.0;
const BAND_GAP: f64 = 60.0;
/// Of a band without elements.
const EMPTY_BAND: f64 = 80.0;
/// Of a track for one more line.
const TRACK: f64 = 10.0;

/// A connection between elements with a place of their own: boundary events stand for their activities.
#[derive(Debug, Clone, Copy)]
pub struct Join {
    pub from: usize,
    pub to: usize,
    pub by_boundary: bool,
}

/// How far an element reaches from its centre, with what belongs to it.
#[derive(Debug, Clone, Copy, Default)]
pub struct Reach {
    pub left: f64,
    pub right: f64,
    pub up: f64,
    pub down: f64,
}

/// An element to be placed.
#[derive(Debug, Clone, Copy)]
pub struct Item {
    pub element: usize,
    pub band: usize,
    pub reach: Reach,
    /// Of the longest name of a connection that leaves it.
    pub label: f64,
}

#[derive(Clone, Copy)]
enum Place {
    Cell {
        column: usize,
        row: usize,
    },
    /// The n-th of a row of its own.
    Shelf {
        row: usize,
    },
}

pub struct Plan {
    items: Vec<Item>,
    places: Vec<Place>,
    /// The band of each row.
    bands: Vec<usize>,
    /// Before each column and row, and behind the last.
    column_gaps: Vec<f64>,
    row_gaps: Vec<f64>,
}

impl Plan {
    /// `joins` count items, not elements.
    pub fn new(items: Vec<Item>, joins: &[Join], bands: usize) -> Plan {
        let graph = Graph::new(items.len(), joins);
        let mut columns = graph.columns();
        compact(&mut columns);
        let band_of: Vec<usize> = items.iter().map(|item| item.band).collect();
        // By band, and in it by what was placed before and the row in that; shelves come last.
        let mut keys: Vec<(usize, usize, i64)> = Vec::new();
        let mut cells = vec![(0, 0, 0); items.len()];
        for (n, part) in graph.parts().into_iter().enumerate() {
            if let [node] = part[..] {
                cells[node] = (band_of[node], usize::MAX, 0);
                continue;
            }
            for (node, row) in rows::rows(&part, &graph, &columns, &band_of) {
                cells[node] = (band_of[node], n, row);
            }
        }
        keys.extend(&cells);
        keys.extend((0..bands).filter(|band| !band_of.contains(band)).map(|band| (band, 0, 0)));
        keys.sort_unstable();
        keys.dedup();
        let number: BTreeMap<_, usize> = keys.iter().enumerate().map(|(n, key)| (*key, n)).collect();
        let place = |(node, key): (usize, &(usize, usize, i64))| match number[key] {
            row if key.1 == usize::MAX => Place::Shelf { row },
            row => Place::Cell { column: columns[node], row },
        };
        let places = cells.iter().enumerate().map(place).collect();
        let bands = keys.iter().map(|key| key.0).collect();
        Plan { items, places, bands, column_gaps: Vec::new(), row_gaps: Vec::new() }.with_gaps()
    }

    fn with_gaps(mut self) -> Plan {
        let columns = self.cells().map(|(_, column, _)| column + 1).max().unwrap_or(1);
        self.column_gaps = vec![COLUMN_GAP; columns + 1];
        for (item, place) in self.items.iter().zip(&self.places) {
            if let Place::Cell { column, .. } = place {
                let gap = &mut self.column_gaps[column + 1];
                *gap = gap.max(tens(item.label + 30.0));
            }
        }
        let is_border = |row: usize| row > 0 && self.bands.get(row).is_some_and(|band| *band != self.bands[row - 1]);
        self.row_gaps = (0..=self.bands.len()).map(|row| if is_border(row) { BAND_GAP } else { ROW_GAP }).collect();
        self
    }

    fn cells(&self) -> impl Iterator<Item = (usize, usize, usize)> {
        self.places.iter().enumerate().filter_map(|(n, place)| match place {
            Place::Cell { column, row } => Some((n, *column, *row)),
            Place::Shelf { .. } => None,
        })
    }

    /// The element and centre of each item.
    pub fn centres(&self) -> Vec<(usize, Point)> {
        let xs = self.columns();
        let ys = self.rows();
        let mut shelves: BTreeMap<usize, f64> = BTreeMap::new();
        let mut centres = Vec::with_capacity(self.items.len());
        for (item, place) in self.items.iter().zip(&self.places) {
            let centre = match place {
                Place::Cell { column, row } => Point { x: xs[*column].1, y: ys[*row].1 },
                Place::Shelf { row } => {
                    let left = shelves.entry(*row).or_insert(xs[0].0);
                    let x = *left + tens(item.reach.left);
                    *left = x + tens(item.reach.right) + COLUMN_GAP;
                    Point { x, y: ys[*row].1 }
                }
            };
            centres.push((item.element, centre));
        }
        centres
    }

    /// Left edge, centre and right edge of each column.
    fn columns(&self) -> Vec<(f64, f64, f64)> {
        let mut reach = vec![(0.0_f64, 0.0_f64); self.column_gaps.len() - 1];
        for (n, column, _) in self.cells() {
            let Reach { left, right, .. } = self.items[n].reach;
            reach[column] = (reach[column].0.max(left), reach[column].1.max(right));
        }
        spans(&reach, &self.column_gaps)
    }

    fn rows(&self) -> Vec<(f64, f64, f64)> {
        let mut reach = vec![(0.0_f64, 0.0_f64); self.bands.len()];
        for (item, place) in self.items.iter().zip(&self.places) {
            let (Place::Cell { row, .. } | Place::Shelf { row }) = place;
            let Reach { up, down, .. } = item.reach;
            reach[*row] = (reach[*row].0.max(up), reach[*row].1.max(down));
        }
        let empty = |(up, down)| if up + down == 0.0 { (EMPTY_BAND / 2.0, EMPTY_BAND / 2.0) } else { (up, down) };
        spans(&reach.into_iter().map(empty).collect::<Vec<_>>(), &self.row_gaps)
    }

    /// Top and bottom of each band.
    pub fn bands(&self) -> Vec<(f64, f64)> {
        let mut found: Vec<(f64, f64)> = Vec::new();
        let mut last = None;
        for ((top, _, bottom), band) in self.rows().into_iter().zip(&self.bands) {
            match found.last_mut().filter(|_| last == Some(band)) {
                Some(known) => known.1 = bottom,
                None => found.push((top, bottom)),
            }
            last = Some(band);
        }
        found
    }

    /// Makes room where lines lay on each other.
    pub fn widen(&mut self, conflicts: &[Conflict]) {
        let mut wider: BTreeMap<(bool, usize), Vec<f64>> = BTreeMap::new();
        let (columns, rows) = (self.columns(), self.rows());
        for conflict in conflicts {
            let (value, across) = if conflict.is_level { (conflict.at.y, &rows) } else { (conflict.at.x, &columns) };
            wider.entry((conflict.is_level, gap_at(across, value))).or_default().push(value);
        }
        for ((is_level, gap), mut lines) in wider {
            lines.sort_by(f64::total_cmp);
            lines.dedup();
            let gaps = if is_level { &mut self.row_gaps } else { &mut self.column_gaps };
            if let Some(gap) = gaps.get_mut(gap) {
                *gap += 2.0 * TRACK * lines.len().min(8) as f64;
            }
        }
    }
}

/// The gap that a place is in or next to.
fn gap_at(spans: &[(f64, f64, f64)], value: f64) -> usize {
    spans.partition_point(|(_, middle, _)| *middle <= value)
}

/// Without columns that nothing is in.
fn compact(columns: &mut [usize]) {
    let mut used: Vec<usize> = columns.to_vec();
    used.sort_unstable();
    used.dedup();
    columns.iter_mut().for_each(|column| *column = used.partition_point(|other| other < column));
}

/// Start, centre and end of each, one behind the other, on whole tracks.
fn spans(reach: &[(f64, f64)], gaps: &[f64]) -> Vec<(f64, f64, f64)> {
    let mut end = 0.0;
    let span = |((before, after), gap): (&(f64, f64), &f64)| {
        let start = end + gap;
        let middle = start + tens(*before);
        end = middle + tens(*after);
        (start, middle, end)
    };
    reach.iter().zip(gaps).map(span).collect()
}

fn tens(length: f64) -> f64 {
    (length / TRACK).ceil() * TRACK
}
