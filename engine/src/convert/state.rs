//! The control state of an instance, to and from what is stored. Fields are only ever added; variables are rows of their own.
//!
//! A state that a newer program has written may say things that this one does not know. It would forget them when it writes
//! the state again, so it does not touch it: a state has the [`FORMAT`] of who wrote it, for what is said in old fields with
//! a new meaning, and one with unknown fields (it is shorter when it is written again) is not readable either.

use super::{compensation_id, compensations, json, parent, parse_compensation_id, parse_parent};
use super::{question, variables, waits::Stored};
use bytes::Bytes;
use interpreter::{
    DefinitionKey, ElementIndex, ElementInstance, FlowIndex, Instance, InstanceId, InstanceState, Key, Timestamp,
    instance::{Compensable, CompensationId, Deferred, Incident, Job, Repetition},
};
use prost::Message;
use serde_json::Value;
use std::ops::RangeBounds;

/// Raised when something that older programs read gets another meaning. What was written before there were formats has 0.
const FORMAT: u32 = 1;

/// A row that this program cannot read: written by a newer one, or damaged.
#[derive(Debug, thiserror::Error)]
pub enum StateError {
    #[error("the stored state of instance {0} is not readable: {1}")]
    Control(uuid::Uuid, #[source] prost::DecodeError),
    #[error(
        "instance {0} was moved on by a newer version of Baton (its state has {1}): this engine leaves it alone; \
         bring it up to the version of the others"
    )]
    Newer(uuid::Uuid, String),
    #[error("what instance {0} keeps until it is resumed is not readable: {1}")]
    Held(uuid::Uuid, #[source] serde_json::Error),
    #[error("variable {1} of instance {0} is not JSON: {2}")]
    Variable(uuid::Uuid, String, #[source] serde_json::Error),
}

/// Everything, or what [`pages`](super::pages) leave; variables only where they are not rows.
pub fn encode(instance: &Instance, is_paged: bool, has_variables: bool) -> Vec<u8> {
    let all = if is_paged { proto::StatePage::default() } else { page(instance, ..) };
    let waits = Stored::from(&instance.waits);
    let state = proto::InstanceState {
        next_key: instance.next_key,
        elements: all.elements,
        waiting_tokens: instance.waiting_tokens.iter().map(waiting_token).collect(),
        incidents: all.incidents,
        deferred: instance.deferred.iter().map(encode_deferred).collect(),
        parent: instance.parent.as_ref().map(parent),
        children: instance.children,
        activated: instance.activated,
        variable_bytes: instance.variable_bytes,
        timers: waits.timers,
        subscriptions: waits.subscriptions,
        signals: waits.signals,
        conditions: waits.conditions,
        compensable: instance.compensable.iter().map(|(id, found)| encode_compensable(id, found)).collect(),
        is_paged,
        deferrals: instance.deferrals,
        has_variables,
        variables: if has_variables { variables::stored(instance) } else { Vec::new() },
        suspended_at: instance.suspended_at.map(|at| at.0),
        held: instance.held.iter().map(super::command).collect(),
        format: FORMAT,
    };
    state.encode_to_vec()
}

/// What has keys of this range.
pub fn page(instance: &Instance, keys: impl RangeBounds<Key> + Clone) -> proto::StatePage {
    let elements = instance.elements.range(keys.clone());
    let incidents = instance.incidents.range(keys);
    proto::StatePage {
        elements: elements.map(|(key, element)| element_instance(*key, element)).collect(),
        incidents: incidents.map(|(key, incident)| encode_incident(*key, incident)).collect(),
    }
}

/// The control state of a row, still without its pages.
pub fn control(row: &store::instance::Loaded) -> Result<proto::InstanceState, StateError> {
    let state: proto::InstanceState = known(row.id, &row.control)?;
    if state.format > FORMAT {
        return Err(StateError::Newer(row.id, format!("format {}, this one reads up to {FORMAT}", state.format)));
    }
    Ok(state)
}

/// A message in which there is nothing that this program does not know.
pub fn known<M: Message + Default>(instance: uuid::Uuid, bytes: &[u8]) -> Result<M, StateError> {
    let message = M::decode(bytes).map_err(|error| StateError::Control(instance, error))?;
    let unknown = bytes.len().saturating_sub(message.encoded_len());
    if unknown > 0 {
        return Err(StateError::Newer(instance, format!("{unknown} bytes that this one does not know")));
    }
    Ok(message)
}

/// The instance of a row, its control state with all pages, and its variables.
pub fn decode(
    row: &store::instance::Loaded,
    state: proto::InstanceState,
    rows: Vec<store::variable::Variable>,
) -> Result<Instance, StateError> {
    let mut instance = Instance::new(InstanceId(row.id), DefinitionKey(row.definition));
    instance.business_key.clone_from(&row.business_key);
    instance.parent = state.parent.as_ref().and_then(parse_parent);
    instance.state = instance_state(row.state);
    instance.version = row.version as u64;
    instance.next_key = state.next_key;
    instance.elements = state.elements.into_iter().map(decode_element).collect();
    instance.questions =
        instance.elements.iter().filter_map(|(key, element)| Some((asked_task(element)?, *key))).collect();
    instance.children = state.children;
    instance.activated = state.activated;
    instance.deferrals = state.deferrals;
    instance.variable_bytes = state.variable_bytes;
    instance.suspended_at = state.suspended_at.map(Timestamp);
    for held in &state.held {
        let held = serde_json::from_slice(held).map_err(|error| StateError::Held(row.id, error))?;
        instance.held.push_back(held);
    }
    for token in state.waiting_tokens {
        let place = (Key(token.scope), ElementIndex(token.element), FlowIndex(token.flow));
        instance.waiting_tokens.insert(place, token.count);
    }
    for incident in state.incidents {
        let (key, subject) = (Key(incident.incident), Key(incident.element_instance));
        let incident = Incident { element_instance: subject, code: incident.code, message: incident.message };
        instance.incidents.insert(key, incident);
    }
    instance.deferred = state.deferred.into_iter().map(decode_deferred).collect();
    let (timers, subscriptions) = (state.timers, state.subscriptions);
    instance.waits = Stored { timers, subscriptions, signals: state.signals, conditions: state.conditions }.into();
    instance.compensable = state.compensable.into_iter().filter_map(decode_compensable).collect();
    let rows = rows.into_iter().map(|it| (Key(it.scope as u64), it.name, Bytes::from(it.value)));
    let own = state.variables.into_iter().map(|it| (Key(it.scope), it.name, it.value));
    for (scope, name, value) in own.chain(rows) {
        let value =
            serde_json::from_slice(&value).map_err(|error| StateError::Variable(row.id, name.clone(), error))?;
        instance.variables.entry(scope).or_default().insert(name, value);
    }
    Ok(instance)
}

pub fn state_number(state: InstanceState) -> i16 {
    match state {
        InstanceState::Active => 0,
        InstanceState::Completed => 1,
        InstanceState::Terminated => 2,
        InstanceState::Canceled => 3,
        InstanceState::Failed => 4,
    }
}

/// The schema admits no other number.
fn instance_state(number: i16) -> InstanceState {
    match number {
        0 => InstanceState::Active,
        1 => InstanceState::Completed,
        2 => InstanceState::Terminated,
        3 => InstanceState::Canceled,
        _ => InstanceState::Failed,
    }
}

/// As the API spells it.
pub fn state_text(number: i16) -> &'static str {
    ["active", "completed", "terminated", "canceled", "failed"].get(number as usize).copied().unwrap_or("failed")
}

