//! Sequence flows: from where to where, and what decides whether one is taken.

use super::{Compiler, is_executed};
use crate::process::{Choice, Flow};
use crate::{ElementIndex, FlowIndex};
use model::{Diagnostic, ElementKind, FlowCondition, FlowKind, Gateway};

impl Compiler {
    /// First pass: gives every sequence flow its index and tells its ends, and every activity its boundary events.
    pub(super) fn connect(&mut self, elements: &[model::Element], flows: &[model::Flow]) {
        for flow in flows {
            if self.is_compensation(elements, flow) {
                self.note_handler(flow);
                continue;
            }
            if flow.kind != FlowKind::Sequence {
                continue;
            }
            if let (Some(from), Some(to)) = (self.end(flow, &flow.from), self.end(flow, &flow.to)) {
                let index = FlowIndex(self.flows.len() as u32);
                let (id, choice) = (flow.id.clone(), Choice::Always);
                self.flows.push(Flow { index, id, from, to, choice, carries_outcome: false });
                self.outgoing[from.0 as usize].push(index);
                self.incoming[to.0 as usize].push(index);
            }
        }
        for element in elements.iter().filter(is_executed) {
            if let ElementKind::BoundaryEvent { attached_to, .. } = &element.kind {
                self.attach(element, attached_to);
            }
            if let Some(flows) = flows_inside(element) {
                self.connect(element.children(), flows);
            }
        }
    }

    fn attach(&mut self, boundary: &model::Element, attached_to: &str) {
        let ends = (self.by_id.get(&boundary.id).copied(), self.by_id.get(attached_to).copied());
        match ends {
            (Some(boundary), Some(activity)) => self.boundary[activity.0 as usize].push(boundary),
            _ => {
                let message = format!("`{}` is attached to `{attached_to}`, which is no element", boundary.id);
                self.report(boundary, "UNKNOWN_REFERENCE", message);
            }
        }
    }

    fn end(&mut self, flow: &model::Flow, end: &model::Located<String>) -> Option<ElementIndex> {
        let found = self.by_id.get(&end.value).copied();
        if found.is_none() {
            let message = format!("`{}`, an end of the flow `{}`, is no element", end.value, flow.id);
            self.diagnostics.push(Diagnostic::error("UNKNOWN_REFERENCE", end.location, message).on(&flow.id));
        }
        found
    }

    /// Last pass: conditions and labels.
    pub(super) fn compile_flows(&mut self, elements: &[model::Element], flows: &[model::Flow]) {
        let mut next = 0;
        self.compile_flows_from(&mut next, elements, flows);
    }

    fn compile_flows_from(&mut self, next: &mut usize, elements: &[model::Element], flows: &[model::Flow]) {
        for flow in flows.iter().filter(|flow| flow.kind == FlowKind::Sequence) {
            if self.is_compensation(elements, flow) {
                continue;
            }
            let are_known = self.by_id.contains_key(&flow.from.value) && self.by_id.contains_key(&flow.to.value);
            if are_known {
                let choice = self.choice(elements, flow);
                self.flows[*next].choice = choice;
                *next += 1;
            }
        }
        for element in elements.iter().filter(is_executed) {
            if let Some(flows) = flows_inside(element) {
                self.compile_flows_from(next, element.children(), flows);
            }
        }
    }

    fn choice(&mut self, elements: &[model::Element], flow: &model::Flow) -> Choice {
        match &flow.condition {
            FlowCondition::Default => Choice::Default,
            FlowCondition::Expression(text) => self.expression_of(&flow.id, text).map_or(Choice::Default, Choice::When),
            FlowCondition::Unconditional => match flow.name.as_deref().map(str::trim).filter(|name| !name.is_empty()) {
                Some(name) if self.is_labelled(elements, flow) => Choice::Label(name.to_owned()),
                _ => Choice::Always,
            },
        }
    }

    /// Names are labels on the flows out of a diverging exclusive or inclusive gateway.
    fn is_labelled(&self, elements: &[model::Element], flow: &model::Flow) -> bool {
        let diverges = |from: &ElementIndex| self.outgoing[from.0 as usize].len() > 1;
        let source = elements.iter().find(|element| element.id == flow.from.value);
        let is_choosing = source.is_some_and(|element| {
            matches!(element.kind, ElementKind::Gateway(Gateway::Exclusive | Gateway::Inclusive))
        });
        is_choosing && self.by_id.get(&flow.from.value).is_some_and(diverges)
    }
}

fn flows_inside(element: &model::Element) -> Option<&[model::Flow]> {
    match &element.kind {
        ElementKind::Activity(activity) => match &activity.kind {
            model::ActivityKind::SubProcess(sub_process) => Some(&sub_process.flows),
            _ => None,
        },
        _ => None,
    }
}
