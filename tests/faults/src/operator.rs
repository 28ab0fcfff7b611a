//! Operators, who do to instances whatever can be done to them while things break: suspend and resume, retry, set variables,
//! cancel; resolve incidents; and one of another tenant who tries to look.
//!
//! Operations carry no key: each is asked for once, and what is not answered is unknown. What an operator has suspended he
//! resumes, whatever it takes.

use crate::{
    dice::Dice,
    load::{Load, STARTED_BY},
};
use reqwest::Method;
use serde_json::{Value, json};
use std::{
    collections::HashSet,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};
use tokio::task::JoinSet;

/// An operation that was asked for, in the client's ledger.
#[derive(Debug, Clone)]
pub struct Operation {
    pub instance: String,
    pub what: What,
    pub said: Said,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum What {
    Suspend,
    Resume,
    Retry,
    /// The variable of this number, to this number.
    SetVariable(u64),
    Cancel,
}

/// The answer, from the weakest to the strongest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Said {
    No,
    Unknown,
    Yes,
}

impl What {
    pub const ALL: [What; 5] = [What::Suspend, What::Resume, What::Retry, What::SetVariable(0), What::Cancel];

    /// As the audit log calls it.
    pub fn name(self) -> &'static str {
        match self {
            What::Suspend => "suspend",
            What::Resume => "resume",
            What::Retry => "retry",
            What::SetVariable(_) => "setVariables",
            What::Cancel => "cancel",
        }
    }
}

pub fn variable(number: u64) -> String {
    format!("op_{number}")
}

/// Operators, and instances that one of them has suspended and is going to resume.
struct Operators {
    load: Arc<Load>,
    asleep: Mutex<HashSet<String>>,
    next: AtomicU64,
}

const OPERATORS: u64 = 4;

/// Until aborted. When no more is started, only what was suspended is resumed and what is stuck resolved.
pub async fn run(load: Arc<Load>, seed: u64) {
    let operators = Arc::new(Operators { load, asleep: Mutex::default(), next: AtomicU64::new(0) });
    let mut tasks = JoinSet::new();
    for number in 0..OPERATORS {
        let dice = Dice::new(seed, &format!("operator {number}"));
        tasks.spawn(operate(operators.clone(), dice));
    }
    loop {
        tokio::time::sleep(Duration::from_millis(250)).await;
        resolve(&operators.load).await;
        operators.wake().await;
    }
}

async fn operate(operators: Arc<Operators>, mut dice: Dice) {
    let load = &operators.load;
    while !load.is_stopped() {
        tokio::time::sleep(Duration::from_millis(dice.between(50, 300))).await;
        let Some(instance) = any_active(load, &mut dice).await else { continue };
        match dice.below(100) {
            0..35 => {
                let pause = Duration::from_millis(dice.between(50, 2_000));
                tokio::spawn(suspend_for(operators.clone(), instance, pause));
            }
            35..55 => drop(ask(load, &instance, What::Retry).await),
            55..85 => {
                let number = operators.next.fetch_add(1, Ordering::Relaxed);
                ask(load, &instance, What::SetVariable(number)).await;
            }
            85..93 => drop(ask(load, &instance, What::Cancel).await),
            _ => look_as_stranger(load, &instance).await,
        }
    }
}

impl Operators {
    fn asleep(&self) -> MutexGuard<'_, HashSet<String>> {
        self.asleep.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What is suspended and nobody resumes: its suspension came late.
    async fn wake(&self) {
        let suspended = self.load.client.once(Method::GET, "/instances?state=suspended&limit=50", &Value::Null).await;
        let Some((_, found)) = suspended else { return };
        for one in found["instances"].as_array().into_iter().flatten() {
            let id = one["instanceId"].as_str().unwrap_or_default();
            let is_ours = self.asleep().contains(id);
            if !is_ours {
                ask(&self.load, id, What::Resume).await;
            }
        }
    }
}

/// One that the load has started: others are canceled with it.
async fn any_active(load: &Load, dice: &mut Dice) -> Option<String> {
    let found = load.client.once(Method::GET, "/instances?state=active&limit=60", &Value::Null).await?.1;
    let is_ours = |one: &&Value| one["businessKey"].as_str().is_some_and(|key| key.starts_with(STARTED_BY));
    let ours: Vec<&Value> = found["instances"].as_array()?.iter().filter(is_ours).collect();
    dice.pick(&ours)?["instanceId"].as_str().map(str::to_owned)
}

/// Asks once, and notes what was said.
async fn ask(load: &Load, instance: &str, what: What) -> Said {
    let (method, path, body) = match what {
        What::SetVariable(number) => (Method::PUT, "variables", json!({variable(number): number})),
        what => (Method::POST, what.name(), json!({})),
    };
    let answer = load.client.once(method, &format!("/instances/{instance}/{path}"), &body).await;
    let said = match answer {
        Some((200..=299, _)) => Said::Yes,
        Some((status, _)) if status < 500 => Said::No,
        _ => Said::Unknown,
    };
    let operation = Operation { instance: instance.to_owned(), what, said };
    load.with_ledger(|ledger| ledger.operations.push(operation));
    said
}

async fn suspend_for(operators: Arc<Operators>, instance: String, pause: Duration) {
    let load = &operators.load;
    if !operators.asleep().insert(instance.clone()) {
        return; // another is at it
    }
    if ask(load, &instance, What::Suspend).await != Said::No {
        tokio::time::sleep(pause).await;
        while ask(load, &instance, What::Resume).await == Said::Unknown {
            tokio::time::sleep(Duration::from_millis(300)).await;
        }
    }
    operators.asleep().remove(&instance);
}

/// Incidents are what some jobs come to.
async fn resolve(load: &Load) {
    let Some((_, found)) = load.client.once(Method::GET, "/incidents?limit=50", &Value::Null).await else { return };
    for incident in found["incidents"].as_array().into_iter().flatten() {
        let id = incident["id"].as_str().unwrap_or_default();
        load.client.once(Method::POST, &format!("/incidents/{id}/resolve"), &json!({})).await;
    }
}

async fn look_as_stranger(load: &Load, instance: &str) {
    if let Some(200..=299) = load.client.as_stranger(&format!("/instances/{instance}")).await {
        load.with_ledger(|ledger| ledger.leaks.push(instance.to_owned()));
    }
}
