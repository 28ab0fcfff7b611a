//! What a migration does to the state: everything alive stands at the place of the new version that the event names.

use crate::instance::{Deferred, Waits};
use crate::{CommandKind, ElementIndex, FlowIndex, Instance};
use std::collections::{BTreeMap, HashMap};

struct Map {
    elements: HashMap<ElementIndex, ElementIndex>,
    flows: HashMap<FlowIndex, FlowIndex>,
}

pub(super) fn remap(
    instance: &mut Instance,
    elements: &[(ElementIndex, ElementIndex)],
    flows: &[(FlowIndex, FlowIndex)],
) {
    let map = Map { elements: elements.iter().copied().collect(), flows: flows.iter().copied().collect() };
    instance.elements.change_all(|element| {
        element.element = map.element(element.element);
        // Where it came from may be gone.
        element.arrived_by = element.arrived_by.and_then(|flow| map.flows.get(&flow).copied());
        map.waits(&mut element.waits);
    });
    map.waits(&mut instance.waits);
    let waiting = std::mem::take(&mut instance.waiting_tokens).into_iter();
    let moved = waiting.map(|((scope, element, flow), count)| ((scope, map.element(element), map.flow(flow)), count));
    instance.waiting_tokens = moved.collect();
    for Deferred { flow, .. } in &mut instance.deferred {
        *flow = map.flow(*flow);
    }
    for found in instance.compensable.values_mut() {
        found.element = map.element(found.element);
    }
    for held in &mut instance.held {
        if let CommandKind::DeliverMessage { target, .. } = held {
            *target = map.element(*target);
        }
    }
}

impl Map {
    fn element(&self, index: ElementIndex) -> ElementIndex {
        self.elements.get(&index).copied().unwrap_or(index)
    }

    fn flow(&self, index: FlowIndex) -> FlowIndex {
        self.flows.get(&index).copied().unwrap_or(index)
    }

    fn waits(&self, waits: &mut Waits) {
        self.targets(&mut waits.timers);
        self.targets(&mut waits.subscriptions);
        self.targets(&mut waits.signals);
        self.targets(&mut waits.conditions);
    }

    fn targets<V>(&self, by_target: &mut BTreeMap<ElementIndex, V>) {
        *by_target =
            std::mem::take(by_target).into_iter().map(|(target, value)| (self.element(target), value)).collect();
    }
}
