//! Processes of thousands of elements, more than a YAML file may hold.

use super::random::Random;
use model::{Definitions, Element, Flow, ProcessDefinition};

pub struct Large {
    templates: ProcessDefinition,
    process: ProcessDefinition,
}

impl Large {
    fn new() -> Large {
        let text = super::processes::process(
            "start startEvent\nwork task\nsplit exclusiveGateway name='Which way?'\nend endEvent\nstart > work\nwork > split\nsplit > end yes",
        );
        let read: Option<Definitions> = model::yaml::read("templates", &text).definitions;
        let templates = read.unwrap().processes.remove(0);
        Large { process: ProcessDefinition { elements: Vec::new(), flows: Vec::new(), ..templates.clone() }, templates }
    }

    fn element(&mut self, kind: &str, id: &str) {
        let template = self.templates.elements.iter().find(|element| element.id == kind).unwrap();
        self.process.elements.push(Element { id: id.to_owned(), ..template.clone() });
    }

    fn flow(&mut self, from: &str, to: &str, is_named: bool) {
        let mut flow: Flow = self.templates.flows[if is_named { 2 } else { 0 }].clone();
        flow.id = format!("f{}", self.process.flows.len());
        flow.from.value = from.to_owned();
        flow.to.value = to.to_owned();
        self.process.flows.push(flow);
    }
}

/// Splits, joins and loops, one behind the other.
pub fn long(count: usize) -> ProcessDefinition {
    let mut large = Large::new();
    large.element("start", "s");
    let mut last = "s".to_owned();
    for n in 0..count / 5 {
        let [split, a, b, join, next] = ["g", "a", "b", "j", "t"].map(|kind| format!("{kind}{n}"));
        for (kind, id) in [("split", &split), ("work", &a), ("work", &b), ("split", &join), ("work", &next)] {
            large.element(kind, id);
        }
        for (from, to) in [(&last, &split), (&a, &join), (&b, &join), (&join, &next)] {
            large.flow(from, to, false);
        }
        large.flow(&split, &a, true);
        large.flow(&split, &b, true);
        if n % 4 == 3 {
            large.flow(&join, &split, true);
        }
        last = next;
    }
    large.process
}

/// Many branches of one split.
pub fn wide(count: usize) -> ProcessDefinition {
    let mut large = Large::new();
    large.element("split", "s");
    large.element("split", "z");
    for n in 0..count / 10 {
        for m in 0..10 {
            large.element("work", &format!("t{n}x{m}"));
            if m > 0 {
                large.flow(&format!("t{n}x{}", m - 1), &format!("t{n}x{m}"), false);
            }
        }
        large.flow("s", &format!("t{n}x0"), true);
        large.flow(&format!("t{n}x9"), "z", false);
    }
    large.process
}

/// Any graph, mostly forward.
pub fn tangled(count: usize) -> ProcessDefinition {
    let mut large = Large::new();
    let mut random = Random::new(count as u64);
    large.element("start", "e0");
    for n in 1..count {
        let is_split = random.below(6) == 0;
        large.element(if is_split { "split" } else { "work" }, &format!("e{n}"));
        large.flow(&format!("e{}", n - 1 - random.below(n.min(4))), &format!("e{n}"), false);
        if is_split {
            let to = (n + 1 + random.below(12)).saturating_sub(random.below(8)).clamp(1, count - 1);
            large.flow(&format!("e{n}"), &format!("e{to}"), true);
        }
    }
    large.process
}
