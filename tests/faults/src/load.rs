//! The load: instances of all processes, so many at a time, started and served through the gateways; and the client's
//! ledger of what was asked and answered.

use crate::{
    client::Client,
    dice::{Dice, mix},
    live::{self, Transcript},
    operator::Operation,
    process::{BEGIN, BY_MESSAGE, DECISION, Expected, Process, coin},
    system::System,
};
use serde_json::{Value, json};
use std::{
    collections::{BTreeMap, HashSet},
    fs::File,
    io::Write,
    path::Path,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering},
    },
    time::Duration,
};
use tokio::task::JoinSet;

const STARTERS: usize = 12;
const HOUR_MS: u64 = 3_600_000;
/// How business keys begin.
pub const STARTED_BY: &str = "order-";

/// What the client knows, and nobody else.
#[derive(Default)]
pub struct Ledger {
    pub starts: BTreeMap<String, Start>,
    /// Who was told that he has completed a user task.
    pub completions: BTreeMap<String, Vec<String>>,
    pub operations: Vec<Operation>,
    /// Instances that one of another tenant was shown.
    pub leaks: Vec<String>,
}

#[derive(Clone)]
pub struct Start {
    pub process: usize,
    pub seed: u64,
    pub answer: Answer,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// It was asked, and there is no answer.
    Unknown,
    /// The instance.
    Yes(String),
    /// The message that starts it was taken.
    Published,
    /// Refused for good, which no fault excuses.
    No(String),
}

pub struct Load {
    pub processes: Vec<Process>,
    pub client: Client,
    seed: u64,
    ledger: Mutex<Ledger>,
    file: Mutex<File>,
    next: AtomicU64,
    active: AtomicUsize,
    at_once: usize,
    stop: AtomicBool,
    /// Those who follow instances live.
    followers: Mutex<JoinSet<Transcript>>,
}

impl Load {
    pub fn new(system: &System, seed: u64, at_once: usize, processes: Vec<Process>) -> anyhow::Result<Arc<Load>> {
        Ok(Arc::new(Load {
            processes,
            client: Client::new(system)?,
            seed,
            ledger: Mutex::default(),
            file: Mutex::new(File::create(system.folder.join("client.jsonl"))?),
            next: AtomicU64::new(0),
            active: AtomicUsize::new(0),
            at_once,
            stop: AtomicBool::new(false),
            followers: Mutex::default(),
        }))
    }

    pub async fn deploy(&self) -> anyhow::Result<()> {
        let called = Process::called();
        let file = |process: &Process| json!({"name": format!("{}.yaml", process.id), "content": process.yaml});
        let decision = json!({"name": "faults-decision.yaml", "content": DECISION});
        let files: Vec<Value> = called.iter().chain(&self.processes).map(file).chain([decision]).collect();
        let (status, answer) = self.client.post("/deployments", &json!({"files": files}), None).await?;
        anyhow::ensure!(status == 201, "deploying: {status} {answer:#}");
        Ok(())
    }

    /// Starts instances until told to stop; all have their answers when this returns.
    pub async fn run(self: Arc<Self>) {
        let mut starters = JoinSet::new();
        for _ in 0..STARTERS {
            starters.spawn(self.clone().keep_starting());
        }
        while starters.join_next().await.is_some() {}
    }

    pub fn is_stopped(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }

    pub fn stop(&self) {
        self.stop.store(true, Ordering::Relaxed);
    }

