//! What events refer to beside flows: links, compensation handlers, event sub-processes, and the targets of events that have
//! several definitions.

use super::Compiler;
use crate::ElementIndex;
use crate::message_flows::Wire;
use crate::process::EventSubProcess;
use model::{ActivityKind, Element, ElementKind, Flow, FlowKind, MessageTrigger, SubProcessKind, Trigger};

impl Compiler {
    pub(super) fn note_link(&mut self, element: &Element, index: ElementIndex) {
        if let ElementKind::IntermediateCatchEvent { trigger: Trigger::Link { name } } = &element.kind {
            let scope = self.parents[index.0 as usize];
            self.links.insert((scope, name.value.clone()), index);
        }
    }

    /// The catching link event that a throwing one leads to: of its name, in its scope.
    pub fn link_target(&mut self, element: &Element, name: &str) -> Option<ElementIndex> {
        let scope = self.by_id.get(&element.id).and_then(|index| self.parents[index.0 as usize]);
        let target = self.links.get(&(scope, name.to_owned())).copied();
        let message = || format!("`{}` leads to the link `{name}`, which nothing in its scope catches", element.id);
        target.or_else(|| self.reject(element, "UNPAIRED_LINK", message()))
    }

    /// An event sub-process, once everything in it has its index.
    pub(super) fn event_sub_process(&mut self, element: &Element, index: ElementIndex) -> Option<EventSubProcess> {
        let ElementKind::Activity(activity) = &element.kind else { return None };
        let ActivityKind::SubProcess(inner) = &activity.kind else { return None };
        if inner.kind != SubProcessKind::Event {
            return None;
        }
        let start = inner.elements.iter().find_map(|inside| match &inside.kind {
            ElementKind::StartEvent { is_interrupting, .. } => {
                Some((self.by_id.get(&inside.id).copied()?, *is_interrupting))
            }
            _ => None,
        });
        let Some((start, is_interrupting)) = start else {
            let message = format!("the event sub-process `{}` has no start event", element.id);
            return self.reject(element, "EVENT_SUB_PROCESS_START", message);
        };
        Some(EventSubProcess { index, start, is_interrupting })
    }

    /// Whether a flow leads from a compensation boundary event to its handler: an association, or what people draw in its
    /// place.
    pub(super) fn is_compensation(&self, elements: &[Element], flow: &Flow) -> bool {
        let from = elements.iter().find(|element| element.id == flow.from.value);
        let is_compensation = from.is_some_and(|element| {
            matches!(&element.kind, ElementKind::BoundaryEvent { trigger: Trigger::Compensation { .. }, .. })
        });
        is_compensation && flow.kind != FlowKind::Message
    }

    pub(super) fn note_handler(&mut self, flow: &Flow) {
        let ends = (self.by_id.get(&flow.from.value), self.by_id.get(&flow.to.value));
        if let (Some(boundary), Some(handler)) = ends {
            self.handlers.insert(*boundary, *handler);
        }
    }

    /// Whether something is only there to compensate.
    pub(super) fn is_handler(&self, index: ElementIndex) -> bool {
        self.handlers.values().any(|handler| *handler == index)
    }

    /// A further target for one definition of an event that has several.
    pub fn further_target(&mut self, element: &Element) -> ElementIndex {
        let owner = self.by_id.get(&element.id).copied().unwrap_or(ElementIndex(0));
        self.further_targets.push(owner);
        ElementIndex((self.parents.len() + self.further_targets.len() - 1) as u32)
    }

    /// Whether an element stands in the process itself, not in a sub-process.
    pub fn starts_process(&self, element: &Element) -> bool {
        self.index_of(&element.id).is_some_and(|index| self.parents[index.0 as usize].is_none())
    }

    /// The message that an element throws or catches by its message flows, if it has any.
    pub fn wire(&self, element: &Element) -> Option<&Wire> {
        self.wires.get(&element.id)
    }

    /// The message's name: what the element says, or its message flow, or its own id.
    pub fn message_name(&self, element: &Element, message: &MessageTrigger) -> String {
        let own = message.message_ref.clone().filter(|name| !name.is_empty());
        own.or_else(|| self.wire(element).map(|wire| wire.name.clone())).unwrap_or_else(|| element.id.clone())
    }

    pub fn index_of(&self, id: &str) -> Option<ElementIndex> {
        self.by_id.get(id).copied()
    }
}
