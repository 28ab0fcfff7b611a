//! Pictures of processes, and a hand that carries out commands on them: for the tests of this crate.
//!
//! After every command the history so far is folded from nothing and compared with the state, and the state is written and
//! read back; so every test checks both.

use crate::{
    Baggage, Command, CommandKind, DefinitionKey, Effect, ElementIndex, Event, EventKind, Instance, InstanceId,
    InstanceState, JobPayload, Key, Process, Rejection, Timestamp, Variables, advance, command::Start, compile,
    job_payload,
};
use model::{
    Activity, ActivityKind, Element, ElementKind, Flow, FlowCondition, Gateway, JobOptions, Located, Mapping,
    MessageTrigger, ProcessDefinition, SubProcess, SubProcessKind, Trigger,
};
use serde_json::Value;
use uuid::Uuid;

pub(crate) fn text(text: &str) -> Located<String> {
    Located::nowhere(text.to_owned())
}

pub(crate) fn element(id: &str, kind: ElementKind) -> Element {
    Element {
        id: id.to_owned(),
        name: None,
        kind,
        documentation: None,
        input_mappings: Vec::new(),
        output_mappings: Vec::new(),
        bounds: None,
        pool_id: None,
        lane_id: None,
        custom: Default::default(),
        properties: Default::default(),
        location: Default::default(),
    }
}

pub(crate) fn activity(id: &str, kind: ActivityKind) -> Element {
    let activity = Activity {
        kind,
        is_for_compensation: false,
        repetition: None,
        start_quantity: 1,
        completion_quantity: 1,
        job: JobOptions::default(),
        result_variable: None,
    };
    element(id, ElementKind::Activity(Box::new(activity)))
}

pub(crate) fn start(id: &str) -> Element {
    element(id, ElementKind::StartEvent { trigger: Trigger::None, is_interrupting: true })
}

pub(crate) fn end(id: &str) -> Element {
    end_by(id, Trigger::None)
}

pub(crate) fn end_by(id: &str, trigger: Trigger) -> Element {
    element(id, ElementKind::EndEvent { trigger })
}

pub(crate) fn task(id: &str) -> Element {
    activity(id, ActivityKind::Task)
}

/// A service task whose topic is its id.
pub(crate) fn service(id: &str) -> Element {
    activity(id, ActivityKind::ServiceTask(model::ServiceTask::External { topic: id.to_owned() }))
}

pub(crate) fn user(id: &str) -> Element {
    activity(id, ActivityKind::UserTask(Default::default()))
}

pub(crate) fn gateway(id: &str, gateway: Gateway) -> Element {
    element(id, ElementKind::Gateway(gateway))
}

pub(crate) fn catch(id: &str, trigger: Trigger) -> Element {
    element(id, ElementKind::IntermediateCatchEvent { trigger })
}

pub(crate) fn boundary(id: &str, attached_to: &str, cancel_activity: bool, trigger: Trigger) -> Element {
    element(id, ElementKind::BoundaryEvent { trigger, attached_to: text(attached_to), cancel_activity })
}

pub(crate) fn sub_process(id: &str, elements: Vec<Element>, connections: &[&str]) -> Element {
    let flows = flows(id, connections);
    activity(id, ActivityKind::SubProcess(SubProcess { kind: SubProcessKind::Embedded, elements, flows }))
}

/// An activity in several instances at once.
pub(crate) fn several(mut of: Element, count: u32) -> Element {
    if let ElementKind::Activity(activity) = &mut of.kind {
        let cardinality = Some(text(&format!("${{{count}}}")));
        activity.repetition =
            Some(model::Repetition::MultiInstance(model::MultiInstance { cardinality, ..Default::default() }));
    }
    of
}

pub(crate) fn message(name: &str) -> Trigger {
    Trigger::Message(MessageTrigger { message_ref: Some(name.to_owned()), ..Default::default() })
}

