//! Processes by a seed: any graph, with lanes, names, sub-processes and boundary events.

use std::fmt::Write;

pub struct Random(u64);

impl Random {
    pub fn new(seed: u64) -> Random {
        Random(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15).wrapping_add(0x1234_5678_9abc_def1))
    }

    /// Xorshift: enough for pictures.
    pub fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) as usize % end.max(1)
    }
}

const NAMES: [&str; 5] = ["yes", "no", "", "otherwise", "when it takes too long"];
const LANES: [&str; 3] = ["one", "two", "three"];

pub fn process(seed: u64) -> String {
    let mut random = Random::new(seed);
    let mut text = String::new();
    let has_lanes = random.below(3) == 0;
    if has_lanes {
        text.push_str("pool crew: one, two, three\n");
    }
    let mut next = 0;
    scope(&mut random, 0, has_lanes, &mut next, &mut text);
    super::processes::process(&text)
}

fn scope(random: &mut Random, depth: usize, has_lanes: bool, next: &mut usize, text: &mut String) {
    let count = 4 + random.below(if depth == 0 { 20 } else { 5 });
    let pad = "  ".repeat(depth);
    let mut ids: Vec<(String, &str)> = Vec::new();
    for n in 0..count {
        *next += 1;
        let id = format!("e{next}");
        let lane = if has_lanes { format!(" laneId={}", LANES[random.below(3)]) } else { String::new() };
        let kind = match (n, random.below(12)) {
            (0, _) => "startEvent",
            (n, _) if n + 1 == count => "endEvent",
            (_, 0 | 1) => "exclusiveGateway",
            (_, 2) => "parallelGateway",
            (_, 3) => "endEvent",
            (_, 4) if depth < 2 => "subProcess",
            _ => "task",
        };
        let name = if kind.ends_with("Gateway") || random.below(3) == 0 { " name='Some words of it'" } else { "" };
        let _ = writeln!(text, "{pad}{id} {kind}{lane}{name}");
        if kind == "subProcess" {
            scope(random, depth + 1, false, next, text);
        }
        if matches!(kind, "task" | "subProcess") && random.below(5) == 0 {
            let guest = format!("b{next}");
            let name = if random.below(2) == 0 { " name='Too late'" } else { "" };
            let _ = writeln!(text, "{pad}{guest} boundaryTimer attachedToRef={id}{lane}{name}");
            ids.push((guest, "boundary"));
        }
        ids.push((id, kind));
    }
    flows(random, &ids, &pad, text);
}

/// Mostly on to what comes soon, sometimes far, sometimes back.
fn flows(random: &mut Random, ids: &[(String, &str)], pad: &str, text: &mut String) {
    for (n, (id, kind)) in ids.iter().enumerate() {
        let count = match *kind {
            "endEvent" => 0,
            "exclusiveGateway" | "parallelGateway" => 2 + random.below(2),
            _ => 1,
        };
        let mut targets = Vec::new();
        for _ in 0..count {
            let to = match random.below(8) {
                0 => random.below(ids.len()),
                1 => n + 1 + random.below(ids.len() - n),
                _ => n + 1 + random.below(3),
            };
            let Some((target, kind)) = ids.get(to) else { continue };
            if matches!(*kind, "startEvent" | "boundary") || targets.contains(&to) {
                continue;
            }
            targets.push(to);
            let _ = writeln!(text, "{pad}{id} > {target} {}", NAMES[random.below(NAMES.len())]);
        }
        // A gateway joins something.
        if let (0, 2.., Some((end, _))) = (targets.len(), count, ids.last()) {
            let _ = writeln!(text, "{pad}{id} > {end}");
        }
    }
}
