//! The event log as a person reads it.

use super::world::World;
use crate::{ElementIndex, Event, EventKind, Key};
use std::collections::{BTreeMap, VecDeque};

/// The first of them are left out when there are more.
const MOST_LINES: usize = 400;

/// One line an event: the time since the start, the instance, what happened.
pub(super) fn lines(world: &World<'_>) -> Vec<String> {
    let mut elements: BTreeMap<(usize, Key), ElementIndex> = BTreeMap::new();
    let mut lines = VecDeque::new();
    let mut left_out = 0_usize;
    for (run, event) in &world.log {
        if let EventKind::ElementActivated { key, element, .. } = &event.kind {
            elements.insert((*run, *key), *element);
        }
        let name = |key: &Key| match elements.get(&(*run, *key)) {
            Some(element) => world.element_id(*run, *element),
            None => "the process",
        };
        if let Some(text) = describe(world, *run, event, &name) {
            let process = world.runs.get(*run).map_or("?", |run| world.processes[run.process].id.as_str());
            lines.push_back(format!("{:>12}  {process}#{run}  {text}", since(world, event)));
        }
        if lines.len() > MOST_LINES {
            lines.pop_front();
            left_out += 1;
        }
    }
    if left_out > 0 {
        lines.push_front(format!("… {left_out} earlier lines"));
    }
    lines.into()
}

fn since(world: &World<'_>, event: &Event) -> String {
    let passed = event.at.0 - world.start_of_run.0;
    let (seconds, rest) = (passed / 1000, passed % 1000);
    let (hours, minutes) = (seconds / 3600, seconds / 60 % 60);
    let fraction = if rest == 0 { String::new() } else { format!(".{rest:03}") };
    format!("+{hours:02}:{minutes:02}:{:02}{fraction}", seconds % 60)
}

/// None for what another line already says.
fn describe<'a>(world: &'a World<'_>, run: usize, event: &Event, name: &dyn Fn(&Key) -> &'a str) -> Option<String> {
    let id = |element: &ElementIndex| world.element_id(run, *element);
    Some(match &event.kind {
        EventKind::InstanceCreated { .. } => "instance started".to_owned(),
        EventKind::VariableSet { scope, name: variable, value } if *scope == Key::ROOT => {
            format!("variable {variable} = {value}")
        }
        EventKind::VariableSet { scope, name: variable, value } => {
            format!("variable {variable} = {value} in {}", name(scope))
        }
        EventKind::ElementActivated { element, .. } => format!("{} entered", id(element)),
        EventKind::TokenArrived { element, .. } => format!("{} waits for more tokens", id(element)),
        EventKind::ElementCompleted { key } => format!("{} completed", name(key)),
        EventKind::ElementTerminated { key } => format!("{} canceled", name(key)),
        EventKind::JobCreated { key, job_type, .. } => format!("{} created the job {job_type}", name(key)),
        EventKind::JobCompleted { key, .. } => format!("{}: job completed", name(key)),
        EventKind::JobFailed { key, attempt, message, retries_left, .. } => {
            format!("{}: attempt {attempt} failed ({message}), {retries_left} retries left", name(key))
        }
        EventKind::JobRetried { key, attempt, .. } => format!("{}: attempt {attempt} begins", name(key)),
        EventKind::JobAsked { key, question, .. } => format!("{}: the job asks a person: {question}", name(key)),
        EventKind::JobAnswered { key, answer } => match &answer.values {
            Some(_) => format!("{}: {} is answered", name(key), answer.question),
            None => format!("{}: nobody has answered {}", name(key), answer.question),
        },
        EventKind::JobCanceled { key } => format!("{}: job canceled", name(key)),
        EventKind::TimerScheduled { target, due, .. } => {
            format!("{} waits until {}", id(target), crate::time::iso(*due))
        }
        EventKind::TimerFired { target, .. } => format!("{}: timer fired", id(target)),
        EventKind::SubscriptionOpened { target, message_name, correlation_key, .. } => {
            format!("{} waits for the message {message_name} ({correlation_key:?})", id(target))
        }
        EventKind::MessageReceived { target, message_name, .. } => format!("{} received {message_name}", id(target)),
        EventKind::SignalSubscriptionOpened { target, signal_name, .. } => {
            format!("{} listens to the signal {signal_name}", id(target))
        }
        EventKind::SignalReceived { target, signal_name, .. } => format!("{} heard {signal_name}", id(target)),
        EventKind::ConditionAwaited { target, .. } => format!("{} waits for its condition", id(target)),
        EventKind::ConditionChanged { target, is_true, .. } => format!("{}: condition is {is_true}", id(target)),
        EventKind::ScopeInterrupted { scope } => format!("{} interrupted", name(scope)),
        EventKind::EscalationThrown { key, code } => format!("{} threw the escalation {code}", name(key)),
        EventKind::SignalThrown { key, signal_name } => format!("{} threw the signal {signal_name}", name(key)),
        EventKind::CompensationAvailable { key, .. } => format!("{} can be compensated", name(key)),
        EventKind::CompensationTriggered { key, compensations } => {
            format!("{} compensates {} activities", name(key), compensations.len())
        }
        EventKind::CompensationHandlerStarted { key, .. } => format!("{} compensates", name(key)),
        EventKind::CompensationCompleted { key } => format!("{} compensated", name(key)),
        EventKind::UserTaskCreated { key, .. } => format!("{} waits for a person", name(key)),
        EventKind::UserTaskCompleted { key, .. } => format!("{} was done", name(key)),
        EventKind::ErrorThrown { key, code, message } => format!("{} threw the error {code} ({message})", name(key)),
        EventKind::IncidentRaised { element_instance, code, message, .. } => {
            format!("{}: incident {code}: {message}", name(element_instance))
        }
        EventKind::IncidentResolved { .. } => "incident resolved".to_owned(),
        EventKind::ChildStarted { key, called_element, .. } => format!("{} calls {called_element}", name(key)),
        EventKind::ChildEnded { key, .. } => format!("{}: the called process ended", name(key)),
        EventKind::InstanceSuspended => "instance suspended".to_owned(),
        EventKind::InstanceResumed => "instance resumed".to_owned(),
        EventKind::InstanceMigrated { .. } => "instance migrated".to_owned(),
        EventKind::DecisionRequested { key, decision_id } => {
            format!("{} asks for the decision {decision_id}", name(key))
        }
        EventKind::DecisionMade { key, decided } => {
            format!("{}: {} version {} says {}", name(key), decided.decision_id, decided.version, decided.output)
        }
        EventKind::InstanceCompleted => "instance completed".to_owned(),
        EventKind::InstanceTerminated => "instance terminated".to_owned(),
        EventKind::InstanceCanceled { .. } => "instance canceled".to_owned(),
        EventKind::InstanceFailed { code, message } => format!("instance failed by the error {code} ({message})"),
        EventKind::FlowTaken { .. }
        | EventKind::TokensConsumed { .. }
        | EventKind::ElementCompleting { .. }
        | EventKind::TimerCanceled { .. }
        | EventKind::SubscriptionClosed { .. }
        | EventKind::UserTaskCanceled { .. }
        | EventKind::DecisionWithdrawn { .. }
        | EventKind::LoopStarted { .. }
        | EventKind::CompensationStarted { .. }
        | EventKind::CompensationDiscarded { .. }
        | EventKind::CommandHeld { .. }
        | EventKind::CommandReleased
        | EventKind::WorkDeferred => return None,
    })
}
