//! What must hold when everything is healed and drained, whatever broke before.

use super::{clients::Started, workers::Ledger};
use crate::{convert, definitions::Definitions};
use faults::process::COUNTED;
use prost::Message;
use proto::{Event, EventBatch, event::Kind};
use std::collections::{BTreeMap, HashSet};
use store_model::{Model, Value};
use uuid::Uuid;

/// Tables in which nothing is left of what has ended.
const EMPTY: [&str; 9] = [
    "job",
    "timer",
    "message_subscription",
    "message_start_lock",
    "signal_subscription",
    "incident",
    "command",
    "suspended_instance",
    "instance_page",
];

/// The year 2000, from which Postgres counts, in microseconds since 1970.
const POSTGRES_EPOCH: i64 = 946_684_800_000_000;

/// A row of `instance`, as far as it is looked at.
struct Instance {
    id: Uuid,
    definition: Uuid,
    state: i64,
    version: i64,
    parent: Option<Uuid>,
}

fn instances(model: &Model) -> Vec<Instance> {
    let read = |row: Vec<Value>| {
        let [Value::Uuid(id), _, Value::Uuid(definition), state, version, _, _, parent, ..] = row.as_slice() else {
            return None;
        };
        let parent = if let Value::Uuid(parent) = parent { Some(*parent) } else { None };
        Some(Instance { id: *id, definition: *definition, state: state.int(), version: version.int(), parent })
    };
    model.rows("instance").into_iter().filter_map(read).collect()
}

/// Whether nothing is left to be done.
pub fn is_quiet(model: &Model) -> bool {
    instances(model).iter().all(|instance| instance.state != 0)
        && EMPTY.iter().all(|table| model.rows(table).is_empty())
}

pub struct Checker<'a> {
    pub model: &'a Model,
    pub definitions: &'a Definitions,
    pub ledger: &'a Ledger,
    pub started: &'a BTreeMap<Uuid, Started>,
}