fn element_instance(key: Key, element: &ElementInstance) -> proto::ElementInstance {
    let waits = Stored::from(&element.waits);
    proto::ElementInstance {
        key: key.0,
        element: element.element.0,
        scope: element.scope.0,
        arrived_by: element.arrived_by.map(|flow| flow.0),
        children: element.children,
        job: element.job.as_ref().map(|job| proto::JobState {
            r#type: job.job_type.clone(),
            attempt: job.attempt,
            retries_left: job.retries_left,
            retry_at: job.retry_at.map(|at| at.0),
            question: job.question.as_ref().map(question::open),
            answers: job.answers.iter().map(question::answer).collect(),
        }),
        child: element.child.map(|child| child.to_string()),
        decision: element.decision.clone(),
        user_task: element.user_task,
        timers: waits.timers,
        subscriptions: waits.subscriptions,
        signals: waits.signals,
        conditions: waits.conditions,
        compensating: element.compensating.as_deref().map(compensations),
        compensates_for: element.compensates_for.map(|key| key.0),
        is_reopened: element.is_reopened,
        incident: element.incident.map(|incident| incident.0),
        outcome: element.outcome.as_ref().map(json),
        completing: element.completing,
        repetition: element.repetition.map(|repetition| proto::Repetition {
            planned: repetition.planned,
            at_once: repetition.at_once,
            started: repetition.started,
            completed: repetition.completed,
        }),
        loop_counter: element.loop_counter,
    }
}

