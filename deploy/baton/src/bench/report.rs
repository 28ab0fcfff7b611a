//! What a run achieved and what it cost, as text and as JSON.

use super::cost::Cost;
use serde_json::{Value, json};

pub struct Run {
    pub instances: usize,
    pub seconds: f64,
    /// Milliseconds from start to end of each instance, sorted.
    pub latencies: Vec<f64>,
}

impl Run {
    /// `tasks`: completions of the whole run.
    pub fn as_json(&self, tasks: f64, cost: &Cost) -> Value {
        let mut run = json!({
            "instances": self.instances,
            "seconds": (self.seconds * 1000.0).round() / 1000.0,
            "instances_per_second": (self.instances as f64 / self.seconds).round(),
            "tasks_per_second": (tasks / self.seconds).round(),
            "p50_ms": self.percentile(0.5),
            "p99_ms": self.percentile(0.99),
        });
        if let (Some(run), Value::Object(cost)) = (run.as_object_mut(), cost.as_json(tasks)) {
            run.extend(cost);
        }
        run
    }

    pub fn as_text(&self, tasks: f64, cost: &Cost) -> String {
        let run = self.as_json(tasks, cost);
        format!(
            "{} tasks/s  {} instances/s  p50 {} ms  p99 {} ms  CPU s/1000 tasks {} {}  per task: WAL {} B, {} rows, {} \
             transactions  MiB {}",
            run["tasks_per_second"],
            run["instances_per_second"],
            run["p50_ms"],
            run["p99_ms"],
            run["cpu_seconds_per_1000_tasks"],
            run["cpu_by_program"],
            run["wal_bytes_per_task"],
            run["rows_per_task"],
            run["transactions_per_task"],
            run["memory_mib"],
        )
    }

    fn percentile(&self, part: f64) -> f64 {
        let last = self.latencies.len().saturating_sub(1);
        let at = (last as f64 * part).round() as usize;
        self.latencies.get(at).map_or(0.0, |ms| (ms * 10.0).round() / 10.0)
    }
}
