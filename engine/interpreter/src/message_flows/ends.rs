//! The ends of message flows: which elements are meant, and what they send or receive.

use super::is_same;
use model::{
    ActivityKind, Definitions, Diagnostic, Element, ElementKind, Flow, MessageTrigger, MessageType, ProcessDefinition,
    SendTask, Trigger,
};
use std::collections::HashMap;

/// An element that sends or receives a message.
#[derive(Debug, Clone, Copy)]
pub(super) struct End<'d> {
    pub process: &'d ProcessDefinition,
    pub element: &'d Element,
    pub sends: bool,
    /// What it says of the message itself.
    pub message: Option<&'d MessageTrigger>,
}

impl<'d> End<'d> {
    pub fn place(&self) -> (&'d str, &'d str) {
        (&self.process.id, &self.element.id)
    }

    /// Whether it starts its process.
    pub fn is_start(&self) -> bool {
        let instantiates = match activity(self.element) {
            Some(ActivityKind::ReceiveTask(task)) => task.instantiate,
            _ => matches!(self.element.kind, ElementKind::StartEvent { .. }),
        };
        instantiates && self.process.elements.iter().any(|element| is_same(element, self.element))
    }
}

/// An element, where it stands.
#[derive(Debug, Clone, Copy)]
struct Place<'d> {
    process: &'d ProcessDefinition,
    element: &'d Element,
    /// In the process itself, not in a sub-process.
    is_outermost: bool,
}

/// All elements of a file by their ids, which are unique in their process only.
pub(super) struct Ends<'d> {
    by_id: HashMap<&'d str, Vec<Place<'d>>>,
}

/// An end of each kind, or none where the flow is only drawn.
type Joined<'d> = Option<(End<'d>, End<'d>)>;

impl<'d> Ends<'d> {
    pub fn of(definitions: &'d Definitions) -> Ends<'d> {
        let mut by_id: HashMap<&str, Vec<Place<'d>>> = HashMap::new();
        for process in &definitions.processes {
            elements(&process.elements, &mut |element, depth| {
                by_id.entry(&element.id).or_default().push(Place { process, element, is_outermost: depth == 0 });
            });
        }
        Ends { by_id }
    }

    /// What a flow that stands in `home` joins.
    pub fn joined(&self, home: &ProcessDefinition, flow: &Flow) -> Result<Joined<'d>, Box<Diagnostic>> {
        let (sources, targets) = (self.called(&flow.from.value), self.called(&flow.to.value));
        let [source, ..] = sources else { return Ok(None) }; // a pool: what it sends comes from outside
        let [target, ..] = targets else { return drawn_only(flow, source, "leads to a pool") };
        let (from, to) = match pairs(home, sources, targets)[..] {
            [pair] => pair,
            [] if agree(source, target) => return Ok(None),
            [] => return drawn_only(flow, source, "joins two elements of one process"),
            _ => return Err(Box::new(ambiguous(flow))),
        };
        if !from.process.is_executable {
            return Ok(None);
        }
        let Some(sender) = from.sender() else {
            return drawn_only(flow, &from, &format!("comes from `{}`, which sends no message", from.element.id));
        };
        if !to.process.is_executable {
            return drawn_only(flow, &from, &format!("leads to `{}`, which is only drawn", to.process.id));
        }
        match to.receiver() {
            Some(receiver) => Ok(Some((sender, receiver))),
            None => drawn_only(flow, &from, &format!("leads to `{}`, which receives no message", to.element.id)),
        }
    }

    fn called(&self, id: &str) -> &[Place<'d>] {
        self.by_id.get(id).map_or(&[], Vec::as_slice)
    }
}

/// The two ends are of two processes; one of them, rather the source, is where the flow stands.
fn pairs<'d>(home: &ProcessDefinition, sources: &[Place<'d>], targets: &[Place<'d>]) -> Vec<(Place<'d>, Place<'d>)> {
    let is_home = |place: &Place<'_>| std::ptr::eq(place.process, home);
    let all = sources.iter().flat_map(|from| targets.iter().map(move |to| (*from, *to)));
    let between: Vec<_> = all.filter(|(from, to)| !std::ptr::eq(from.process, to.process)).collect();
    let sent: Vec<_> = between.iter().filter(|(from, _)| is_home(from)).copied().collect();
    let received: Vec<_> = between.iter().filter(|(_, to)| is_home(to)).copied().collect();
    [sent, received].into_iter().find(|found| !found.is_empty()).unwrap_or(between)
}