pub(crate) fn error(code: &str) -> Trigger {
    Trigger::Error { code: Some(code.to_owned()) }
}

pub(crate) fn after(duration: &str) -> Trigger {
    Trigger::Timer(model::Timer::Duration(text(duration)))
}

pub(crate) fn mapping(source: &str, target: &str) -> Mapping {
    Mapping { source: text(source), target: target.to_owned() }
}

pub(crate) fn definition(elements: Vec<Element>, connections: &[&str]) -> ProcessDefinition {
    ProcessDefinition {
        id: "test".into(),
        is_executable: true,
        elements,
        flows: flows("flow", connections),
        ..Default::default()
    }
}

/// Each is `a -> b -> c`, the last step followed by ` ? condition`, ` ? default` or ` : name` when it has one.
fn flows(prefix: &str, connections: &[&str]) -> Vec<Flow> {
    let mut all = Vec::new();
    for connection in connections {
        let (path, condition) = connection.split_once(" ? ").unwrap_or((connection, ""));
        let (path, name) = path.split_once(" : ").unwrap_or((path, ""));
        let ends: Vec<&str> = path.split("->").map(str::trim).collect();
        for pair in ends.windows(2) {
            all.push(Flow {
                id: format!("{prefix}_{}", all.len() + 1),
                name: (!name.is_empty()).then(|| name.to_owned()),
                kind: Default::default(),
                from: text(pair[0]),
                to: text(pair[1]),
                condition: match condition {
                    "" => FlowCondition::Unconditional,
                    "default" => FlowCondition::Default,
                    condition => FlowCondition::Expression(text(condition)),
                },
                properties: Default::default(),
                location: Default::default(),
            });
        }
    }
    all
}

pub(crate) fn variables(value: Value) -> Variables {
    value.as_object().cloned().unwrap_or_default()
}

/// One instance, its whole history and every effect so far.
pub(crate) struct Hand {
    pub process: Process,
    pub instance: Instance,
    pub now: Timestamp,
    pub history: Vec<Event>,
    pub effects: Vec<Effect>,
}

impl Hand {
    /// Compiles the picture without starting it.
    pub fn new(elements: Vec<Element>, connections: &[&str]) -> Hand {
        let process = compile(&definition(elements, connections)).expect("the picture compiles");
        let instance = fresh();
        Hand { process, instance, now: Timestamp(1_000_000), history: Vec::new(), effects: Vec::new() }
    }

    pub fn started(elements: Vec<Element>, connections: &[&str], with: Value) -> Hand {
        let mut hand = Hand::new(elements, connections);
        hand.does(CommandKind::Start(Start { variables: variables(with), ..Default::default() }));
        hand
    }

    pub fn does(&mut self, kind: CommandKind) {
        self.tries(kind).expect("the command is accepted");
    }

    pub fn tries(&mut self, kind: CommandKind) -> Result<(), Rejection> {
        let before = self.instance.clone();
        let advanced = advance(&self.process, &mut self.instance, Command { now: self.now, kind });
        match &advanced {
            Ok(advance) => {
                self.history.extend(advance.events.iter().cloned());
                self.effects.extend(advance.effects.iter().cloned());
            }
            Err(_) => assert_eq!(self.instance, before, "a rejected command changes nothing"),
        }
        self.check();
        advanced.map(drop)
    }

    /// Many steps of one kind are not worth the check after each.
    pub fn does_unchecked(&mut self, kind: CommandKind) {
        let command = Command { now: self.now, kind };
        let advance = advance(&self.process, &mut self.instance, command).expect("the command is accepted");
        self.history.extend(advance.events);
        self.effects.extend(advance.effects);
    }

    pub fn check(&self) {
        let mut folded = fresh();
        self.history.iter().for_each(|event| folded.apply(event));
        assert_eq!(folded, self.instance, "folding the history gives the state");
        let written = serde_json::to_string(&self.instance).expect("the state can be written");
        let read: Instance = serde_json::from_str(&written).expect("the state can be read");
        assert_eq!(read, self.instance, "the state reads as it was written");
    }

