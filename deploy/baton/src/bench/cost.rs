//! What the parts have used so far: CPU seconds from `/proc`, and write-ahead log from Postgres.

use crate::dev::Settings;
use serde_json::{Value, json};
use std::{collections::BTreeMap, fs};

/// Clock ticks a second in `/proc/<pid>/stat`; 100 on every Linux that is in use.
const TICKS: f64 = 100.0;

#[derive(Default)]
pub struct Cost {
    /// CPU seconds by program.
    pub cpu: BTreeMap<&'static str, f64>,
    pub wal_bytes: f64,
}

impl Cost {
    pub async fn so_far(settings: &Settings) -> anyhow::Result<Cost> {
        let mut cost = Cost { wal_bytes: wal_bytes(settings).await?, ..Cost::default() };
        for name in ["postgres", "nats", "engine", "worker"] {
            let pid = fs::read_to_string(settings.data.join("pids").join(name))?;
            cost.cpu.insert(name, cpu_of(pid.trim().parse()?));
        }
        cost.cpu.insert("driver", stat(std::process::id()).map_or(0.0, |stat| stat.own_ticks as f64 / TICKS));
        Ok(cost)
    }

    pub fn since(mut self, before: &Cost) -> Cost {
        for (name, seconds) in &mut self.cpu {
            *seconds -= before.cpu.get(name).copied().unwrap_or_default();
        }
        self.wal_bytes -= before.wal_bytes;
        self
    }

    pub fn as_json(&self, tasks: f64) -> Value {
        let per_thousand = |seconds: f64| (seconds * 1e7 / tasks).round() / 1e4;
        let by_program: BTreeMap<_, _> =
            self.cpu.iter().map(|(name, seconds)| (*name, per_thousand(*seconds))).collect();
        json!({
            "cpu_seconds_per_1000_tasks": per_thousand(self.cpu.values().sum()),
            "by_program": by_program,
            "wal_bytes_per_task": (self.wal_bytes / tasks).round(),
        })
    }
}

/// Of a process and its children, ended ones included.
fn cpu_of(pid: u32) -> f64 {
    let children = fs::read_dir("/proc").into_iter().flatten().flatten().filter_map(|entry| {
        let child: u32 = entry.file_name().to_str()?.parse().ok()?;
        (stat(child)?.parent == pid).then_some(child)
    });
    let ticks: u64 = std::iter::once(pid).chain(children).filter_map(|pid| Some(stat(pid)?.ticks)).sum();
    ticks as f64 / TICKS
}

struct Stat {
    parent: u32,
    own_ticks: u64,
    /// With those of children that have ended.
    ticks: u64,
}

fn stat(pid: u32) -> Option<Stat> {
    let text = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let fields: Vec<&str> = text.rsplit_once(')')?.1.split_whitespace().collect();
    let ticks =
        |from: usize, to: usize| Some(fields.get(from..to)?.iter().filter_map(|field| field.parse::<u64>().ok()).sum());
    Some(Stat { parent: fields.get(1)?.parse().ok()?, own_ticks: ticks(11, 13)?, ticks: ticks(11, 15)? })
}

async fn wal_bytes(settings: &Settings) -> anyhow::Result<f64> {
    let (client, connection) = tokio_postgres::connect(&settings.database_url, tokio_postgres::NoTls).await?;
    tokio::spawn(connection);
    let row = client.query_one("SELECT (pg_current_wal_lsn() - '0/0'::pg_lsn)::float8", &[]).await?;
    Ok(row.try_get(0)?)
}
