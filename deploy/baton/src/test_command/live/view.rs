//! What the gateway shows of the scenario's instances, as facts.

use interpreter::scenario::file::State;
use interpreter::scenario::{Coverage, Facts, Happening, Plan};
use serde_json::Value;
use std::collections::BTreeSet;

/// Instances and their histories, the oldest first.
#[derive(Default)]
pub struct View {
    pub instances: Vec<Seen>,
}

pub struct Seen {
    /// As `GET /instances/{id}` answers.
    pub state: Value,
    pub events: Vec<Value>,
}

impl Seen {
    pub fn id(&self) -> &str {
        text(&self.state["instance"], "instanceId")
    }

    pub fn process(&self) -> &str {
        text(&self.state["instance"], "processId")
    }

    pub fn is_root(&self) -> bool {
        self.state["instance"]["parent"].is_null()
    }

    pub fn version(&self) -> u64 {
        self.state["instance"]["version"].as_u64().unwrap_or_default()
    }

    pub fn is_active(&self) -> bool {
        matches!(text(&self.state["instance"], "state"), "active" | "incident")
    }

    pub fn list(&self, name: &str) -> &[Value] {
        self.state[name].as_array().map(Vec::as_slice).unwrap_or_default()
    }

    /// Element instances that stand for several, and are not waited at themselves.
    fn repeating(&self) -> BTreeSet<u64> {
        let started = self.events.iter().filter(|event| text(event, "type") == "loopStarted");
        started.filter_map(|event| event["key"].as_u64()).collect()
    }
}

impl View {
    pub fn versions(&self) -> Vec<u64> {
        self.instances.iter().map(Seen::version).collect()
    }

    pub fn facts(&self, plan: &Plan) -> Facts {
        let mut facts = Facts::count(&self.happenings());
        facts.known = plan.elements();
        for seen in &self.instances {
            let repeating = seen.repeating();
            for element in seen.list("elements") {
                if element["key"].as_u64().is_some_and(|key| !repeating.contains(&key)) {
                    *facts.waiting.entry(text(element, "elementId").to_owned()).or_default() += 1;
                }
            }
            let incidents = seen.list("incidents").iter();
            facts.incidents.extend(incidents.map(|it| (text(it, "elementId").to_owned(), text(it, "code").to_owned())));
            if seen.is_root() {
                let state: Option<State> = serde_json::from_value(seen.state["instance"]["state"].clone()).ok();
                facts.roots.extend(state);
                facts.variables = Some(seen.state["variables"].as_object().cloned().unwrap_or_default());
            }
        }
        facts
    }

    pub fn coverage(&self, plan: &Plan) -> Vec<Coverage> {
        let pairs = plan.processes.iter().zip(&plan.sources);
        let mut all: Vec<Coverage> = pairs.map(|(process, source)| Coverage::of(process, source)).collect();
        for (index, happening) in self.happenings() {
            let process = self.instances.get(index).map(Seen::process).unwrap_or_default();
            if let Some(coverage) = all.iter_mut().find(|coverage| coverage.process == process) {
                coverage.see(&happening);
            }
        }
        all
    }

    /// One line an event, with the engine's times.
    pub fn log(&self) -> Vec<String> {
        let events = self.instances.iter().enumerate().flat_map(|(number, seen)| {
            seen.events.iter().map(move |event| (text(event, "at"), number, seen.process(), event))
        });
        let mut events: Vec<_> = events.collect();
        events.sort_by_key(|(at, number, ..)| (*at, *number));
        events
            .iter()
            .map(|(at, number, process, event)| format!("{at}  {process}#{number}  {}", describe(event)))
            .collect()
    }

    fn happenings(&self) -> Vec<(usize, Happening<'_>)> {
        let all = self.instances.iter().enumerate();
        all.flat_map(|(index, seen)| seen.events.iter().filter_map(move |event| Some((index, happening(event)?))))
            .collect()
    }
}

fn happening(event: &Value) -> Option<Happening<'_>> {
    let key = event["key"].as_u64().unwrap_or_default();
    let element = text(event, "elementId");
    Some(match text(event, "type") {
        "elementActivated" => Happening::Activated { key, element },
        "tokenArrived" => Happening::Arrived { element },
        "loopStarted" => Happening::Repeats { key },
        "elementCompleted" => Happening::Completed { key },
        "elementTerminated" => Happening::Terminated { key },
        "flowTaken" => Happening::FlowTaken { flow: text(event, "flowId") },
        "jobCreated" => Happening::JobCreated { job_type: text(event, "jobType") },
        "incidentRaised" | "instanceFailed" => Happening::WentWrong,
        _ => return None,
    })
}

fn describe(event: &Value) -> String {
    let mut words = vec![text(event, "type").to_owned()];
    for name in ["elementId", "flowId", "jobType", "code", "message", "messageName", "name", "value"] {
        match &event[name] {
            Value::Null => {}
            Value::String(said) => words.push(said.clone()),
            said => words.push(said.to_string()),
        }
    }
    words.join(" ")
}

pub fn text<'v>(value: &'v Value, name: &str) -> &'v str {
    value[name].as_str().unwrap_or_default()
}
