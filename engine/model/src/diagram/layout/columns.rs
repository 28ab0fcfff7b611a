//! Columns from left to right: the longest way from a start, back edges left out.

use super::Join;

pub struct Graph {
    pub before: Vec<Vec<usize>>,
    /// Boundary events' targets come last: their branches are drawn below.
    pub after: Vec<Vec<Next>>,
}

#[derive(Debug, Clone, Copy)]
pub struct Next {
    pub node: usize,
    pub by_boundary: bool,
}

impl Graph {
    /// `joins` are between elements that have a place of their own.
    pub fn new(count: usize, joins: &[Join]) -> Graph {
        let mut graph = Graph { before: vec![Vec::new(); count], after: vec![Vec::new(); count] };
        for by_boundary in [false, true] {
            let wanted = joins.iter().filter(|join| join.by_boundary == by_boundary && join.from != join.to);
            for Join { from, to, by_boundary } in wanted.copied() {
                if !graph.after[from].iter().any(|next| next.node == to) {
                    graph.after[from].push(Next { node: to, by_boundary });
                    graph.before[to].push(from);
                }
            }
        }
        graph
    }

    /// The column of each node, and whether a connection leads forward.
    pub fn columns(&self) -> Vec<usize> {
        let order = self.topological();
        let mut position = vec![0; order.len()];
        order.iter().enumerate().for_each(|(n, node)| position[*node] = n);
        let mut columns = vec![0; order.len()];
        for node in order {
            for next in self.after[node].iter().filter(|next| position[next.node] > position[node]) {
                columns[next.node] = columns[next.node].max(columns[node] + 1);
            }
        }
        columns
    }

    /// Parts that hang together, each in the order of the file, the parts by their first.
    pub fn parts(&self) -> Vec<Vec<usize>> {
        let mut seen = vec![false; self.after.len()];
        let mut parts = Vec::new();
        for start in 0..self.after.len() {
            let mut part = Vec::new();
            let mut open = vec![start];
            while let Some(node) = open.pop() {
                if std::mem::replace(&mut seen[node], true) {
                    continue;
                }
                part.push(node);
                open.extend(self.after[node].iter().map(|next| next.node).chain(self.before[node].iter().copied()));
            }
            part.sort_unstable();
            parts.push(part);
        }
        parts.retain(|part| !part.is_empty());
        parts
    }

    /// Reverse order of leaving in a depth-first walk, without recursion: edges against it are back edges.
    fn topological(&self) -> Vec<usize> {
        let all = 0..self.after.len();
        let mut seen = vec![false; self.after.len()];
        let mut left = Vec::with_capacity(self.after.len());
        let roots = all.clone().filter(|node| self.before[*node].is_empty());
        for root in roots.chain(all) {
            if std::mem::replace(&mut seen[root], true) {
                continue;
            }
            let mut path = vec![(root, 0)];
            while let Some((node, next)) = path.pop() {
                match self.after[node].get(next) {
                    None => left.push(node),
                    Some(child) => {
                        path.push((node, next + 1));
                        if !std::mem::replace(&mut seen[child.node], true) {
                            path.push((child.node, 0));
                        }
                    }
                }
            }
        }
        left.reverse();
        left
    }
}
