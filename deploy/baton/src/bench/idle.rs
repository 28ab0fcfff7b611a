//! What an engine costs that has nothing to do.

use super::{
    cost::Cost,
    report::{System, rounded},
};
use crate::dev::Settings;
use serde::Serialize;
use std::{collections::BTreeMap, time::Duration};

/// After the start, and whatever has filled the database.
const SETTLING: Duration = Duration::from_secs(5);

#[derive(Serialize)]
pub struct Idle {
    seconds: u64,
    /// Of one core, by program.
    cpu_percent: BTreeMap<&'static str, f64>,
    memory_mib: BTreeMap<&'static str, u64>,
    transactions_per_second: f64,
}

pub async fn watch(settings: &Settings, seconds: u64) -> anyhow::Result<Idle> {
    tokio::time::sleep(SETTLING).await;
    let before = Cost::so_far(settings, System::Baton).await?;
    tokio::time::sleep(Duration::from_secs(seconds)).await;
    let cost = Cost::so_far(settings, System::Baton).await?.since(&before);
    let percent = |cpu: &f64| rounded(cpu * 100.0 / seconds as f64, 2);
    Ok(Idle {
        seconds,
        cpu_percent: cost.cpu.iter().map(|(name, cpu)| (*name, percent(cpu))).collect(),
        memory_mib: cost.memory.iter().map(|(name, bytes)| (*name, bytes >> 20)).collect(),
        transactions_per_second: rounded(cost.database.transactions / seconds as f64, 1),
    })
}

impl Idle {
    pub fn print(&self, as_json: bool) -> anyhow::Result<()> {
        if as_json {
            println!("{}", serde_json::to_string(self)?);
            return Ok(());
        }
        let cpu: Vec<String> = self.cpu_percent.iter().map(|(name, percent)| format!("{name} {percent} %")).collect();
        let memory: Vec<String> = self.memory_mib.iter().map(|(name, mib)| format!("{name} {mib} MiB")).collect();
        let (seconds, transactions) = (self.seconds, self.transactions_per_second);
        println!(
            "idle for {seconds} s: of a core {}; {transactions} transactions/s; {}",
            cpu.join(", "),
            memory.join(", ")
        );
        Ok(())
    }
}
