//! Places a scope that has no positions: columns from left to right by the longest way from a start, rows by the
//! average of the predecessors. Linear in elements and connections, but for sorting a column.

use super::{Point, is_boundary};
use crate::{Element, ElementKind, Flow, FlowKind};
use std::collections::HashMap;

const COLUMN_GAP: f64 = 60.0;
const ROW_GAP: f64 = 40.0;

/// The centre of each element, in the order given; none for boundary events, which follow their activities.
pub fn centres(elements: &[Element], flows: &[Flow], sizes: &[(f64, f64)]) -> Vec<Option<Point>> {
    let graph = Graph::of(elements, flows);
    let columns = graph.columns();
    let mut places = vec![None; elements.len()];
    let mut left = 0.0;
    for column in &columns {
        let width = column.iter().map(|node| sizes[*node].0).fold(0.0, f64::max);
        place_column(column, left + width / 2.0, sizes, &graph, &mut places);
        left += width + COLUMN_GAP;
    }
    places
}

/// Rows: each node as near as possible to the average of its predecessors, without overlap.
fn place_column(column: &[usize], x: f64, sizes: &[(f64, f64)], graph: &Graph, places: &mut [Option<Point>]) {
    let wish = |node: usize| {
        let before: Vec<f64> =
            graph.before[node].iter().filter_map(|other| places[*other].map(|place| place.y)).collect();
        if before.is_empty() { 0.0 } else { before.iter().sum::<f64>() / before.len() as f64 }
    };
    let mut wishes: Vec<(f64, usize)> = column.iter().map(|node| (wish(*node), *node)).collect();
    wishes.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
    let middle = wishes.iter().map(|(wish, _)| wish).sum::<f64>() / wishes.len().max(1) as f64;
    let heights = |nodes: &[(f64, usize)]| nodes.iter().map(|(_, node)| sizes[*node].1 + ROW_GAP).sum::<f64>();
    let mut top = middle - heights(&wishes) / 2.0;
    for (wish, node) in wishes.iter().copied() {
        let height = sizes[node].1;
        let y = if column.len() == 1 { wish } else { top + (height + ROW_GAP) / 2.0 };
        places[node] = Some(Point { x, y });
        top += height + ROW_GAP;
    }
}

struct Graph {
    before: Vec<Vec<usize>>,
    after: Vec<Vec<usize>>,
    nodes: Vec<usize>,
}

impl Graph {
    /// Boundary events are folded into their activities.
    fn of(elements: &[Element], flows: &[Flow]) -> Graph {
        let index: HashMap<&str, usize> =
            elements.iter().enumerate().map(|(n, element)| (element.id.as_str(), n)).collect();
        let node = |id: &str| {
            let n = *index.get(id)?;
            match &elements[n].kind {
                ElementKind::BoundaryEvent { attached_to, .. } => index.get(attached_to.value.as_str()).copied(),
                _ => Some(n),
            }
        };
        let mut graph = Graph {
            before: vec![Vec::new(); elements.len()],
            after: vec![Vec::new(); elements.len()],
            nodes: (0..elements.len()).filter(|n| !is_boundary(&elements[*n])).collect(),
        };
        for flow in flows.iter().filter(|flow| flow.kind != FlowKind::Message) {
            if let (Some(from), Some(to)) = (node(&flow.from), node(&flow.to))
                && from != to
            {
                graph.after[from].push(to);
                graph.before[to].push(from);
            }
        }
        graph
    }

    /// Nodes by column: the longest way from a node without predecessors, back edges left out.
    fn columns(&self) -> Vec<Vec<usize>> {
        let order = self.topological();
        let mut rank = vec![0usize; self.after.len()];
        let mut position = vec![0usize; self.after.len()];
        for (n, node) in order.iter().enumerate() {
            position[*node] = n;
        }
        for node in &order {
            for next in self.after[*node].iter().filter(|next| position[**next] > position[*node]) {
                rank[*next] = rank[*next].max(rank[*node] + 1);
            }
        }
        let mut columns = vec![Vec::new(); rank.iter().max().map_or(0, |last| last + 1)];
        for node in &self.nodes {
            columns[rank[*node]].push(*node);
        }
        columns.retain(|column| !column.is_empty());
        columns
    }

    /// Reverse order of leaving in a depth-first walk, without recursion: edges against it are back edges.
    fn topological(&self) -> Vec<usize> {
        let mut seen = vec![false; self.after.len()];
        let mut left = Vec::with_capacity(self.nodes.len());
        let roots = self.nodes.iter().filter(|node| self.before[**node].is_empty());
        for root in roots.chain(&self.nodes).copied() {
            if seen[root] {
                continue;
            }
            seen[root] = true;
            let mut path = vec![(root, 0)];
            while let Some((node, next)) = path.pop() {
                match self.after[node].get(next) {
                    None => left.push(node),
                    Some(child) => {
                        path.push((node, next + 1));
                        if !seen[*child] {
                            seen[*child] = true;
                            path.push((*child, 0));
                        }
                    }
                }
            }
        }
        left.reverse();
        left
    }
}
