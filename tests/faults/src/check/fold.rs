//! Folding the history of an instance, by rules that are not the engine's code.

use super::{Event, Instance};
use serde_json::Value;
use std::collections::{BTreeMap, HashMap, HashSet};

/// What the history says of the end.
#[derive(Default)]
pub struct Folded {
    pub variables: BTreeMap<String, Value>,
    /// The event that ended it.
    pub end: Option<String>,
    /// How often which event happened at which element.
    pub happened: HashMap<(String, String), u32>,
    /// The attempts that completed the jobs of each element.
    pub attempts: HashMap<String, Vec<u32>>,
}

#[derive(Default)]
struct Alive {
    elements: HashSet<u64>,
    /// The present attempt of each job; 0: it has its result.
    jobs: HashMap<u64, u64>,
    /// When each timer of a key is due.
    timers: HashMap<u64, Vec<jiff::Timestamp>>,
}

const ENDS: [&str; 4] = ["instanceCompleted", "instanceTerminated", "instanceCanceled", "instanceFailed"];

/// Adds what does not hold to `wrong`.
pub fn fold(instance: &Instance, wrong: &mut Vec<String>) -> Folded {
    let (mut folded, mut alive) = (Folded::default(), Alive::default());
    let mut say = |text: String| wrong.push(format!("{text} (instance {})", instance.id));
    early(instance).for_each(&mut say);
    for (event, expected) in instance.events.iter().zip(1..) {
        if event.seq != expected {
            say(format!("I4: event {} stands where {expected} should", event.seq));
            break;
        }
        if let Some(end) = &folded.end {
            say(format!("I11: {} after {end}", event.kind));
        }
        *folded.happened.entry((event.kind.clone(), event.element.clone())).or_default() += 1;
        if let Err(text) = alive.apply(event) {
            say(text);
        }
        remember(event, &mut folded);
    }
    if folded.end.is_some() {
        alive.left().into_iter().for_each(say);
    }
    folded
}

/// The clocks by which rows are written may differ by so much.
const MARGIN: jiff::SignedDuration = jiff::SignedDuration::from_millis(300);

/// I13, by the rows: what an event says of its time cannot be later than when it was written.
fn early(instance: &Instance) -> impl Iterator<Item = String> {
    let row = |event: &Event| instance.batches.iter().find(|row| row.first <= event.seq && event.seq <= row.last);
    let fired = instance.events.iter().filter(|event| event.kind == "timerFired");
    let early = fired.filter(move |event| row(event).is_some_and(|row| row.at + MARGIN < event.at));
    early.map(|event| format!("I13: the timer of {} fired before its time, by its row", event.element))
}

fn remember(event: &Event, folded: &mut Folded) {
    match event.kind.as_str() {
        "variableSet" if event.key == 0 => {
            let name = event.fields.get("name").and_then(Value::as_str).unwrap_or_default().to_owned();
            folded.variables.insert(name, event.fields.get("value").cloned().unwrap_or(Value::Null));
        }
        "jobCompleted" => {
            folded.attempts.entry(event.element.clone()).or_default().push(event.number("attempt") as u32);
        }
        kind if ENDS.contains(&kind) => folded.end = Some(event.kind.clone()),
        _ => {}
    }
}

impl Alive {
    fn apply(&mut self, event: &Event) -> Result<(), String> {
        let (key, element) = (event.key, &event.element);
        let must = |holds: bool, what: &str| if holds { Ok(()) } else { Err(format!("{what} ({element}, key {key})")) };
        let attempt = event.number("attempt");
        match event.kind.as_str() {
            "elementActivated" => must(self.elements.insert(key), "I11: activated twice"),
            "elementCompleted" | "elementTerminated" => must(self.elements.remove(&key), "I11: ended twice"),
            "jobCreated" => must(self.jobs.insert(key, 1).is_none(), "I7: a job was created twice"),
            "jobRetried" => {
                must(self.jobs.insert(key, attempt).is_some_and(|now| now < attempt), "I7: an attempt came again")
            }
            "jobFailed" => must(self.jobs.get(&key) == Some(&attempt), "I7: an attempt failed that was over"),
            "jobCompleted" => {
                must(self.jobs.insert(key, 0) == Some(attempt), "I7: a result of an attempt that was over")
            }
            // timers stood still; all are scheduled anew
            "instanceResumed" => {
                self.timers.clear();
                Ok(())
            }
            "jobCanceled" => {
                self.jobs.insert(key, 0);
                Ok(())
            }
            // an error of a worker is a result too
            "errorThrown" => {
                self.jobs.entry(key).and_modify(|attempt| *attempt = 0);
                Ok(())
            }
            "timerScheduled" => {
                let due = event.fields.get("due").and_then(Value::as_str).and_then(|due| due.parse().ok());
                self.timers.entry(key).or_default().push(due.unwrap_or_default());
                Ok(())
            }
            "timerFired" | "timerCanceled" => {
                let timers = self.timers.entry(key).or_default();
                let is_set = !timers.is_empty();
                let due = if is_set { timers.remove(0) } else { jiff::Timestamp::MAX };
                must(is_set, "I13: a timer fired that was not set")?;
                must(event.kind != "timerFired" || event.at >= due, "I13: a timer fired before its time")
            }
            _ => Ok(()),
        }
    }

    /// What should have ended with the instance.
    fn left(&self) -> Vec<String> {
        let elements = self.elements.iter().map(|key| format!("I11: key {key} has never ended"));
        let jobs = self.jobs.iter().filter(|(_, attempt)| **attempt > 0);
        let jobs = jobs.map(|(key, _)| format!("I7: the job of key {key} has no result"));
        let timers = self.timers.iter().filter(|(_, due)| !due.is_empty());
        let timers = timers.map(|(key, _)| format!("I13: a timer of key {key} neither fired nor was canceled"));
        elements.chain(jobs).chain(timers).collect()
    }
}