/// Whether two elements of one process name the same message, so that it goes from one to the other without the flow.
fn agree(from: &Place<'_>, to: &Place<'_>) -> bool {
    let name = |end: Option<End<'_>>| end.and_then(|end| end.message).and_then(|message| message.message_ref.clone());
    let sent = name(from.sender());
    sent.is_some() && sent == name(to.receiver())
}

fn ambiguous(flow: &Flow) -> Diagnostic {
    let message = format!("several processes of the file have elements `{}` and `{}`", flow.from.value, flow.to.value);
    let problem = Diagnostic::error("AMBIGUOUS_MESSAGE_FLOW", flow.location, message).on(&flow.id);
    problem.hint("let the flow stand in the process that sends, and give the ends ids of their own")
}

/// A flow that carries nothing, which whoever drew it should know; a mail goes its own way, to whoever it may be.
fn drawn_only<'d>(flow: &Flow, source: &Place<'_>, why: &str) -> Result<Joined<'d>, Box<Diagnostic>> {
    if matches!(activity(source.element), Some(ActivityKind::SendTask(task)) if task.message_type != MessageType::Message)
    {
        return Ok(None);
    }
    let message = format!("the message flow is only drawn: it {why}");
    Err(Box::new(Diagnostic::warning("MESSAGE_FLOW_DRAWN_ONLY", flow.location, message).on(&flow.id)))
}

impl<'d> Place<'d> {
    fn end(&self, sends: bool, message: Option<&'d MessageTrigger>) -> End<'d> {
        End { process: self.process, element: self.element, sends, message }
    }

    fn sender(&self) -> Option<End<'d>> {
        let message = match &self.element.kind {
            ElementKind::IntermediateThrowEvent { trigger } | ElementKind::EndEvent { trigger } => of(trigger)?,
            _ => match activity(self.element)? {
                ActivityKind::Task => None,
                ActivityKind::SendTask(task) if sends_message(self.element, task) => Some(&task.message),
                _ => return None,
            },
        };
        Some(self.end(true, message))
    }

    fn receiver(&self) -> Option<End<'d>> {
        let message = match &self.element.kind {
            ElementKind::StartEvent { trigger: Trigger::None, .. } if !self.is_outermost => return None,
            ElementKind::StartEvent { trigger, .. } => of(trigger)?,
            ElementKind::IntermediateCatchEvent { trigger } | ElementKind::BoundaryEvent { trigger, .. } => {
                Some(of(trigger)??)
            }
            _ => match activity(self.element)? {
                ActivityKind::ReceiveTask(task) => Some(&task.message),
                _ => return None,
            },
        };
        Some(self.end(false, message))
    }
}

/// A none event has no message yet, and another than a message event never one; of several definitions one is a message.
fn of(trigger: &Trigger) -> Option<Option<&MessageTrigger>> {
    match trigger {
        Trigger::None => Some(None),
        Trigger::Message(message) => Some(Some(message)),
        Trigger::Multiple { triggers, .. } => {
            let mut messages = triggers.iter().filter_map(|trigger| match trigger {
                Trigger::Message(message) => Some(message),
                _ => None,
            });
            let only = messages.next()?;
            messages.next().is_none().then_some(Some(only))
        }
        _ => None,
    }
}

/// A send task that neither says what it sends nor to whom sends along its message flow.
fn sends_message(element: &Element, task: &SendTask) -> bool {
    let says_nothing = task.to.is_none() && !element.properties.contains_key("messageType");
    task.message_type == MessageType::Message || says_nothing
}

fn activity(element: &Element) -> Option<&ActivityKind> {
    match &element.kind {
        ElementKind::Activity(activity) => Some(&activity.kind),
        _ => None,
    }
}

/// Every element, at any depth.
pub(super) fn elements<'d>(elements: &'d [Element], each: &mut dyn FnMut(&'d Element, usize)) {
    fn inside<'d>(elements: &'d [Element], depth: usize, each: &mut dyn FnMut(&'d Element, usize)) {
        for element in elements {
            each(element, depth);
            inside(element.children(), depth + 1, each);
        }
    }
    inside(elements, 0, each);
}