impl Checker<'_> {
    /// Everything that does not hold.
    pub async fn check(&self) -> Vec<String> {
        let mut wrong = Vec::new();
        self.nothing_is_left(&mut wrong);
        let instances = instances(self.model);
        for (id, started) in self.started {
            match instances.iter().find(|instance| instance.id == *id) {
                Some(instance) => self.as_expected(instance, started, &instances, &mut wrong).await,
                None => wrong.push(format!("I1: {id} was started, and is not there (seed {})", started.seed)),
            }
        }
        for instance in &instances {
            if instance.parent.is_none() && !self.started.contains_key(&instance.id) {
                wrong.push(format!("I1: nobody has started {}", instance.id));
            }
            if let Some(parent) = instance.parent.filter(|parent| !instances.iter().any(|one| one.id == *parent)) {
                wrong.push(format!("I10: {} was called by {parent}, which is not there", instance.id));
            }
            if instance.state == 0 {
                wrong.push(format!("I2: {} does not end; {:?}", instance.id, self.last(instance.id)));
            }
            self.history(instance).await.map_or_else(|why| wrong.push(why), drop);
        }
        wrong
    }

    fn last(&self, instance: Uuid) -> Option<Kind> {
        self.events(instance).ok().and_then(|events| events.into_iter().last()).and_then(|event| event.kind)
    }

    fn nothing_is_left(&self, wrong: &mut Vec<String>) {
        for table in EMPTY {
            let rows = self.model.rows(table);
            if let Some(first) = rows.first() {
                wrong.push(format!(
                    "I10: {} rows are left in `{table}`: {:?}",
                    rows.len(),
                    &first[..first.len().min(4)]
                ));
            }
        }
        let open = self.model.rows("user_task").iter().filter(|task| task[11].int() == 0).count();
        if open > 0 {
            wrong.push(format!("I14: {open} user tasks are open"));
        }
    }

    /// With the time at which each was written, in milliseconds since 1970.
    fn written(&self, instance: Uuid) -> Result<Vec<(Event, i64)>, String> {
        let mut events = Vec::new();
        for row in self.model.rows("history") {
            if row[0] != Value::Uuid(instance) {
                continue;
            }
            let batch = EventBatch::decode(row[4].bytes()).map_err(|error| format!("history: {error}"))?;
            let (first, last) = (row[1].int(), row[3].int());
            if first != events.len() as i64 + 1 || last + 1 - first != batch.events.len() as i64 {
                return Err(format!("I4: history of {instance} has {first} to {last} after {}", events.len()));
            }
            // by the server's clock: what an event says may be made to fit
            let written = (row[5].time() + POSTGRES_EPOCH) / 1000;
            events.extend(batch.events.into_iter().map(|event| (event, written)));
        }
        Ok(events)
    }

    fn events(&self, instance: Uuid) -> Result<Vec<Event>, String> {
        Ok(self.written(instance)?.into_iter().map(|(event, _)| event).collect())
    }

    /// No gaps, the version is that of the last, and what begins also ends.
    async fn history(&self, instance: &Instance) -> Result<(), String> {
        let events = self.written(instance.id)?;
        if events.len() as i64 != instance.version {
            return Err(format!("I5: {} is at {}, history at {}", instance.id, instance.version, events.len()));
        }
        let (mut alive, mut jobs) = (HashSet::new(), BTreeMap::new());
        let mut timers: BTreeMap<(u64, u32), i64> = BTreeMap::new();
        for (event, written) in &events {
            let say = |what: &str| Err(format!("{what} {} of {}", event.key, instance.id));
            match event.kind.as_ref() {
                Some(Kind::ElementActivated(_)) if !alive.insert(event.key) => return say("I11: twice activated:"),
                Some(Kind::ElementCompleted(_) | Kind::ElementTerminated(_)) if !alive.remove(&event.key) => {
                    return say("I11: ended, and was not alive:");
                }
                Some(Kind::JobCreated(_)) => drop(jobs.insert(event.key, 1)),
                Some(Kind::JobRetried(_)) => *jobs.entry(event.key).or_default() += 1,
                Some(Kind::JobCompleted(done)) => {
                    if jobs.remove(&event.key) != Some(done.attempt) {
                        return say("I7: a result was accepted that was not wanted, of");
                    }
                    self.was_done(instance, event.key, done.attempt, &["completed"])?;
                }
                Some(Kind::JobFailed(failed)) => {
                    self.was_done(instance, event.key, failed.attempt, &["failed", "declined"])?;
                }
                Some(Kind::TimerScheduled(timer)) => drop(timers.insert((event.key, timer.target), timer.due)),
                Some(Kind::TimerFired(fired)) => match timers.remove(&(event.key, fired.target)) {
                    Some(due) if due <= event.at && due <= *written => {}
                    _ => return say("I13: fired too early, or without being set: the timer of"),
                },
                _ => {}
            }
        }
        match alive.is_empty() || instance.state == 0 {
            true => Ok(()),
            false => Err(format!("I11: {} has ended, and {alive:?} live on", instance.id)),
        }
    }

    /// What was accepted is what a worker has really done, in that attempt.
    fn was_done(&self, instance: &Instance, key: u64, attempt: u32, what: &[&str]) -> Result<(), String> {
        let job = convert::id(instance.id, key);
        match self.ledger.of(&job, attempt) {
            Some(done) if what.contains(&done) => Ok(()),
            other => Err(format!("I8: {job}, attempt {attempt}: {what:?} was accepted, a worker has {other:?}")),
        }
    }

    async fn as_expected(&self, instance: &Instance, started: &Started, all: &[Instance], wrong: &mut Vec<String>) {
        let expected = &started.expected;
        let name = format!("{} (`{}`, seed {})", instance.id, started.process, started.seed);
        if !matches!(instance.state, 0 | 1) {
            wrong.push(format!("I3: {name} has not completed but is in state {}", instance.state));
        }
        let Ok(events) = self.events(instance.id) else { return };
        let Ok(definition) = self.definitions.get(instance.definition).await else {
            return wrong.push(format!("I3: the definition of {name} cannot be read"));
        };
        let element = |event: &Event| {
            let index = event.element.and_then(|index| definition.element(index));
            index.map(|element| element.id.clone()).unwrap_or_default()
        };
        let mut happened: BTreeMap<(&str, String), u32> = BTreeMap::new();
        let mut attempts = BTreeMap::new();
        for event in &events {
            let Some(kind) = event.kind.as_ref().and_then(counted) else { continue };
            *happened.entry((kind, element(event))).or_default() += 1;
            if let Some(Kind::JobCompleted(done)) = &event.kind {
                attempts.insert(element(event), done.attempt);
            }
        }
        if (&happened, &attempts) != (&expected.happens, &expected.attempts) {
            wrong.push(format!("I3: in {name} happened {happened:?} {attempts:?}, expected {expected:?}"));
        }
        let called = all.iter().filter(|one| one.parent == Some(instance.id)).count();
        if called != expected.calls as usize {
            wrong.push(format!("I3: {name} called {called} instances, expected {}", expected.calls));
        }
    }
}

fn counted(kind: &Kind) -> Option<&'static str> {
    let place = match kind {
        Kind::JobCompleted(_) => 0,
        Kind::UserTaskCompleted(_) => 1,
        Kind::MessageReceived(_) => 2,
        Kind::ChildEnded(_) => 3,
        Kind::TimerFired(_) => 4,
        Kind::SignalReceived(_) => return Some("signalReceived"),
        Kind::IncidentResolved(_) => return Some("incidentResolved"),
        _ => return None,
    };
    Some(COUNTED[place])
}
