//! What the engine has ordered outside and not called off: kept from its effects alone, and compared with its state.

use interpreter::instance::Subscription;
use interpreter::{Effect, ElementIndex, Instance, InstanceId, InstanceState, Key, Timestamp};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap};

/// What comes due: an answer to something ordered.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Due {
    Job(Key, u32),
    Retry(Key),
    Timer(Key, ElementIndex),
    Message(Key, ElementIndex, String),
    Person(Key),
    Child(Key, InstanceId),
    Escalation(Key, InstanceId, u8),
    Incident(Key),
    /// To all that listen.
    Signal(String),
    Flag(String, bool),
}

#[derive(Default)]
pub struct Outside {
    queue: BinaryHeap<Reverse<(i64, u64, Due)>>,
    scheduled: u64,
    jobs: BTreeSet<(Key, u32)>,
    timers: BTreeMap<(Key, ElementIndex), Timestamp>,
    subscriptions: BTreeMap<(Key, ElementIndex), String>,
    signals: BTreeMap<(Key, ElementIndex), String>,
    people: BTreeSet<Key>,
    children: BTreeMap<Key, InstanceId>,
    incidents: BTreeSet<Key>,
}

impl Outside {
    pub fn schedule(&mut self, at: i64, due: Due) {
        self.scheduled += 1;
        self.queue.push(Reverse((at, self.scheduled, due)));
    }

    pub fn next(&mut self) -> Option<(i64, Due)> {
        self.queue.pop().map(|Reverse((at, _, due))| (at, due))
    }

    /// Takes note of an effect; what it orders, if it does.
    pub fn note(&mut self, effect: &Effect) -> Option<Due> {
        match effect {
            Effect::CreateJob { key, attempt, .. } => {
                self.jobs.insert((*key, *attempt));
                return Some(Due::Job(*key, *attempt));
            }
            Effect::RemoveJob { key, attempt, .. } => drop(self.jobs.remove(&(*key, *attempt))),
            Effect::ScheduleRetry { key, .. } => return Some(Due::Retry(*key)),
            Effect::ScheduleTimer { key, target, due } => {
                self.timers.insert((*key, *target), *due);
                return Some(Due::Timer(*key, *target));
            }
            Effect::CancelTimer { key, target } => drop(self.timers.remove(&(*key, *target))),
            Effect::OpenSubscription { key, target, message_name, .. } => {
                self.subscriptions.insert((*key, *target), message_name.clone());
                return Some(Due::Message(*key, *target, message_name.clone()));
            }
            Effect::CloseSubscription { key, target } => drop(self.subscriptions.remove(&(*key, *target))),
            Effect::OpenSignalSubscription { key, target, signal_name } => {
                self.signals.insert((*key, *target), signal_name.clone());
            }
            Effect::CloseSignalSubscription { key, target } => drop(self.signals.remove(&(*key, *target))),
            Effect::OpenUserTask { key, .. } => {
                self.people.insert(*key);
                return Some(Due::Person(*key));
            }
            Effect::CloseUserTask { key, .. } => drop(self.people.remove(key)),
            Effect::StartChild { key, child, .. } => {
                self.children.insert(*key, *child);
                return Some(Due::Child(*key, *child));
            }
            Effect::CancelChild { child } => self.children.retain(|_, called| called != child),
            Effect::RaiseIncident { incident, .. } => {
                self.incidents.insert(*incident);
                return Some(Due::Incident(*incident));
            }
            Effect::CloseIncident { incident } => drop(self.incidents.remove(incident)),
            _ => {}
        }
        None
    }

    /// Whether what has come due is still waited for. What comes once, is used up.
    pub fn is_wanted(&mut self, due: &Due, instance: &Instance) -> bool {
        match due {
            Due::Job(key, attempt) => self.jobs.contains(&(*key, *attempt)),
            Due::Retry(key) => {
                let job = instance.element(*key).and_then(|element| element.job.as_ref());
                job.is_some_and(|job| job.retry_at.is_some())
            }
            Due::Timer(key, target) => self.timers.remove(&(*key, *target)).is_some(),
            // Delivering it uses the subscription up; who goes on waiting asks for the next one.
            Due::Message(key, target, _) => self.subscriptions.remove(&(*key, *target)).is_some(),
            Due::Person(key) => self.people.contains(key),
            Due::Child(key, child) => {
                let is_wanted = self.children.get(key) == Some(child);
                if is_wanted {
                    self.children.remove(key);
                }
                is_wanted
            }
            Due::Escalation(key, child, _) => self.children.get(key) == Some(child),
            Due::Incident(incident) => self.incidents.contains(incident),
            Due::Flag(..) => true,
            Due::Signal(name) => self.signals.values().any(|listened| listened == name),
        }
    }

    /// Whether the state waits for exactly what is ordered outside. When the instance has ended, for nothing.
    pub fn compare(&self, instance: &Instance) -> Result<(), String> {
        let elements = || instance.elements.iter();
        let open = |job: &interpreter::instance::Job| job.retries_left > 0 && job.retry_at.is_none();
        let jobs =
            elements().filter_map(|(key, it)| it.job.as_ref().filter(|job| open(job)).map(|job| (*key, job.attempt)));
        same("jobs", &self.jobs, &jobs.collect())?;
        let waits = || elements().map(|(key, it)| (*key, &it.waits)).chain([(Key::ROOT, &instance.waits)]);
        let timers =
            waits().flat_map(|(key, it)| it.timers.iter().map(move |(target, timer)| ((key, *target), timer.due)));
        same("timers", &self.timers, &timers.collect())?;
        let names = |(target, it): (&ElementIndex, &Subscription)| (*target, it.message_name.clone());
        let subscriptions = waits()
            .flat_map(|(key, it)| it.subscriptions.iter().map(names).map(move |(target, name)| ((key, target), name)));
        same("subscriptions", &self.subscriptions, &subscriptions.collect())?;
        let signals =
            waits().flat_map(|(key, it)| it.signals.iter().map(move |(target, name)| ((key, *target), name.clone())));
        same("signals", &self.signals, &signals.collect())?;
        same("user tasks", &self.people, &elements().filter(|(_, it)| it.user_task).map(|(key, _)| *key).collect())?;
        let children = elements().filter_map(|(key, it)| it.child.map(|child| (*key, child)));
        same("called instances", &self.children, &children.collect())?;
        same("incidents", &self.incidents, &instance.incidents.keys().copied().collect())?;
        if instance.state != InstanceState::Active && !instance.elements.is_empty() {
            return Err("an ended instance has active elements".to_owned());
        }
        Ok(())
    }
}

fn same<T: PartialEq + std::fmt::Debug>(what: &str, outside: &T, inside: &T) -> Result<(), String> {
    match outside == inside {
        true => Ok(()),
        false => Err(format!("{what} ordered outside: {outside:?}; waited for in the state: {inside:?}")),
    }
}
