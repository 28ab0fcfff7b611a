//! Signals and conditions: what everything that listens is told (BPMN 2.0, 10.5.5).
//!
//! A signal reaches all that listen to its name at that moment. A condition is looked at when its event begins to wait, and
//! whenever a variable that it can see has changed; it lets its event happen when it becomes true, and again only after it has
//! been false.

use super::Run;
use crate::elements::{Thrown, Trigger};
use crate::{Effect, ElementIndex, EventKind, Key, Variables};

impl<'r> Run<'r> {
    /// Says what is thrown, while its element is still there, and then sends it off.
    pub fn send_off(&mut self, here: super::Here<'r>, thrown: Vec<Thrown>) {
        self.announce(here.key, &thrown);
        self.spread(here.scope, thrown);
    }

    pub(super) fn announce(&mut self, key: Key, thrown: &[Thrown]) {
        for thrown in thrown {
            self.emit(match thrown {
                Thrown::Signal { name, .. } => EventKind::SignalThrown { key, signal_name: name.clone() },
                Thrown::Escalation { code } => EventKind::EscalationThrown { key, code: code.clone() },
            });
        }
    }

    pub(super) fn spread(&mut self, scope: Key, thrown: Vec<Thrown>) {
        for thrown in thrown {
            match thrown {
                Thrown::Signal { name, variables } => {
                    self.effect(Effect::BroadcastSignal { signal_name: name.clone(), variables: variables.clone() });
                    self.receive_signal(&name, &variables);
                }
                Thrown::Escalation { code } => self.escalate(scope, code),
            }
        }
    }

    /// Whoever listens to it when it comes gets it, unless another that got it has ended them.
    pub fn receive_signal(&mut self, name: &str, variables: &Variables) {
        let of = |(key, waits): (Key, &crate::instance::Waits)| -> Vec<(Key, ElementIndex)> {
            let targets = waits.signals.iter().filter(|(_, signal)| *signal == name).map(|(target, _)| *target);
            targets.map(|target| (key, target)).collect()
        };
        let listeners: Vec<(Key, ElementIndex)> = self.instance.listening().flat_map(of).collect();
        for (key, target) in listeners {
            if self.instance.waits(key).is_some_and(|waits| waits.signals.contains_key(&target)) {
                self.emit(EventKind::SignalReceived { key, target, signal_name: name.to_owned() });
                self.occur(key, target, Trigger::Signal(variables.clone()));
            }
        }
    }

    /// Whether some condition has to be looked at.
    pub(super) fn has_conditions_to_look_at(&self) -> bool {
        !self.unseen_conditions.is_empty() || !self.changed_scopes.is_empty()
    }

    /// After a standstill: variables may have changed, and joins may have become complete.
    pub fn look_at_everything_again(&mut self) {
        let listening = self.instance.listening().filter(|(_, waits)| !waits.conditions.is_empty());
        let listening: Vec<Key> = listening.map(|(key, _)| key).collect();
        self.unseen_conditions.extend(listening);
        let scopes: Vec<Key> = self.instance.waiting_tokens.keys().map(|(scope, ..)| *scope).collect();
        scopes.into_iter().for_each(|scope| self.stir(scope));
    }

    /// Looks at the conditions that are new, and at those that can see what has changed.
    pub(super) fn look_at_all_conditions(&mut self) {
        let changed = std::mem::take(&mut self.changed_scopes);
        let mut keys = std::mem::take(&mut self.unseen_conditions);
        let sees = |key: Key| self.instance.scopes_of(key).any(|scope| changed.contains(&scope));
        let listening = self.instance.listening().filter(|(_, waits)| !waits.conditions.is_empty());
        keys.extend(listening.map(|(key, _)| key).filter(|key| sees(*key)));
        for key in keys {
            self.look_at_conditions(key);
        }
    }

    pub fn look_at_conditions(&mut self, key: Key) {
        self.unseen_conditions.remove(&key);
        let Some(waits) = self.instance.waits(key).filter(|waits| !waits.conditions.is_empty()) else { return };
        let targets: Vec<ElementIndex> = waits.conditions.keys().copied().collect();
        for target in targets {
            self.look_at_condition(key, target);
        }
    }

    fn look_at_condition(&mut self, key: Key, target: ElementIndex) {
        let was_true = self.instance.waits(key).and_then(|waits| waits.conditions.get(&target)).copied();
        let (Some(was_true), Some(condition)) = (was_true, self.condition(target)) else { return };
        match self.is_true(key, condition) {
            Ok(is_true) if is_true != was_true => {
                self.emit(EventKind::ConditionChanged { key, target, is_true });
                if is_true {
                    self.occur(key, target, Trigger::Condition);
                }
            }
            Ok(_) => {}
            Err(fault) => self.fault(key, self.process.owner(target).index, fault),
        }
    }
}
