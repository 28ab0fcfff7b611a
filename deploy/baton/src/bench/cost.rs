//! What the parts have used so far: CPU seconds and memory from `/proc`; write-ahead log, rows and transactions from Postgres.

use super::report::System;
use crate::dev::Settings;
use std::{collections::BTreeMap, fs};

/// Clock ticks a second in `/proc/<pid>/stat`; 100 on every Linux that is in use.
const TICKS: f64 = 100.0;

#[derive(Default)]
pub struct Cost {
    /// CPU seconds by program.
    pub cpu: BTreeMap<&'static str, f64>,
    /// Resident bytes by program, of now.
    pub memory: BTreeMap<&'static str, u64>,
    pub database: Database,
}

/// Counters of the server.
#[derive(Default)]
pub struct Database {
    pub wal_bytes: f64,
    /// Inserted, updated and deleted.
    pub rows: f64,
    pub transactions: f64,
}

impl Cost {
    /// A server that was given, and not started here, is left out.
    pub async fn so_far(settings: &Settings, system: System) -> anyhow::Result<Cost> {
        let mut cost = Cost { database: Database::so_far(settings).await?, ..Cost::default() };
        for (name, program) in system.programs() {
            let Ok(pid) = fs::read_to_string(settings.data.join("pids").join(program)) else { continue };
            let family = family(pid.trim().parse()?);
            cost.cpu.insert(name, family.iter().map(|(_, stat)| stat.ticks).sum::<u64>() as f64 / TICKS);
            cost.memory.insert(name, family.iter().map(|(pid, _)| own_memory(*pid)).sum());
        }
        cost.cpu.insert("driver", stat(std::process::id()).map_or(0.0, |stat| stat.own_ticks as f64 / TICKS));
        Ok(cost)
    }

    pub fn since(mut self, before: &Cost) -> Cost {
        for (name, seconds) in &mut self.cpu {
            *seconds -= before.cpu.get(name).copied().unwrap_or_default();
        }
        self.database.wal_bytes -= before.database.wal_bytes;
        self.database.rows -= before.database.rows;
        self.database.transactions -= before.database.transactions;
        self
    }
}

/// A process and its children.
fn family(pid: u32) -> Vec<(u32, Stat)> {
    let all = fs::read_dir("/proc").into_iter().flatten().flatten();
    let all = all.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    all.filter_map(|it| Some((it, stat(it)?))).filter(|(it, stat)| *it == pid || stat.parent == pid).collect()
}

/// What it does not share with others.
fn own_memory(pid: u32) -> u64 {
    const PAGE: u64 = 4096;
    let text = fs::read_to_string(format!("/proc/{pid}/statm")).unwrap_or_default();
    let pages = |at: usize| text.split_whitespace().nth(at).and_then(|it| it.parse::<u64>().ok()).unwrap_or_default();
    pages(1).saturating_sub(pages(2)) * PAGE
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

impl Database {
    async fn so_far(settings: &Settings) -> anyhow::Result<Database> {
        let (client, connection) = tokio_postgres::connect(&settings.database_url, tokio_postgres::NoTls).await?;
        tokio::spawn(connection);
        let counters = "SELECT (pg_current_wal_lsn() - '0/0'::pg_lsn)::float8, \
             (tup_inserted + tup_updated + tup_deleted)::float8, xact_commit::float8 \
             FROM pg_stat_database WHERE datname = current_database()";
        let row = client.query_one(counters, &[]).await?;
        Ok(Database { wal_bytes: row.try_get(0)?, rows: row.try_get(1)?, transactions: row.try_get(2)? })
    }
}
