//! The structural rules of BPMN 2.0 that a file must keep before anything else looks at it.
//!
//! One file per subject: [`ids`], [`flows`], [`events`], [`gateways`], [`sub_processes`]. A rule looks at one scope (a
//! process, or one sub-process) and knows the process around it.

mod events;
mod flows;
mod gateways;
mod ids;
mod sub_processes;

use crate::{
    ActivityKind, Definitions, Diagnostic, Element, ElementKind, Flow, FlowKind, ProcessDefinition, SubProcess,
    SubProcessKind,
};
use std::collections::HashMap;

/// Every broken rule, in no particular order; a rule that people break without harm is a warning.
pub fn definitions(definitions: &Definitions) -> Vec<Diagnostic> {
    let mut problems = Vec::new();
    ids::processes(definitions, &mut problems);
    for process in &definitions.processes {
        ids::unique(process, &mut problems);
        ids::pools(process, &mut problems);
        let whole = Whole::new(definitions, process);
        for scope in scopes(process) {
            flows::check(&scope, &whole, &mut problems);
            events::check(&scope, &whole, &mut problems);
            gateways::check(&scope, &mut problems);
            sub_processes::check(&scope, &mut problems);
        }
    }
    problems
}

/// One list of elements and the flows between them.
struct Scope<'a> {
    elements: &'a [Element],
    flows: &'a [Flow],
    by_id: HashMap<&'a str, &'a Element>,
    incoming: HashMap<&'a str, Vec<&'a Flow>>,
    outgoing: HashMap<&'a str, Vec<&'a Flow>>,
    /// The sub-process that this is the inside of; none for the process itself.
    owner: Option<(&'a Element, &'a SubProcessKind)>,
    in_transaction: bool,
}

/// What a scope may refer to beyond its own borders.
struct Whole<'a> {
    /// Every element of the process, at any depth.
    elements: HashMap<&'a str, &'a Element>,
    /// What a message flow may join: every element of the file, every pool and process.
    ends: HashMap<&'a str, ()>,
}

impl<'a> Whole<'a> {
    fn new(definitions: &'a Definitions, process: &'a ProcessDefinition) -> Self {
        let mut elements = HashMap::new();
        collect(&process.elements, &mut elements);
        let mut all = HashMap::new();
        let mut ends = HashMap::new();
        for other in &definitions.processes {
            collect(&other.elements, &mut all);
            ends.insert(other.id.as_str(), ());
            ends.extend(other.pools.iter().map(|pool| (pool.id.as_str(), ())));
        }
        ends.extend(all.into_keys().map(|id| (id, ())));
        Whole { elements, ends }
    }
}

fn collect<'a>(elements: &'a [Element], found: &mut HashMap<&'a str, &'a Element>) {
    for element in elements {
        found.insert(&element.id, element);
        collect(element.children(), found);
    }
}

fn scopes(process: &ProcessDefinition) -> Vec<Scope<'_>> {
    let mut found = vec![Scope::new(&process.elements, &process.flows, None, false)];
    inside(&process.elements, false, &mut found);
    found
}

fn inside<'a>(elements: &'a [Element], in_transaction: bool, found: &mut Vec<Scope<'a>>) {
    for element in elements {
        let Some(sub) = sub_process(element) else { continue };
        let in_transaction = in_transaction || sub.kind == SubProcessKind::Transaction;
        found.push(Scope::new(&sub.elements, &sub.flows, Some((element, &sub.kind)), in_transaction));
        inside(&sub.elements, in_transaction, found);
    }
}

impl<'a> Scope<'a> {
    fn new(
        elements: &'a [Element],
        flows: &'a [Flow],
        owner: Option<(&'a Element, &'a SubProcessKind)>,
        in_transaction: bool,
    ) -> Self {
        let by_id = elements.iter().map(|element| (element.id.as_str(), element)).collect();
        let mut incoming: HashMap<&str, Vec<&Flow>> = HashMap::new();
        let mut outgoing: HashMap<&str, Vec<&Flow>> = HashMap::new();
        for flow in flows.iter().filter(|flow| flow.kind == FlowKind::Sequence) {
            incoming.entry(&flow.to.value).or_default().push(flow);
            outgoing.entry(&flow.from.value).or_default().push(flow);
        }
        Scope { elements, flows, by_id, incoming, outgoing, owner, in_transaction }
    }

    fn incoming(&self, element: &Element) -> &[&'a Flow] {
        self.incoming.get(element.id.as_str()).map_or(&[], Vec::as_slice)
    }

    fn outgoing(&self, element: &Element) -> &[&'a Flow] {
        self.outgoing.get(element.id.as_str()).map_or(&[], Vec::as_slice)
    }

    fn is_event_sub_process(&self) -> bool {
        matches!(self.owner, Some((_, SubProcessKind::Event)))
    }
}

fn sub_process(element: &Element) -> Option<&SubProcess> {
    match &element.kind {
        ElementKind::Activity(activity) => match &activity.kind {
            ActivityKind::SubProcess(sub_process) => Some(sub_process),
            _ => None,
        },
        _ => None,
    }
}

fn is_event_sub_process(element: &Element) -> bool {
    sub_process(element).is_some_and(|sub_process| sub_process.kind == SubProcessKind::Event)
}

fn error(code: &str, element: &Element, message: impl Into<String>) -> Diagnostic {
    Diagnostic::error(code, element.location, message).on(&element.id)
}

fn warning(code: &str, element: &Element, message: impl Into<String>) -> Diagnostic {
    Diagnostic::warning(code, element.location, message).on(&element.id)
}
