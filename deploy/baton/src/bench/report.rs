//! What a run achieved and what it cost, and what several came to: as text and as JSON.

use super::{cost::Cost, plot};
use anyhow::Context;
use serde::Serialize;
use std::{collections::BTreeMap, path::Path, time::Duration};

/// Who is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum System {
    Baton,
    Floor,
}

impl System {
    /// What its parts are called here, and as processes.
    pub fn programs(self) -> [(&'static str, &'static str); 4] {
        let (engine, worker) = match self {
            System::Baton => ("engine", "worker"),
            System::Floor => ("floor-engine", "floor-worker"),
        };
        [("postgres", "postgres"), ("nats", "nats"), ("engine", engine), ("worker", worker)]
    }

    pub fn name(self) -> &'static str {
        match self {
            System::Baton => "baton",
            System::Floor => "floor",
        }
    }
}

#[derive(Default)]
pub struct Run {
    seconds: f64,
    /// Milliseconds from start to end of each instance, sorted.
    latencies: Vec<f64>,
}

impl Run {
    pub fn new(took: Duration, mut latencies: Vec<f64>) -> Run {
        latencies.sort_by(f64::total_cmp);
        Run { seconds: took.as_secs_f64(), latencies }
    }

    /// One that came after it.
    pub fn add(&mut self, later: Run) {
        self.seconds += later.seconds;
        self.latencies.extend(later.latencies);
        self.latencies.sort_by(f64::total_cmp);
    }

    pub fn percentile(&self, part: f64) -> f64 {
        let last = self.latencies.len().saturating_sub(1);
        let at = (last as f64 * part).round() as usize;
        self.latencies.get(at).map_or(0.0, |ms| (ms * 10.0).round() / 10.0)
    }
}

/// A run in numbers. Tasks stand for whatever the workload has in their place.
#[derive(Clone, Serialize)]
pub struct Measured {
    pub system: System,
    pub instances: usize,
    pub seconds: f64,
    pub instances_per_second: f64,
    pub tasks_per_second: f64,
    pub p50_ms: f64,
    pub p99_ms: f64,
    pub cpu_seconds_per_1000_tasks: f64,
    /// Of each part, per 1,000 tasks.
    pub cpu_by_program: BTreeMap<&'static str, f64>,
    pub memory_mib: BTreeMap<&'static str, f64>,
    pub wal_bytes_per_task: f64,
    pub rows_per_task: f64,
    pub transactions_per_task: f64,
}

impl Measured {
    /// `tasks`: completions of the whole run.
    pub fn of(system: System, run: &Run, tasks: f64, cost: &Cost) -> Measured {
        let per_thousand = |seconds: f64| rounded(seconds * 1000.0 / tasks, 4);
        Measured {
            system,
            instances: run.latencies.len(),
            seconds: rounded(run.seconds, 3),
            instances_per_second: rounded(run.latencies.len() as f64 / run.seconds, 0),
            tasks_per_second: rounded(tasks / run.seconds, 0),
            p50_ms: run.percentile(0.5),
            p99_ms: run.percentile(0.99),
            cpu_seconds_per_1000_tasks: per_thousand(cost.cpu.values().sum()),
            cpu_by_program: cost.cpu.iter().map(|(name, seconds)| (*name, per_thousand(*seconds))).collect(),
            memory_mib: cost.memory.iter().map(|(name, bytes)| (*name, (bytes >> 20) as f64)).collect(),
            wal_bytes_per_task: rounded(cost.database.wal_bytes / tasks, 0),
            rows_per_task: rounded(cost.database.rows / tasks, 3),
            transactions_per_task: rounded(cost.database.transactions / tasks, 3),
        }
    }

    pub fn print(&self, as_json: bool) -> anyhow::Result<()> {
        if as_json {
            println!("{}", serde_json::to_string(self)?);
        } else {
            println!("{}", self.as_text());
        }
        Ok(())
    }

    fn as_text(&self) -> String {
        let parts = |parts: &BTreeMap<&str, f64>| {
            parts.iter().map(|(name, number)| format!("{name} {number}")).collect::<Vec<_>>().join(", ")
        };
        format!(
            "{}: {} tasks/s, {} instances/s, p50 {} ms, p99 {} ms; CPU s/1000 tasks {} ({}); per task: WAL {} B, {} \
             rows, {} transactions; MiB: {}",
            self.system.name(),
            self.tasks_per_second,
            self.instances_per_second,
            self.p50_ms,
            self.p99_ms,
            self.cpu_seconds_per_1000_tasks,
            parts(&self.cpu_by_program),
            self.wal_bytes_per_task,
            self.rows_per_task,
            self.transactions_per_task,
            parts(&self.memory_mib),
        )
    }
}

/// All runs of an invocation.
#[derive(Default)]
pub struct Report {
    pub runs: Vec<Measured>,
}

