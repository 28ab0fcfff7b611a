//! Many models, on all cores: what came out, counted; and the first that differ, made small.

use crate::compare::{Verdict, check, check_drawing};
use crate::draw::{Names, draw};
use crate::evaluate::Mistake;
use crate::generate::{Model, generate};
use crate::shrink::shrink;
use crate::trace::Cell;
use crate::vary::{THROUGH_XML, vary};
use crate::world::Options;
use std::collections::BTreeMap;
use std::fmt::Write;

/// How many models a normal run has, unless `BATON_ORACLE_MODELS` says otherwise.
pub const MODELS: u64 = 3_000;

#[derive(Default)]
pub struct Tally {
    pub same: u64,
    pub open: BTreeMap<&'static str, u64>,
    /// Each construct, and how it came out.
    pub cells: BTreeMap<Cell, u64>,
    pub elements: u64,
    pub commands: u64,
    pub events: u64,
    /// Seeds of models that differ, and how they were drawn.
    pub different: Vec<(u64, &'static str)>,
    pub notes: Vec<String>,
}

pub fn models() -> u64 {
    std::env::var("BATON_ORACLE_MODELS").ok().and_then(|number| number.parse().ok()).unwrap_or(MODELS)
}

/// The first seed, 0 unless `BATON_ORACLE_FIRST` says otherwise.
fn first() -> u64 {
    std::env::var("BATON_ORACLE_FIRST").ok().and_then(|number| number.parse().ok()).unwrap_or(0)
}

/// Does `one` for so many seeds, from the first on; each thread has its own tally.
pub fn on_all_cores(models: u64, one: impl Fn(u64, &mut Tally) + Sync) -> Tally {
    let threads = std::thread::available_parallelism().map_or(2, |number| number.get() as u64);
    let share = |thread: u64| {
        let mut tally = Tally::default();
        (first()..first() + models).filter(|seed| seed % threads == thread).for_each(|seed| one(seed, &mut tally));
        tally
    };
    std::thread::scope(|scope| {
        let share = &share;
        let started: Vec<_> = (0..threads).map(|thread| scope.spawn(move || share(thread))).collect();
        let mut all = Tally::default();
        for thread in started {
            all.add(thread.join().expect("the thread ends"));
        }
        all
    })
}

/// The model of one seed: drawn plainly, and four in nine drawn otherwise too.
pub fn one(seed: u64, tally: &mut Tally) {
    let model = generate(seed);
    let options = Options { restarts: seed.is_multiple_of(4), ..Options::default() };
    tally.count(seed, "plain", check(&model, Mistake::None, options));
    if let Some((how, drawing)) = vary(&model, seed) {
        let options = Options { through_xml: how == THROUGH_XML, ..Options::default() };
        match check_drawing(&model, &drawing, Mistake::None, options) {
            Verdict::Same(..) => *tally.cells.entry(("drawing", how)).or_default() += 1,
            Verdict::Open(_) => {}
            Verdict::Different(_) => tally.different.push((seed, how)),
        }
    }
}

impl Tally {
    fn count(&mut self, seed: u64, how: &'static str, verdict: Verdict) {
        match verdict {
            Verdict::Open(why) => *self.open.entry(why).or_default() += 1,
            Verdict::Different(_) => self.different.push((seed, how)),
            Verdict::Same(expected, happened) => {
                self.same += 1;
                self.elements += happened.records.len() as u64;
                self.commands += u64::from(happened.commands);
                self.events += happened.history.len() as u64;
                *self.cells.entry(("process", expected.state)).or_default() += 1;
                for (_, cell) in &expected.trace.notes {
                    *self.cells.entry(*cell).or_default() += 1;
                }
            }
        }
    }

    fn add(&mut self, other: Tally) {
        self.same += other.same;
        other.open.into_iter().for_each(|(why, count)| *self.open.entry(why).or_default() += count);
        other.cells.into_iter().for_each(|(cell, count)| *self.cells.entry(cell).or_default() += count);
        self.elements += other.elements;
        self.commands += other.commands;
        self.events += other.events;
        self.different.extend(other.different);
        self.notes.extend(other.notes);
    }

    /// The figures that `cargo xtask campaign` collects.
    pub fn figures(&self) -> String {
        let left_out: u64 = self.open.values().sum();
        let (agree, differ) = (self.same, self.different.len());
        let all = agree + differ as u64 + left_out;
        let mut figures = format!(
            "campaign: models={all}; agree={agree}; differ={differ}; ambiguous={left_out}; cells={}",
            self.cells.len()
        );
        if let Some(((construct, outcome), count)) = self.cells.iter().min_by_key(|(_, count)| **count) {
            let _ = write!(figures, "; rarest={construct}, {outcome}: {count}");
        }
        figures
    }

    pub fn table(&self) -> String {
        let Tally { same, open, elements, commands, events, different, .. } = self;
        let mut text = format!(
            "{same} models agree, {} differ, not compared: {open:?}; {elements} element instances, {commands} commands, {events} events\n",
            different.len()
        );
        let mut constructs: BTreeMap<&str, Vec<String>> = BTreeMap::new();
        for ((construct, outcome), count) in &self.cells {
            constructs.entry(construct).or_default().push(format!("{outcome} {count}"));
        }
        let (cells, rarest) = (self.cells.len(), self.cells.iter().min_by_key(|(_, count)| **count));
        let _ = writeln!(text, "  {cells} cells; the rarest is {rarest:?}");
        for (construct, outcomes) in constructs {
            let _ = writeln!(text, "  {construct}: {}", outcomes.join(", "));
        }
        text
    }
}

/// Everything that is needed to see a difference again.
pub fn report(seed: u64, how: &str) -> String {
    let model = generate(seed);
    let different = |model: &Model| {
        let drawing = vary(model, seed).filter(|_| how != "plain").map_or_else(|| draw(model, Names::Plain), |it| it.1);
        let options = Options { restarts: true, through_xml: how == THROUGH_XML, ..Options::default() };
        match check_drawing(model, &drawing, Mistake::None, options) {
            Verdict::Different(text) => Some((text, drawing.yaml())),
            _ => None,
        }
    };
    let whole = different(&model).map(|(text, _)| text).unwrap_or_default();
    // A rule that was broken must still be broken: another difference is another matter.
    let is_broken = |text: &str| text.starts_with("after ");
    let small =
        shrink(&model, &|model| different(model).is_some_and(|(text, _)| is_broken(&text) == is_broken(&whole)));
    let (text, yaml) = different(&small).unwrap_or_default();
    let kept = serde_json::to_string(&small).unwrap_or_default();
    format!(
        "seed {seed}, drawn {how}:\n{whole}\nmade smaller:\n{text}\n{yaml}\nkeep it in regressions/<name>.yaml:\n{kept}\n"
    )
}
