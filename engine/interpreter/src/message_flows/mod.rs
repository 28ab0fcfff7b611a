//! Message flows between the processes of a file: what the source throws reaches the target (BPMN 2.0, 7.6.2, 9.3, 10.5.2).
//!
//! Messages are told apart by their names alone, so a message flow is an agreement on a name: where one of its ends names
//! the message the other takes it, with its correlation key, and where none does the flow has a message of its own. Ends
//! that several flows join agree all together. The message of a flow's own is correlated by the *conversation*: the
//! business key of an instance, or else its id, which the instances that it starts take over as their business key.

mod ends;
#[cfg(test)]
mod tests;

use crate::message_flows::ends::{End, Ends, elements};
use model::{Definitions, Diagnostic, Element, Flow, FlowKind, Location, ProcessDefinition, Template};
use std::collections::HashMap;

/// What the message flows of a file mean to its processes, and what is wrong with them.
#[derive(Debug, Default)]
pub struct MessageFlows {
    /// By process and element.
    wires: HashMap<String, HashMap<String, Wire>>,
    pub diagnostics: Vec<Diagnostic>,
}

/// The message that an element throws or catches by its message flows.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Wire {
    pub name: String,
    /// Of an end that has none itself.
    pub correlation_key: Option<Template>,
    /// Without a key, the conversation is the key.
    pub is_in_conversation: bool,
}

impl MessageFlows {
    pub fn of(definitions: &Definitions) -> MessageFlows {
        let mut flows = MessageFlows::default();
        let ends = Ends::of(definitions);
        let mut agreements = Agreements::default();
        for process in &definitions.processes {
            message_flows(process, &mut |flow| {
                if let Some((from, to)) = flows.joined(&ends, process, flow) {
                    flows.diagnostics.extend(agreements.join(flow, from, to));
                }
            });
        }
        flows.warn_of_strangers(&agreements);
        for agreement in agreements.all() {
            let name = agreement.name.clone().unwrap_or_else(|| own_name(&agreement.ends));
            let wire = Wire {
                name,
                correlation_key: agreement.correlation_key.clone(),
                is_in_conversation: agreement.is_in_conversation(),
            };
            for end in &agreement.ends {
                let wires = flows.wires.entry(end.process.id.clone()).or_default();
                wires.insert(end.element.id.clone(), wire.clone());
            }
        }
        flows
    }

    /// By element, of one process.
    pub(crate) fn wires(&self, process: &str) -> HashMap<String, Wire> {
        self.wires.get(process).cloned().unwrap_or_default()
    }

    /// The two ends, if it is more than drawn.
    fn joined<'d>(&mut self, ends: &Ends<'d>, process: &ProcessDefinition, flow: &Flow) -> Option<(End<'d>, End<'d>)> {
        match ends.joined(process, flow) {
            Ok(joined) => joined,
            Err(problem) => {
                self.diagnostics.push(*problem);
                None
            }
        }
    }

    /// A conversation begins where one instance starts another; those that are started apart have none in common.
    fn warn_of_strangers(&mut self, agreements: &Agreements<'_>) {
        let starts = |end: &&End<'_>| end.is_start();
        let started: Vec<&str> = agreements
            .all()
            .flat_map(|all| all.ends.iter().filter(starts))
            .map(|end| end.process.id.as_str())
            .collect();
        for (agreement, flow) in agreements.all().map(|agreement| (agreement, &agreement.first)) {
            let is_met = agreement.ends.iter().any(|end| started.contains(&end.process.id.as_str()));
            if agreement.is_in_conversation() && !is_met {
                let message = "no message flow starts one of the two processes, so a message reaches only instances that \
                               were started with the same business key";
                let problem = Diagnostic::warning("MESSAGE_FLOW_WITHOUT_KEY", flow.location, message).on(&flow.id);
                self.diagnostics.push(problem.hint("give both ends a `correlationKey`"));
            }
        }
    }
}

/// Calls `each` with every message flow of a process, at any depth.
fn message_flows(process: &ProcessDefinition, each: &mut dyn FnMut(&Flow)) {
    let is_message = |flow: &&Flow| flow.kind == FlowKind::Message;
    process.flows.iter().filter(is_message).for_each(&mut *each);
    elements(&process.elements, &mut |element, _| {
        let inside = element.sub_process().map_or(&[][..], |sub_process| &sub_process.flows);
        inside.iter().filter(is_message).for_each(&mut *each);
    });
}

/// The name of a message that nobody names: that of its first sender, so that it stays the same from version to version.
fn own_name(ends: &[End<'_>]) -> String {
    let senders = ends.iter().filter(|end| end.sends);
    let name = |end: &End<'_>| format!("{}/{}", end.process.id, end.element.id);
    senders.map(name).min().unwrap_or_default()
}

/// Ends that flows join, directly or by way of others, and the name and the key that they agree on.
struct Agreement<'d> {
    ends: Vec<End<'d>>,
    name: Option<String>,
    correlation_key: Option<Template>,
    first: Place,
}

struct Place {
    id: String,
    location: Location,
}

impl Agreement<'_> {
    fn is_in_conversation(&self) -> bool {
        self.name.is_none() && self.correlation_key.is_none()
    }
}

#[derive(Default)]
struct Agreements<'d> {
    groups: Vec<Option<Agreement<'d>>>,
    /// By process and element.
    group_of: HashMap<(&'d str, &'d str), usize>,
}

impl<'d> Agreements<'d> {
    fn all(&self) -> impl Iterator<Item = &Agreement<'d>> {
        self.groups.iter().flatten()
    }

    /// The ends of a flow agree; else it is said what is in the way.
    fn join(&mut self, flow: &Flow, from: End<'d>, to: End<'d>) -> Option<Diagnostic> {
        let (one, other) = (self.group(flow, from), self.group(flow, to));
        if one == other {
            return None;
        }
        let (mut first, second) = (self.groups[one].take()?, self.groups[other].take()?);
        let clash = match (&first.name, &second.name) {
            (Some(name), Some(other)) if name != other => Some(clash(flow, name, other)),
            _ => None,
        };
        self.group_of.extend(second.ends.iter().map(|end| (end.place(), one)));
        first.ends.extend(second.ends);
        first.name = first.name.or(second.name);
        first.correlation_key = first.correlation_key.or(second.correlation_key);
        self.groups[one] = Some(first);
        clash
    }

    fn group(&mut self, flow: &Flow, end: End<'d>) -> usize {
        let next = self.groups.len();
        let group = *self.group_of.entry(end.place()).or_insert(next);
        if group == next {
            self.groups.push(Some(Agreement {
                name: end.message.and_then(|message| message.message_ref.clone()).filter(|name| !name.is_empty()),
                correlation_key: end.message.and_then(|message| message.correlation_key.clone()),
                ends: vec![end],
                first: Place { id: flow.id.clone(), location: flow.location },
            }));
        }
        group
    }
}

fn clash(flow: &Flow, name: &str, other: &str) -> Diagnostic {
    let message = format!("the message flow joins the messages `{name}` and `{other}`, which are two");
    let problem = Diagnostic::error("MESSAGE_FLOW_MISMATCH", flow.location, message).on(&flow.id);
    problem.hint("give both ends the same `messageRef`, or only one of them")
}

/// Whether two elements are one.
fn is_same(one: &Element, other: &Element) -> bool {
    std::ptr::eq(one, other)
}
