//! What starts a scope: its start events, and the activities and gateways that nothing leads to.

use super::{Compiler, is_executed};
use crate::ElementIndex;
use crate::process::Starts;
use crate::start_together::{Together, message_part, signal_part, timer_part};
use model::{ActivityKind, Element, ElementKind, Gateway, SubProcessKind, Trigger};
use std::collections::BTreeSet;

impl Compiler {
    pub fn starts(&self, elements: &[model::Element]) -> Starts {
        let mut starts = Starts::default();
        for element in elements.iter().filter(is_executed) {
            let Some(index) = self.by_id.get(&element.id).copied() else { continue };
            match &element.kind {
                ElementKind::StartEvent { trigger, .. } => self.note_start(&mut starts, element, index, trigger),
                _ if self.is_instantiated(elements, element, index) => {
                    self.note_instantiated(&mut starts, element, index)
                }
                _ if self.incoming[index.0 as usize].is_empty()
                    && starts_by_itself(element)
                    && !self.is_handler(index) =>
                {
                    starts.implicit.push(index)
                }
                _ => {}
            }
        }
        starts
    }

    /// Whether an event starts instances: a receive task that says so, or what an instantiating event-based gateway waits for
    /// (BPMN 2.0, 10.3.3 and 10.6.6).
    fn is_instantiated(&self, elements: &[Element], element: &Element, index: ElementIndex) -> bool {
        if matches!(receive_task(element), Some(task) if task.instantiate) {
            return true;
        }
        let sources = self.incoming[index.0 as usize].iter().map(|flow| self.flows[flow.0 as usize].from);
        let gateways = elements.iter().filter(|element| is_instantiating(element));
        let gateways: Vec<ElementIndex> = gateways.filter_map(|gateway| self.index_of(&gateway.id)).collect();
        sources.into_iter().any(|source| gateways.contains(&source))
    }

    fn note_instantiated(&self, starts: &mut Starts, element: &Element, index: ElementIndex) {
        match &element.kind {
            ElementKind::IntermediateCatchEvent { trigger } => self.note_start(starts, element, index, trigger),
            _ => {
                let names = receive_task(element).map(|task| self.message_name(element, &task.message));
                starts.messages.extend(names.map(|name| (index, name)));
            }
        }
    }

    fn note_start(&self, starts: &mut Starts, element: &Element, index: ElementIndex, trigger: &Trigger) {
        match trigger {
            // Each message flow to it starts it too (10.5.2).
            Trigger::None => {
                starts.none.push(index);
                starts.messages.extend(self.wire(element).map(|wire| (index, wire.name.clone())));
            }
            Trigger::Message(message) => starts.messages.push((index, self.message_name(element, message))),
            Trigger::Timer(_) => starts.timers.push(index),
            Trigger::Signal { signal_ref } => starts.signals.push((index, signal_ref.value.clone())),
            Trigger::Conditional { .. } => starts.conditions.push(index),
            Trigger::Multiple { triggers, parallel } => {
                if *parallel {
                    let parts: BTreeSet<_> =
                        triggers.iter().filter_map(|trigger| self.part(element, trigger)).collect();
                    starts.together.push(Together { element: index, parts: parts.into_iter().collect() });
                }
                triggers.iter().for_each(|trigger| self.note_start(starts, element, index, trigger));
            }
            // Of event sub-processes only, which their scope starts.
            Trigger::Error { .. }
            | Trigger::Escalation { .. }
            | Trigger::Compensation { .. }
            | Trigger::Link { .. }
            | Trigger::Cancel
            | Trigger::Terminate => {}
        }
    }

    fn part(&self, element: &Element, trigger: &Trigger) -> Option<String> {
        match trigger {
            Trigger::Message(message) => Some(message_part(&self.message_name(element, message))),
            Trigger::Signal { signal_ref } => Some(signal_part(&signal_ref.value)),
            Trigger::Timer(_) => Some(timer_part()),
            _ => None,
        }
    }
}

fn receive_task(element: &Element) -> Option<&model::ReceiveTask> {
    match &element.kind {
        ElementKind::Activity(activity) => match &activity.kind {
            ActivityKind::ReceiveTask(task) => Some(task),
            _ => None,
        },
        _ => None,
    }
}

fn is_instantiating(element: &Element) -> bool {
    matches!(element.kind, ElementKind::Gateway(Gateway::EventBased { instantiate: true, .. }))
}

fn starts_by_itself(element: &Element) -> bool {
    match &element.kind {
        ElementKind::Activity(activity) => {
            let is_started_from_outside = match &activity.kind {
                ActivityKind::SubProcess(inner) => inner.kind == SubProcessKind::Event,
                ActivityKind::ReceiveTask(task) => task.instantiate,
                _ => false,
            };
            !activity.is_for_compensation && !is_started_from_outside
        }
        ElementKind::Gateway(gateway) => !matches!(gateway, Gateway::EventBased { instantiate: true, .. }),
        ElementKind::IntermediateCatchEvent { trigger } => !matches!(trigger, Trigger::Link { .. }),
        ElementKind::IntermediateThrowEvent { .. } | ElementKind::EndEvent { .. } => true,
        ElementKind::StartEvent { .. } | ElementKind::BoundaryEvent { .. } | ElementKind::Artifact(_) => false,
    }
}
