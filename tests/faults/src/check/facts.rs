//! What there is after a run: read through the API, from the tables, and from the workers' ledgers.

use crate::{client::Client, system::System, worker};
use futures::{StreamExt, TryStreamExt, stream};
use serde_json::{Map, Value};
use std::collections::{BTreeMap, HashMap};

#[derive(Default)]
pub struct Facts {
    /// By id.
    pub instances: BTreeMap<String, Instance>,
    /// Executions that had their effect, by run.
    pub effects: HashMap<String, worker::Line>,
    /// Results of attempts that were over: those that were refused, and those that were taken.
    pub forged: [usize; 2],
    /// What the audit log has.
    pub audit: Vec<Audited>,
    /// Rows that should not be there any more, of each table.
    pub left_over: Vec<Table>,
    /// Messages in the stream of jobs.
    pub messages: u64,
    /// Rows of another tenant than ours.
    pub foreign: i64,
}

/// A row of the audit log that says `done`.
#[derive(Debug, Clone)]
pub struct Audited {
    pub instance: String,
    pub operation: String,
    pub arguments: String,
}

pub struct Table {
    pub name: &'static str,
    pub rows: i64,
}

#[derive(Default, Clone)]
pub struct Instance {
    pub id: String,
    pub business_key: Option<String>,
    pub parent: Option<String>,
    /// As the table has it.
    pub state: i16,
    pub version: i64,
    pub variables: BTreeMap<String, Value>,
    /// The rows of its history.
    pub batches: Vec<Batch>,
    /// As the API tells it.
    pub events: Vec<Event>,
    pub api_state: String,
    pub api_variables: Value,
}

/// A row of history: its first and last event, and when it was written.
#[derive(Default, Clone, Copy, Debug)]
pub struct Batch {
    pub first: i64,
    pub last: i64,
    pub at: jiff::Timestamp,
}

#[derive(Default, Clone, Debug)]
pub struct Event {
    pub seq: i64,
    pub kind: String,
    pub at: jiff::Timestamp,
    pub key: u64,
    pub element: String,
    pub fields: Map<String, Value>,
}

impl Instance {
    /// What it was started for: its business key, or what the message brought that started it.
    pub fn order(&self) -> Option<&str> {
        self.business_key.as_deref().or_else(|| self.variables.get("order")?.as_str())
    }
}

impl Event {
    pub fn number(&self, field: &str) -> u64 {
        self.fields.get(field).and_then(Value::as_u64).unwrap_or_default()
    }
}

/// Asked at once of the API.
const AT_ONCE: usize = 8;

impl Facts {
    pub async fn gather(system: &System, client: &Client) -> anyhow::Result<Facts> {
        let mut facts = Facts { left_over: left_over(system).await?, ..Facts::default() };
        facts.instances = instances(system).await?;
        let asked = stream::iter(facts.instances.into_values()).map(|instance| ask(client, instance));
        let told: Vec<Instance> = asked.buffer_unordered(AT_ONCE).try_collect().await?;
        facts.instances = told.into_iter().map(|instance| (instance.id.clone(), instance)).collect();
        for part in &system.workers {
            let path = system.folder.join("ledgers").join(format!("{}.jsonl", part.program.name));
            let lines = worker::read(&path);
            lines.iter().filter_map(|line| line.forged).for_each(|taken| facts.forged[usize::from(taken)] += 1);
            let lines = lines.into_iter();
            facts.effects.extend(lines.filter_map(|line| Some((line.effect.clone()?, line))));
        }
        facts.audit = audit(system).await?;
        let nats = system.servers.nats.connect().await?;
        let stream = async_nats::jetstream::new(nats).get_stream("JOBS").await?;
        facts.messages = stream.cached_info().state.messages;
        let foreign = "SELECT count(*) FROM instance WHERE tenant <> 'faults'";
        facts.foreign = system.sql().await?.query_one(foreign, &[]).await?.get(0);
        Ok(facts)
    }

    /// Executions beyond the first of the same attempt.
    pub fn repeated(&self) -> usize {
        let mut attempts: HashMap<(&str, u32), usize> = HashMap::new();
        for line in self.effects.values() {
            *attempts.entry((&line.job, line.attempt)).or_default() += 1;
        }
        attempts.values().map(|count| count - 1).sum()
    }
}