fn decode_element(element: proto::ElementInstance) -> (Key, ElementInstance) {
    let waits = Stored {
        timers: element.timers,
        subscriptions: element.subscriptions,
        signals: element.signals,
        conditions: element.conditions,
    };
    let decoded = ElementInstance {
        element: ElementIndex(element.element),
        scope: Key(element.scope),
        arrived_by: element.arrived_by.map(FlowIndex),
        outcome: decode_value(element.outcome.as_ref()),
        completing: element.completing,
        children: element.children,
        repetition: element.repetition.map(|repetition| Repetition {
            planned: repetition.planned,
            at_once: repetition.at_once,
            started: repetition.started,
            completed: repetition.completed,
        }),
        loop_counter: element.loop_counter,
        job: element.job.map(|job| Job {
            job_type: job.r#type,
            attempt: job.attempt,
            retries_left: job.retries_left,
            retry_at: job.retry_at.map(Timestamp),
            question: job.question.map(question::parse_open),
            answers: job.answers.into_iter().map(question::parse_answer).collect(),
        }),
        child: element.child.and_then(|child| child.parse().ok()).map(InstanceId),
        decision: element.decision,
        user_task: element.user_task,
        waits: waits.into(),
        incident: element.incident.map(Key),
        compensating: element.compensating.map(|ids| ids.compensations.iter().map(parse_compensation_id).collect()),
        compensates_for: element.compensates_for.map(Key),
        is_reopened: element.is_reopened,
    };
    (Key(element.key), decoded)
}

fn asked_task(element: &ElementInstance) -> Option<Key> {
    Some(element.job.as_ref()?.question.as_ref()?.task)
}

fn waiting_token((place, count): (&(Key, ElementIndex, FlowIndex), &u32)) -> proto::WaitingToken {
    let (scope, element, flow) = place;
    proto::WaitingToken { scope: scope.0, element: element.0, flow: flow.0, count: *count }
}

fn encode_incident(key: Key, incident: &Incident) -> proto::Incident {
    proto::Incident {
        incident: key.0,
        element_instance: incident.element_instance.0,
        code: incident.code.clone(),
        message: incident.message.clone(),
    }
}

fn encode_compensable(id: &CompensationId, found: &Compensable) -> proto::Compensable {
    proto::Compensable {
        id: Some(compensation_id(id)),
        key: found.key.0,
        element: found.element.0,
        in_parts: found.in_parts,
    }
}

fn decode_compensable(found: proto::Compensable) -> Option<(CompensationId, Compensable)> {
    let id = parse_compensation_id(&found.id?);
    let (key, element) = (Key(found.key), ElementIndex(found.element));
    Some((id, Compensable { key, element, in_parts: found.in_parts }))
}

fn encode_deferred(token: &Deferred) -> proto::Deferred {
    proto::Deferred { scope: token.scope.0, flow: token.flow.0, outcome: token.outcome.as_ref().map(json) }
}

fn decode_deferred(token: proto::Deferred) -> Deferred {
    Deferred { scope: Key(token.scope), flow: FlowIndex(token.flow), outcome: decode_value(token.outcome.as_ref()) }
}

/// We wrote it as JSON ourselves.
fn decode_value(bytes: Option<&Bytes>) -> Option<Value> {
    bytes.and_then(|bytes| serde_json::from_slice(bytes).ok())
}

