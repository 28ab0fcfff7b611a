//! What a script may use: the worker's limits, and fewer when the definition says so.

use serde_json::Value;
use std::time::Duration;

const MIB: u64 = 1024 * 1024;

#[derive(Debug, Clone)]
pub struct Limits {
    /// Time by the clock.
    pub wall: Duration,
    /// Time on a processor.
    pub cpu: Duration,
    /// Bytes.
    pub memory: u64,
    /// Processes and threads.
    pub processes: u64,
    /// Bytes in `/tmp`, and of one file.
    pub scratch: u64,
    /// Bytes of script and variables.
    pub input: usize,
    /// Bytes of what comes back.
    pub result: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            wall: Duration::from_secs(30),
            cpu: Duration::from_secs(20),
            memory: 512 * MIB,
            processes: 32,
            scratch: 64 * MIB,
            input: 8 * MIB as usize,
            result: 448 * 1024,
        }
    }
}

/// `custom.limits` of a task: numbers, also as text. What is not there is the worker's.
#[derive(Debug, Clone, Default, serde::Deserialize)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
pub struct Wanted {
    pub memory_mib: Option<Value>,
    pub cpu_seconds: Option<Value>,
    pub wall_seconds: Option<Value>,
    pub output_bytes: Option<Value>,
}

impl Wanted {
    /// Never more than those.
    pub fn within(&self, most: &Limits) -> Limits {
        let seconds = |wanted: &Option<Value>| number(wanted).and_then(|told| Duration::try_from_secs_f64(told).ok());
        // casting saturates
        let whole = |wanted: &Option<Value>, unit: u64| number(wanted).map(|told| (told * unit as f64) as u64);
        let output = whole(&self.output_bytes, 1).and_then(|bytes| usize::try_from(bytes).ok());
        Limits {
            wall: seconds(&self.wall_seconds).map_or(most.wall, |told| told.min(most.wall)),
            cpu: seconds(&self.cpu_seconds).map_or(most.cpu, |told| told.min(most.cpu)),
            memory: whole(&self.memory_mib, MIB).map_or(most.memory, |told| told.min(most.memory)),
            result: output.map_or(most.result, |told| told.min(most.result)),
            ..most.clone()
        }
    }
}

fn number(value: &Option<Value>) -> Option<f64> {
    let value = value.as_ref()?;
    value.as_f64().or_else(|| value.as_str()?.trim().parse().ok()).filter(|told| *told > 0.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_definition_may_only_ask_for_less() {
        let wanted = json!({"memoryMib": "64", "cpuSeconds": 1e12, "wallSeconds": 0.5, "outputBytes": -1});
        let limits = serde_json::from_value::<Wanted>(wanted).unwrap().within(&Limits::default());
        assert_eq!((limits.memory, limits.cpu.as_secs(), limits.wall.as_millis()), (64 * MIB, 20, 500));
        assert_eq!(limits.result, Limits::default().result);
        assert!(serde_json::from_value::<Wanted>(json!({"memory": 1})).is_err());
    }
}
