//! Complex gateways: when they are activated, and when they are reset. The rules are in
//! [`crate::elements::ComplexGateway`].
//!
//! A gateway that waits for its reset is an active element instance. The flows that it took its tokens from are kept as a
//! hidden variable of it.

use super::Run;
use crate::elements::{ComplexGateway, Fault, Kind};
use crate::process::{Element, InclusiveJoin};
use crate::variables::HIDDEN;
use crate::{EventKind, FlowIndex, Key};
use serde_json::Value;

impl<'r> Run<'r> {
    /// A token has arrived: it may be the one that activates the gateway.
    pub(super) fn wait_for_activation(&mut self, gateway: &'r Element, scope: Key, flow: FlowIndex) {
        self.emit(EventKind::TokenArrived { element: gateway.index, flow, scope });
        self.stir(scope);
        self.activate_complex(gateway, scope);
    }

    fn activate_complex(&mut self, gateway: &'r Element, scope: Key) {
        let Kind::ComplexGateway(kind) = &gateway.kind else { return };
        let flows = self.taken(scope, gateway.index);
        if flows.is_empty() || self.instance.elements.at(scope, gateway.index).is_some() {
            return;
        }
        let is_activated = kind.is_activated(self, scope, gateway.index, flows.len());
        if matches!(is_activated, Ok(false)) {
            return;
        }
        self.emit(EventKind::TokensConsumed { element: gateway.index, flows: flows.clone(), scope });
        let Some(here) = self.begin(gateway.index, scope, None) else { return };
        let names = flows.iter().map(|flow| Value::from(flow.0)).collect();
        self.set(here.key, taken_from(), Value::Array(names));
        match is_activated {
            Ok(_) => self.enter(here),
            Err(Fault::Incident { code, message }) => self.raise_incident(here.key, &code, message),
            Err(Fault::Error { .. }) => {}
        }
    }

    /// Everything else is at rest: whether the gateway was reset.
    pub(super) fn reset_complex(&mut self, join: &'r InclusiveJoin, scope: Key) -> bool {
        let gateway = self.process.element(join.element);
        let Kind::ComplexGateway(kind) = &gateway.kind else { return false };
        let here = self.instance.elements.at(scope, join.element).and_then(|key| self.here(key));
        let Some(here) = here.filter(|here| !self.has_incident(here.key)) else { return false };
        let before = self.flows_taken_from(here.key);
        let waiting = self.taken(scope, join.element);
        let new: Vec<FlowIndex> = waiting.into_iter().filter(|flow| !before.contains(flow)).collect();
        let all = [before, new.clone()].concat();
        if self.is_awaited(join, scope, &all) {
            return false;
        }
        self.reset_with(kind, here, new);
        self.activate_complex(gateway, scope);
        true
    }

    fn reset_with(&mut self, kind: &'r ComplexGateway, here: super::Here<'r>, flows: Vec<FlowIndex>) {
        if !flows.is_empty() {
            self.emit(EventKind::TokensConsumed { element: here.element.index, flows, scope: here.scope });
        }
        kind.reset(self, here);
    }

    /// After a migration the flows have other numbers; those that are gone count no more.
    pub fn remap_taken_from(&mut self, gateway: Key, flow: impl Fn(FlowIndex) -> Option<FlowIndex>) {
        let before = self.flows_taken_from(gateway);
        let after = before.into_iter().filter_map(flow).map(|flow| Value::from(flow.0)).collect();
        self.set(gateway, taken_from(), Value::Array(after));
    }

    fn flows_taken_from(&self, gateway: Key) -> Vec<FlowIndex> {
        let own = self.instance.variables.get(&gateway).and_then(|own| own.get(&taken_from()));
        let flows = own.and_then(Value::as_array).into_iter().flatten();
        flows.filter_map(Value::as_u64).map(|flow| FlowIndex(flow as u32)).collect()
    }
}

fn taken_from() -> String {
    format!("{HIDDEN}takenFrom")
}
