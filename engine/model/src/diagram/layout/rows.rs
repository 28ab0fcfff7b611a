//! Rows from top to bottom: a way goes straight on, branches lie next to each other, and long lines keep a place free.

use super::columns::Graph;
use std::collections::HashMap;

/// A line over more columns than these gets no place of its own.
const LONGEST: usize = 12;

/// A node, or a place that a long line passes.
struct Item {
    node: Option<usize>,
    /// Items before it, with the row it would have next to each.
    before: Vec<(usize, f64)>,
    row: i64,
}

/// Rows of one part, counted within the band of each node.
pub fn rows(part: &[usize], graph: &Graph, columns: &[usize], bands: &[usize]) -> HashMap<usize, i64> {
    let (mut items, mut by_column) = items(part, graph, columns, bands);
    for column in &mut by_column {
        column.sort_by_key(|(band, n)| (*band, *n));
        for group in column.chunk_by(|a, b| a.0 == b.0) {
            place(group.iter().map(|(_, n)| *n), &mut items);
        }
    }
    straighten(&by_column, &mut items);
    items.into_iter().filter_map(|item| Some((item.node?, item.row))).collect()
}

/// From right to left: what is level with nothing before it comes level with the one thing behind it, where that does
/// not change the order in its column.
fn straighten(by_column: &Columns, items: &mut [Item]) {
    let mut behind: Vec<Vec<usize>> = vec![Vec::new(); items.len()];
    for (n, item) in items.iter().enumerate() {
        item.before.iter().for_each(|(before, _)| behind[*before].push(n));
    }
    for column in by_column.iter().rev() {
        for (band, n) in column.iter().copied() {
            let [next] = behind[n][..] else { continue };
            let (from, to) = (items[n].row, items[next].row);
            let is_level = items[n].before.iter().any(|(before, _)| items[*before].row == from);
            let between = from.min(to)..=from.max(to);
            let is_taken = column
                .iter()
                .any(|(other_band, other)| *other_band == band && *other != n && between.contains(&items[*other].row));
            if !is_level && !is_taken {
                items[n].row = to;
            }
        }
    }
}

type Columns = Vec<Vec<(usize, usize)>>;

/// The items, and for each column their bands and numbers.
fn items(part: &[usize], graph: &Graph, columns: &[usize], bands: &[usize]) -> (Vec<Item>, Columns) {
    let mut items: Vec<Item> = part.iter().map(|node| Item { node: Some(*node), before: Vec::new(), row: 0 }).collect();
    let of: HashMap<usize, usize> = part.iter().enumerate().map(|(n, node)| (*node, n)).collect();
    let width = part.iter().map(|node| columns[*node] + 1).max().unwrap_or(0);
    let mut by_column: Columns = vec![Vec::new(); width];
    for (n, node) in part.iter().enumerate() {
        by_column[columns[*node]].push((bands[*node], n));
    }
    for node in part {
        let is_ahead = |next: usize| columns[next] > columns[*node] && bands[next] == bands[*node];
        let ahead: Vec<_> = graph.after[*node].iter().filter(|next| is_ahead(next.node)).collect();
        let straight = ahead.iter().filter(|next| !next.by_boundary).count();
        // Of two branches the first goes straight on, of three the second.
        let middle = straight.saturating_sub(1) / 2;
        for (n, next) in ahead.into_iter().enumerate() {
            let below = usize::from(next.by_boundary && straight == 0);
            let offset = n as f64 - middle as f64 + below as f64;
            let mut last = (of[node], offset);
            let span = columns[next.node] - columns[*node];
            if span <= LONGEST {
                for passed in &mut by_column[columns[*node] + 1..columns[next.node]] {
                    items.push(Item { node: None, before: vec![last], row: 0 });
                    passed.push((bands[*node], items.len() - 1));
                    last = (items.len() - 1, 0.0);
                }
            }
            items[of[&next.node]].before.push(last);
        }
    }
    (items, by_column)
}

/// Rows for the items of one column and band: as near as possible to what each would like, one below the other, in the
/// order of what is before them, so that lines do not cross.
fn place(group: impl Iterator<Item = usize>, items: &mut [Item]) {
    let mean = |item: &Item, offset: f64| match item.before.len() {
        0 => 0.0,
        count => {
            let rows = item.before.iter().map(|(before, aside)| items[*before].row as f64 + aside * offset);
            rows.sum::<f64>() / count as f64
        }
    };
    let key = |n: usize| (mean(&items[n], 0.0), mean(&items[n], 1.0), n);
    let mut keys: Vec<(f64, f64, usize)> = group.map(key).collect();
    keys.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1)).then(a.2.cmp(&b.2)));
    let wishes: Vec<(f64, usize)> = keys.into_iter().map(|(_, wish, n)| (wish, n)).collect();
    // Those that want to be too near to each other share their mean, as a block; each block is a sum and a count.
    let mut blocks: Vec<(f64, usize)> = Vec::new();
    for (n, (wish, _)) in wishes.iter().enumerate() {
        let mut block = (wish - n as f64, 1);
        while let Some(before) =
            blocks.last().copied().filter(|before| before.0 / before.1 as f64 >= block.0 / block.1 as f64)
        {
            blocks.pop();
            block = (block.0 + before.0, block.1 + before.1);
        }
        blocks.push(block);
    }
    let firsts =
        blocks.into_iter().flat_map(|(sum, count)| std::iter::repeat_n((sum / count as f64 - 0.5).ceil(), count));
    for ((n, (_, item)), first) in wishes.into_iter().enumerate().zip(firsts) {
        items[item].row = first as i64 + n as i64;
    }
}
