//! None events at the ends of message flows. What joins two pools there is a message event (BPMN 2.0, table 7.4 of 7.6.2, and
//! 10.5.3 in words); a none event that a flow makes one is a licence of this spelling, of which the file is told.

use crate::{Definitions, Diagnostic, Element, ElementKind, Flow, FlowKind, Trigger};
use std::collections::HashMap;

pub(super) fn check(definitions: &Definitions) -> Vec<Diagnostic> {
    let mut none_events = HashMap::new();
    for process in &definitions.processes {
        collect(&process.elements, &mut none_events);
    }
    let flows = definitions.processes.iter().flat_map(|process| &process.flows);
    let ends =
        flows.filter(|flow| flow.kind == FlowKind::Message).flat_map(|flow| [(flow, &flow.from), (flow, &flow.to)]);
    ends.filter_map(|(flow, end)| Some(warning(flow, end, none_events.get(end.as_str())?))).collect()
}

/// By id, with the type that has a message.
fn collect<'a>(elements: &'a [Element], found: &mut HashMap<&'a str, &'static str>) {
    for element in elements {
        let better = match &element.kind {
            ElementKind::StartEvent { trigger: Trigger::None, .. } => Some("messageStartEvent"),
            ElementKind::IntermediateThrowEvent { trigger: Trigger::None } => Some("messageIntermediateThrowEvent"),
            ElementKind::EndEvent { trigger: Trigger::None } => Some("messageEndEvent"),
            _ => None,
        };
        found.extend(better.map(|better| (element.id.as_str(), better)));
        collect(element.children(), found);
    }
}

fn warning(flow: &Flow, end: &str, better: &str) -> Diagnostic {
    let message = format!("a message flow joins `{end}`, which has no message; the flow gives it one");
    let problem = Diagnostic::warning("MESSAGE_FLOW_END", flow.location, message).on(&flow.id);
    problem.hint(format!("make it a `{better}`"))
}
