//! Pools and lanes: bands across a process. Where the process is laid out here, they are drawn around what is in them.

use super::geometry::{Rect, hull};
use super::scope::Drawn;
use crate::{Bounds, Element, Pool, ProcessDefinition};
use std::collections::HashMap;

/// The name of a pool or lane stands in this width.
const HEAD: f64 = 30.0;
/// Around what is in a pool.
const PADDING: f64 = 20.0;
/// Between two pools.
const BETWEEN: f64 = 20.0;

/// A pool by its number, and its lane.
pub struct Band<'a> {
    pool: usize,
    lane: Option<&'a str>,
}

/// From top to bottom: the lanes of each pool, or the pool.
pub fn bands(process: &ProcessDefinition) -> Vec<Band<'_>> {
    let of_pool = |(n, pool): (usize, &'_ Pool)| -> Vec<(usize, Option<usize>)> {
        if pool.lanes.is_empty() {
            vec![(n, None)]
        } else {
            (0..pool.lanes.len()).map(|lane| (n, Some(lane))).collect()
        }
    };
    let numbers = process.pools.iter().enumerate().flat_map(of_pool);
    let band = |(pool, lane): (usize, Option<usize>)| {
        let lane = lane.and_then(|lane| process.pools.get(pool)?.lanes.get(lane));
        Band { pool, lane: lane.map(|lane| lane.id.as_str()) }
    };
    numbers.map(band).collect()
}

/// The band of each element: of its lane, else the first of its pool, else the first.
pub fn band_of(process: &ProcessDefinition) -> Vec<usize> {
    let bands = bands(process);
    let by_lane: HashMap<&str, usize> =
        bands.iter().enumerate().filter_map(|(n, band)| Some((band.lane?, n))).collect();
    let by_pool: HashMap<&str, usize> = bands
        .iter()
        .enumerate()
        .rev()
        .filter_map(|(n, band)| Some((process.pools.get(band.pool)?.id.as_str(), n)))
        .collect();
    let find = |element: &Element| {
        let lane = element.lane_id.as_deref().and_then(|lane| by_lane.get(lane));
        lane.or_else(|| by_pool.get(element.pool_id.as_deref()?)).copied().unwrap_or(0)
    };
    process.elements.iter().map(find).collect()
}

/// Where the first pool says it is: lines stay in it.
pub fn limit(process: &ProcessDefinition) -> Option<Rect> {
    let Bounds { x, y, width, height } = process.pools.first()?.bounds?;
    Some(Rect { x: x + HEAD, y, width: width? - HEAD, height: height? })
}

/// Borders between lanes.
pub fn borders(process: &ProcessDefinition) -> Vec<f64> {
    given(process).values().flat_map(|frame| [frame.y, frame.bottom()]).collect()
}

/// Where the names of pools and lanes stand.
pub fn heads(process: &ProcessDefinition) -> Vec<Rect> {
    given(process).values().map(|frame| Rect { width: HEAD, ..*frame }).collect()
}

/// The pools and lanes as the file says.
pub fn given(process: &ProcessDefinition) -> HashMap<String, Rect> {
    let mut frames = HashMap::new();
    for pool in &process.pools {
        let Some(Bounds { x, y, width: Some(width), height: Some(height) }) = pool.bounds else { continue };
        frames.insert(pool.id.clone(), Rect { x, y, width, height });
        let mut top = y;
        let share = height / pool.lanes.len().max(1) as f64;
        for lane in &pool.lanes {
            let height = lane.height.unwrap_or(share);
            frames.insert(lane.id.clone(), Rect { x: x + HEAD, y: top, width: width - HEAD, height });
            top += height;
        }
    }
    frames
}

/// Pools and lanes around the bands of what was laid out.
pub fn around(process: &ProcessDefinition, drawn: &mut Drawn) -> HashMap<String, Rect> {
    let mut frames = HashMap::new();
    if process.pools.is_empty() {
        return frames;
    }
    let points = drawn.lines.values().flatten().map(|point| Rect::between(*point, *point));
    let content = hull(drawn.shapes.values().chain(drawn.labels.values()).copied().chain(points)).grown(PADDING);
    let bands = bands(process);
    let has_lanes = process.pools.iter().any(|pool| !pool.lanes.is_empty());
    let x = content.x - if has_lanes { 2.0 * HEAD } else { HEAD };
    let width = content.right() - x;
    for (n, band) in bands.iter().enumerate() {
        let Some(pool) = process.pools.get(band.pool) else { continue };
        let edge = |upper: Option<usize>, sign: f64, outer: f64| {
            let Some(upper) = upper else { return outer };
            let (Some(a), Some(b)) = (drawn.bands.get(upper), drawn.bands.get(upper + 1)) else { return outer };
            let is_between = bands.get(upper).map(|band| band.pool) != bands.get(upper + 1).map(|band| band.pool);
            ((a.1 + b.0) / 2.0) + if is_between { sign * BETWEEN / 2.0 } else { 0.0 }
        };
        let first = drawn.bands.first().map_or(content.y, |band| content.y.min(band.0 - PADDING));
        let last = drawn.bands.last().map_or(content.bottom(), |band| content.bottom().max(band.1 + PADDING));
        let top = edge(n.checked_sub(1), 1.0, first);
        let bottom = edge(Some(n).filter(|n| n + 1 < bands.len()), -1.0, last);
        let frame = Rect { x, y: top, width, height: bottom - top };
        if let Some(lane) = band.lane {
            frames.insert(lane.to_owned(), Rect { x: x + HEAD, width: width - HEAD, ..frame });
        }
        let pool = frames.entry(pool.id.clone()).or_insert(frame);
        *pool = hull([*pool, frame]);
    }
    frames
}
