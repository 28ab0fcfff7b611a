//! Definitions that want to do harm, and definitions that were broken on the way.
//!
//! Each goes the way of a deployment: decoding, reading, structural rules, compiling, and the proof. None may panic or
//! overflow the stack that a thread of the engine has; none may take longer or hold more than the limits below; and all that
//! is said about one has a line and a column.
//!
//! ```text
//! cargo test -p interpreter --test hostile                                            # a thousand, some seconds
//! cargo xtask campaign                                                               # ten thousand, optimised, with their figures
//! BATON_HOSTILE_SEED=17 cargo test -p interpreter --test hostile -- --nocapture       # one again, with what it says
//! ```

mod deploy;
mod memory;
mod mutate;
mod random;
mod seeds;
mod xml_bombs;
mod yaml_bombs;

use deploy::{End, deploy};
use memory::{Counting, most_held};
use random::Random;
use std::collections::BTreeMap;
use std::sync::LazyLock;
use std::time::{Duration, Instant};

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// Milliseconds, unless `BATON_HOSTILE_MS` says otherwise: what a release may take, or what an unoptimised build may, which takes
/// many times as long.
const LONGEST: u64 = if cfg!(debug_assertions) { 100 * SLOWER } else { 100 };
const SLOWER: u64 = 30;
const MOST_BYTES: usize = 64 * 1024 * 1024;
/// Other work on the machine may hold one up: what takes too long is measured again.
const TRIES: usize = 4;
/// What threads that block have in the engine; without optimisation, functions need some times more of it.
const STACK: usize = 2 * 1024 * 1024;
/// The file sizes that are read at all: what is larger is refused before.
const LARGEST: usize = 1024 * 1024;

#[derive(Default)]
struct Tally {
    ends: BTreeMap<(&'static str, End), u32>,
    codes: BTreeMap<String, u32>,
    slowest: (Duration, u64),
    largest: (usize, u64),
    wrong: Vec<String>,
}

fn make(number: u64, seeds: &[String]) -> (&'static str, Vec<u8>) {
    let mut random = Random::new(number);
    let seed = &seeds[random.below(seeds.len() as u64) as usize];
    let (kind, mut bytes) = match number % 5 {
        0 => ("broken bytes", mutate::bytes(&mut random, seed)),
        1 => ("broken lines", mutate::lines(&mut random, seed)),
        2 => ("absurd values", mutate::values(&mut random, seed)),
        3 => ("YAML bomb", yaml_bombs::make(&mut random)),
        _ => ("XML bomb", xml_bombs::make(&mut random)),
    };
    if random.percent(3) {
        let filler = b"# filler\n".repeat(LARGEST / 9);
        bytes.extend(filler);
    }
    (kind, bytes)
}

/// How long this thread has had a processor, where the system says so; else how late it is.
fn worked() -> Duration {
    static BEGUN: LazyLock<Instant> = LazyLock::new(Instant::now);
    let said = std::fs::read_to_string("/proc/thread-self/schedstat").ok();
    let nanoseconds = said.as_deref().and_then(|text| text.split(' ').next()?.parse().ok());
    nanoseconds.map_or_else(|| BEGUN.elapsed(), Duration::from_nanos)
}

fn one(number: u64, seeds: &[String], longest: Duration, tally: &mut Tally) {
    let (kind, bytes) = make(number, seeds);
    let mut took = Duration::MAX;
    for _ in 0..TRIES {
        let begun = worked();
        let done = std::panic::catch_unwind(|| most_held(|| deploy(&bytes)));
        let Ok(((end, found), held)) = done else {
            return tally.wrong.push(format!("{number} ({kind}) panics"));
        };
        took = took.min(worked().saturating_sub(begun));
        if took > longest {
            continue;
        }
        tally.note(number, kind, end, &found, held);
        tally.slowest = tally.slowest.max((took, number));
        return;
    }
    tally.slowest = tally.slowest.max((took, number));
    tally.wrong.push(format!("{number} ({kind}, {} bytes) takes {took:?}", bytes.len()));
}

impl Tally {
    fn note(&mut self, number: u64, kind: &'static str, end: End, found: &[model::Diagnostic], held: usize) {
        *self.ends.entry((kind, end)).or_default() += 1;
        found.iter().for_each(|problem| *self.codes.entry(problem.code.clone()).or_default() += 1);
        self.largest = self.largest.max((held, number));
        if held > MOST_BYTES {
            self.wrong.push(format!("{number} ({kind}) holds {} KiB", held / 1024));
        }
        if let Some(problem) = found.iter().find(|it| it.location.line == 0 || it.location.column == 0) {
            self.wrong.push(format!("{number} ({kind}) says something without a place: {problem:?}"));
        }
        if end != End::Accepted && !found.iter().any(model::Diagnostic::is_error) {
            self.wrong.push(format!("{number} ({kind}) is refused without a reason"));
        }
    }