    async fn keep_starting(self: Arc<Self>) {
        while !self.stop.load(Ordering::Relaxed) {
            if self.active.load(Ordering::Relaxed) < self.at_once {
                self.active.fetch_add(1, Ordering::Relaxed);
                self.start_one().await;
            } else {
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        }
    }

    /// Starts an instance of any process.
    pub async fn start_one(self: &Arc<Self>) -> Option<String> {
        self.start(None).await
    }

    /// Starts an instance and sends the messages that it waits for; some are sent before it is there.
    pub async fn start(self: &Arc<Self>, process: Option<usize>) -> Option<String> {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let mut dice = Dice::new(mix(self.seed, number), "instance");
        let any = dice.below(self.processes.len() as u64) as usize;
        let process = process.unwrap_or(any);
        let (seed, key) = (dice.below(1 << 40), format!("{STARTED_BY}{number}"));
        self.note(&key, Start { process, seed, answer: Answer::Unknown });
        let expected = self.processes[process].expected(seed);
        let publish = self.publish(&key, expected);
        let twice = dice.chance(10);
        let start = async {
            if self.processes[process].id == BY_MESSAGE {
                return self.start_by_message(&key, seed).await;
            }
            let again = async { if twice { self.ask_to_start(&key, process, seed).await } else { Answer::Unknown } };
            // whichever came first, both get the same answer, or the ledger has an instance that is not there
            match tokio::join!(self.ask_to_start(&key, process, seed), again) {
                (Answer::Unknown, again) => again,
                (answer, _) => answer,
            }
        };
        let answer = if dice.chance(50) {
            tokio::join!(start, publish).0
        } else {
            let answer = start.await;
            publish.await;
            answer
        };
        self.note(&key, Start { process, seed, answer: answer.clone() });
        match answer {
            Answer::Yes(instance) => {
                if dice.chance(8) {
                    self.clone().follow(instance.clone());
                }
                Some(instance)
            }
            Answer::Published => Some(key),
            _ => None,
        }
    }

    fn follow(self: Arc<Self>, instance: String) {
        let load = self.clone();
        let follower = async move { live::follow(&load.client, &instance).await };
        self.followers.lock().unwrap_or_else(PoisonError::into_inner).spawn(follower);
    }

    /// What the followers were told; all instances have ended.
    pub async fn transcripts(&self) -> Vec<Transcript> {
        let followers = std::mem::take(&mut *self.followers.lock().unwrap_or_else(PoisonError::into_inner));
        followers.join_all().await
    }

    async fn ask_to_start(&self, key: &str, process: usize, seed: u64) -> Answer {
        let body = json!({
            "processId": self.processes[process].id,
            "businessKey": key,
            "variables": {"seed": seed, "coin": coin(seed), "order": key},
        });
        match self.client.post("/instances", &body, Some(key)).await {
            Ok((201, answer)) => Answer::Yes(answer["instanceId"].as_str().unwrap_or_default().to_owned()),
            Ok((status, answer)) => Answer::No(format!("{status} {answer}")),
            Err(_) => Answer::Unknown,
        }
    }

    async fn start_by_message(&self, key: &str, seed: u64) -> Answer {
        let variables = json!({"seed": seed, "coin": coin(seed), "order": key});
        let body =
            json!({"name": BEGIN, "correlationKey": key, "ttlMs": HOUR_MS, "messageId": key, "variables": variables});
        self.send(&body).await
    }

    async fn publish(&self, key: &str, expected: Expected) {
        for name in expected.messages {
            let id = format!("{key}/{name}");
            self.send(&json!({"name": name, "correlationKey": key, "ttlMs": HOUR_MS, "messageId": id})).await;
        }
    }

    /// Every message twice, under the same id.
    async fn send(&self, message: &Value) -> Answer {
        let post = || self.client.post("/messages", message, None);
        let (one, two) = tokio::join!(post(), post());
        match one.or(two) {
            Ok((200, _)) => Answer::Published,
            Ok((status, answer)) => Answer::No(format!("{status} {answer}")),
            Err(_) => Answer::Unknown,
        }
    }

    fn note(&self, key: &str, start: Start) {
        let line = json!({"key": key, "process": self.processes[start.process].id, "seed": start.seed,
            "answer": format!("{:?}", start.answer)});
        let _ = writeln!(self.file.lock().unwrap_or_else(PoisonError::into_inner), "{line}");
        self.with_ledger(|ledger| ledger.starts.insert(key.to_owned(), start));
    }

    pub fn with_ledger<T>(&self, act: impl FnOnce(&mut Ledger) -> T) -> T {
        act(&mut self.ledger.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// How many the database says are active; counted by the watcher, since a client that only starts does not know.
    pub fn are_active(&self, count: usize) {
        self.active.store(count, Ordering::Relaxed);
    }

    pub fn count(&self) -> u64 {
        self.next.load(Ordering::Relaxed)
    }

    /// Does user tasks until aborted, as two people would who both want to be the one.
    pub async fn do_tasks(self: Arc<Self>) {
        let mut done = HashSet::new();
        let mut doing = JoinSet::new();
        loop {
            let found = self.client.get("/user-tasks?user=ada&groups=people&limit=200").await.unwrap_or(Value::Null);
            for task in found["tasks"].as_array().into_iter().flatten() {
                let id = task["id"].as_str().unwrap_or_default().to_owned();
                if done.insert(id.clone()) {
                    doing.spawn(self.clone().complete(id));
                }
            }
            while doing.try_join_next().is_some() {}
            tokio::time::sleep(Duration::from_millis(300)).await;
        }
    }

    async fn complete(self: Arc<Self>, id: String) {
        let people: &[&str] = if crate::dice::hash(&id).is_multiple_of(3) { &["ada", "bob"] } else { &["ada"] };
        let asked = people.iter().map(|person| self.complete_as(&id, person));
        let won: Vec<String> = futures::future::join_all(asked).await.into_iter().flatten().collect();
        self.with_ledger(|ledger| ledger.completions.entry(id).or_default().extend(won));
    }

    /// The person, when the answer is yes.
    async fn complete_as(&self, id: &str, person: &str) -> Option<String> {
        let key = format!("{id}/{person}");
        let path = format!("/user-tasks/{id}/complete");
        loop {
            match self.client.post(&path, &json!({"by": person, "variables": {}}), Some(&key)).await {
                Ok((200, _)) => return Some(person.to_owned()),
                Ok((409, answer)) if answer["code"] == "SUSPENDED" => {
                    tokio::time::sleep(Duration::from_millis(300)).await
                }
                _ => return None,
            }
        }
    }
}

/// Keeps the load's count of active instances.
pub async fn watch_active(load: Arc<Load>, system: Arc<System>) {
    loop {
        if let Ok(sql) = system.sql().await {
            let query = "SELECT count(*) FROM instance WHERE state = 0 AND parent IS NULL";
            while let Ok(row) = sql.query_one(query, &[]).await {
                load.are_active(row.get::<_, i64>(0) as usize);
                tokio::time::sleep(Duration::from_millis(250)).await;
            }
        }
        tokio::time::sleep(Duration::from_millis(250)).await;
    }
}

/// Where a run's files are, for people.
pub fn describe(folder: &Path) -> String {
    format!("ledgers, logs and the timeline are in {}", folder.display())
}
