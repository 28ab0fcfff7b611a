//! Joins: which tokens wait, and when they go on together.
//!
//! A join keeps which incoming flows were taken, per flow, and consumes one token of each when it fires.

use super::Run;
use crate::elements::Join;
use crate::process::{Element, InclusiveJoin, Reach};
use crate::{ElementIndex, EventKind, FlowIndex, Key};

impl<'r> Run<'r> {
    /// Parallel gateway (BPMN 2.0, 13.4.1): one token on every incoming flow.
    pub(super) fn wait_for_all(&mut self, target: &Element, scope: Key, flow: FlowIndex) {
        self.emit(EventKind::TokenArrived { element: target.index, flow, scope });
        self.stir(scope);
        if self.taken(scope, target.index).len() == target.incoming.len() {
            self.fire(target.index, scope, target.incoming.clone());
        }
    }

    /// An activity that several tokens start together (BPMN 2.0, 10.3: `startQuantity`), whatever flows they came by.
    pub(super) fn wait_for_quantity(&mut self, target: &Element, scope: Key, flow: FlowIndex) {
        self.emit(EventKind::TokenArrived { element: target.index, flow, scope });
        self.stir(scope);
        let all = (scope, target.index, FlowIndex(0))..=(scope, target.index, FlowIndex(u32::MAX));
        let waiting = self.instance.waiting_tokens.range(all);
        let tokens = waiting.flat_map(|((_, _, flow), count)| std::iter::repeat_n(*flow, *count as usize));
        let flows: Vec<FlowIndex> = tokens.take(target.start_quantity as usize).collect();
        if flows.len() == target.start_quantity as usize {
            self.fire(target.index, scope, flows);
        }
    }

    /// Inclusive gateway: asked when everything else has come to rest.
    pub(super) fn wait_at_inclusive_join(&mut self, target: &Element, scope: Key, flow: FlowIndex) {
        self.emit(EventKind::TokenArrived { element: target.index, flow, scope });
        self.stir(scope);
    }

    /// Fires the first inclusive join that has no reason to wait; true when there was one.
    pub(super) fn fire_inclusive_joins(&mut self) -> bool {
        let process = self.process;
        while let Some(scope) = self.stirred.first().copied() {
            let parent = self.instance.element(scope).map(|element| element.element);
            for join in process.inclusive_joins.iter().filter(|join| process.element(join.element).parent == parent) {
                if self.reset_complex(join, scope) {
                    return true;
                }
                let is_activated = process.element(join.element).kind.behavior().join() == Join::Activated;
                let taken = self.taken(scope, join.element);
                if is_activated {
                    continue;
                }
                if !taken.is_empty() && !self.is_awaited(join, scope, &taken) {
                    self.fire(join.element, scope, taken);
                    return true;
                }
            }
            self.stirred.remove(&scope);
        }
        false
    }

    /// The flows of a join that a token waits on.
    pub(super) fn taken(&self, scope: Key, element: ElementIndex) -> Vec<FlowIndex> {
        let all = (scope, element, FlowIndex(0))..=(scope, element, FlowIndex(u32::MAX));
        self.instance.waiting_tokens.range(all).map(|((_, _, flow), _)| *flow).collect()
    }

    /// Whether some token of the scope can still come out at an untaken flow, and at no taken one (BPMN 2.0, 13.4.3): along
    /// sequence flows, or when the ways by boundary events are ways too. Those must count for both or for none: else two
    /// joins in a loop, one in the other, each behind a boundary event, would wait for each other.
    pub(super) fn is_awaited(&self, join: &InclusiveJoin, scope: Key, taken: &[FlowIndex]) -> bool {
        let is_coming = |place: ElementIndex| {
            let place = place.0 as usize;
            let comes_only_to_untaken = |comes_from: fn(&Reach) -> &[bool]| {
                let mut flows = join.incoming.iter().filter(|reach| comes_from(reach)[place]).peekable();
                flows.peek().is_some() && flows.all(|reach| !taken.contains(&reach.flow))
            };
            comes_only_to_untaken(|reach| &reach.along_flows_from) || comes_only_to_untaken(|reach| &reach.from)
        };
        let all = (scope, ElementIndex(0), FlowIndex(0))..=(scope, ElementIndex(u32::MAX), FlowIndex(u32::MAX));
        let waiting = self.instance.waiting_tokens.range(all).map(|((_, element, _), _)| *element);
        let elsewhere = waiting.filter(|element| *element != join.element);
        self.instance.elements.places(scope).chain(elsewhere).any(is_coming)
    }

    /// After a migration: joins that need less than before may have all of it.
    pub fn fire_complete_joins(&mut self) {
        let waiting = self.instance.waiting_tokens.keys().map(|(scope, element, _)| (*scope, *element));
        let places: std::collections::BTreeSet<(Key, ElementIndex)> = waiting.collect();
        for (scope, place) in places {
            let target = self.process.element(place);
            let is_single = target.incoming.len() == 1;
            let waits_for_all = is_single || target.kind.behavior().join() == Join::All;
            while waits_for_all && target.start_quantity <= 1 && self.has_all(target, scope) {
                self.fire(place, scope, target.incoming.clone());
            }
        }
    }

    fn has_all(&self, target: &Element, scope: Key) -> bool {
        let taken = self.taken(scope, target.index);
        !target.incoming.is_empty() && target.incoming.iter().all(|flow| taken.contains(flow))
    }

    fn fire(&mut self, element: ElementIndex, scope: Key, flows: Vec<FlowIndex>) {
        self.emit(EventKind::TokensConsumed { element, flows, scope });
        self.activate(element, scope, None);
    }
}