    fn add(&mut self, other: Tally) {
        other.ends.into_iter().for_each(|(end, count)| *self.ends.entry(end).or_default() += count);
        other.codes.into_iter().for_each(|(code, count)| *self.codes.entry(code).or_default() += count);
        self.slowest = self.slowest.max(other.slowest);
        self.largest = self.largest.max(other.largest);
        self.wrong.extend(other.wrong);
    }
}

fn number_of(name: &str) -> Option<u64> {
    std::env::var(name).ok().and_then(|number| number.parse().ok())
}

/// Some threads of the size that the engine's have, each with its share.
fn on_small_stacks(numbers: &[u64], seeds: &[String]) -> Tally {
    let threads = std::thread::available_parallelism().map_or(2, |number| number.get());
    let longest = Duration::from_millis(number_of("BATON_HOSTILE_MS").unwrap_or(LONGEST));
    let stack = STACK * if cfg!(debug_assertions) { 4 } else { 1 };
    let share = |thread: usize| {
        let mut tally = Tally::default();
        numbers.iter().skip(thread).step_by(threads).for_each(|number| one(*number, seeds, longest, &mut tally));
        tally
    };
    std::thread::scope(|scope| {
        let share = &share;
        let start = |thread| std::thread::Builder::new().stack_size(stack).spawn_scoped(scope, move || share(thread));
        let started: Vec<_> = (0..threads).map(start).collect();
        let mut all = Tally::default();
        started.into_iter().for_each(|thread| all.add(thread.expect("it starts").join().expect("it ends")));
        all
    })
}

#[test]
fn hostile_definitions_cost_little_and_are_answered_with_a_place() {
    let seeds = seeds::all();
    if let Some(number) = number_of("BATON_HOSTILE_SEED") {
        let (kind, bytes) = make(number, &seeds);
        println!("{number}, {kind}:\n{}", String::from_utf8_lossy(&bytes).chars().take(4_000).collect::<String>());
        println!("{:#?}", most_held(|| deploy(&bytes)));
    }
    let numbers: Vec<u64> = (0..number_of("BATON_HOSTILE").unwrap_or(1_000)).collect();
    let tally = on_small_stacks(&numbers, &seeds);
    println!("{:#?}\n{} codes: {:?}", tally.ends, tally.codes.len(), tally.codes);
    println!("slowest {:?}, largest {} KiB of {}", tally.slowest, tally.largest.0 / 1024, tally.largest.1);
    let (slowest, most) = (tally.slowest.0.as_millis(), tally.largest.0 / 1024);
    let wrong = tally.wrong.len();
    println!("campaign: definitions={}; wrong={wrong}; slowest={slowest} ms; most memory={most} KiB", numbers.len());
    assert!(tally.wrong.is_empty(), "{} of {}:\n{}", tally.wrong.len(), numbers.len(), tally.wrong.join("\n"));
}