/// What is the same measure for both, Baton's as a multiple of the floor's.
#[derive(Serialize)]
pub struct Ratios {
    pub tasks_per_second: f64,
    pub cpu_seconds_per_1000_tasks: f64,
    pub p50_ms: f64,
    pub p99_ms: f64,
    pub wal_bytes_per_task: f64,
}

#[derive(Serialize)]
struct Summary<'a> {
    medians: Vec<&'a Measured>,
    baton_to_floor: Option<Ratios>,
}

impl Report {
    /// Medians, ratios, and the picture.
    pub fn finish(&self, as_json: bool, plot: Option<&Path>) -> anyhow::Result<()> {
        if self.runs.is_empty() {
            return Ok(());
        }
        let (baton, floor) = (self.median(System::Baton), self.median(System::Floor));
        let ratios = baton.as_ref().zip(floor.as_ref()).map(|(baton, floor)| Ratios::of(baton, floor));
        let medians: Vec<&Measured> = baton.iter().chain(&floor).collect();
        if let Some(path) = plot {
            let picture = plot::draw(&self.runs, &medians, ratios.as_ref());
            std::fs::write(path, picture).with_context(|| format!("writing {}", path.display()))?;
        }
        if as_json {
            println!("{}", serde_json::to_string(&Summary { medians, baton_to_floor: ratios })?);
            return Ok(());
        }
        medians.iter().for_each(|median| println!("median of {}", median.as_text()));
        if let Some(ratios) = ratios {
            println!("{}", ratios.as_text());
        }
        Ok(())
    }

    /// Of each number by itself.
    fn median(&self, system: System) -> Option<Measured> {
        let runs: Vec<&Measured> = self.runs.iter().filter(|run| run.system == system).collect();
        let of = |number: &dyn Fn(&Measured) -> f64| median(runs.iter().map(|run| number(run)).collect());
        let of_parts = |parts: fn(&Measured) -> &BTreeMap<&'static str, f64>| {
            let names = parts(runs.first()?).keys();
            Some(names.map(|name| (*name, of(&|run| parts(run).get(name).copied().unwrap_or_default()))).collect())
        };
        Some(Measured {
            system,
            instances: runs.first()?.instances,
            seconds: of(&|run| run.seconds),
            instances_per_second: of(&|run| run.instances_per_second),
            tasks_per_second: of(&|run| run.tasks_per_second),
            p50_ms: of(&|run| run.p50_ms),
            p99_ms: of(&|run| run.p99_ms),
            cpu_seconds_per_1000_tasks: of(&|run| run.cpu_seconds_per_1000_tasks),
            cpu_by_program: of_parts(|run| &run.cpu_by_program)?,
            memory_mib: of_parts(|run| &run.memory_mib)?,
            wal_bytes_per_task: of(&|run| run.wal_bytes_per_task),
            rows_per_task: of(&|run| run.rows_per_task),
            transactions_per_task: of(&|run| run.transactions_per_task),
        })
    }
}

impl Ratios {
    fn of(baton: &Measured, floor: &Measured) -> Ratios {
        let ratio = |number: fn(&Measured) -> f64| rounded(number(baton) / number(floor), 2);
        Ratios {
            tasks_per_second: ratio(|it| it.tasks_per_second),
            cpu_seconds_per_1000_tasks: ratio(|it| it.cpu_seconds_per_1000_tasks),
            p50_ms: ratio(|it| it.p50_ms),
            p99_ms: ratio(|it| it.p99_ms),
            wal_bytes_per_task: ratio(|it| it.wal_bytes_per_task),
        }
    }

    pub fn as_text(&self) -> String {
        format!(
            "Baton against the floor: {} of its throughput, {} times its CPU, {} and {} times its p50 and p99, {} times \
             its WAL",
            self.tasks_per_second, self.cpu_seconds_per_1000_tasks, self.p50_ms, self.p99_ms, self.wal_bytes_per_task
        )
    }
}

/// Of an even number of values, the mean of the two in the middle.
fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    match (values.get(middle.wrapping_sub(1)), values.get(middle)) {
        (Some(low), Some(high)) if values.len().is_multiple_of(2) => rounded((low + high) / 2.0, 4),
        (_, Some(middle)) => *middle,
        (_, None) => 0.0,
    }
}

pub fn rounded(number: f64, digits: i32) -> f64 {
    let scale = 10f64.powi(digits);
    (number * scale).round() / scale
}

#[cfg(test)]
mod tests {
    use super::median;

    #[test]
    fn the_median_is_in_the_middle() {
        assert_eq!(median(vec![5.0, 1.0, 3.0]), 3.0);
        assert_eq!(median(vec![4.0, 1.0, 2.0, 3.0]), 2.5);
        assert_eq!(median(Vec::new()), 0.0);
    }
}