    pub fn index(&self, id: &str) -> ElementIndex {
        self.process.find(id).expect("an element of the picture")
    }

    /// The oldest active instance of an element.
    pub fn key(&self, id: &str) -> Key {
        let index = self.index(id);
        let mut active = self.instance.elements.iter().filter(|(_, element)| element.element == index);
        *active.next().unwrap_or_else(|| panic!("{id} is active: {:?}", self.waiting())).0
    }

    /// What a worker is sent for the open job of this element.
    pub fn payload(&self, id: &str) -> JobPayload {
        let baggage = Baggage { of_one_variable: 1 << 20, of_all: 1 << 20 };
        job_payload(&self.process, &self.instance, self.key(id), self.now, baggage).unwrap()
    }

    pub fn completes(&mut self, id: &str, with: Value) {
        let key = self.key(id);
        let attempt = self.instance.elements[&key].job.as_ref().map(|job| job.attempt);
        let variables = variables(with);
        self.does(match attempt {
            Some(attempt) => CommandKind::CompleteJob { key, attempt, variables },
            None => CommandKind::CompleteUserTask { key, variables, by: None },
        });
    }

    pub fn fails(&mut self, id: &str, message: &str, retryable: bool) {
        let key = self.key(id);
        let attempt = self.instance.elements[&key].job.as_ref().map_or(0, |job| job.attempt);
        self.does(CommandKind::FailJob { key, attempt, message: message.into(), retryable, retry_after_ms: None });
    }

    pub fn throws(&mut self, id: &str, code: &str) {
        let key = self.key(id);
        let attempt = self.instance.elements[&key].job.as_ref().map_or(0, |job| job.attempt);
        let (code, message, variables) = (code.to_owned(), String::new(), Variables::new());
        self.does(CommandKind::ThrowJobError { key, attempt, code, message, variables });
    }

    pub fn fires(&mut self, id: &str, target: &str) {
        let (key, target) = (self.key(id), self.index(target));
        self.now = self.instance.elements[&key].waits.timers[&target].due;
        self.does(CommandKind::FireTimer { key, target });
    }

    pub fn receives(&mut self, id: &str, target: &str, with: Value) {
        let (key, target) = (self.key(id), self.index(target));
        let message_name = self.instance.elements[&key].waits.subscriptions[&target].message_name.clone();
        self.does(CommandKind::DeliverMessage { key, target, message_name, variables: variables(with) });
    }

    pub fn resolves(&mut self, id: &str, retries: u32) {
        let key = self.key(id);
        let incident = self.instance.elements[&key].incident.expect("it has an incident");
        self.does(CommandKind::ResolveIncident { incident, retries });
    }

    /// Ids of the active elements, in the order of their keys.
    pub fn waiting(&self) -> Vec<&str> {
        let elements = self.instance.elements.values();
        elements.map(|element| self.process.element(element.element).id.as_str()).collect()
    }

    /// Ids of the elements activated so far, in order.
    pub fn entered(&self) -> Vec<&str> {
        let activated = self.history.iter().filter_map(|event| match &event.kind {
            EventKind::ElementActivated { element, .. } => Some(self.process.element(*element).id.as_str()),
            _ => None,
        });
        activated.collect()
    }

    pub fn incident(&self) -> Option<&str> {
        self.instance.incidents.values().next().map(|incident| incident.code.as_str())
    }

    pub fn variable(&self, name: &str) -> Value {
        self.instance.variable(Key::ROOT, name).cloned().unwrap_or_default()
    }

    pub fn is_completed(&self) -> bool {
        self.instance.state == InstanceState::Completed
    }
}

fn fresh() -> Instance {
    Instance::new(InstanceId(Uuid::from_u128(1)), DefinitionKey(Uuid::from_u128(2)))
}