async fn instances(system: &System) -> anyhow::Result<BTreeMap<String, Instance>> {
    let sql = system.sql().await?;
    let query = "SELECT id::text, business_key, parent::text, state, version FROM instance";
    let mut instances = BTreeMap::new();
    for row in sql.query(query, &[]).await? {
        let id: String = row.get(0);
        let instance = Instance {
            id: id.clone(),
            business_key: row.get(1),
            parent: row.get(2),
            state: row.get(3),
            version: row.get(4),
            ..Instance::default()
        };
        instances.insert(id, instance);
    }
    let query = "SELECT instance::text, name, convert_from(value, 'UTF8') FROM variable WHERE scope = 0";
    for row in sql.query(query, &[]).await? {
        if let Some(instance) = instances.get_mut(row.get::<_, &str>(0)) {
            instance.variables.insert(row.get(1), serde_json::from_str(row.get(2))?);
        }
    }
    let query = "SELECT instance::text, first_seq, last_seq, (extract(epoch FROM at) * 1000)::bigint FROM history \
                 ORDER BY instance, first_seq";
    for row in sql.query(query, &[]).await? {
        // history of nobody is an instance of its own, which the rules will find
        let at = jiff::Timestamp::from_millisecond(row.get(3)).unwrap_or_default();
        let batch = Batch { first: row.get(1), last: row.get(2), at };
        instances.entry(row.get(0)).or_default().batches.push(batch);
    }
    Ok(instances)
}

async fn audit(system: &System) -> anyhow::Result<Vec<Audited>> {
    let query = "SELECT coalesce(instance::text, ''), operation, arguments FROM audit WHERE outcome = 'done'";
    let rows = system.sql().await?.query(query, &[]).await?;
    let read =
        |row: &tokio_postgres::Row| Audited { instance: row.get(0), operation: row.get(1), arguments: row.get(2) };
    Ok(rows.iter().map(read).collect())
}

/// What must be empty when everything has ended.
async fn left_over(system: &System) -> anyhow::Result<Vec<Table>> {
    let sql = system.sql().await?;
    let mut tables = Vec::new();
    for (name, query) in [
        ("job", "SELECT count(*) FROM job"),
        ("timer", "SELECT count(*) FROM timer"),
        ("command", "SELECT count(*) FROM command"),
        ("message_subscription", "SELECT count(*) FROM message_subscription"),
        ("signal_subscription", "SELECT count(*) FROM signal_subscription"),
        ("message_start_lock", "SELECT count(*) FROM message_start_lock"),
        ("incident", "SELECT count(*) FROM incident"),
        ("suspended_instance", "SELECT count(*) FROM suspended_instance"),
        ("instance_page", "SELECT count(*) FROM instance_page"),
        ("variable of a scope that is over", "SELECT count(*) FROM variable WHERE scope <> 0"),
        ("user_task that is open", "SELECT count(*) FROM user_task WHERE state = 0"),
    ] {
        tables.push(Table { name, rows: sql.query_one(query, &[]).await?.get(0) });
    }
    Ok(tables)
}

async fn ask(client: &Client, mut instance: Instance) -> anyhow::Result<Instance> {
    let answer = client.get(&format!("/instances/{}", instance.id)).await?;
    instance.api_state = answer["instance"]["state"].as_str().unwrap_or_default().to_owned();
    instance.api_variables = answer["variables"].clone();
    // small ones are a part of the instance's state and have no rows: then what the API shows is compared with history
    if let (true, Value::Object(shown)) = (instance.variables.is_empty(), &instance.api_variables) {
        instance.variables = shown.iter().map(|(name, value)| (name.clone(), value.clone())).collect();
    }
    loop {
        let from = instance.events.last().map_or(1, |event| event.seq + 1);
        let page = client.get(&format!("/instances/{}/history?from={from}&limit=1000", instance.id)).await?;
        let before = instance.events.len();
        for batch in page["batches"].as_array().into_iter().flatten() {
            let first = batch["firstSeq"].as_i64().unwrap_or_default();
            let events = batch["events"].as_array().into_iter().flatten().zip(first..);
            let new = events.filter(|(_, seq)| *seq >= from);
            instance.events.extend(new.map(|(event, seq)| read_event(event, seq)));
        }
        if page["more"] != true || instance.events.len() == before {
            return Ok(instance);
        }
    }
}

pub fn read_event(event: &Value, seq: i64) -> Event {
    let text = |field: &str| event[field].as_str().unwrap_or_default().to_owned();
    Event {
        seq,
        kind: text("type"),
        at: text("at").parse().unwrap_or_default(),
        key: event["key"].as_u64().unwrap_or_default(),
        element: text("elementId"),
        fields: event.as_object().cloned().unwrap_or_default(),
    }
}