#[cfg(test)]
mod tests {
    use super::*;
    use interpreter::{Command, CommandKind, Process, Variables, advance, command::Start};

    /// Waits of the root and of elements, and a sub-process that is compensated, reopened, by a handler that waits.
    const RICH: &str = r#"
process:
  id: rich
  elements:
    - {id: start, type: startEvent}
    - id: trip
      type: subProcess
      properties: {inputMappings: [{source: "7", target: number}]}
      childElements:
        - {id: book, type: userTask}
        - {id: undo_when, type: compensationBoundaryEvent, attachedToRef: book}
        - {id: undo, type: userTask, properties: {isForCompensation: true}}
      childConnections: [{type: association, from: undo_when, to: undo}]
    - {id: wait, type: userTask}
    - {id: hot, type: conditionalBoundaryEvent, attachedToRef: wait, properties: {condition: "${x > 1}", cancelActivity: false}}
    - {id: heard, type: signalBoundaryEvent, attachedToRef: wait, properties: {signalRef: go, cancelActivity: false}}
    - {id: regret, type: compensationEndEvent}
    - id: stop
      type: eventSubProcess
      childElements:
        - id: any
          type: multipleStartEvent
          properties: {eventDefinitions: [{type: timer, timerDuration: PT1H}, {type: message, messageRef: m}, {type: conditional, condition: "${x > 9}"}]}
  connections: [{from: start, to: trip}, {from: trip, to: wait}, {from: wait, to: regret}]
"#;

    fn reloaded(instance: &Instance) -> Instance {
        assert_eq!(stored_and_read(instance, true), *instance);
        stored_and_read(instance, false)
    }

    fn stored_and_read(instance: &Instance, has_variables: bool) -> Instance {
        let row = store::instance::Loaded {
            id: instance.id.0,
            tenant: "acme".to_owned(),
            definition: instance.definition.0,
            state: state_number(instance.state),
            version: instance.version as i64,
            control: encode(instance, false, has_variables),
            business_key: None,
            parent: None,
            traceparent: String::new(),
        };
        let of = |(scope, variables): (&Key, &Variables)| -> Vec<store::variable::Variable> {
            let row = |(name, value): (&String, &Value)| store::variable::Variable {
                instance: instance.id.0,
                scope: scope.0 as i64,
                name: name.clone(),
                value: json(value).to_vec(),
            };
            variables.iter().map(row).collect()
        };
        let rows = if has_variables { Vec::new() } else { instance.variables.iter().flat_map(of).collect() };
        decode(&row, control(&row).unwrap(), rows).unwrap()
    }

    fn complete(process: &Process, instance: &mut Instance, element: &str) {
        let of = |it: &ElementInstance| Some(it.element) == process.find(element);
        let key = *instance.elements.iter().find(|(_, it)| of(it)).unwrap().0;
        let kind = CommandKind::CompleteUserTask { key, variables: Variables::new(), by: None };
        advance(process, instance, Command { now: Timestamp(5), kind }).unwrap();
    }

    #[test]
    fn a_state_is_read_as_it_was_written() {
        let (definitions, _) = crate::core::read("rich.yaml", RICH).unwrap();
        let process = crate::core::compile("rich.yaml", &definitions.processes[0], &Default::default()).unwrap();
        let id = uuid::Uuid::from_u128(1);
        let mut instance = Instance::new(InstanceId(id), DefinitionKey(id));
        let start = CommandKind::Start(Start::default());
        advance(&process, &mut instance, Command { now: Timestamp(1), kind: start }).unwrap();
        assert_eq!(reloaded(&instance), instance);
        assert_eq!(instance.waits.targets().len(), 3);
        complete(&process, &mut instance, "book");
        assert_eq!(reloaded(&instance), instance);
        assert_eq!(instance.compensable.len(), 2);
        complete(&process, &mut instance, "wait");
        assert_eq!(reloaded(&instance), instance);
        assert!(instance.elements.values().any(|it| it.is_reopened) && instance.compensable.is_empty());
        complete(&process, &mut instance, "undo");
        assert_eq!(instance.state, InstanceState::Completed);
    }
}
