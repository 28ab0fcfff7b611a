//! What starts a scope: its start events, and the activities and gateways that nothing leads to.

use super::{Compiler, is_executed};
use crate::process::Starts;
use model::{ActivityKind, ElementKind, SubProcessKind, Trigger};

impl Compiler {
    pub fn starts(&self, elements: &[model::Element]) -> Starts {
        let mut starts = Starts::default();
        for element in elements.iter().filter(is_executed) {
            let Some(index) = self.by_id.get(&element.id).copied() else { continue };
            match &element.kind {
                ElementKind::StartEvent { trigger: Trigger::None, .. } => starts.none.push(index),
                ElementKind::StartEvent { trigger: Trigger::Message(message), .. } => {
                    let name = message.message_ref.clone().filter(|name| !name.is_empty());
                    starts.messages.push((index, name.unwrap_or_else(|| element.id.clone())));
                }
                ElementKind::StartEvent { trigger: Trigger::Timer(_), .. } => starts.timers.push(index),
                _ if self.incoming[index.0 as usize].is_empty() && starts_by_itself(element) => {
                    starts.implicit.push(index)
                }
                _ => {}
            }
        }
        starts
    }
}

fn starts_by_itself(element: &model::Element) -> bool {
    match &element.kind {
        ElementKind::Activity(activity) => {
            let is_event_sub_process =
                matches!(&activity.kind, ActivityKind::SubProcess(inner) if inner.kind == SubProcessKind::Event);
            !activity.is_for_compensation && !is_event_sub_process
        }
        ElementKind::Gateway(_) => true,
        ElementKind::IntermediateCatchEvent { trigger } => !matches!(trigger, Trigger::Link { .. }),
        ElementKind::IntermediateThrowEvent { .. } | ElementKind::EndEvent { .. } => true,
        ElementKind::StartEvent { .. } | ElementKind::BoundaryEvent { .. } | ElementKind::Artifact(_) => false,
    }
}
