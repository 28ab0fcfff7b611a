//! Random processes made of blocks are sound, and one in which a fork chooses is not.
//!
//! The seed is the test's only input, so what fails once fails always.

use super::prove;
use crate::compile;
use crate::testing::*;
use model::{Element, Gateway};

struct Author {
    state: u64,
    made: usize,
    elements: Vec<Element>,
    flows: Vec<String>,
    /// Parallel blocks: the gateway that forks and the one that joins.
    forks: Vec<(String, String)>,
}

impl Author {
    fn new(seed: u64) -> Author {
        let state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
        Author { state, made: 0, elements: Vec::new(), flows: Vec::new(), forks: Vec::new() }
    }

    fn choose(&mut self, count: usize) -> usize {
        self.state ^= self.state << 13;
        self.state ^= self.state >> 7;
        self.state ^= self.state << 17;
        (self.state >> 11) as usize % count
    }

    fn id(&mut self, word: &str) -> String {
        self.made += 1;
        format!("{word}{}", self.made)
    }

    fn add(&mut self, word: &str, make: impl Fn(&str) -> Element) -> String {
        let id = self.id(word);
        self.elements.push(make(&id));
        id
    }

    fn gateway(&mut self, word: &str, kind: Gateway) -> String {
        self.add(word, |id| gateway(id, kind.clone()))
    }

    fn flow(&mut self, from: &str, to: &str) {
        self.flows.push(format!("{from} -> {to}"));
    }

    fn process(mut self, depth: usize) -> (Vec<Element>, Vec<String>, Vec<(String, String)>) {
        let (start, end) = (self.add("start", start), self.add("end", end));
        let (first, last) = self.block(depth, false);
        self.flow(&start, &first);
        self.flow(&last, &end);
        (self.elements, self.flows, self.forks)
    }

    /// A part of a process with one way in and one way out: its first and its last element.
    fn block(&mut self, depth: usize, is_beside: bool) -> (String, String) {
        if depth == 0 {
            let task = self.add("task", task);
            return (task.clone(), task);
        }
        match self.choose(9) {
            0 | 1 => self.sequence(depth, is_beside),
            2 => self.split(Gateway::Exclusive, Gateway::Exclusive, depth, is_beside),
            3 | 4 => {
                let (fork, join) = self.split(Gateway::Parallel, Gateway::Parallel, depth, true);
                self.forks.push((fork.clone(), join.clone()));
                (fork, join)
            }
            5 => self.split(Gateway::Inclusive, Gateway::Inclusive, depth, true),
            6 => self.repeated(depth, is_beside),
            7 => self.watched(is_beside),
            _ => self.implicit(depth),
        }
    }

    fn sequence(&mut self, depth: usize, is_beside: bool) -> (String, String) {
        let (first, mut last) = self.block(depth - 1, is_beside);
        for _ in 0..1 + self.choose(3) {
            let (next, end) = self.block(depth - 1, is_beside);
            self.flow(&last, &next);
            last = end;
        }
        (first, last)
    }

    fn split(&mut self, kind: Gateway, merge: Gateway, depth: usize, is_beside: bool) -> (String, String) {
        let (split, join) = (self.gateway("split", kind), self.gateway("join", merge));
        for _ in 0..2 + self.choose(3) {
            let (first, last) = self.block(depth - 1, is_beside);
            self.flow(&split, &first);
            self.flow(&last, &join);
        }
        (split, join)
    }

    fn repeated(&mut self, depth: usize, is_beside: bool) -> (String, String) {
        let (merge, ask) = (self.gateway("merge", Gateway::Exclusive), self.gateway("ask", Gateway::Exclusive));
        let (first, last) = self.block(depth - 1, is_beside);
        let (again, back) = self.block(depth - 1, is_beside);
        self.flow(&merge, &first);
        self.flow(&last, &ask);
        self.flow(&ask, &again);
        self.flow(&back, &merge);
        let after = self.add("task", task);
        self.flow(&ask, &after);
        (merge, after)
    }

    /// An activity with a reminder beside it, and a deadline instead of it: to an end, or back when others wait.
    fn watched(&mut self, is_beside: bool) -> (String, String) {
        let host = self.add("user", user);
        let remind = self.add("remind", |id| boundary(id, &host, false, after("PT1H")));
        let late = self.add("late", |id| boundary(id, &host, true, after("PT9H")));
        let (mail, mailed) = (self.add("task", task), self.add("end", end));
        self.flow(&remind, &mail);
        self.flow(&mail, &mailed);
        let merge = self.gateway("merge", Gateway::Exclusive);
        self.flow(&host, &merge);
        if is_beside {
            self.flow(&late, &merge);
        } else {
            let end = self.add("end", end);
            self.flow(&late, &end);
        }
        (host, merge)
    }

    /// Several flows out of an activity, joined.
    fn implicit(&mut self, depth: usize) -> (String, String) {
        let (split, join) = (self.add("task", task), self.gateway("join", Gateway::Parallel));
        for _ in 0..2 {
            let (first, last) = self.block(depth - 1, true);
            self.flow(&split, &first);
            self.flow(&last, &join);
        }
        (split, join)
    }
}

fn found(elements: Vec<Element>, flows: &[String]) -> Vec<(String, String)> {
    let flows: Vec<&str> = flows.iter().map(String::as_str).collect();
    let definition = definition(elements, &flows);
    let process = compile(&definition).expect("a process of blocks compiles");
    prove(&definition, &process).into_iter().map(|it| (it.code, it.element_id.unwrap_or_default())).collect()
}

#[test]
fn processes_made_of_blocks_give_no_warning() {
    for seed in 1..=90 {
        let (elements, flows, _) = Author::new(seed).process(1 + (seed % 4) as usize);
        assert_eq!(found(elements, &flows), [], "seed {seed}");
    }
}

#[test]
fn a_fork_that_chooses_leaves_its_join_waiting() {
    let mut tried = 0;
    for seed in 1..=90 {
        let mut author = Author::new(seed);
        let place = author.choose(1000);
        let (mut elements, flows, forks) = author.process(2 + (seed % 3) as usize);
        let Some((fork, join)) = forks.get(place % forks.len().max(1)) else { continue };
        for element in elements.iter_mut().filter(|element| element.id == *fork) {
            *element = gateway(fork, Gateway::Exclusive);
        }
        let found = found(elements, &flows);
        assert!(found.contains(&("DEADLOCK".to_owned(), join.clone())), "seed {seed}, {fork} and {join}: {found:?}");
        tried += 1;
    }
    assert!(tried > 30, "only {tried} processes with a fork");
}

/// One process of some thousand elements. The bound is far above what it takes, for slow machines and builds without
/// optimisation.
#[test]
fn a_large_process_is_proved_at_once() {
    let mut author = Author::new(5);
    let (start, end) = (author.add("start", start), author.add("end", end));
    let mut last = start;
    while author.elements.len() < 2000 {
        let (first, next) = author.block(4, false);
        author.flow(&last, &first);
        last = next;
    }
    author.flow(&last, &end);
    let flows: Vec<&str> = author.flows.iter().map(String::as_str).collect();
    let definition = definition(author.elements, &flows);
    let process = compile(&definition).expect("a process of blocks compiles");
    let begun = std::time::Instant::now();
    assert_eq!(prove(&definition, &process), []);
    eprintln!("{} elements: {:?}", process.elements.len(), begun.elapsed());
    assert!(begun.elapsed().as_secs() < 5);
}
