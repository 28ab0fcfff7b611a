//! Whether a service can do its work, told by the parts that it depends on.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};

/// Shared by a service's loops: each says how its component is. Ready when at least one has spoken and all are well.
#[derive(Debug, Clone, Default)]
pub struct Health {
    components: Arc<Mutex<BTreeMap<&'static str, bool>>>,
}

impl Health {
    pub fn set(&self, component: &'static str, ok: bool) {
        self.components.lock().unwrap_or_else(PoisonError::into_inner).insert(component, ok);
    }

    pub fn is_ready(&self) -> bool {
        let components = self.components.lock().unwrap_or_else(PoisonError::into_inner);
        !components.is_empty() && components.values().all(|ok| *ok)
    }

    /// By component, for people and for the readiness answer.
    pub fn components(&self) -> BTreeMap<&'static str, bool> {
        self.components.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_ready_when_all_components_are() {
        let health = Health::default();
        assert!(!health.is_ready(), "nothing has spoken yet");
        health.set("postgres", true);
        assert!(health.is_ready());
        health.set("nats", false);
        assert!(!health.is_ready());
    }
}
